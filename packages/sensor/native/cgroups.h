/* SPDX-License-Identifier: Apache-2.0 */
/* Control groups of version 2, by their number. */
#ifndef PRATIQUE_CGROUPS_H
#define PRATIQUE_CGROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* A directory of the root of the hierarchy, opened once; negative errno where there is none. */
int cgroup_root(void);
/* Writes the path from the hierarchy's root on ("/docker/…"); false where there is no such group. */
bool cgroup_path(uint64_t id, char *path, size_t room);
/* How deep a path lies: 0 for the root. */
unsigned int cgroup_level(const char *path);

/* The processes and the numbers of a group and of all below it, as far as there is room. */
struct cgroup_members {
	pid_t *pids;
	uint64_t *ids;
	size_t pid_count, id_count;
};
bool read_cgroup_members(uint64_t id, struct cgroup_members *members);
void free_cgroup_members(struct cgroup_members *members);

#endif
