// SPDX-License-Identifier: Apache-2.0
#include "groups.h"

#include "bpf/container-path.h"
#include "bpf/events.h"
#include "load.h"
#include "output.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fts.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

static uint64_t boot_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
}

static void tell_group(uint64_t cgroup_id, const char *path, size_t length)
{
	struct {
		struct wire_record record;
		struct wire_section section;
		char text[4096 + 8];
	} told = { 0 };

	if (length > 4096)
		length = 4096;
	told.record.size = (uint32_t)((sizeof(told.record) + sizeof(told.section) + length + 7) & ~7u);
	told.record.kind = WIRE_CGROUP_MKDIR;
	told.record.flags = WIRE_SEEDED;
	told.record.time_ns = boot_time_ns();
	told.record.cgroup_id = cgroup_id;
	told.section.tag = WIRE_PATH;
	told.section.length = (uint16_t)length;
	memcpy(told.text, path, length);
	put_record(&told, told.record.size, LANE_RARE);
}

static void note_group(int groups_fd, uint64_t cgroup_id, const char *path, size_t length)
{
	__u8 text[GROUP_PATH_BYTES] = { 0 };
	struct group group = { 0 };
	struct path_scan scan;

	memcpy(text, path, length < sizeof(text) ? length : sizeof(text));
	if (is_container_path(&scan, text, (__u32)length))
		group.flags |= GROUP_CONTAINER;
	/* One that was made since the program was attached is known already. */
	bpf_map_update_elem(groups_fd, &cgroup_id, &group, BPF_NOEXIST);
}

int tell_groups(int groups_fd)
{
	const char *root = cgroup_hierarchy()->path;
	char *roots[] = { (char *)root, NULL };
	size_t skipped = strlen(root);
	FTS *walk = fts_open(roots, FTS_PHYSICAL | FTS_XDEV | FTS_NOCHDIR, NULL);
	FTSENT *entry;

	if (!walk)
		return -errno;
	while ((entry = fts_read(walk))) {
		const char *path = entry->fts_pathlen > skipped ? entry->fts_path + skipped : "/";

		if (entry->fts_info != FTS_D)
			continue;
		/* The number of a directory of this file system is that of its cgroup. */
		note_group(groups_fd, entry->fts_statp->st_ino, path, strlen(path));
		tell_group(entry->fts_statp->st_ino, path, strlen(path));
	}
	fts_close(walk);
	return 0;
}

int note_container(int groups_fd, uint64_t cgroup_id)
{
	struct group group = { 0 };

	if (bpf_map_lookup_elem(groups_fd, &cgroup_id, &group) < 0)
		memset(&group, 0, sizeof(group));
	if (group.flags & GROUP_CONTAINER)
		return 0;
	group.flags |= GROUP_CONTAINER;
	return bpf_map_update_elem(groups_fd, &cgroup_id, &group, BPF_ANY);
}
