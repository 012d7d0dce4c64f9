/* SPDX-License-Identifier: GPL-2.0-only */
/* Who a process is: its identities, its namespaces and the file that it runs. */
#ifndef PRATIQUE_PROCESS_H
#define PRATIQUE_PROCESS_H

#include "record.h"
#include "mounted.h"

#define NSEC_PER_SEC 1000000000ull
/* How deep namespaces of processes may lie (MAX_PID_NS_LEVEL). */
#define MAX_PID_LEVEL 32

static __always_inline struct upid upid_at(struct pid *pid, u64 level)
{
	struct upid upid = {};

	/* In 64 bits and within bounds, as the verifier of 6.1 wants it of what is added to a pointer. */
	barrier_var(level);
	if (pid && level <= MAX_PID_LEVEL)
		bpf_probe_read_kernel(&upid, sizeof(upid), (u8 *)pid + bpf_core_field_offset(struct pid, numbers) +
								   level * bpf_core_type_size(struct upid));
	return upid;
}

static __always_inline u32 number_at(struct pid *pid, u32 level)
{
	return upid_at(pid, level).nr;
}

static __always_inline void read_pids(struct wire_process *process, struct task_struct *task)
{
	struct pid *own = task->thread_pid;
	struct pid *leader = READ(task, signal, pids[PIDTYPE_TGID]);
	struct pid *group = READ(task, signal, pids[PIDTYPE_PGID]);
	struct pid *session = READ(task, signal, pids[PIDTYPE_SID]);
	u32 level = own ? own->level : 0;

	process->vtid = number_at(own, level);
	process->vpid = number_at(leader, level);
	/* A group or session that was begun outside has no number inside. */
	process->pgid = number_at(group, 0);
	process->sid = number_at(session, 0);
	if (group && READ(group, level) >= level)
		process->vpgid = number_at(group, level);
	if (session && READ(session, level) >= level)
		process->vsid = number_at(session, level);
	if (own)
		process->pid_namespace = READ(own, numbers[0].ns, ns.inum);
	if (own && level > 0)
		process->pid_namespace = READ(upid_at(own, level).ns, ns.inum);
}

static __always_inline u64 read_capabilities(const kernel_cap_t *set)
{
	u64 capabilities = 0;

	bpf_probe_read_kernel(&capabilities, sizeof(capabilities), set);
	return capabilities;
}

static __always_inline void read_credentials(struct wire_process *process, struct cred *cred)
{
	process->uid = READ(cred, uid.val);
	process->euid = READ(cred, euid.val);
	process->gid = READ(cred, gid.val);
	process->egid = READ(cred, egid.val);
	process->cap_permitted = read_capabilities(&cred->cap_permitted);
	process->cap_effective = read_capabilities(&cred->cap_effective);
	process->cap_inheritable = read_capabilities(&cred->cap_inheritable);
	process->user_namespace = READ(cred, user_ns, ns.inum);
}

static __always_inline u32 read_tty(struct task_struct *task)
{
	struct tty_struct *tty = READ(task, signal, tty);

	if (!tty)
		return 0;
	/* As the kernel's MKDEV does. */
	return (u32)READ(tty, driver, major) << 20 |
	       (u32)(READ(tty, driver, minor_start) + READ(tty, index));
}

static __always_inline u64 nanoseconds(s64 seconds, u32 rest)
{
	return (u64)seconds * NSEC_PER_SEC + rest;
}

static __always_inline void read_exe_times(struct wire_process *process, struct inode *inode)
{
	struct timespec64 time = {};

	if (bpf_core_field_exists(inode->i_mtime_sec)) {
		process->exe_mtime_ns =
			nanoseconds(READ(inode, i_mtime_sec), READ(inode, i_mtime_nsec));
		process->exe_ctime_ns =
			nanoseconds(READ(inode, i_ctime_sec), READ(inode, i_ctime_nsec));
		return;
	}
	if (bpf_core_field_exists(struct inode___v67, __i_mtime))
		time = READ((struct inode___v67 *)inode, __i_mtime);
	else
		time = READ((struct inode___v65 *)inode, i_mtime);
	process->exe_mtime_ns = nanoseconds(time.tv_sec, time.tv_nsec);
	if (bpf_core_field_exists(struct inode___v66, __i_ctime))
		time = READ((struct inode___v66 *)inode, __i_ctime);
	else
		time = READ((struct inode___v65 *)inode, i_ctime);
	process->exe_ctime_ns = nanoseconds(time.tv_sec, time.tv_nsec);
}

static __always_inline bool is_memfd(struct dentry *dentry)
{
	const unsigned char *name = READ(dentry, d_name.name);
	char start[8] = {};

	bpf_probe_read_kernel(start, 6, name);
	return *(u64 *)start == 0x3a64666d656dull; /* memfd: */
}

/* By the mode alone: a privilege to write everything is not asked for. */
static __always_inline bool is_writable(struct wire_process *process, struct inode *inode, u32 mode)
{
	if (READ(inode, i_uid.val) == process->euid)
		return mode & 0200;
	if (READ(inode, i_gid.val) == process->egid)
		return mode & 0020;
	return mode & 0002;
}

static __always_inline void read_exe(struct wire_process *process, struct task_struct *task, struct file *file)
{
	struct inode *inode = READ(file, f_inode);
	unsigned long magic = READ(inode, i_sb, s_magic);
	u32 mode = READ(inode, i_mode), flags = 0;

	process->exe_inode = READ(inode, i_ino);
	process->exe_device = READ(inode, i_sb, s_dev);
	read_exe_times(process, inode);
	if (is_overlay(inode)) {
		flags |= WIRE_EXE_OVERLAY;
		if (upper_of(inode))
			flags |= WIRE_EXE_UPPER;
	}
	if (magic == TMPFS_MAGIC) {
		flags |= WIRE_EXE_TMPFS;
		if (is_memfd(READ(file, f_path.dentry)))
			flags |= WIRE_EXE_MEMFD;
	}
	if (!(flags & WIRE_EXE_MEMFD) && is_mounted(task, inode))
		flags |= WIRE_EXE_MOUNTED;
	if (READ(inode, i_nlink) == 0)
		flags |= WIRE_EXE_UNLINKED;
	if (mode & S_ISUID)
		flags |= WIRE_EXE_SETUID;
	if (is_writable(process, inode, mode))
		flags |= WIRE_EXE_WRITABLE;
	process->exe_flags |= flags;
}

static __always_inline void put_process(struct slot *slot, struct task_struct *task, u32 exe_flags)
{
	struct wire_process process = { .exe_flags = exe_flags };
	struct file *file = READ(task, mm, exe_file);

	read_pids(&process, task);
	read_credentials(&process, READ(task, real_cred));
	process.loginuid = bpf_core_field_exists(task->loginuid) ? READ(task, loginuid.val) : (u32)-1;
	process.tty = read_tty(task);
	process.start_ns = READ(task, start_boottime);
	process.mount_namespace = READ(task, nsproxy, mnt_ns, ns.inum);
	process.net_namespace = READ(task, nsproxy, net_ns, ns.inum);
	if (file)
		read_exe(&process, task, file);
	put_kernel_bytes(slot, WIRE_PROCESS, &process, sizeof(process));
}

#endif
