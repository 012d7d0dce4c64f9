// SPDX-License-Identifier: GPL-2.0-only
/*
 * How the packets of containers begin. They are only looked at: whatever becomes of the record, the packet goes its
 * way. What another program refuses is seen here, too, since the kernel asks all of them.
 */
#include "packets.h"
#include "record.h"

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, PACKET_RING_BYTES);
} packets SEC(".maps");

const volatile u32 snap_length = PACKET_MAX_BYTES;
/* A record each; 0: no limit. */
const volatile u64 packet_interval_ns = 0;
const volatile u64 packet_burst_ns = 0;

static __always_inline bool pays_for_packet(struct group *group, u64 now)
{
	u64 until = group->packets_until_ns;

	if (until < now)
		until = now;
	if (until - now > packet_burst_ns)
		return false;
	group->packets_until_ns = until + packet_interval_ns;
	return true;
}

static __always_inline void fill_packet(struct packet_record *packet, u64 cgroup_id, u64 now)
{
	__builtin_memset(packet, 0, sizeof(*packet));
	packet->head.kind = WIRE_PACKET;
	packet->head.time_ns = now;
	packet->head.cgroup_id = cgroup_id;
	packet->head.cpu = bpf_get_smp_processor_id();
	packet->length_section.tag = WIRE_NUMBER0;
	packet->length_section.length = 8;
	packet->direction_section.tag = WIRE_NUMBER1;
	packet->direction_section.length = 8;
	packet->data_section.tag = WIRE_DATA;
}

static __always_inline void keep_packet(struct __sk_buff *skb, u32 direction)
{
	u64 cgroup_id = bpf_skb_cgroup_id(skb), now;
	struct group *group = bpf_map_lookup_elem(&groups, &cgroup_id);
	struct packet_record *packet;
	u32 length = skb->len;

	if (!group || !(group->flags & GROUP_CONTAINER) || !length)
		return;
	now = bpf_ktime_get_boot_ns();
	/* As large as it can become, since the kernel has to know beforehand; the process cuts it. */
	packet = pays_for_packet(group, now) ? bpf_ringbuf_reserve(&packets, sizeof(*packet) + snap_length, 0) : NULL;
	if (!packet) {
		count_suppressed(cgroup_id, WIRE_PACKET);
		return;
	}
	fill_packet(packet, cgroup_id, now);
	packet->length[0] = length;
	packet->direction[0] = direction;
	if (length > snap_length)
		length = snap_length;
	/* The verifier has to see that it is more than nothing, and no more than there is room for. */
	length--;
	barrier_var(length);
	if (length >= snap_length || bpf_skb_load_bytes(skb, 0, packet->data, length + 1)) {
		bpf_ringbuf_discard(packet, 0);
		return;
	}
	packet->data_section.length = (u16)(length + 1);
	bpf_ringbuf_submit(packet, 0);
}

SEC("cgroup_skb/egress")
int packet_sent(struct __sk_buff *skb)
{
	keep_packet(skb, WIRE_PACKET_SENT);
	return 1;
}

SEC("cgroup_skb/ingress")
int packet_received(struct __sk_buff *skb)
{
	keep_packet(skb, WIRE_PACKET_RECEIVED);
	return 1;
}

char copyright[] SEC("license") = "GPL";
