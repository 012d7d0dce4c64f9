/* SPDX-License-Identifier: Apache-2.0 */
/* The file in which indicators come, little endian as the machine is. Every count and offset of it is checked. */
#ifndef PRATIQUE_SNAPSHOT_H
#define PRATIQUE_SNAPSHOT_H

#include <stddef.h>
#include <stdint.h>

#define SNAPSHOT_MAGIC "PRQINTL1"
#define SNAPSHOT_VERSION 1
#define SNAPSHOT_MAX_ROWS 8000000ull
#define SNAPSHOT_MAX_BYTES (512ll << 20)

struct snapshot_header {
	char magic[8];
	uint32_t version, flags;
	uint64_t count_v4, count_v6, count_names;
	uint64_t offset_v4, offset_v6, offset_names;
	uint8_t sha256[32]; /* of all that follows the header */
};

struct snapshot_v4 {
	uint8_t prefix_length, flags;
	uint16_t port;
	uint32_t indicator;
	uint8_t address[4];
	uint32_t expires_at;
};

struct snapshot_v6 {
	uint8_t prefix_length, flags;
	uint16_t port;
	uint32_t indicator;
	uint8_t address[16];
	uint32_t expires_at, zero;
};

struct snapshot_name {
	uint64_t hash;
	uint32_t indicator, expires_at;
};

struct snapshot {
	const struct snapshot_header *header;
	const struct snapshot_v4 *v4;
	const struct snapshot_v6 *v6;
	const struct snapshot_name *names;
	size_t size;
};

/* NULL, or why it cannot be read. A path of NULL is an empty one. */
const char *open_snapshot(const char *path, struct snapshot *snapshot);
void close_snapshot(struct snapshot *snapshot);

#endif
