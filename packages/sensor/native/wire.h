/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * What the native sensor writes and src/wire reads. Little endian, as the machine is; records are multiples of
 * eight bytes. A test holds src/wire/wire-format.ts to the names and numbers of this file.
 *
 * Standard output of the sensor carries frames: a wire_frame, then its payload.
 */
#ifndef PRATIQUE_WIRE_H
#define PRATIQUE_WIRE_H

#include <linux/types.h>

#define WIRE_VERSION 1

struct wire_frame {
	__u32 size; /* bytes of the payload */
	__u16 type; /* enum wire_frame_type */
	__u16 reserved;
};

enum wire_frame_type {
	WIRE_FRAME_EVENTS = 1, /* records, one after another; of one thread in the order of time */
	WIRE_FRAME_MESSAGE = 2, /* JSON in UTF-8: replies, probes, counters, trouble */
};

/* Followed by sections up to size. A section of tag 0 and length 0 fills the last four bytes where it must. */
struct wire_record {
	__u32 size; /* of the whole record */
	__u16 kind; /* enum wire_kind */
	__u16 flags; /* enum wire_flag */
	__u64 time_ns; /* CLOCK_BOOTTIME */
	__u64 cgroup_id; /* of the task, in the hierarchy of version 2 */
	__s64 result; /* what the call returned; 0 where there is none */
	__u32 pid; /* tgid in the initial namespace */
	__u32 tid;
	__u32 ppid; /* tgid of the parent */
	__u32 cpu;
};

enum wire_flag {
	WIRE_TRUNCATED = 1, /* some text was longer than what is kept of it */
	WIRE_COMPAT = 2, /* a 32-bit system call */
	WIRE_PREVENTED = 4, /* the kernel refused it for us */
	WIRE_KILLED = 8, /* the process is killed for it */
	WIRE_HELD = 16, /* the process waits for an answer */
	WIRE_SEEDED = 32, /* told at start: it existed before the sensor */
	WIRE_DRY_RUN = 64, /* it would have been refused, killed or held */
};

/* Each name without WIRE_ and in lower case is an event type of the rule language. */
enum wire_kind {
	WIRE_EXECVE = 1,
	WIRE_EXECVEAT = 2,
	WIRE_FORK = 3,
	WIRE_VFORK = 4,
	WIRE_CLONE = 5,
	WIRE_CLONE3 = 6,
	WIRE_PROCEXIT = 7,
	WIRE_OPEN = 8,
	WIRE_OPENAT = 9,
	WIRE_OPENAT2 = 10,
	WIRE_CREAT = 11,
	WIRE_OPEN_BY_HANDLE_AT = 12,
	WIRE_SOCKET = 13,
	WIRE_CONNECT = 14,
	WIRE_ACCEPT = 15,
	WIRE_ACCEPT4 = 16,
	WIRE_BIND = 17,
	WIRE_LISTEN = 18,
	WIRE_SENDTO = 19,
	WIRE_SENDMSG = 20,
	WIRE_SENDMMSG = 21,
	WIRE_RECVFROM = 22,
	WIRE_RECVMSG = 23,
	WIRE_DNS = 24,
	WIRE_MOUNT = 25,
	WIRE_UMOUNT = 26,
	WIRE_UMOUNT2 = 27,
	WIRE_PIVOT_ROOT = 28,
	WIRE_MOVE_MOUNT = 29,
	WIRE_FSOPEN = 30,
	WIRE_SETNS = 31,
	WIRE_UNSHARE = 32,
	WIRE_PTRACE = 33,
	WIRE_PROCESS_VM_READV = 34,
	WIRE_PROCESS_VM_WRITEV = 35,
	WIRE_PIDFD_GETFD = 36,
	WIRE_SETUID = 37,
	WIRE_SETGID = 38,
	WIRE_SETREUID = 39,
	WIRE_SETREGID = 40,
	WIRE_SETRESUID = 41,
	WIRE_SETRESGID = 42,
	WIRE_CAPSET = 43,
	WIRE_CHMOD = 44,
	WIRE_FCHMOD = 45,
	WIRE_FCHMODAT = 46,
	WIRE_CHOWN = 47,
	WIRE_LCHOWN = 48,
	WIRE_FCHOWN = 49,
	WIRE_FCHOWNAT = 50,
	WIRE_LINK = 51,
	WIRE_LINKAT = 52,
	WIRE_SYMLINK = 53,
	WIRE_SYMLINKAT = 54,
	WIRE_RENAME = 55,
	WIRE_RENAMEAT = 56,
	WIRE_RENAMEAT2 = 57,
	WIRE_UNLINK = 58,
	WIRE_UNLINKAT = 59,
	WIRE_RMDIR = 60,
	WIRE_MKDIR = 61,
	WIRE_MKDIRAT = 62,
	WIRE_MKNOD = 63,
	WIRE_MKNODAT = 64,
	WIRE_INIT_MODULE = 65,
	WIRE_FINIT_MODULE = 66,
	WIRE_DELETE_MODULE = 67,
	WIRE_KEXEC_LOAD = 68,
	WIRE_BPF = 69,
	WIRE_PERF_EVENT_OPEN = 70,
	WIRE_MEMFD_CREATE = 71,
	WIRE_IO_URING_SETUP = 72,
	WIRE_KILL = 73,
	WIRE_TKILL = 74,
	WIRE_TGKILL = 75,
	WIRE_SIGNALDELIVER = 76,
	WIRE_DUP = 77,
	WIRE_DUP2 = 78,
	WIRE_DUP3 = 79,
	WIRE_FCNTL = 80, /* F_DUPFD onto 0 to 2 only */
	WIRE_USERFAULTFD = 81,
	WIRE_KEYCTL = 82,
	WIRE_CHDIR = 83,
	WIRE_FCHDIR = 84,
	WIRE_CHROOT = 85,
	WIRE_SETSID = 86,
	WIRE_SPLICE = 87,
	WIRE_UTIMENSAT = 88,
	/* What no rule can name: the sensor's own. */
	WIRE_CGROUP_MKDIR = 200, /* PATH: in the hierarchy; cgroup_id is that of the new one */
	WIRE_CGROUP_RMDIR = 201,
	WIRE_SUPPRESSED = 202, /* NUMBER0: how many records of cgroup_id were left out, NUMBER1: their kind */
	WIRE_TASK = 203, /* a process that existed at start: PROCESS, COMM, EXE_PATH, ARGUMENTS, CWD */
	WIRE_TASK_FILE = 204, /* a file that was open at start: NUMBER0 the descriptor, PATH or ends */
	WIRE_CHANNEL = 205, /* a listed peer: REMOTE, NUMBER0 the indicator, NUMBER1 enum wire_channel_hook, NUMBER2 left out since, TEXT */
	WIRE_PREVENT = 206, /* refused, killed or held: NUMBER0 enum wire_primitive, NUMBER1 the rule, NUMBER2 detail, PATH */
	WIRE_PACKET = 207, /* of cgroup_id: NUMBER0 its length, NUMBER1 enum wire_packet_direction, DATA how it begins, from the IP header on */
};

/* Before each section; its bytes are padded to four, length says how many there are without. */
struct wire_section {
	__u16 tag; /* enum wire_tag */
	__u16 length;
};

/* Text has no NUL at its end and may be anything but it. */
enum wire_tag {
	WIRE_PROCESS = 1, /* struct wire_process */
	WIRE_COMM = 2,
	WIRE_EXE_PATH = 3, /* the file that runs, as the kernel resolved it, in the container's root */
	WIRE_ARGUMENTS = 4, /* argv, each ended by NUL */
	WIRE_ENVIRONMENT = 5, /* envp, likewise */
	WIRE_CWD = 6,
	WIRE_FILENAME = 7, /* what execve was given */
	WIRE_INTERPRETER = 8, /* of a script, which FILENAME is: what its first line names */
	WIRE_PATH = 9, /* first path as given */
	WIRE_PATH2 = 10, /* second path as given: target of a link, new name */
	WIRE_RESOLVED = 11, /* first path as the kernel resolved it */
	WIRE_DIRECTORY = 12, /* path of the directory descriptor of PATH, where it is relative to one */
	WIRE_DIRECTORY2 = 13,
	WIRE_FILE = 14, /* struct wire_file */
	WIRE_LOCAL = 15, /* struct wire_address */
	WIRE_REMOTE = 16,
	WIRE_UNIX_PATH = 17, /* abstract ones begin with NUL */
	WIRE_DATA = 18, /* the first bytes that were sent */
	WIRE_TEXT = 19, /* any other text: type of a file system, name of a memfd */
	WIRE_TEXT2 = 20,
	WIRE_NUMBER0 = 32, /* __u64; what they mean stands with each kind in events.md */
	WIRE_NUMBER1 = 33,
	WIRE_NUMBER2 = 34,
	WIRE_NUMBER3 = 35,
	WIRE_NUMBER4 = 36,
	WIRE_NUMBER5 = 37,
};

struct wire_process {
	__u32 uid, euid, gid, egid;
	__u32 loginuid; /* 0xffffffff: none */
	__u32 sid, pgid; /* in the initial namespace */
	__u32 vpid, vtid, vpgid, vsid; /* in its own */
	__u32 tty; /* device number, 0: none */
	__u64 start_ns; /* CLOCK_BOOTTIME */
	__u64 cap_permitted, cap_effective, cap_inheritable;
	__u64 exe_inode;
	__u64 exe_mtime_ns, exe_ctime_ns; /* CLOCK_REALTIME */
	__u32 exe_device;
	__u32 exe_flags; /* enum wire_exe_flag */
	__u32 pid_namespace, mount_namespace, net_namespace, user_namespace; /* inodes */
};

enum wire_exe_flag {
	WIRE_EXE_UPPER = 1, /* in the upper layer of an overlay: not in the image */
	WIRE_EXE_OVERLAY = 2,
	WIRE_EXE_MEMFD = 4,
	WIRE_EXE_UNLINKED = 8,
	WIRE_EXE_WRITABLE = 16, /* by the user that runs it */
	WIRE_EXE_SCRIPT = 32, /* an interpreter runs for a script */
	WIRE_EXE_TMPFS = 64,
	WIRE_EXE_SETUID = 128,
	WIRE_EXE_MOUNTED = 256, /* mounted into a container whose own files lie on an overlay */
};

struct wire_file {
	__u64 inode;
	__u32 device;
	__u32 mode;
	__u32 flags; /* as the call was given them, of the kernel */
	__u32 file_flags; /* enum wire_file_flag */
};

enum wire_file_flag {
	WIRE_FILE_CREATED = 1,
	WIRE_FILE_UPPER = 2,
	WIRE_FILE_OVERLAY = 4,
};

struct wire_address {
	__u16 family; /* AF_INET, AF_INET6 */
	__u16 port; /* in the machine's order */
	__u16 type; /* SOCK_STREAM, … */
	__u16 protocol; /* IPPROTO_TCP, … */
	__u8 address[16]; /* in the network's order; the first four of AF_INET */
};

enum wire_channel_hook {
	WIRE_HOOK_CONNECT = 1,
	WIRE_HOOK_SENDMSG = 2,
	WIRE_HOOK_EGRESS = 3,
	WIRE_HOOK_INGRESS = 4,
	WIRE_HOOK_NAME = 5, /* a name in a question */
	WIRE_HOOK_SNI = 6,
};

enum wire_packet_direction {
	WIRE_PACKET_SENT = 1,
	WIRE_PACKET_RECEIVED = 2,
};

enum wire_primitive {
	WIRE_PRIMITIVE_EXECUTABLE = 1, /* an entry of the table; so NUMBER1 */
	WIRE_PRIMITIVE_DRIFT = 2,
	WIRE_PRIMITIVE_FILELESS = 3,
	WIRE_PRIMITIVE_SETUID = 4,
	WIRE_PRIMITIVE_HOLD = 5,
	WIRE_PRIMITIVE_SYSCTL = 6,
	WIRE_PRIMITIVE_DEVICE = 7,
	WIRE_PRIMITIVE_SOCKET = 8,
	WIRE_PRIMITIVE_RAW_SOCKET = 9,
	WIRE_PRIMITIVE_FILE_OPEN = 10,
	WIRE_PRIMITIVE_FILE_EXEC = 11,
	WIRE_PRIMITIVE_MOUNTED = 12,
};

#define WIRE_ASSERT(type, bytes) _Static_assert(sizeof(struct type) == (bytes), "layout of " #type)
WIRE_ASSERT(wire_frame, 8);
WIRE_ASSERT(wire_record, 48);
WIRE_ASSERT(wire_section, 4);
WIRE_ASSERT(wire_process, 128);
WIRE_ASSERT(wire_file, 24);
WIRE_ASSERT(wire_address, 24);

#endif
