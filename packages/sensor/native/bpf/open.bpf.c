// SPDX-License-Identifier: GPL-2.0-only
/* Files that are opened: by the path as given, and by the file that the kernel has found for it. */
#include "call.h"

#define FMODE_CREATED 0x100000

struct user_open_how {
	u64 flags, mode, resolve;
};

struct opening {
	u64 flags, mode;
};

static __always_inline void read_opening(struct slot *slot, struct ended_call *ended, struct opening *opening)
{
	struct user_open_how how = {};

	switch (ended->call->kind) {
	case WIRE_OPEN:
		opening->flags = argument(ended->regs, ended->compat, 2);
		opening->mode = argument(ended->regs, ended->compat, 3);
		break;
	case WIRE_OPENAT:
		opening->flags = argument(ended->regs, ended->compat, 3);
		opening->mode = argument(ended->regs, ended->compat, 4);
		break;
	case WIRE_CREAT:
		opening->flags = 01101; /* O_CREAT | O_WRONLY | O_TRUNC */
		opening->mode = argument(ended->regs, ended->compat, 2);
		break;
	case WIRE_OPENAT2:
		bpf_probe_read_user(&how, sizeof(how), (void *)argument(ended->regs, ended->compat, 3));
		opening->flags = how.flags;
		opening->mode = how.mode;
		put_number(slot, WIRE_NUMBER2, how.resolve);
		break;
	default:
		opening->flags = argument(ended->regs, ended->compat, 3);
		opening->mode = 0;
	}
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_open, struct pt_regs *regs, long result)
{
	struct opening opening;
	struct ended_call ended;
	struct pending *read;
	struct file *file;
	struct slot *slot;

	if (!find_call(&ended, regs, result))
		return 0;
	slot = begin_call(&ended);
	if (!slot)
		return 0;
	read_opening(slot, &ended, &opening);
	put_number(slot, WIRE_NUMBER0, opening.flags);
	put_number(slot, WIRE_NUMBER1, opening.mode);
	if (ended.call->first) {
		read = get_pending(&ended);
		put_first(slot, &ended, read, WIRE_PATH);
		if (is_relative(read))
			put_directory(slot, &ended, ended.call->directory, WIRE_DIRECTORY);
	}
	file = result >= 0 ? file_of(ended.subject.task, (u32)result) : NULL;
	if (file) {
		u32 created = BPF_CORE_READ(file, f_mode) & FMODE_CREATED ? WIRE_FILE_CREATED : 0;

		put_file_path(slot, WIRE_RESOLVED, file);
		put_file(slot, BPF_CORE_READ(file, f_inode), (u32)opening.flags, created);
	}
	end_record(slot, ended.call->flags & CALL_BULK);
	return 0;
}

char copyright[] SEC("license") = "GPL";
