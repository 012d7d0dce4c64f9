/* SPDX-License-Identifier: GPL-2.0-only */
/* Whom a packet goes to or comes from. */
#ifndef PRATIQUE_CHANNEL_PACKET_H
#define PRATIQUE_CHANNEL_PACKET_H

#include "peer.h"

#define MAX_HEADERS 6

struct packet {
	struct peer peer;
	__u32 transport; /* where it begins; 0: unknown */
	__u16 local_port;
};

static __noinline int read_packet4(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u8 header[20];
	__u32 address;

	if (!packet || bpf_skb_load_bytes(skb, 0, header, sizeof(header)))
		return -1;
	__builtin_memcpy(&address, header + (ingress ? 12 : 16), 4);
	set_address4(&packet->peer, address);
	packet->peer.protocol = header[9];
	/* What is not the first fragment has no ports. */
	if (!((header[6] & 0x1f) | header[7]))
		packet->transport = (header[0] & 15) * 4;
	return 0;
}

static __noinline int read_packet6(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u8 header[40], next[8];
	__u32 at = sizeof(header);

	if (!packet || bpf_skb_load_bytes(skb, 0, header, sizeof(header)))
		return -1;
	packet->peer.family = AF_INET6;
	if (ingress)
		__builtin_memcpy(packet->peer.address, header + 8, 16);
	else
		__builtin_memcpy(packet->peer.address, header + 24, 16);
	packet->peer.protocol = header[6];
	for (int i = 0; i < MAX_HEADERS; i++) {
		__u8 kind = packet->peer.protocol;

		/* Hop-by-hop, routing, destination options; fragment. */
		if (kind != 0 && kind != 43 && kind != 60 && kind != 44)
			break;
		if (bpf_skb_load_bytes(skb, at, next, sizeof(next)))
			return 0;
		if (kind == 44 && ((next[2] << 8 | next[3]) & 0xfff8))
			return 0;
		packet->peer.protocol = next[0];
		at += kind == 44 ? 8 : (next[1] + 1) * 8;
	}
	packet->transport = at;
	return 0;
}

__noinline int read_packet(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u16 ports[2];
	int error;

	if (!packet)
		return -1;
	if (skb->protocol == bpf_htons(0x0800))
		error = read_packet4(skb, packet, ingress);
	else if (skb->protocol == bpf_htons(0x86dd))
		error = read_packet6(skb, packet, ingress);
	else
		return -1;
	if (error || !packet->transport)
		return error;
	if (packet->peer.protocol != IPPROTO_TCP && packet->peer.protocol != IPPROTO_UDP) {
		packet->transport = 0;
		return 0;
	}
	if (bpf_skb_load_bytes(skb, packet->transport, ports, sizeof(ports))) {
		packet->transport = 0;
		return 0;
	}
	packet->peer.port = bpf_ntohs(ports[!ingress]);
	packet->local_port = bpf_ntohs(ports[!!ingress]);
	return 0;
}

#endif
