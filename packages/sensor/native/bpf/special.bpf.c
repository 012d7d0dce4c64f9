// SPDX-License-Identifier: GPL-2.0-only
/* Calls of which more is told than their arguments. */
#include "call.h"
#include "process.h"

struct user_cap_header {
	u32 version, pid;
};

/* The lower halves of the three sets, then the upper ones. */
struct user_cap_data {
	u32 effective, permitted, inheritable;
	u32 effective_high, permitted_high, inheritable_high;
};

/* What the task has now, and not what it has asked for: the kernel may have allowed less. */
static __always_inline void put_capabilities(struct slot *slot, struct ended_call *ended)
{
	struct cred *cred = ended->subject.task->real_cred;

	put_number(slot, WIRE_NUMBER0, read_capabilities(&cred->cap_inheritable));
	put_number(slot, WIRE_NUMBER1, read_capabilities(&cred->cap_permitted));
	put_number(slot, WIRE_NUMBER2, read_capabilities(&cred->cap_effective));
}

static __always_inline void put_new_identity(struct slot *slot, struct ended_call *ended)
{
	put_numbers(slot, ended);
	put_process(slot, ended->subject.task, 0);
}

/* Where setns was given a file of /proc/PID/ns its inode is the namespace's. */
static __always_inline void put_namespace(struct slot *slot, struct ended_call *ended)
{
	struct file *file = file_of(ended->subject.task, (u32)argument(ended->regs, ended->compat, 1));

	put_numbers(slot, ended);
	put_process(slot, ended->subject.task, 0);
	if (file && ended->call->kind == WIRE_SETNS) {
		put_file_path(slot, WIRE_RESOLVED, file);
		put_number(slot, WIRE_NUMBER2, READ(file, f_inode, i_ino));
	}
}

static __always_inline void put_bpf(struct slot *slot, struct ended_call *ended)
{
	u64 attributes = argument(ended->regs, ended->compat, 2);
	u32 command = (u32)argument(ended->regs, ended->compat, 1), type = 0;

	put_numbers(slot, ended);
	/* Of maps and of programs: their type stands first. */
	if (command == BPF_MAP_CREATE || command == BPF_PROG_LOAD) {
		bpf_probe_read_user(&type, sizeof(type), (void *)attributes);
		put_number(slot, WIRE_NUMBER1, type);
	}
}

static __always_inline void put_perf_event(struct slot *slot, struct ended_call *ended)
{
	u32 type = 0;

	bpf_probe_read_user(&type, sizeof(type), (void *)argument(ended->regs, ended->compat, 1));
	put_number(slot, WIRE_NUMBER0, type);
	put_numbers(slot, ended);
}

/* Of the process that a descriptor stands for: as the caller numbers it, which is what kill would have been given. */
static __always_inline void put_signal(struct slot *slot, struct ended_call *ended)
{
	struct file *file = file_of(ended->subject.task, (u32)argument(ended->regs, ended->compat, 1));
	struct pid *own = ended->subject.task->thread_pid, *pid = NULL;
	u32 level = own ? own->level : 0;

	put_numbers(slot, ended);
	if (!file || ended->result < 0)
		return;
	/* Since 6.9 the inode has it. */
	pid = READ(file, private_data);
	if (!pid)
		pid = READ(file, f_inode, i_private);
	if (pid && READ(pid, level) >= level)
		put_number(slot, WIRE_NUMBER0, number_at(pid, level));
}

/* One that succeeded is told where the new program begins. */
static __always_inline void put_failed_exec(struct slot *slot, struct ended_call *ended)
{
	struct pending *read = get_pending(ended);

	put_first(slot, read, WIRE_FILENAME);
	if (is_relative(read))
		put_directory(slot, ended, ended->call->directory, WIRE_DIRECTORY);
}

static __always_inline void put_new_directory(struct slot *slot, struct ended_call *ended)
{
	struct task_struct *task = ended->subject.task;

	if (ended->call->first)
		put_first(slot, get_pending(ended), WIRE_PATH);
	else
		put_numbers(slot, ended);
	if (ended->result == 0)
		put_working_directory(slot, WIRE_RESOLVED, task);
}

static __always_inline void put_new_root(struct slot *slot, struct ended_call *ended)
{
	struct task_struct *task = ended->subject.task;

	put_first(slot, get_pending(ended), WIRE_PATH);
	if (ended->result == 0)
		put_path(slot, WIRE_RESOLVED, READ(task, fs, root.mnt), READ(task, fs, root.dentry));
}

static __always_inline void put_special(struct slot *slot, struct ended_call *ended)
{
	switch (ended->call->kind) {
	case WIRE_EXECVE:
	case WIRE_EXECVEAT:
		put_failed_exec(slot, ended);
		return;
	case WIRE_CAPSET:
		put_capabilities(slot, ended);
		return;
	case WIRE_SETNS:
	case WIRE_UNSHARE:
		put_namespace(slot, ended);
		return;
	case WIRE_BPF:
		put_bpf(slot, ended);
		return;
	case WIRE_KILL:
		put_signal(slot, ended);
		return;
	case WIRE_PERF_EVENT_OPEN:
		put_perf_event(slot, ended);
		return;
	case WIRE_CHDIR:
	case WIRE_FCHDIR:
		put_new_directory(slot, ended);
		return;
	case WIRE_CHROOT:
		put_new_root(slot, ended);
		return;
	default:
		put_new_identity(slot, ended);
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_special, struct pt_regs *regs, long result)
{
	struct ended_call ended;
	struct slot *slot;
	u32 kind;

	if (!find_call(&ended, regs, result))
		return 0;
	kind = ended.call->kind;
	if ((kind == WIRE_EXECVE || kind == WIRE_EXECVEAT) && result >= 0)
		return 0;
	slot = begin_call(&ended);
	if (!slot)
		return 0;
	put_special(slot, &ended);
	end_record(slot, ended.call->flags & CALL_BULK);
	return 0;
}

char copyright[] SEC("license") = "GPL";
