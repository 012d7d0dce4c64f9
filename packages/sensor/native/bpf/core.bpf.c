// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two programs that every system call of the machine passes: what nobody wants to know of must cost no more than
 * a look into a table.
 */
#include "call.h"

#define EINPROGRESS 115

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PROGRAMS);
	__type(key, u32);
	__type(value, u32);
} call_programs SEC(".maps");

static __always_inline bool is_wanted_here(struct task_struct *task, u32 wanted)
{
	struct group *group;
	u64 id;

	if ((wanted & (WANT_CONTAINERS | WANT_HOST)) == (WANT_CONTAINERS | WANT_HOST))
		return true;
	id = cgroup_id_of(task);
	group = bpf_map_lookup_elem(&groups, &id);
	return wanted & (group && (group->flags & GROUP_CONTAINER) ? WANT_CONTAINERS : WANT_HOST);
}

static __always_inline void read_address(struct pending *read, u64 address, u64 length)
{
	u32 size = (u32)length;

	if (!address || size < 2 || size > 128)
		return;
	barrier_var(size);
	if (size <= 128 && bpf_probe_read_user(read->text, size, (void *)address) == 0) {
		read->length = size;
		read->has |= 1;
	}
}

static __always_inline void read_message_address(struct pending *read, u64 at, bool compat)
{
	struct user_message message;

	if (!compat && bpf_probe_read_user(&message, sizeof(message), (void *)at) == 0)
		read_address(read, message.name, message.name_length);
}

static __always_inline void read_more(struct task_struct *task, struct pending *read, struct call *call,
				      struct pt_regs *regs, bool compat)
{
	struct pending_more *more = bpf_task_storage_get(&pending_more, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	long count;

	if (!more)
		return;
	count = bpf_probe_read_user_str(more->text, SECOND_TEXT, (void *)argument(regs, compat, call->second));
	if (count > 0) {
		more->length = (u32)count;
		read->has |= 2;
	}
	if (!call->third)
		return;
	count = bpf_probe_read_user_str(more->third, THIRD_TEXT, (void *)argument(regs, compat, call->third));
	if (count > 0) {
		more->third_length = (u32)count;
		read->has |= 4;
	}
}

static __always_inline void read_texts(struct task_struct *task, struct pending *read, struct call *call,
				       struct pt_regs *regs, bool compat)
{
	u64 first = argument(regs, compat, call->first);
	long count;

	if (call->flags & CALL_MESSAGE) {
		read_message_address(read, first, compat);
		return;
	}
	if (call->flags & CALL_ADDRESS) {
		read_address(read, first, argument(regs, compat, call->second));
		return;
	}
	count = bpf_probe_read_user_str(read->text, PENDING_TEXT, (void *)first);
	if (count > 0) {
		read->length = (u32)count;
		read->has |= 1;
	}
	if (call->second)
		read_more(task, read, call, regs, compat);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct event_settings *settings = get_settings();
	u32 index = call_index(task, id);
	struct pending *read;
	struct call *call;

	if (!settings || index >= 2 * MAX_CALLS)
		return 0;
	call = &settings->calls[index];
	if (!call->first || !(call->wanted | call->dns) || !is_wanted_here(task, call->wanted | call->dns))
		return 0;
	read = bpf_task_storage_get(&pending, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	if (!read)
		return 0;
	read->call = index + 1;
	read->has = 0;
	read_texts(task, read, call, regs, index >= MAX_CALLS);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(sys_exit, struct pt_regs *regs, long result)
{
	struct event_settings *settings = get_settings();
	u32 index = call_index(bpf_get_current_task_btf(), id_of(regs));
	struct call *call;

	if (!settings || index >= 2 * MAX_CALLS)
		return 0;
	call = &settings->calls[index];
	if (!(call->wanted | call->dns))
		return 0;
	if (result < 0 && result != -EINPROGRESS && !(call->wanted & WANT_FAILED))
		return 0;
	bpf_tail_call(ctx, &call_programs, call->program);
	return 0;
}

char copyright[] SEC("license") = "GPL";
