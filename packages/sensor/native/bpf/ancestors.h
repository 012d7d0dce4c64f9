/* SPDX-License-Identifier: GPL-2.0-only */
/* The control groups above one. */
#ifndef PRATIQUE_ANCESTORS_H
#define PRATIQUE_ANCESTORS_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct cgroup___v59 {
	u64 ancestor_ids[1];
};
#pragma clang attribute pop

/* The number of the group that lies at a level at or above one; 0 where it is not as deep as that. */
static __always_inline u64 ancestor_id_of(struct cgroup *cgroup, u32 level)
{
	struct cgroup___v59 *numbers = (void *)cgroup;
	struct cgroup *ancestor = NULL;
	u64 id = 0;

	if ((u32)READ(cgroup, level) < level)
		return 0;
	if (bpf_core_field_exists(cgroup->ancestors)) {
		bpf_core_read(&ancestor, sizeof(ancestor), &cgroup->ancestors[level & 31]);
		return READ(ancestor, kn, id);
	}
	bpf_core_read(&id, sizeof(id), &numbers->ancestor_ids[level & 31]);
	return id;
}

#endif
