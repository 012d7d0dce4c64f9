// SPDX-License-Identifier: Apache-2.0
#include "cgroups.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define FILEID_KERNFS 0xfe
#define MAX_DEPTH 16
#define MAX_MEMBERS 65536

static struct {
	int fd;
	char path[256];
} root = { .fd = -1 };

int cgroup_root(void)
{
	FILE *mounts;
	char target[256], type[64];

	if (root.fd >= 0)
		return root.fd;
	mounts = fopen("/proc/self/mounts", "re");
	while (mounts && root.fd < 0 && fscanf(mounts, "%*s %255s %63s %*[^\n]\n", target, type) == 2) {
		if (strcmp(type, "cgroup2") != 0)
			continue;
		root.fd = open(target, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
		snprintf(root.path, sizeof(root.path), "%s", target);
	}
	if (mounts)
		fclose(mounts);
	return root.fd < 0 ? -ENOENT : root.fd;
}

static int open_cgroup(uint64_t id)
{
	struct {
		struct file_handle handle;
		uint64_t id;
	} name = { .handle = { .handle_bytes = sizeof(id), .handle_type = FILEID_KERNFS }, .id = id };
	int fd = cgroup_root();

	if (fd < 0)
		return fd;
	fd = open_by_handle_at(fd, &name.handle, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return fd < 0 ? -errno : fd;
}

bool cgroup_path(uint64_t id, char *path, size_t room)
{
	int fd = open_cgroup(id);
	char link[64], full[4096];
	size_t prefix = strlen(root.path);
	ssize_t length;

	if (fd < 0)
		return false;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", fd);
	length = readlink(link, full, sizeof(full) - 1);
	close(fd);
	if (length < (ssize_t)prefix)
		return false;
	full[length] = '\0';
	/* What has been removed and is only kept open by someone. */
	if (length > 10 && strcmp(full + length - 10, " (deleted)") == 0)
		return false;
	if (strncmp(full, root.path, prefix) != 0)
		return false;
	return (size_t)snprintf(path, room, "%s", full[prefix] ? full + prefix : "/") < room;
}

unsigned int cgroup_level(const char *path)
{
	unsigned int level = 0;

	for (const char *at = path; *at; at++)
		level += *at == '/' && at[1] != '\0';
	return level;
}

static bool add_pid(struct cgroup_members *members, pid_t pid)
{
	if (members->pid_count == MAX_MEMBERS)
		return false;
	if (!members->pids)
		members->pids = malloc(MAX_MEMBERS * sizeof(*members->pids));
	if (!members->pids)
		return false;
	members->pids[members->pid_count++] = pid;
	return true;
}

static bool add_id(struct cgroup_members *members, uint64_t id)
{
	if (members->id_count == MAX_MEMBERS)
		return false;
	if (!members->ids)
		members->ids = malloc(MAX_MEMBERS * sizeof(*members->ids));
	if (!members->ids)
		return false;
	members->ids[members->id_count++] = id;
	return true;
}

static void read_processes(int directory, struct cgroup_members *members)
{
	int fd = openat(directory, "cgroup.procs", O_RDONLY | O_CLOEXEC);
	FILE *file = fd < 0 ? NULL : fdopen(fd, "r");
	int pid;

	while (file && fscanf(file, "%d", &pid) == 1 && add_pid(members, pid))
		;
	if (file)
		fclose(file);
	else if (fd >= 0)
		close(fd);
}

/* Takes the descriptor. */
static void read_group(int fd, struct cgroup_members *members, int depth)
{
	struct stat status;
	struct dirent *entry;
	DIR *directory = fdopendir(fd);

	if (!directory) {
		close(fd);
		return;
	}
	/* The number of a group is the inode of its directory. */
	if (fstat(dirfd(directory), &status) == 0)
		add_id(members, status.st_ino);
	read_processes(dirfd(directory), members);
	while (depth < MAX_DEPTH && (entry = readdir(directory))) {
		int below;

		if (entry->d_type != DT_DIR || entry->d_name[0] == '.')
			continue;
		below = openat(dirfd(directory), entry->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
		if (below >= 0)
			read_group(below, members, depth + 1);
	}
	closedir(directory);
}

bool read_cgroup_members(uint64_t id, struct cgroup_members *members)
{
	int fd = open_cgroup(id);

	memset(members, 0, sizeof(*members));
	if (fd < 0)
		return false;
	read_group(fd, members, 0);
	return true;
}

void free_cgroup_members(struct cgroup_members *members)
{
	free(members->pids);
	free(members->ids);
	memset(members, 0, sizeof(*members));
}
