// SPDX-License-Identifier: Apache-2.0
#include "snapshot.h"

#include "sha256.h"

#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

_Static_assert(sizeof(struct snapshot_header) == 96, "layout of the header");
_Static_assert(sizeof(struct snapshot_v4) == 16 && sizeof(struct snapshot_v6) == 32 && sizeof(struct snapshot_name) == 16,
	       "layout of the rows");

static const struct snapshot_header empty;

static bool lies_within(const struct snapshot *snapshot, uint64_t offset, uint64_t count, size_t row)
{
	return count <= SNAPSHOT_MAX_ROWS && offset >= sizeof(struct snapshot_header) && offset % 8 == 0 &&
	       offset <= snapshot->size && count * row <= snapshot->size - offset;
}

static const char *check_snapshot(struct snapshot *snapshot)
{
	const struct snapshot_header *header = snapshot->header;
	const uint8_t *start = (const uint8_t *)header;
	uint8_t digest[32];

	if (memcmp(header->magic, SNAPSHOT_MAGIC, sizeof(header->magic)) != 0 || header->version != SNAPSHOT_VERSION)
		return "the set is no snapshot of version 1";
	if (!lies_within(snapshot, header->offset_v4, header->count_v4, sizeof(struct snapshot_v4)) ||
	    !lies_within(snapshot, header->offset_v6, header->count_v6, sizeof(struct snapshot_v6)) ||
	    !lies_within(snapshot, header->offset_names, header->count_names, sizeof(struct snapshot_name)))
		return "the snapshot names rows that it does not have";
	sha256(start + sizeof(*header), snapshot->size - sizeof(*header), digest);
	if (memcmp(digest, header->sha256, sizeof(digest)) != 0)
		return "the snapshot is not what its digest says";
	snapshot->v4 = (const void *)(start + header->offset_v4);
	snapshot->v6 = (const void *)(start + header->offset_v6);
	snapshot->names = (const void *)(start + header->offset_names);
	return NULL;
}

/* Copied: what is mapped could change after its digest was compared, and end the process where it gets shorter. */
static const char *read_file(int fd, struct snapshot *snapshot)
{
	struct stat status;
	size_t length = 0;
	uint8_t *bytes;

	if (fstat(fd, &status) < 0 || !S_ISREG(status.st_mode) || (size_t)status.st_size < sizeof(struct snapshot_header))
		return "the set is no snapshot file";
	if (status.st_size > SNAPSHOT_MAX_BYTES)
		return "the set is larger than a snapshot may be";
	bytes = mmap(NULL, (size_t)status.st_size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (bytes == MAP_FAILED)
		return "out of memory for the set";
	snapshot->header = (const void *)bytes;
	snapshot->size = (size_t)status.st_size;
	while (length < snapshot->size) {
		ssize_t count = read(fd, bytes + length, snapshot->size - length);

		if (count <= 0)
			return "the set cannot be read whole";
		length += (size_t)count;
	}
	return NULL;
}

const char *open_snapshot(const char *path, struct snapshot *snapshot)
{
	const char *error;
	int fd;

	memset(snapshot, 0, sizeof(*snapshot));
	if (!path) {
		snapshot->header = &empty;
		return NULL;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return "the set cannot be opened";
	error = read_file(fd, snapshot);
	close(fd);
	if (!error)
		error = check_snapshot(snapshot);
	if (error)
		close_snapshot(snapshot);
	return error;
}

void close_snapshot(struct snapshot *snapshot)
{
	if (snapshot->size)
		munmap((void *)(uintptr_t)snapshot->header, snapshot->size);
	memset(snapshot, 0, sizeof(*snapshot));
}
