/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroups that there are already when the sensor starts. */
#ifndef PRATIQUE_GROUPS_H
#define PRATIQUE_GROUPS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Notes each in the kernel's map and tells it, as one that was there before. Negative errno. */
int tell_groups(int groups_fd);
/* Looks at a cgroup that was made: one whose path does not show that it is a container's may be one of containerd's. */
void look_at_group(int groups_fd, uint64_t cgroup_id, const char *path, size_t length);
/* What somebody knows to be a container's, whatever its path says. */
int note_container(int groups_fd, uint64_t cgroup_id);

#endif
