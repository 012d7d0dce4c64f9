/* SPDX-License-Identifier: Apache-2.0 */
/* The cgroups that there are already when the sensor starts. */
#ifndef PRATIQUE_GROUPS_H
#define PRATIQUE_GROUPS_H

#include <stdbool.h>
#include <stdint.h>

/* Notes each in the kernel's map and tells it, as one that was there before. Negative errno. */
int tell_groups(int groups_fd);
/* What somebody knows to be a container's, whatever its path says. */
int note_container(int groups_fd, uint64_t cgroup_id);

#endif
