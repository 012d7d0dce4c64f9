/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * What we read of the kernel's own types, by their names there. Where a field lies is found out when a program is
 * loaded (CO-RE), so neither the order nor what is left out matters. A name after ___ is another kernel's form of the
 * same type.
 */
#ifndef PRATIQUE_KERNEL_H
#define PRATIQUE_KERNEL_H

#include <linux/bpf.h>
#include <linux/types.h>
#include <stdbool.h>

/* In this order: the helpers use the types above. */
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_tracing.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s32 s32;
typedef __s64 s64;

#define AF_UNSPEC 0
#define AF_UNIX 1
#define AF_INET 2
#define AF_INET6 10
#define S_IFMT 0170000
#define S_IFSOCK 0140000
#define S_IFLNK 0120000
#define S_IFREG 0100000
#define S_IFBLK 0060000
#define S_IFDIR 0040000
#define S_IFCHR 0020000
#define S_IFIFO 0010000
#define S_ISUID 0004000
#define OVERLAYFS_SUPER_MAGIC 0x794c7630
#define TMPFS_MAGIC 0x01021994

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)

#if defined(__TARGET_ARCH_x86)
struct pt_regs {
	unsigned long bx, cx, dx, si, di, bp, r8, r9, r10, orig_ax, ax, ip, sp, flags;
};
#elif defined(__TARGET_ARCH_arm64)
struct user_pt_regs {
	u64 regs[31];
};
struct pt_regs {
	u64 regs[31];
	u64 orig_x0;
	s32 syscallno;
};
#endif

typedef struct {
	unsigned int val;
} kuid_t;
typedef struct {
	unsigned int val;
} kgid_t;

typedef struct {
	u64 val;
} kernel_cap_t;
struct kernel_cap_struct___v62 {
	u32 cap[2];
};

struct ns_common {
	unsigned int inum;
};

struct user_namespace {
	int level;
	struct user_namespace *parent;
	struct ns_common ns;
};

struct cred {
	kuid_t uid, suid, euid, fsuid;
	kgid_t gid, sgid, egid, fsgid;
	kernel_cap_t cap_inheritable, cap_permitted, cap_effective, cap_bset, cap_ambient;
	struct user_namespace *user_ns;
};

struct qstr {
	union {
		struct {
			u32 hash;
			u32 len;
		};
		u64 hash_len;
	};
	const unsigned char *name;
};

struct super_block {
	u32 s_dev;
	unsigned long s_magic;
	struct dentry *s_root;
};

struct timespec64 {
	s64 tv_sec;
	long tv_nsec;
};

struct inode {
	unsigned short i_mode;
	kuid_t i_uid;
	kgid_t i_gid;
	struct super_block *i_sb;
	unsigned long i_ino;
	unsigned int i_nlink;
	u32 i_rdev;
	s64 i_size;
	s64 i_mtime_sec, i_ctime_sec;
	u32 i_mtime_nsec, i_ctime_nsec;
	void *i_private;
};
struct inode___v66 {
	struct timespec64 i_mtime;
	struct timespec64 __i_ctime;
};
struct inode___v67 {
	struct timespec64 __i_mtime;
	struct timespec64 __i_ctime;
};
struct inode___v65 {
	struct timespec64 i_mtime;
	struct timespec64 i_ctime;
};

struct dentry {
	unsigned int d_flags;
	struct dentry *d_parent;
	struct qstr d_name;
	struct inode *d_inode;
	struct super_block *d_sb;
};

struct vfsmount {
	struct dentry *mnt_root;
	struct super_block *mnt_sb;
	int mnt_flags;
};

struct mount {
	struct mount *mnt_parent;
	struct dentry *mnt_mountpoint;
	struct vfsmount mnt;
	int mnt_id;
};

struct path {
	struct vfsmount *mnt;
	struct dentry *dentry;
};

struct file {
	unsigned int f_mode;
	void *private_data;
	struct inode *f_inode;
	unsigned int f_flags;
	struct path f_path;
};

struct fdtable {
	unsigned int max_fds;
	struct file **fd;
};

struct files_struct {
	struct fdtable *fdt;
};

struct fs_struct {
	struct path root, pwd;
};

struct mnt_namespace {
	struct ns_common ns;
	struct mount *root;
};

struct pid_namespace {
	unsigned int level;
	struct task_struct *child_reaper;
	struct pid_namespace *parent;
	struct ns_common ns;
};

struct net {
	struct ns_common ns;
};

struct nsproxy {
	struct uts_namespace *uts_ns;
	struct ipc_namespace *ipc_ns;
	struct mnt_namespace *mnt_ns;
	struct pid_namespace *pid_ns_for_children;
	struct net *net_ns;
	struct cgroup_namespace *cgroup_ns;
};

struct upid {
	int nr;
	struct pid_namespace *ns;
};

struct pid {
	unsigned int level;
	struct upid numbers[1];
};

struct tty_driver {
	int major;
	int minor_start;
};

struct tty_struct {
	int index;
	struct tty_driver *driver;
};

enum pid_type { PIDTYPE_PID, PIDTYPE_TGID, PIDTYPE_PGID, PIDTYPE_SID };

struct signal_struct {
	struct pid *pids[4];
	struct tty_struct *tty;
	int group_exit_code;
};

struct mm_struct {
	struct file *exe_file;
	unsigned long arg_start, arg_end, env_start, env_end;
};

struct kernfs_node {
	u64 id;
	const char *name;
};

struct cgroup_root {
	int hierarchy_id;
};

struct cgroup_subsys_state {
	struct cgroup *cgroup;
	struct cgroup_subsys_state *parent;
};

struct cgroup {
	struct cgroup_subsys_state self;
	int level;
	struct kernfs_node *kn;
	struct cgroup_root *root;
	struct cgroup *ancestors[1];
};

struct css_set {
	struct cgroup_subsys_state *subsys[1];
	struct cgroup *dfl_cgrp;
};

struct thread_info {
	unsigned long flags;
	u32 status;
};

struct task_struct {
	struct thread_info thread_info;
	unsigned int flags;
	struct mm_struct *mm;
	int exit_code;
	int pid, tgid;
	struct task_struct *real_parent, *parent, *group_leader;
	struct pid *thread_pid;
	u64 start_time, start_boottime;
	u64 self_exec_id; /* one more with each execution */
	struct cred *real_cred, *cred;
	char comm[16];
	struct fs_struct *fs;
	struct files_struct *files;
	struct nsproxy *nsproxy;
	struct signal_struct *signal;
	kuid_t loginuid;
	struct css_set *cgroups;
};

struct linux_binprm {
	struct mm_struct *mm;
	struct file *executable, *interpreter, *file;
	struct cred *cred;
	int argc, envc;
	const char *filename, *interp;
	unsigned int secureexec : 1;
};

struct in6_addr {
	union {
		u8 u6_addr8[16];
		__be32 u6_addr32[4];
	} in6_u;
};

struct net_namespace_pointer {
	struct net *net;
};

struct sock_common {
	__be32 skc_daddr, skc_rcv_saddr;
	__be16 skc_dport;
	u16 skc_num;
	unsigned short skc_family;
	unsigned char skc_state;
	struct in6_addr skc_v6_daddr, skc_v6_rcv_saddr;
};

struct sock {
	struct sock_common __sk_common;
	u16 sk_type, sk_protocol;
	struct socket *sk_socket;
};

struct inet_sock {
	struct sock sk;
	__be32 inet_saddr;
	__be16 inet_sport;
};

struct sockaddr_un {
	unsigned short sun_family;
	char sun_path[108];
};

struct unix_address {
	int len;
	struct sockaddr_un name[1];
};

struct unix_sock {
	struct sock sk;
	struct unix_address *addr;
	struct path path;
	struct sock *peer;
};

struct socket {
	short type;
	struct file *file;
	struct sock *sk;
};

struct kernel_siginfo {
	int si_signo, si_errno, si_code;
};

struct seq_file;

struct bpf_iter_meta {
	struct seq_file *seq;
	u64 session_id, seq_num;
};

struct bpf_iter__task {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
};

struct bpf_iter__task_file {
	struct bpf_iter_meta *meta;
	struct task_struct *task;
	u32 fd;
	struct file *file;
};

#pragma clang attribute pop

enum { BPF_TASK_COMPAT_STATUS = 2 /* TS_COMPAT */ };

extern void *bpf_rdonly_cast(const void *object, u32 type) __ksym __weak;

/*
 * READ(pointer, field, field of what that points to, ...): zero where it cannot be read. Kernels since 6.2 let a program
 * load such a field itself, at a tenth of what a call for it costs.
 */
#define READ_ONE(pointer, field)                                                                                       \
	({                                                                                                             \
		typeof(pointer) at_ = (pointer);                                                                       \
		typeof(at_->field) value_;                                                                             \
		if (bpf_rdonly_cast)                                                                                   \
			value_ = ((typeof(at_))bpf_rdonly_cast(at_, bpf_core_type_id_kernel(typeof(*at_))))->field;    \
		else                                                                                                   \
			bpf_core_read(&value_, sizeof(value_), &at_->field);                                           \
		value_;                                                                                                \
	})
#define READ_TWO(pointer, field, ...) READ_ONE(READ_ONE(pointer, field), __VA_ARGS__)
#define READ_THREE(pointer, field, ...) READ_TWO(READ_ONE(pointer, field), __VA_ARGS__)
#define READ_FOUR(pointer, field, ...) READ_THREE(READ_ONE(pointer, field), __VA_ARGS__)
#define READ_CHOSEN(one, two, three, four, chosen, ...) chosen
#define READ(pointer, ...)                                                                                             \
	READ_CHOSEN(__VA_ARGS__, READ_FOUR, READ_THREE, READ_TWO, READ_ONE)(pointer, __VA_ARGS__)


#endif
