/* SPDX-License-Identifier: GPL-2.0-only */
/* Builds a record in a slot of memory and hands it to a lane. */
#ifndef PRATIQUE_RECORD_H
#define PRATIQUE_RECORD_H

#include "kernel.h"
#include "overlay.h"

#include "events.h"
#include "wire.h"

#define RECORD_BYTES 32768
#define TEXT_BYTES 4096
#define PATH_AREA 4096
#define NAME_BYTES 256
#define MAX_COMPONENTS 64

/* From a file towards the root. It lies in a slot: the verifier follows fewer ways where it knows nothing of it. */
struct walk {
	struct vfsmount *begun; /* where it begins, together with dentry */
	struct mount *mount;
	struct dentry *root; /* of the mount */
	struct dentry *dentry;
	u32 at; /* in the slot's path, which is written from its end */
	u32 reserved;
};

/*
 * A program may be interrupted, or on some kernels lose its processor, while it builds a record: so a processor has
 * more than one slot, and a slot is claimed.
 */
struct slot {
	u32 busy;
	u32 length;
	u32 flags;
	u32 reserved;
	struct walk walk;
	u8 data[RECORD_BYTES + TEXT_BYTES + NAME_BYTES];
	u8 path[PATH_AREA + NAME_BYTES];
};

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1); /* set when it is loaded: one for each slot */
	__type(key, u32);
	__type(value, struct slot);
} slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, RARE_RING_BYTES);
} rare SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, BULK_RING_BYTES);
} bulk SEC(".maps");

/* Records that found no slot or no room in their lane, by kind. */
struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, MAX_KINDS);
	__type(key, u32);
	__type(value, u64);
} lost SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, u32);
	__type(value, struct event_settings);
} event_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_GROUPS);
	__type(key, u64);
	__type(value, struct group);
} groups SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SUPPRESSED);
	__type(key, struct suppressed_key);
	__type(value, u64);
} suppressed SEC(".maps");

/* Index in css_set; -1: the unified hierarchy. */
const volatile s32 cgroup_subsystem = -1;
const volatile s32 cgroup_hierarchy_id = 0;

static __always_inline struct event_settings *get_settings(void)
{
	u32 zero = 0;

	return bpf_map_lookup_elem(&event_settings, &zero);
}

static __always_inline u64 cgroup_id_of(struct task_struct *task)
{
	struct css_set *set = task->cgroups;
	struct cgroup_subsys_state *state;

	if (cgroup_subsystem < 0)
		return set->dfl_cgrp->kn->id;
	bpf_probe_read_kernel(&state, sizeof(state), (u8 *)set + bpf_core_field_offset(struct css_set, subsys) +
							       (u32)cgroup_subsystem * sizeof(void *));
	return READ(state, cgroup, kn, id);
}

/* The same of the task that runs: the verifier takes its time over each pointer of the kernel's that is followed. */
static __always_inline u64 current_cgroup_id(void)
{
	return cgroup_subsystem < 0 ? bpf_get_current_cgroup_id() : cgroup_id_of(bpf_get_current_task_btf());
}

static __always_inline void count_lost(u32 kind)
{
	u64 *count = bpf_map_lookup_elem(&lost, &kind);

	if (count)
		*count += 1;
}

static __always_inline void count_suppressed(u64 cgroup_id, u32 kind)
{
	struct suppressed_key key = { cgroup_id, kind };
	u64 *count = bpf_map_lookup_elem(&suppressed, &key), one = 1;

	if (count)
		__sync_fetch_and_add(count, 1);
	else if (bpf_map_update_elem(&suppressed, &key, &one, BPF_NOEXIST))
		count_lost(kind);
}

/*
 * Whether a cgroup may tell one more. Each record is paid for with an interval of time, a burst may be paid for later.
 * Two processors that pay at once may pay once: that lets a little more through, and costs no lock.
 */
static __always_inline bool can_pay(const struct event_settings *settings, struct group *group, u32 lane, u64 now)
{
	u64 until = group->spent_until_ns[lane & 1];

	if (until < now)
		until = now;
	if (until - now > settings->burst_ns[lane & 1])
		return false;
	group->spent_until_ns[lane & 1] = until + settings->interval_ns[lane & 1];
	return true;
}

static __always_inline struct slot *claim_slot(void)
{
	u32 first = bpf_get_smp_processor_id() * SLOTS_PER_CPU;

	for (u32 i = 0; i < SLOTS_PER_CPU; i++) {
		u32 key = first + i;
		struct slot *slot = bpf_map_lookup_elem(&slots, &key);

		if (slot && __sync_lock_test_and_set(&slot->busy, 1) == 0)
			return slot;
	}
	return NULL;
}

static __always_inline void release_slot(struct slot *slot)
{
	__sync_lock_test_and_set(&slot->busy, 0);
}

/* Who a record is about. */
struct subject {
	struct task_struct *task;
	bool is_other; /* than the task that runs */
	struct group *group; /* NULL: of none that we know */
	u64 cgroup_id;
	u64 now;
};

static __always_inline bool is_wanted(struct subject *subject, u32 wanted)
{
	struct group *group;

	subject->cgroup_id = subject->is_other ? cgroup_id_of(subject->task) : current_cgroup_id();
	group = bpf_map_lookup_elem(&groups, &subject->cgroup_id);
	subject->group = group;
	if (!(wanted & (group && (group->flags & GROUP_CONTAINER) ? WANT_CONTAINERS : WANT_HOST)))
		return false;
	subject->now = bpf_ktime_get_boot_ns();
	return true;
}

/* False for what is one too many, which is counted. */
static __always_inline bool pay(struct subject *subject, const struct event_settings *settings, u32 kind, u32 lane)
{
	if (!subject->group || can_pay(settings, subject->group, lane, subject->now))
		return true;
	count_suppressed(subject->cgroup_id, kind);
	return false;
}

/* Whether it is told at all. */
static __always_inline bool admit(struct subject *subject, const struct event_settings *settings, u32 kind, u32 wanted,
				  u32 lane)
{
	return is_wanted(subject, wanted) && pay(subject, settings, kind, lane);
}

static __always_inline struct slot *begin_record(const struct subject *subject, u32 kind, s64 result)
{
	struct slot *slot = claim_slot();
	struct wire_record *record;

	if (!slot) {
		count_lost(kind);
		return NULL;
	}
	record = (struct wire_record *)slot->data;
	record->kind = kind;
	record->time_ns = subject->now;
	record->cgroup_id = subject->cgroup_id;
	record->result = result;
	record->pid = subject->task->tgid;
	record->tid = subject->task->pid;
	record->ppid = READ(subject->task, real_parent, tgid);
	record->cpu = bpf_get_smp_processor_id();
	slot->flags = 0;
	slot->length = sizeof(*record);
	return slot;
}

/* Functions of their own, as far as they are given no pointers of the kernel's: the verifier then looks at each only once. */
__noinline int end_record(struct slot *slot, u32 lane)
{
	struct wire_record *record;
	u32 size;
	long error;

	if (!slot)
		return 0;
	record = (struct wire_record *)slot->data;
	size = slot->length;
	barrier_var(size);
	size &= RECORD_BYTES - 1;
	*(u32 *)&slot->data[size] = 0;
	size = (size + 7) & ~7u;
	record->size = size;
	record->flags = slot->flags;
	/* Wakes the reader where it has read everything before: it waits then, for more to come. */
	if (lane)
		error = bpf_ringbuf_output(&bulk, slot->data, size, 0);
	else
		error = bpf_ringbuf_output(&rare, slot->data, size, 0);
	if (error)
		count_lost(record->kind);
	release_slot(slot);
	return 0;
}

/* Where a section is to be written; NULL where the record is full. */
static __always_inline u8 *section_at(struct slot *slot)
{
	u32 at = slot->length;

	if (at > RECORD_BYTES - TEXT_BYTES - 64) {
		slot->flags |= WIRE_TRUNCATED;
		return NULL;
	}
	barrier_var(at);
	return &slot->data[at & (RECORD_BYTES - 1)];
}

static __always_inline void end_section(struct slot *slot, u8 *section, u32 tag, u32 length)
{
	((struct wire_section *)section)->tag = tag;
	((struct wire_section *)section)->length = length;
	slot->length += sizeof(struct wire_section) + ((length + 3) & ~3u);
}

__noinline int put_number(struct slot *slot, u32 tag, u64 number)
{
	u8 *section;

	if (!slot)
		return 0;
	section = section_at(slot);
	if (!section)
		return 0;
	/* Sections begin at multiples of four. */
	((u32 *)section)[1] = (u32)number;
	((u32 *)section)[2] = (u32)(number >> 32);
	end_section(slot, section, tag, 8);
	return 0;
}

/* size is at most TEXT_BYTES. */
static __always_inline void put_kernel_bytes(struct slot *slot, u32 tag, const void *bytes, u32 size)
{
	u8 *section = section_at(slot);

	if (!section)
		return;
	barrier_var(size);
	size &= 2 * TEXT_BYTES - 1;
	if (size > TEXT_BYTES)
		return;
	if (bpf_probe_read_kernel(section + 4, size, bytes) == 0)
		end_section(slot, section, tag, size);
}

__noinline int put_user_bytes(struct slot *slot, u32 tag, u64 bytes, u32 size)
{
	u8 *section;

	if (!slot)
		return 0;
	section = section_at(slot);
	if (!section)
		return 0;
	barrier_var(size);
	size &= 2 * TEXT_BYTES - 1;
	if (size > TEXT_BYTES)
		return 0;
	if (bpf_probe_read_user(section + 4, size, (void *)bytes) == 0)
		end_section(slot, section, tag, size);
	return 0;
}

/* What bpf_probe_read_*_str has returned counts the NUL. */
static __always_inline void end_text(struct slot *slot, u8 *section, u32 tag, long count)
{
	if (count <= 0)
		return;
	if (count >= TEXT_BYTES)
		slot->flags |= WIRE_TRUNCATED;
	end_section(slot, section, tag, (u32)count - 1);
}

static __always_inline void put_kernel_text(struct slot *slot, u32 tag, const void *text)
{
	u8 *section = section_at(slot);

	if (section)
		end_text(slot, section, tag, bpf_probe_read_kernel_str(section + 4, TEXT_BYTES, text));
}

static __always_inline void put_comm(struct slot *slot, struct task_struct *task)
{
	u8 *section = section_at(slot);

	if (section)
		end_text(slot, section, WIRE_COMM, bpf_probe_read_kernel_str(section + 4, 16, task->comm));
}

static __always_inline bool prepend_name(struct slot *slot, struct dentry *dentry)
{
	const unsigned char *name = READ(dentry, d_name.name);
	u32 length = READ(dentry, d_name.len), at = slot->walk.at;

	if (length > 255 || at < length + 1) {
		slot->flags |= WIRE_TRUNCATED;
		return false;
	}
	at -= length;
	barrier_var(at);
	barrier_var(length);
	bpf_probe_read_kernel(&slot->path[at & (PATH_AREA - 1)], length & 255, name);
	at--;
	barrier_var(at);
	slot->path[at & (PATH_AREA - 1)] = '/';
	slot->walk.at = at;
	return true;
}

/* One step towards the root; false at the end of the way. */
static __always_inline bool step(struct slot *slot)
{
	struct walk *walk = &slot->walk;
	struct dentry *dentry = walk->dentry, *parent;
	struct mount *mount = walk->mount, *above;

	if (dentry == walk->root) {
		above = READ(mount, mnt_parent);
		if (above == mount)
			return false;
		walk->dentry = READ(mount, mnt_mountpoint);
		walk->mount = above;
		walk->root = READ(above, mnt.mnt_root);
		return true;
	}
	parent = READ(dentry, d_parent);
	if (!prepend_name(slot, dentry) || parent == dentry)
		return false;
	walk->dentry = parent;
	return true;
}

/* From where the walk is to begin: a function that is verified by itself is given no pointers of the kernel's. */
__noinline int walk_on(struct slot *slot)
{
	u32 i;

	if (!slot)
		return 0;
	slot->walk.mount = (struct mount *)((u64)slot->walk.begun - bpf_core_field_offset(struct mount, mnt));
	slot->walk.root = READ(slot->walk.begun, mnt_root);
	slot->walk.at = PATH_AREA - 1;
	for (i = 0; i < MAX_COMPONENTS; i++) {
		/* Not in registers. */
		asm volatile("" : : : "memory");
		if (!step(slot))
			return 0;
	}
	slot->flags |= WIRE_TRUNCATED;
	return 0;
}

/*
 * A path from the root of the mount namespace that it lies in, so that neither chroot nor a symbolic link hides it.
 * Of what is no longer, or not, in a tree: its name.
 */
static __always_inline void walk_up(struct slot *slot, struct vfsmount *vfsmount, struct dentry *dentry)
{
	slot->walk.begun = vfsmount;
	slot->walk.dentry = dentry;
	walk_on(slot);
}

/* The way that was walked last. */
static __always_inline void put_walked(struct slot *slot, u32 tag)
{
	u32 at = slot->walk.at;

	if (at >= PATH_AREA - 1) {
		at = PATH_AREA - 2;
		slot->path[PATH_AREA - 2] = '/';
	}
	barrier_var(at);
	at &= PATH_AREA - 1;
	put_kernel_bytes(slot, tag, &slot->path[at], PATH_AREA - 1 - at);
}

static __always_inline void put_path(struct slot *slot, u32 tag, struct vfsmount *vfsmount, struct dentry *dentry)
{
	if (!vfsmount || !dentry)
		return;
	walk_up(slot, vfsmount, dentry);
	put_walked(slot, tag);
}

static __always_inline void put_working_directory(struct slot *slot, u32 tag, struct task_struct *task)
{
	put_path(slot, tag, READ(task, fs, pwd.mnt), READ(task, fs, pwd.dentry));
}

static __always_inline void put_file_path(struct slot *slot, u32 tag, struct file *file)
{
	if (file)
		put_path(slot, tag, READ(file, f_path.mnt), READ(file, f_path.dentry));
}

static __always_inline struct file *file_of(struct task_struct *task, u32 descriptor)
{
	struct fdtable *table;
	struct file *file = NULL;

	if (!task->files)
		return NULL;
	table = task->files->fdt;
	if (!table || descriptor >= table->max_fds)
		return NULL;
	bpf_probe_read_kernel(&file, sizeof(file), table->fd + descriptor);
	return file;
}

static __always_inline void put_file(struct slot *slot, struct inode *inode, u32 flags, u32 file_flags)
{
	struct wire_file file = { .flags = flags, .file_flags = file_flags };

	if (!inode)
		return;
	file.inode = READ(inode, i_ino);
	file.device = READ(inode, i_sb, s_dev);
	file.mode = READ(inode, i_mode);
	if (is_overlay(inode)) {
		file.file_flags |= WIRE_FILE_OVERLAY;
		if (upper_of(inode))
			file.file_flags |= WIRE_FILE_UPPER;
	}
	put_kernel_bytes(slot, WIRE_FILE, &file, sizeof(file));
}

#endif
