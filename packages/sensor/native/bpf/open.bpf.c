// SPDX-License-Identifier: GPL-2.0-only
/* Files that are opened: by the path as given, and by the file that the kernel has found for it. */
#include "call.h"

#define FMODE_CREATED 0x100000
#define O_ACCMODE 3
#define O_RDONLY 0
#define O_WRONLY 1
#define O_CREAT 0100
#define O_TRUNC 01000

struct opening {
	u64 flags, mode, resolve;
};

struct {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, MAX_IGNORED);
	__type(key, struct ignored_prefix);
	__type(value, u8);
} ignored_reads SEC(".maps");

static __always_inline void read_opening(struct ended_call *ended, struct opening *opening, struct pending *read)
{
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
		opening->flags = O_CREAT | O_WRONLY | O_TRUNC;
		opening->mode = argument(ended->regs, ended->compat, 2);
		break;
	case WIRE_OPENAT2:
		if (!read || !(read->has & HAS_HOW))
			break;
		opening->flags = read->how.flags;
		opening->mode = read->how.mode;
		opening->resolve = read->how.resolve;
		break;
	default:
		opening->flags = argument(ended->regs, ended->compat, 3);
	}
}

/* By the path that was walked last: what the kernel has found, so that no link leads past the rules. */
static __always_inline bool is_ignored(struct slot *slot, const struct opening *opening)
{
	u32 at = slot->walk.at, length;
	struct ignored_prefix *key;

	if ((opening->flags & (O_ACCMODE | O_CREAT | O_TRUNC)) != O_RDONLY || at < sizeof(u32) || at >= PATH_AREA - 1)
		return false;
	length = PATH_AREA - 1 - at;
	if (length > IGNORED_BYTES)
		length = IGNORED_BYTES;
	at -= sizeof(u32);
	barrier_var(at);
	/* The path has its place behind the length of the key already. */
	key = (struct ignored_prefix *)&slot->path[at & (PATH_AREA - 1)];
	key->bits = length * 8;
	return bpf_map_lookup_elem(&ignored_reads, key);
}

static __always_inline void put_opening(struct slot *slot, struct ended_call *ended, const struct opening *opening,
					struct pending *read)
{
	put_number(slot, WIRE_NUMBER0, opening->flags);
	put_number(slot, WIRE_NUMBER1, opening->mode);
	if (ended->call->kind == WIRE_OPENAT2)
		put_number(slot, WIRE_NUMBER2, opening->resolve);
	if (!ended->call->first)
		return;
	put_first(slot, read, WIRE_PATH);
	if (is_relative(read))
		put_directory(slot, ended, ended->call->directory, WIRE_DIRECTORY);
}

static __always_inline void tell_opened(struct slot *slot, struct ended_call *ended, const struct opening *opening,
					struct pending *read, struct file *file)
{
	u32 created = READ(file, f_mode) & FMODE_CREATED ? WIRE_FILE_CREATED : 0;

	put_walked(slot, WIRE_RESOLVED);
	put_file(slot, READ(file, f_inode), (u32)opening->flags, created);
	put_opening(slot, ended, opening, read);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_open, struct pt_regs *regs, long result)
{
	struct opening opening = {};
	struct ended_call ended;
	struct pending *read;
	struct file *file;
	struct slot *slot;
	u32 kind;

	if (!find_call(&ended, regs, result) || !is_wanted(&ended.subject, ended.call->wanted))
		return 0;
	kind = ended.call->kind;
	read = ended.call->first ? get_pending(&ended) : NULL;
	read_opening(&ended, &opening, read);
	file = result >= 0 ? file_of(ended.subject.task, (u32)result) : NULL;
	/* To read, to write or both: what the kernel has opened it for, and not what stands in memory by now. */
	if (file)
		opening.flags = (opening.flags & ~(u64)O_ACCMODE) | (READ(file, f_flags) & O_ACCMODE);
	slot = begin_admitted(&ended);
	if (!slot)
		return 0;
	if (file)
		walk_up(slot, READ(file, f_path.mnt), READ(file, f_path.dentry));
	if ((file && ended.settings->ignores_reads && is_ignored(slot, &opening)) ||
	    !pay(&ended.subject, ended.settings, kind, 1)) {
		release_slot(slot);
		return 0;
	}
	if (file)
		tell_opened(slot, &ended, &opening, read, file);
	else
		put_opening(slot, &ended, &opening, read);
	end_record(slot, 1);
	return 0;
}

char copyright[] SEC("license") = "GPL";
