/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs that keep packets and the process that loads them share. */
#ifndef PRATIQUE_PACKETS_H
#define PRATIQUE_PACKETS_H

#include "wire.h"

#define PACKET_MIN_BYTES 64 /* of a packet that is kept: less than the headers helps nobody */
#define PACKET_MAX_BYTES 1536
#define PACKET_RING_BYTES (4u << 20)

struct packet_record {
	struct wire_record head;
	struct wire_section length_section;
	__u32 length[2];
	struct wire_section direction_section;
	__u32 direction[2];
	struct wire_section data_section;
	__u8 data[];
};

#define PACKET_HEAD_BYTES __builtin_offsetof(struct packet_record, data)

_Static_assert(PACKET_HEAD_BYTES == 76, "layout of packet_record");

#endif
