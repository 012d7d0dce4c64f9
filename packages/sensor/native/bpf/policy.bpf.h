/* SPDX-License-Identifier: GPL-2.0-only */
/* The maps that the programs of prevention share, and how a policy is found. */
#ifndef PRATIQUE_POLICY_BPF_H
#define PRATIQUE_POLICY_BPF_H

#include "kernel.h"
#include "policy.h"
#include "../wire.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, POLICY_MAX_CONTAINERS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u64);
	__type(value, struct policy);
} policies SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE);
	__type(key, __u32);
	__type(value, struct settings);
} prevent_settings SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, COUNTS);
	__type(key, __u32);
	__type(value, __u64);
} prevent_counts SEC(".maps");

/* Apart from the lanes of events: a flood of those must not cost the record of something that was prevented. */
struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 1 << 20);
} prevented SEC(".maps");

static __always_inline struct settings *current_settings(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&prevent_settings, &zero);
}

static __always_inline void count(__u32 which)
{
	__u64 *value = bpf_map_lookup_elem(&prevent_counts, &which);

	if (value)
		*value += 1;
}

/* The policy of the deepest cgroup that has one, of those that ancestor(level) names. */
#define FIND_POLICY(settings, ancestor)                                                                                \
	({                                                                                                             \
		struct policy *found = NULL;                                                                           \
		__u32 levels = (settings)->levels;                                                                     \
		for (int level = POLICY_MAX_LEVEL; level >= 1 && levels; level--) {                                    \
			__u64 id;                                                                                      \
			if (!(levels & 1u << level))                                                                   \
				continue;                                                                              \
			id = ancestor(level);                                                                          \
			if (!id)                                                                                       \
				continue;                                                                              \
			found = bpf_map_lookup_elem(&policies, &id);                                                   \
			if (found)                                                                                     \
				break;                                                                                 \
		}                                                                                                      \
		found;                                                                                                 \
	})

#define CURRENT_POLICY(settings) FIND_POLICY(settings, bpf_get_current_ancestor_cgroup_id)

#endif
