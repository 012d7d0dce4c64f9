// SPDX-License-Identifier: Apache-2.0
#include "guards.h"

#include "cgroups.h"
#include "output.h"

#include <bpf/bpf.h>
#include <dirent.h>
#include <errno.h>
#include <linux/magic.h>
#include <stdio.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>

#define BPFFS_PATH "/sys/fs/bpf"
#define DIRECTORY_NAME "pratique"
#define MAX_NAME 48
#define PIN_BYTES 160

static char directory_path[PIN_BYTES / 2] = BPFFS_PATH "/" DIRECTORY_NAME;

bool name_guards(const char *name)
{
	size_t length = strlen(name);

	if (length > MAX_NAME || strncmp(name, DIRECTORY_NAME, strlen(DIRECTORY_NAME)) != 0 ||
	    strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") != length)
		return false;
	snprintf(directory_path, sizeof(directory_path), "%s/%s", BPFFS_PATH, name);
	return true;
}

const char *guards_path(void)
{
	return directory_path;
}

static void pin_path(char *path, const char *kind, const char *name)
{
	snprintf(path, PIN_BYTES, "%s/%s_%s", guards_path(), kind, name);
}

bool guards_survive(void)
{
	return access(guards_path(), F_OK) == 0;
}

int make_guards_directory(void)
{
	struct statfs status;

	if (statfs(BPFFS_PATH, &status) < 0)
		return -errno;
	if (status.f_type != BPF_FS_MAGIC && mount("bpf", BPFFS_PATH, "bpf", 0, "mode=0700") < 0)
		return -errno;
	return mkdir(guards_path(), 0700) < 0 && errno != EEXIST ? -errno : 0;
}

int clear_guards(void)
{
	DIR *directory = opendir(guards_path());
	struct dirent *entry;
	int count = 0;

	if (!directory)
		return 0;
	while ((entry = readdir(directory))) {
		if (entry->d_name[0] != '.' && unlinkat(dirfd(directory), entry->d_name, 0) == 0)
			count++;
	}
	closedir(directory);
	rmdir(guards_path());
	return count;
}

static bool is_same_form(const struct bpf_map *map, int fd)
{
	struct bpf_map_info info = { 0 };
	__u32 size = sizeof(info);

	return bpf_map_get_info_by_fd(fd, &info, &size) == 0 && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) && info.value_size == bpf_map__value_size(map) &&
	       info.max_entries == bpf_map__max_entries(map) && info.map_flags == bpf_map__map_flags(map);
}

static int open_pinned(const struct bpf_map *map)
{
	char path[PIN_BYTES];
	int fd;

	pin_path(path, "map", bpf_map__name(map));
	fd = bpf_obj_get(path);
	if (fd < 0 || is_same_form(map, fd))
		return fd;
	close(fd);
	return -EINVAL;
}

void adopt_maps(struct bpf_object *bpf, const char *const *names)
{
	int fds[32];
	size_t count = 0;
	bool whole = guards_survive();

	for (; whole && names[count]; count++) {
		fds[count] = open_pinned(bpf_object__find_map_by_name(bpf, names[count]));
		if (fds[count] >= 0)
			continue;
		put_trouble("what another version has pinned cannot be taken over: map %s", names[count]);
		clear_guards();
		whole = false;
		break;
	}
	for (size_t i = 0; i < count; i++) {
		if (whole)
			bpf_map__reuse_fd(bpf_object__find_map_by_name(bpf, names[i]), fds[i]);
		close(fds[i]);
	}
}

int pin_maps(struct object *object, const char *const *names)
{
	char path[PIN_BYTES];

	for (size_t i = 0; names[i]; i++) {
		const struct bpf_map *map = find_map(object, names[i]);

		pin_path(path, "map", names[i]);
		if (!map || access(path, F_OK) == 0)
			continue;
		if (bpf_obj_pin(bpf_map__fd(map), path) < 0)
			return -errno;
	}
	return 0;
}

int pin_guard(struct guard *guard)
{
	char path[PIN_BYTES];

	if (!guard->link)
		return 0;
	pin_path(path, "link", guard->name);
	/* The one before goes only now that its successor is attached. */
	unlink(path);
	return bpf_obj_pin(bpf_link__fd(guard->link), path) < 0 ? -errno : 0;
}

bool attach_guard(struct object *object, struct guard *guard)
{
	struct bpf_program *program = find_program(object, guard->name);
	int error;

	if (guard->link || !program)
		return guard->link != NULL;
	guard->link = guard->on_cgroup ? bpf_program__attach_cgroup(program, cgroup_root()) : bpf_program__attach(program);
	guard->attached = guard->link != NULL;
	if (!guard->link) {
		keep_link(object, guard->name, NULL);
		return false;
	}
	error = guards_survive() ? pin_guard(guard) : 0;
	if (error < 0)
		put_trouble("cannot pin %s: %s", guard->name, strerror(-error));
	return true;
}

void detach_guard(struct guard *guard)
{
	char path[PIN_BYTES];

	pin_path(path, "link", guard->name);
	unlink(path);
	bpf_link__destroy(guard->link);
	guard->link = NULL;
}
