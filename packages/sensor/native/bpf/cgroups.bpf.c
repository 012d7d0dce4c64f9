// SPDX-License-Identifier: GPL-2.0-only
/*
 * Cgroups that come and go. Whether one is a container's is decided here, by its path, before it can hold a process:
 * what decides later is too late for the first one.
 */
#include "container-path.h"
#include "record.h"

/* The process's own: of what is suppressed, how much it has told. */
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, MAX_SUPPRESSED);
	__type(key, struct suppressed_key);
	__type(value, u64);
} suppressed_told SEC(".maps");

static __always_inline void note_group(u64 id, bool container)
{
	struct group group = { .flags = container ? GROUP_CONTAINER : 0 };

	bpf_map_update_elem(&groups, &id, &group, BPF_ANY);
}

/* Of the path in the section that is being written. Verified by itself: else it would be once for each way out of the loop. */
__noinline int is_container_written(struct slot *slot, u32 length)
{
	u8 *section;

	if (!slot)
		return 0;
	section = section_at(slot);
	return section && is_container_path((struct path_scan *)slot->path, section + 4, length);
}

static __always_inline void tell_group(struct cgroup *cgroup, const char *path, u32 kind)
{
	struct subject subject = { .task = bpf_get_current_task_btf(), .now = bpf_ktime_get_boot_ns() };
	struct slot *slot;
	u8 *section;
	long count;

	if (cgroup->root->hierarchy_id != cgroup_hierarchy_id)
		return;
	subject.cgroup_id = cgroup->kn->id;
	slot = begin_record(&subject, kind, 0);
	if (!slot) {
		note_group(subject.cgroup_id, true);
		return;
	}
	section = section_at(slot);
	if (!section) {
		release_slot(slot);
		return;
	}
	count = bpf_probe_read_kernel_str(section + 4, TEXT_BYTES, path);
	if (kind == WIRE_CGROUP_RMDIR)
		bpf_map_delete_elem(&groups, &subject.cgroup_id);
	else
		note_group(subject.cgroup_id, count > 1 && is_container_written(slot, (u32)count - 1));
	end_text(slot, section, WIRE_PATH, count);
	end_record(slot, 0);
}

SEC("tp_btf/cgroup_mkdir")
int BPF_PROG(cgroup_made, struct cgroup *cgroup, const char *path)
{
	tell_group(cgroup, path, WIRE_CGROUP_MKDIR);
	return 0;
}

SEC("tp_btf/cgroup_rmdir")
int BPF_PROG(cgroup_removed, struct cgroup *cgroup, const char *path)
{
	tell_group(cgroup, path, WIRE_CGROUP_RMDIR);
	return 0;
}

char copyright[] SEC("license") = "GPL";
