/* SPDX-License-Identifier: GPL-2.0-only */
/* Tells of what is listed, not too often, and says whether it may pass. */
#ifndef PRATIQUE_CHANNEL_TELLING_H
#define PRATIQUE_CHANNEL_TELLING_H

#include "../number-section.h"
#include "peer.h"

#define NAME_BYTES 256
#define RECORD_GAP_NS 1000000000ull

struct told_key {
	__u64 cgroup_id;
	__u32 indicator;
	__u32 hook;
};

struct told {
	__u64 at_ns;
	__u64 left_out;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct told_key);
	__type(value, struct told);
} channel_told SEC(".maps");

struct address_section {
	__u16 tag, length;
	struct wire_address value;
};

struct channel_record {
	struct wire_record head;
	struct number_section indicator, hook, left_out;
	struct address_section remote;
	__u16 tag, length;
	char text[NAME_BYTES + 8];
};

/* A name with dots, and where its last labels begin. */
struct name {
	__u32 length;
	__u32 first; /* where it is told from */
	__u32 labels;
	__u32 starts[16];
	char bytes[NAME_BYTES * 2];
};

struct scratch {
	struct name name;
	struct channel_record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} channel_scratches SEC(".maps");

static __always_inline struct scratch *channel_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&channel_scratches, &zero);
}

static __always_inline bool may_tell(struct told_key *key, __u64 now, __u64 *left_out)
{
	struct told *last = bpf_map_lookup_elem(&channel_told, key);
	struct told first = { .at_ns = now };

	*left_out = 0;
	if (!last) {
		bpf_map_update_elem(&channel_told, key, &first, BPF_ANY);
		return true;
	}
	if (now - last->at_ns < RECORD_GAP_NS) {
		__sync_fetch_and_add(&last->left_out, 1);
		return false;
	}
	*left_out = last->left_out;
	last->at_ns = now;
	last->left_out = 0;
	return true;
}

struct telling {
	__u64 cgroup_id;
	__u32 indicator;
	__u16 flags;
	__u16 with_name;
};

__noinline int tell(const struct peer *peer, const struct telling *telling)
{
	struct told_key key = {};
	struct channel_record *record;
	struct scratch *scratch = channel_scratch();
	__u64 now = bpf_ktime_get_boot_ns(), left_out;
	__u32 length = 0, padded, size;

	if (!peer || !telling || !scratch)
		return 0;
	key.cgroup_id = telling->cgroup_id;
	key.indicator = telling->indicator;
	key.hook = peer->hook;
	if (!may_tell(&key, now, &left_out))
		return 0;
	record = &scratch->record;
	record->head.kind = WIRE_CHANNEL;
	record->head.flags = telling->flags;
	record->head.time_ns = now;
	record->head.cgroup_id = telling->cgroup_id;
	record->head.result = 0;
	record->head.pid = peer->thread >> 32;
	record->head.tid = peer->thread;
	record->head.ppid = 0;
	record->head.cpu = bpf_get_smp_processor_id();
	set_number(&record->indicator, WIRE_NUMBER0, telling->indicator);
	set_number(&record->hook, WIRE_NUMBER1, peer->hook);
	set_number(&record->left_out, WIRE_NUMBER2, left_out);
	record->remote.tag = WIRE_REMOTE;
	record->remote.length = sizeof(record->remote.value);
	record->remote.value.family = peer->family;
	record->remote.value.port = peer->port;
	record->remote.value.protocol = peer->protocol;
	record->remote.value.type = peer->protocol == IPPROTO_TCP ? 1 : peer->protocol == IPPROTO_UDP ? 2 : 3;
	__builtin_memset(record->remote.value.address, 0, 16);
	if (peer->family == AF_INET)
		__builtin_memcpy(record->remote.value.address, &peer->address[3], 4);
	else
		__builtin_memcpy(record->remote.value.address, peer->address, 16);
	if (telling->with_name)
		length = (scratch->name.length - (scratch->name.first & 1)) & (NAME_BYTES - 1);
	record->tag = WIRE_TEXT;
	record->length = length;
	bpf_probe_read_kernel(record->text, length, scratch->name.bytes + (scratch->name.first & 1));
	padded = (length + 3) & ~3u;
	*(__u32 *)(record->text + (padded & 508)) = WIRE_TEXT2;
	size = (__builtin_offsetof(struct channel_record, text) + padded + 7) & ~7u;
	record->head.size = size;
	if (size > sizeof(*record))
		return 0;
	if (bpf_ringbuf_output(&prevented, record, size, 0))
		count(COUNT_RECORD_LOST);
	return 0;
}

/* 1 where it may pass. */
__noinline int judge(struct peer *peer, const struct policy *policy, struct finding *finding, __u32 with_name)
{
	struct settings *settings = current_settings();
	struct telling telling = {};
	bool enforced;

	if (!peer || !policy || !finding || !settings)
		return 1;
	if (!finding->listed)
		return 1;
	enforced = finding->ordered || (policy->channel >= CHANNEL_ENFORCE && !finding->report_only);
	telling.cgroup_id = peer->cgroup_id;
	telling.indicator = finding->indicator;
	telling.with_name = with_name;
	if (enforced)
		telling.flags = settings->channel_dry_run && !finding->ordered ? WIRE_DRY_RUN : WIRE_PREVENTED;
	tell(peer, &telling);
	if (telling.flags != WIRE_PREVENTED)
		return 1;
	count(peer->hook == WIRE_HOOK_EGRESS  ? COUNT_EGRESS_DROPPED :
	      peer->hook == WIRE_HOOK_INGRESS ? COUNT_INGRESS_DROPPED :
	      peer->hook >= WIRE_HOOK_NAME    ? COUNT_NAME_DROPPED :
						COUNT_CONNECT_DENIED);
	return 0;
}

#endif
