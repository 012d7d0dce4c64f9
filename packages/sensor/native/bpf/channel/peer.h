/* SPDX-License-Identifier: GPL-2.0-only */
/* What a packet or a call is about, and what is found of it. */
#ifndef PRATIQUE_CHANNEL_PEER_H
#define PRATIQUE_CHANNEL_PEER_H

#include "../policy.bpf.h"

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17

/* What a packet or a call is about. IPv4 is mapped. */
struct peer {
	__u32 address[4];
	__u32 family;
	__u16 port;
	__u8 protocol;
	__u8 hook;
	__u64 cgroup_id; /* of whoever talks to it; the policy may be that of a group above */
	__u64 thread; /* whose call it is, with its process in the upper half; 0 for a packet, which whoever runs may send */
};

struct finding {
	__u32 indicator;
	__u8 listed;
	__u8 report_only;
	__u8 ordered; /* for this container by name: neither the mode of the set nor of the policy matters */
};

static __always_inline bool is_loopback(const struct peer *peer)
{
	if (peer->family == AF_INET)
		return (peer->address[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !peer->address[0] && !peer->address[1] && !peer->address[2] && peer->address[3] == bpf_htonl(1);
}

/* 127.0.0.11: what is asked of it leaves the container by way of the engine. */
static __always_inline bool is_engine_resolver(const struct peer *peer)
{
	return peer->family == AF_INET && peer->address[3] == bpf_htonl(0x7f00000b);
}

/* The IPv4 address that an IPv6 one stands for. */
__noinline int embedded4(const struct peer *peer, __u32 *address)
{
	const __u32 *a;

	if (!peer || !address)
		return 0;
	a = peer->address;
	*address = a[3];
	if (!a[0] && !a[1] && (a[2] == bpf_htonl(0xffff) || (!a[2] && bpf_ntohl(a[3]) > 1)))
		return 1; /* mapped, and the older compatible form */
	if (a[0] == bpf_htonl(0x0064ff9b) && !a[1] && !a[2])
		return 1; /* NAT64, RFC 6052 */
	if (a[0] == bpf_htonl(0x0064ff9b) && (a[1] & bpf_htonl(0xffff0000)) == bpf_htonl(0x00010000))
		return 1; /* NAT64 of one's own, RFC 8215, with prefixes of 96 bits */
	if (a[0] == bpf_htonl(0x20010000)) {
		*address = ~a[3]; /* Teredo, RFC 4380 */
		return 1;
	}
	if ((a[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0x20020000)) {
		*address = bpf_htonl(bpf_ntohl(a[0]) << 16 | bpf_ntohl(a[1]) >> 16); /* 6to4, RFC 3056 */
		return 1;
	}
	return 0;
}

static __always_inline void set_address4(struct peer *peer, __u32 address)
{
	peer->family = AF_INET;
	peer->address[0] = 0;
	peer->address[1] = 0;
	peer->address[2] = bpf_htonl(0xffff);
	peer->address[3] = address;
}

#endif
