/* SPDX-License-Identifier: GPL-2.0-only */
/* Which addresses are listed: by two sets, of which one is in force, and for a container by itself. */
#ifndef PRATIQUE_CHANNEL_LISTED_SET_H
#define PRATIQUE_CHANNEL_LISTED_SET_H

#include "peer.h"
#include "../listed.h"

#define NANOSECONDS 1000000000ull

/* By size: the types of what is pointed to from within a map are not described for the loader. */
struct inner4 {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket4));
};
struct inner6 {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket6));
};
struct inner_names {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket_name));
};
struct inner_networks4 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, LISTED_MAX_NETWORKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct network4_key));
	__uint(value_size, sizeof(struct network_value));
};
struct inner_networks6 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, LISTED_MAX_NETWORKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct network6_key));
	__uint(value_size, sizeof(struct network_value));
};

#define TWO_SETS(name, inner)                                                                                          \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                              \
		__uint(max_entries, 2);                                                                                \
		__type(key, __u32);                                                                                    \
		__array(values, struct inner);                                                                         \
	} name SEC(".maps")

TWO_SETS(listed_addresses4, inner4);
TWO_SETS(listed_addresses6, inner6);
TWO_SETS(listed_names, inner_names);
TWO_SETS(listed_networks4, inner_networks4);
TWO_SETS(listed_networks6, inner_networks6);
TWO_SETS(allowed_networks4, inner_networks4);
TWO_SETS(allowed_networks6, inner_networks6);
TWO_SETS(allowed_names, inner_names);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct listed_set);
} listed_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTED_MAX_SINGLES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct single_key);
	__type(value, struct single_value);
} listed_singles SEC(".maps");

__noinline int is_over(__u32 expires_at)
{
	struct settings *settings = current_settings();
	__s64 now;

	if (!expires_at || !settings)
		return 0;
	now = (__s64)(bpf_ktime_get_boot_ns() / NANOSECONDS) + settings->realtime_offset_s;
	return now >= expires_at;
}

static __always_inline void note(struct finding *finding, __u32 indicator, bool report_only)
{
	if (finding->listed && (report_only || !finding->report_only))
		return;
	finding->listed = 1;
	finding->indicator = indicator;
	finding->report_only = report_only;
}

__noinline int find_address4(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	struct bucket4 *bucket;
	__u32 which, at;
	void *inner;

	if (!set || !peer || !finding)
		return 0;
	which = number;
	inner = bpf_map_lookup_elem(&listed_addresses4, &which);
	if (!inner || !set->buckets4)
		return 0;
	at = listed_bucket(listed_hash4(set->seed, peer->address[3]), set->buckets4);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed4 *slot = &bucket->slots[i];

			if (!(slot->flags & LISTED_USED))
				return 0;
			if (slot->address == peer->address[3] && (!slot->port || slot->port == peer->port) &&
			    !is_over(slot->expires_at))
				note(finding, slot->indicator, slot->flags & LISTED_REPORT_ONLY);
		}
		at = at + 1 == set->buckets4 ? 0 : at + 1;
	}
	return 0;
}

__noinline int find_address6(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	struct bucket6 *bucket;
	__u32 which, at;
	void *inner;

	if (!set || !peer || !finding)
		return 0;
	which = number;
	inner = bpf_map_lookup_elem(&listed_addresses6, &which);
	if (!inner || !set->buckets6)
		return 0;
	at = listed_bucket(listed_hash6(set->seed, peer->address), set->buckets6);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed6 *slot = &bucket->slots[i];

			if (!(slot->flags & LISTED_USED))
				return 0;
			if (slot->address[0] == peer->address[0] && slot->address[1] == peer->address[1] &&
			    slot->address[2] == peer->address[2] && slot->address[3] == peer->address[3] &&
			    (!slot->port || slot->port == peer->port) && !is_over(slot->expires_at))
				note(finding, slot->indicator, slot->flags & LISTED_REPORT_ONLY);
		}
		at = at + 1 == set->buckets6 ? 0 : at + 1;
	}
	return 0;
}

static __always_inline void look_in_network(void *trie, const void *key, struct finding *finding)
{
	struct network_value *value = bpf_map_lookup_elem(trie, key);

	if (value && !is_over(value->expires_at))
		note(finding, value->indicator, value->flags & LISTED_REPORT_ONLY);
}

#define FIND_NETWORK(outer, key_type, bits, source, with_ports)                                                        \
	({                                                                                                             \
		void *trie = bpf_map_lookup_elem(&(outer), &which);                                                    \
		if (trie) {                                                                                            \
			struct key_type key = { .prefix_length = 16 + (bits) };                                        \
			__builtin_memcpy(key.address, source, (bits) / 8);                                             \
			look_in_network(trie, &key, finding);                                                          \
			if (with_ports) {                                                                              \
				key.port = peer->port;                                                                 \
				look_in_network(trie, &key, finding);                                                  \
			}                                                                                              \
		}                                                                                                      \
	})

__noinline int find_networks(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	__u32 which = number;

	if (!set || !peer || !finding)
		return 0;
	if (peer->family == AF_INET && set->networks4)
		FIND_NETWORK(listed_networks4, network4_key, 32, &peer->address[3], set->ports4);
	if (peer->family == AF_INET6 && set->networks6)
		FIND_NETWORK(listed_networks6, network6_key, 128, peer->address, set->ports6);
	return 0;
}

__noinline int find_allowed(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	__u32 which = number;

	if (!set || !peer || !finding)
		return 0;
	if (peer->family == AF_INET && set->allowed4)
		FIND_NETWORK(allowed_networks4, network4_key, 32, &peer->address[3], 0);
	if (peer->family == AF_INET6 && set->allowed6)
		FIND_NETWORK(allowed_networks6, network6_key, 128, peer->address, 0);
	return 0;
}

static __always_inline void look_up_single(struct single_key *key, struct finding *finding)
{
	struct single_value *value = bpf_map_lookup_elem(&listed_singles, key);

	if (value && !is_over(value->expires_at))
		note(finding, value->indicator, false);
}

__noinline int find_single(struct peer *peer, __u64 cgroup_id, struct finding *finding)
{
	struct single_key key = { .cgroup_id = cgroup_id };

	if (!peer || !finding)
		return 0;
	__builtin_memcpy(key.address, peer->address, sizeof(key.address));
	look_up_single(&key, finding);
	if (peer->port) {
		key.port = peer->port;
		look_up_single(&key, finding);
	}
	return 0;
}

static __always_inline struct listed_set *current_set(const struct settings *settings, __u32 *number)
{
	*number = settings->set & 1;
	return bpf_map_lookup_elem(&listed_sets, number);
}

__noinline int find_peer(struct peer *peer, __u64 cgroup_id, struct finding *finding)
{
	struct settings *settings = current_settings();
	struct finding allowed = {};
	struct listed_set *set;
	__u32 number;

	if (!settings || !peer || !finding)
		return 0;
	if (settings->singles)
		find_single(peer, cgroup_id, finding);
	finding->ordered = finding->listed;
	if (finding->listed)
		return 0;
	set = current_set(settings, &number);
	if (!set)
		return 0;
	if (settings->singles)
		find_single(peer, 0, finding);
	if (peer->family == AF_INET)
		find_address4(set, peer, number, finding);
	else
		find_address6(set, peer, number, finding);
	if (!finding->listed || finding->report_only)
		find_networks(set, peer, number, finding);
	if (!finding->listed)
		return 0;
	find_allowed(set, peer, number, &allowed);
	if (!allowed.listed)
		return 0;
	if (allowed.report_only)
		finding->report_only = 1;
	else
		finding->listed = 0;
	return 0;
}

#endif
