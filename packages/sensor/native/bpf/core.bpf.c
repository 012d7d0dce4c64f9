// SPDX-License-Identifier: GPL-2.0-only
/*
 * The two programs that every system call of the machine passes: what nobody wants to know of must cost no more than
 * a look into a table.
 */
#define KNOWS_SOCKETCALL
#include "call.h"

#define EINPROGRESS 115

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, PROGRAMS);
	__type(key, u32);
	__type(value, u32);
} call_programs SEC(".maps");

static __always_inline bool is_wanted_here(u32 wanted)
{
	struct group *group;
	u64 id;

	if ((wanted & (WANT_CONTAINERS | WANT_HOST)) == (WANT_CONTAINERS | WANT_HOST))
		return true;
	id = current_cgroup_id();
	group = bpf_map_lookup_elem(&groups, &id);
	return wanted & (group && (group->flags & GROUP_CONTAINER) ? WANT_CONTAINERS : WANT_HOST);
}

SEC("tp_btf/sys_enter")
int BPF_PROG(sys_enter, struct pt_regs *regs, long id)
{
	struct task_struct *task = bpf_get_current_task_btf();
	struct event_settings *settings = get_settings();
	u64 index = call_index(task, regs, id);
	struct pending *read;
	struct call *call;

	if (!settings || index >= 2 * MAX_CALLS)
		return 0;
	call = &settings->calls[index];
	if (!call->first || !(call->wanted | call->dns) || !is_wanted_here(call->wanted | call->dns))
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
	u64 index = call_index(bpf_get_current_task_btf(), regs, id_of(regs));
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
