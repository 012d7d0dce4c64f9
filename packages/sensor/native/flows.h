/* SPDX-License-Identifier: Apache-2.0 */
/* Sockets and tracked connections, through the kernel's netlink: found, destroyed, forgotten. */
#ifndef PRATIQUE_FLOWS_H
#define PRATIQUE_FLOWS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define FLOWS_MAX_REMOTES 256
#define FLOWS_MAX_TRACKED 4096

/* IPv4 is mapped. */
struct remote {
	uint8_t address[16];
	uint16_t port; /* in the machine's order; 0: any */
};

struct tracked {
	uint8_t local[16], remote[16];
	uint16_t local_port, remote_port; /* in the network's order */
	uint8_t protocol;
	uint8_t family, state; /* of the socket: of version 6 it may lead to a mapped address; include/net/tcp_states.h of Linux */
	bool is_v4;
};

/* Whose sockets, and to whom: to all where there are no remotes. */
struct flow_filter {
	const uint64_t *cgroup_ids;
	size_t cgroup_count;
	const struct remote *remotes;
	size_t remote_count;
};

struct flow_counts {
	uint32_t sockets, destroyed, failed, left, conntrack;
	uint32_t tracked_count;
	struct tracked tracked[FLOWS_MAX_TRACKED]; /* what was destroyed, for connection tracking elsewhere */
};

/* In the network namespace of the calling thread. Negative errno where the kernel cannot be asked. */
int destroy_sockets(const struct flow_filter *filter, struct flow_counts *counts);
/* How many entries there were and are no longer. */
uint32_t forget_tracked(const struct tracked *tracked, size_t count);

#endif
