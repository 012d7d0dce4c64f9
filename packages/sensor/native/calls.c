// SPDX-License-Identifier: Apache-2.0
#include "calls.h"

#include "wire.h"

#include <string.h>

/* The build writes these: the names of the calls and their numbers. */
struct call_number {
	const char *name;
	unsigned int number;
};
extern const struct call_number native_numbers[], compat_numbers[];

struct row {
	const char *name;
	struct call call;
};

#define BITS(...) .numbers = 0 __VA_ARGS__
#define N(n) | 1 << (n)
#define ROW(call_name, call_kind, ...) { .name = #call_name, .call = { .kind = WIRE_##call_kind, __VA_ARGS__ } }
#define PLAIN(name, kind, ...) ROW(name, kind, .program = PROGRAM_PLAIN, __VA_ARGS__)
#define FILES(name, kind, ...) ROW(name, kind, .program = PROGRAM_PLAIN, .flags = CALL_BULK, __VA_ARGS__)
#define OPEN(name, kind, ...) ROW(name, kind, .program = PROGRAM_OPEN, .flags = CALL_BULK, __VA_ARGS__)
#define SPECIAL(name, kind, ...) ROW(name, kind, .program = PROGRAM_SPECIAL, __VA_ARGS__)
#define DUPLICATE(name, kind, ...) ROW(name, kind, .program = PROGRAM_DUPLICATE, __VA_ARGS__)
#define ADDRESS(at) .flags = CALL_BULK | CALL_ADDRESS, .first = (at), .second = (at) + 1
#define MESSAGE .flags = CALL_BULK | CALL_MESSAGE, .first = 2

/* first, second, third, directory, descriptor count arguments from one; N counts them from zero, as NUMBER does. */
static const struct row rows[] = {
	/* Told where a process begins, and here only for their names. */
	ROW(fork, FORK, .program = PROGRAM_NONE),
	ROW(vfork, VFORK, .program = PROGRAM_NONE),
	ROW(clone, CLONE, .program = PROGRAM_NONE),
	ROW(clone3, CLONE3, .program = PROGRAM_NONE),

	SPECIAL(execve, EXECVE, .first = 1),
	SPECIAL(execveat, EXECVEAT, .first = 2, .directory = 1),

	OPEN(open, OPEN, .first = 1),
	OPEN(openat, OPENAT, .first = 2, .directory = 1),
	OPEN(openat2, OPENAT2, .first = 2, .directory = 1),
	OPEN(creat, CREAT, .first = 1),
	OPEN(open_by_handle_at, OPEN_BY_HANDLE_AT, .first = 0),

	ROW(socket, SOCKET, .program = PROGRAM_NETWORK, BITS(N(0) N(1) N(2))),
	ROW(connect, CONNECT, .program = PROGRAM_NETWORK, ADDRESS(2), BITS(N(0))),
	ROW(accept, ACCEPT, .program = PROGRAM_NETWORK, .flags = CALL_BULK, BITS(N(0))),
	ROW(accept4, ACCEPT4, .program = PROGRAM_NETWORK, .flags = CALL_BULK, BITS(N(0) N(3))),
	ROW(bind, BIND, .program = PROGRAM_NETWORK, ADDRESS(2), BITS(N(0))),
	ROW(listen, LISTEN, .program = PROGRAM_NETWORK, BITS(N(0) N(1))),
	ROW(sendto, SENDTO, .program = PROGRAM_SEND, ADDRESS(5), BITS(N(0) N(2) N(3))),
	ROW(sendmsg, SENDMSG, .program = PROGRAM_SEND, MESSAGE, BITS(N(0) N(2))),
	ROW(sendmmsg, SENDMMSG, .program = PROGRAM_SEND, MESSAGE, BITS(N(0) N(2) N(3))),
	ROW(recvfrom, RECVFROM, .program = PROGRAM_RECEIVE, .flags = CALL_BULK, BITS(N(0) N(2) N(3))),
	ROW(recvmsg, RECVMSG, .program = PROGRAM_RECEIVE, .flags = CALL_BULK, BITS(N(0) N(2))),
	/* Of a program that is connected to its name server. */
	ROW(write, DNS, .program = PROGRAM_SEND, .flags = CALL_BULK),
	ROW(writev, DNS, .program = PROGRAM_SEND, .flags = CALL_BULK | CALL_VECTORS),

	ROW(mount, MOUNT, .program = PROGRAM_PLAIN, .flags = CALL_TEXT2, .first = 2, .second = 1, .third = 3, BITS(N(3))),
	PLAIN(umount, UMOUNT, .first = 1),
	PLAIN(umount2, UMOUNT2, .first = 1, BITS(N(1))),
	PLAIN(pivot_root, PIVOT_ROOT, .first = 1, .second = 2),
	PLAIN(move_mount, MOVE_MOUNT, .first = 2, .directory = 1, .second = 4, .directory2 = 3, BITS(N(0) N(2) N(4))),
	PLAIN(fsopen, FSOPEN, .flags = CALL_TEXT, .first = 1, BITS(N(1))),
	SPECIAL(setns, SETNS, BITS(N(0) N(1))),
	SPECIAL(unshare, UNSHARE, BITS(N(0))),

	PLAIN(ptrace, PTRACE, BITS(N(0) N(1) N(2) N(3))),
	PLAIN(process_vm_readv, PROCESS_VM_READV, BITS(N(0) N(2) N(4) N(5))),
	PLAIN(process_vm_writev, PROCESS_VM_WRITEV, BITS(N(0) N(2) N(4) N(5))),
	PLAIN(pidfd_getfd, PIDFD_GETFD, BITS(N(0) N(1) N(2))),

	SPECIAL(setuid, SETUID, BITS(N(0))),
	SPECIAL(setuid32, SETUID, BITS(N(0))),
	SPECIAL(setgid, SETGID, BITS(N(0))),
	SPECIAL(setgid32, SETGID, BITS(N(0))),
	SPECIAL(setreuid, SETREUID, BITS(N(0) N(1))),
	SPECIAL(setreuid32, SETREUID, BITS(N(0) N(1))),
	SPECIAL(setregid, SETREGID, BITS(N(0) N(1))),
	SPECIAL(setregid32, SETREGID, BITS(N(0) N(1))),
	SPECIAL(setresuid, SETRESUID, BITS(N(0) N(1) N(2))),
	SPECIAL(setresuid32, SETRESUID, BITS(N(0) N(1) N(2))),
	SPECIAL(setresgid, SETRESGID, BITS(N(0) N(1) N(2))),
	SPECIAL(setresgid32, SETRESGID, BITS(N(0) N(1) N(2))),
	SPECIAL(capset, CAPSET, BITS()),

	FILES(chmod, CHMOD, .first = 1, BITS(N(1))),
	FILES(fchmod, FCHMOD, .descriptor = 1, BITS(N(0) N(1))),
	FILES(fchmodat, FCHMODAT, .first = 2, .directory = 1, BITS(N(0) N(2))),
	FILES(fchmodat2, FCHMODAT, .first = 2, .directory = 1, BITS(N(0) N(2) N(3))),
	FILES(chown, CHOWN, .first = 1, BITS(N(1) N(2))),
	FILES(chown32, CHOWN, .first = 1, BITS(N(1) N(2))),
	FILES(lchown, LCHOWN, .first = 1, BITS(N(1) N(2))),
	FILES(lchown32, LCHOWN, .first = 1, BITS(N(1) N(2))),
	FILES(fchown, FCHOWN, .descriptor = 1, BITS(N(0) N(1) N(2))),
	FILES(fchown32, FCHOWN, .descriptor = 1, BITS(N(0) N(1) N(2))),
	FILES(fchownat, FCHOWNAT, .first = 2, .directory = 1, BITS(N(0) N(2) N(3) N(4))),
	FILES(link, LINK, .first = 1, .second = 2),
	FILES(linkat, LINKAT, .first = 2, .directory = 1, .second = 4, .directory2 = 3, BITS(N(0) N(2) N(4))),
	ROW(symlink, SYMLINK, .program = PROGRAM_PLAIN, .flags = CALL_BULK | CALL_TARGET, .first = 2, .second = 1),
	ROW(symlinkat, SYMLINKAT, .program = PROGRAM_PLAIN, .flags = CALL_BULK | CALL_TARGET, .first = 3, .directory = 2,
	    .second = 1, BITS(N(1))),
	FILES(rename, RENAME, .first = 1, .second = 2),
	FILES(renameat, RENAMEAT, .first = 2, .directory = 1, .second = 4, .directory2 = 3, BITS(N(0) N(2))),
	FILES(renameat2, RENAMEAT2, .first = 2, .directory = 1, .second = 4, .directory2 = 3, BITS(N(0) N(2) N(4))),
	FILES(unlink, UNLINK, .first = 1),
	FILES(unlinkat, UNLINKAT, .first = 2, .directory = 1, BITS(N(0) N(2))),
	FILES(rmdir, RMDIR, .first = 1),
	FILES(mkdir, MKDIR, .first = 1, BITS(N(1))),
	FILES(mkdirat, MKDIRAT, .first = 2, .directory = 1, BITS(N(0) N(2))),
	FILES(mknod, MKNOD, .first = 1, BITS(N(1) N(2))),
	FILES(mknodat, MKNODAT, .first = 2, .directory = 1, BITS(N(0) N(2) N(3))),
	FILES(utimensat, UTIMENSAT, .first = 2, .directory = 1, BITS(N(0) N(3))),

	PLAIN(init_module, INIT_MODULE, .flags = CALL_TEXT, .first = 3, BITS(N(1))),
	PLAIN(finit_module, FINIT_MODULE, .flags = CALL_TEXT, .first = 2, .descriptor = 1, BITS(N(0) N(2))),
	PLAIN(delete_module, DELETE_MODULE, .flags = CALL_TEXT, .first = 1, BITS(N(1))),
	PLAIN(kexec_load, KEXEC_LOAD, BITS(N(0) N(1) N(3))),
	PLAIN(kexec_file_load, KEXEC_LOAD, .descriptor = 1, BITS(N(0) N(4))),
	SPECIAL(bpf, BPF, BITS(N(0) N(2))),
	SPECIAL(perf_event_open, PERF_EVENT_OPEN, BITS(N(1) N(2) N(3) N(4))),
	PLAIN(memfd_create, MEMFD_CREATE, .flags = CALL_TEXT, .first = 1, BITS(N(1))),
	PLAIN(io_uring_setup, IO_URING_SETUP, BITS(N(0))),
	PLAIN(userfaultfd, USERFAULTFD, BITS(N(0))),
	PLAIN(keyctl, KEYCTL, BITS(N(0) N(1) N(2) N(3) N(4))),
	/* They have no operation: all that they are given are texts. */
	PLAIN(add_key, KEYCTL, BITS()),
	PLAIN(request_key, KEYCTL, BITS()),

	PLAIN(kill, KILL, BITS(N(0) N(1))),
	PLAIN(tkill, TKILL, BITS(N(0) N(1))),
	PLAIN(tgkill, TGKILL, BITS(N(0) N(1) N(2))),
	/* The same with more to say to whoever gets the signal; of the last one the process is found by its descriptor. */
	PLAIN(rt_sigqueueinfo, KILL, BITS(N(0) N(1))),
	PLAIN(rt_tgsigqueueinfo, TGKILL, BITS(N(0) N(1) N(2))),
	SPECIAL(pidfd_send_signal, KILL, BITS(N(1))),
	PLAIN(setsid, SETSID, BITS()),

	DUPLICATE(dup, DUP, BITS(N(0))),
	DUPLICATE(dup2, DUP2, BITS(N(0) N(1))),
	DUPLICATE(dup3, DUP3, BITS(N(0) N(1) N(2))),
	DUPLICATE(fcntl, FCNTL, BITS(N(0) N(1) N(2))),
	DUPLICATE(fcntl64, FCNTL, BITS(N(0) N(1) N(2))),

	SPECIAL(chdir, CHDIR, .flags = CALL_BULK, .first = 1),
	SPECIAL(fchdir, FCHDIR, .flags = CALL_BULK, BITS(N(0))),
	SPECIAL(chroot, CHROOT, .first = 1),
	ROW(splice, SPLICE, .program = PROGRAM_PLAIN, .flags = CALL_BULK, BITS(N(0) N(2) N(4) N(5))),
};

#define ROWS (sizeof(rows) / sizeof(rows[0]))

static bool may_carry_dns(const struct call *call)
{
	return call->program == PROGRAM_SEND || call->program == PROGRAM_RECEIVE;
}

static void fill_half(struct call *calls, const struct call_number *numbers, const __u8 wanted[MAX_KINDS])
{
	for (; numbers->name; numbers++) {
		for (size_t i = 0; i < ROWS; i++) {
			struct call *call = &calls[numbers->number];

			if (numbers->number >= MAX_CALLS || strcmp(rows[i].name, numbers->name) != 0)
				continue;
			*call = rows[i].call;
			/* What begins a process is told by another program, and a write only for the names it may ask. */
			if (call->program != PROGRAM_NONE && call->kind != WIRE_DNS)
				call->wanted = wanted[call->kind];
			if (may_carry_dns(call))
				call->dns = wanted[WIRE_DNS] & (WANT_CONTAINERS | WANT_HOST);
			/* One that succeeds is told where the new program begins. */
			if ((call->kind == WIRE_EXECVE || call->kind == WIRE_EXECVEAT) && !(call->wanted & WANT_FAILED))
				call->wanted = 0;
			if (!(call->wanted & (WANT_CONTAINERS | WANT_HOST)))
				call->wanted = 0;
		}
	}
}

void fill_calls(struct call calls[2 * MAX_CALLS], const __u8 wanted[MAX_KINDS])
{
	memset(calls, 0, 2 * MAX_CALLS * sizeof(*calls));
	fill_half(calls, native_numbers, wanted);
	fill_half(calls + MAX_CALLS, compat_numbers, wanted);
}

bool is_known_kind(__u32 kind)
{
	if (kind == WIRE_PROCEXIT || kind == WIRE_SIGNALDELIVER || kind == WIRE_DNS)
		return true;
	for (size_t i = 0; i < ROWS; i++) {
		if (rows[i].call.kind == kind)
			return true;
	}
	return false;
}
