/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the iterator of held connections writes, and the process that reads it. */
#ifndef PRATIQUE_HELD_H
#define PRATIQUE_HELD_H

#include <linux/types.h>

/* A process of a container has a socket open that leads to a peer. */
struct held_flow {
	__u32 pid;
	__u16 family; /* AF_INET, AF_INET6 */
	__u16 protocol; /* IPPROTO_TCP, … */
	__u16 port; /* in the machine's order */
	__u16 unused;
	__u8 address[16]; /* in the network's order; the first four of AF_INET */
};

#endif
