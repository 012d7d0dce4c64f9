// SPDX-License-Identifier: GPL-2.0-only
/* Calls that are told by their arguments alone: numbers, paths, other texts and the path of a descriptor. */
#include "call.h"

static __always_inline void put_texts(struct slot *slot, struct ended_call *ended, struct pending *read)
{
	struct call *call = ended->call;
	u32 tag = call->flags & CALL_TEXT ? WIRE_TEXT : WIRE_PATH;
	u32 tag2 = call->flags & CALL_TEXT2 ? WIRE_TEXT2 : WIRE_PATH2;
	struct pending_more *more;

	put_first(slot, read, tag);
	if (!call->second)
		return;
	more = bpf_task_storage_get(&pending_more, ended->subject.task, NULL, 0);
	put_second(slot, read, more, tag2);
	if (call->third && more && read && (read->has & 4))
		put_kernel_bytes(slot, WIRE_TEXT, more->third, more->third_length - 1);
}

static __always_inline bool is_second_relative(struct ended_call *ended)
{
	struct pending_more *more = bpf_task_storage_get(&pending_more, ended->subject.task, NULL, 0);

	return more && more->text[0] != '/';
}

static __always_inline void put_directories(struct slot *slot, struct ended_call *ended, struct pending *read)
{
	struct call *call = ended->call;

	if (!(call->flags & CALL_TEXT) && is_relative(read))
		put_directory(slot, ended, call->directory, WIRE_DIRECTORY);
	if (call->second && !(call->flags & (CALL_TEXT2 | CALL_TARGET)) && is_second_relative(ended))
		put_directory(slot, ended, call->directory2, WIRE_DIRECTORY2);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_plain, struct pt_regs *regs, long result)
{
	struct ended_call ended;
	struct pending *read;
	struct slot *slot;

	if (!find_call(&ended, regs, result))
		return 0;
	slot = begin_call(&ended);
	if (!slot)
		return 0;
	put_numbers(slot, &ended);
	if (ended.call->first) {
		read = get_pending(&ended);
		put_texts(slot, &ended, read);
		put_directories(slot, &ended, read);
	}
	if (ended.call->descriptor) {
		struct file *file = file_of(ended.subject.task,
					    (u32)argument(regs, ended.compat, ended.call->descriptor));

		put_file_path(slot, WIRE_RESOLVED, file);
	}
	end_record(slot, ended.call->flags & CALL_BULK);
	return 0;
}

char copyright[] SEC("license") = "GPL";
