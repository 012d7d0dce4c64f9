// SPDX-License-Identifier: GPL-2.0-only
/* Processes that begin, become another program, end and are signalled. */
#include "call.h"
#include "process.h"

#define CLONE_VM 0x00000100
#define CLONE_VFORK 0x00004000
#define CLONE_NEWNS 0x00020000
#define CLONE_NEWCGROUP 0x02000000
#define CLONE_NEWUTS 0x04000000
#define CLONE_NEWIPC 0x08000000
#define CLONE_NEWUSER 0x10000000
#define CLONE_NEWPID 0x20000000
#define CLONE_NEWNET 0x40000000
#define CLONE_NAMESPACES                                                                                                \
	(CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | CLONE_NEWNET)
#define SIGKILL 9
#define SIGCHLD 17
#define SIGCONT 18
#define SIGURG 23
#define SIGWINCH 28

struct live {
	int counter;
} __attribute__((preserve_access_index));

struct signal_struct___live {
	struct live live;
} __attribute__((preserve_access_index));

struct k_sigaction {
	struct {
		void *sa_handler;
	} sa;
} __attribute__((preserve_access_index));

struct kernel_siginfo___sender {
	union {
		struct {
			int _pid;
			u32 _uid;
		} _kill;
	} _sifields;
} __attribute__((preserve_access_index));

static __always_inline bool is_kind_wanted(struct subject *subject, u32 kind)
{
	struct event_settings *settings = get_settings();
	u32 wanted;

	if (!settings)
		return false;
	wanted = settings->wanted[kind & (MAX_KINDS - 1)];
	return wanted && admit(subject, settings, kind, wanted, kind == WIRE_SIGNALDELIVER);
}

static __always_inline bool is_environment_wanted(void)
{
	struct event_settings *settings = get_settings();

	return settings && settings->environment;
}

/* Strings that follow one another in the memory of the new program. */
static __always_inline void put_strings(struct slot *slot, u32 tag, unsigned long start, unsigned long end)
{
	u64 length = end - start;

	if (end <= start)
		return;
	if (length > TEXT_BYTES) {
		length = TEXT_BYTES;
		slot->flags |= WIRE_TRUNCATED;
	}
	put_user_bytes(slot, tag, start, (u32)length);
}

/* Which call a thread is in; 0 where it is none that we know. */
static __always_inline u32 call_kind(struct task_struct *task)
{
	struct event_settings *settings = get_settings();
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(task);
	u64 index = call_index(task, regs, id_of(regs));

	return settings && index < 2 * MAX_CALLS ? settings->calls[index].kind : 0;
}

SEC("tp_btf/sched_process_exec")
int BPF_PROG(process_exec, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	struct subject subject = { .task = bpf_get_current_task_btf() };
	bool script = binprm->interp != binprm->filename;
	u32 kind = call_kind(subject.task) == WIRE_EXECVEAT ? WIRE_EXECVEAT : WIRE_EXECVE;
	struct slot *slot;

	if (!is_kind_wanted(&subject, kind))
		return 0;
	slot = begin_record(&subject, kind, 0);
	if (!slot)
		return 0;
	put_process(slot, subject.task, script ? WIRE_EXE_SCRIPT : 0);
	put_comm(slot, subject.task);
	put_number(slot, WIRE_NUMBER0, old_pid);
	put_number(slot, WIRE_NUMBER1, subject.task->self_exec_id);
	put_file_path(slot, WIRE_EXE_PATH, subject.task->mm->exe_file);
	put_kernel_text(slot, WIRE_FILENAME, binprm->filename);
	if (script)
		put_kernel_text(slot, WIRE_INTERPRETER, binprm->interp);
	put_working_directory(slot, WIRE_CWD, subject.task);
	put_strings(slot, WIRE_ARGUMENTS, subject.task->mm->arg_start, subject.task->mm->arg_end);
	if (is_environment_wanted())
		put_strings(slot, WIRE_ENVIRONMENT, subject.task->mm->env_start, subject.task->mm->env_end);
	end_record(slot, 0);
	return 0;
}

static __always_inline u32 fork_kind(struct task_struct *parent)
{
	u32 kind = call_kind(parent);

	return kind == WIRE_FORK || kind == WIRE_VFORK || kind == WIRE_CLONE3 ? kind : WIRE_CLONE;
}

/* Which namespaces a child has that its parent has not. */
static __always_inline u64 new_namespaces(struct task_struct *parent, struct task_struct *child)
{
	struct nsproxy *own = READ(child, nsproxy), *others = READ(parent, nsproxy);
	u64 flags = 0;

	if (READ(child, real_cred, user_ns) != READ(parent, real_cred, user_ns))
		flags |= CLONE_NEWUSER;
	if (own == others || !own || !others)
		return flags;
	if (READ(own, mnt_ns) != READ(others, mnt_ns))
		flags |= CLONE_NEWNS;
	if (READ(own, cgroup_ns) != READ(others, cgroup_ns))
		flags |= CLONE_NEWCGROUP;
	if (READ(own, uts_ns) != READ(others, uts_ns))
		flags |= CLONE_NEWUTS;
	if (READ(own, ipc_ns) != READ(others, ipc_ns))
		flags |= CLONE_NEWIPC;
	if (READ(own, pid_ns_for_children) != READ(others, pid_ns_for_children))
		flags |= CLONE_NEWPID;
	if (READ(own, net_ns) != READ(others, net_ns))
		flags |= CLONE_NEWNET;
	return flags;
}

/* Told of the child. Its own numbers are those that clone or clone3 was given, where they can be read. */
SEC("tp_btf/sched_process_fork")
int BPF_PROG(process_fork, struct task_struct *parent, struct task_struct *child)
{
	struct subject subject = { .task = child, .is_other = true };
	struct slot *slot;
	u64 flags = 0;
	u32 kind;

	if (child->pid != child->tgid)
		return 0;
	kind = fork_kind(parent);
	if (!is_kind_wanted(&subject, kind))
		return 0;
	slot = begin_record(&subject, kind, 0);
	if (!slot)
		return 0;
	if (kind == WIRE_CLONE) {
		flags = argument((struct pt_regs *)bpf_task_pt_regs(parent), is_compat(parent), 1);
	} else if (kind == WIRE_CLONE3) {
		u64 at = argument((struct pt_regs *)bpf_task_pt_regs(parent), is_compat(parent), 1);

		bpf_probe_read_user(&flags, sizeof(flags), (void *)at);
		/* Another thread may have changed them since the kernel read them. */
		flags = (flags & ~(u64)CLONE_NAMESPACES) | new_namespaces(parent, child);
	} else if (kind == WIRE_VFORK) {
		flags = CLONE_VM | CLONE_VFORK;
	}
	put_process(slot, child, 0);
	put_comm(slot, child);
	put_number(slot, WIRE_NUMBER0, parent->tgid);
	put_number(slot, WIRE_NUMBER1, flags);
	put_number(slot, WIRE_NUMBER2, parent->pid);
	end_record(slot, 0);
	return 0;
}

SEC("tp_btf/sched_process_exit")
int BPF_PROG(process_exit, struct task_struct *task)
{
	struct subject subject = { .task = bpf_get_current_task_btf() };
	struct signal_struct___live *signal = (void *)subject.task->signal;
	struct slot *slot;
	int code;

	/* Of the threads the last. */
	if (READ(signal, live.counter) != 0)
		return 0;
	if (!is_kind_wanted(&subject, WIRE_PROCEXIT))
		return 0;
	code = subject.task->signal->group_exit_code;
	if (code == 0)
		code = subject.task->exit_code;
	slot = begin_record(&subject, WIRE_PROCEXIT, code);
	if (!slot)
		return 0;
	put_comm(slot, subject.task);
	put_number(slot, WIRE_NUMBER0, code >> 8 & 0xff);
	put_number(slot, WIRE_NUMBER1, code & 0x7f);
	put_number(slot, WIRE_NUMBER2, code >> 7 & 1);
	end_record(slot, 0);
	return 0;
}

static __always_inline bool is_harmless(int signal)
{
	return signal == SIGCHLD || signal == SIGCONT || signal == SIGURG || signal == SIGWINCH;
}

/* Those that nobody handles and that so end the process, or stop it. */
SEC("tp_btf/signal_deliver")
int BPF_PROG(signal_delivered, int signal, struct kernel_siginfo *info, struct k_sigaction *action)
{
	struct subject subject = { .task = bpf_get_current_task_btf() };
	struct slot *slot;
	u32 sender = 0;

	if (is_harmless(signal) || (signal != SIGKILL && READ(action, sa.sa_handler)))
		return 0;
	if (!is_kind_wanted(&subject, WIRE_SIGNALDELIVER))
		return 0;
	/* Small numbers there are no addresses: who sent it is not told. */
	if ((unsigned long)info > 4096)
		sender = READ((struct kernel_siginfo___sender *)info, _sifields._kill._pid);
	slot = begin_record(&subject, WIRE_SIGNALDELIVER, 0);
	if (!slot)
		return 0;
	put_comm(slot, subject.task);
	put_number(slot, WIRE_NUMBER0, sender);
	put_number(slot, WIRE_NUMBER1, subject.task->tgid);
	put_number(slot, WIRE_NUMBER2, signal);
	end_record(slot, 1);
	return 0;
}

char copyright[] SEC("license") = "GPL";
