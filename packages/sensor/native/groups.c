// SPDX-License-Identifier: Apache-2.0
#include "groups.h"

#include "bpf/container-path.h"
#include "bpf/events.h"
#include "load.h"
#include "output.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

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

/*
 * Clients of containerd may choose the ids of their containers: /NAMESPACE/ID looks like any path. The bundle is there
 * before the cgroup is, and the container's program is started by a later call.
 */
#define TASKS "/run/containerd/io.containerd.runtime.v2.task"
#define MAX_NAME 76

static const char *skip_name(const char *at, const char *end)
{
	const char *begin = at;

	while (at < end && *at != '/')
		at++;
	return at > begin && at - begin <= MAX_NAME && *begin != '.' ? at : NULL;
}

static bool is_task(const char *path, size_t length)
{
	const char *end = path + length, *name, *id;
	char file[sizeof(TASKS "/config.json") + 2 * (MAX_NAME + 1)];

	if (length < 2 || *path != '/' || !(name = skip_name(path + 1, end)) || name == end)
		return false;
	id = skip_name(name + 1, end);
	if (!id)
		return false;
	snprintf(file, sizeof(file), TASKS "%.*s/config.json", (int)(id - path), path);
	return access(file, F_OK) == 0;
}

void look_at_group(int groups_fd, uint64_t cgroup_id, const char *path, size_t length)
{
	if (is_task(path, length))
		note_container(groups_fd, cgroup_id);
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
	look_at_group(groups_fd, cgroup_id, path, length);
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
