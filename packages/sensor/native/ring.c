// SPDX-License-Identifier: Apache-2.0
/*
 * libbpf reads one ring after another. We read both by time, so that what a process did before it became another
 * program is told before that. The layout is the kernel's: Documentation/bpf/ringbuf.rst.
 */
#include "ring.h"

#include "bpf/events.h"

#include <errno.h>
#include <linux/bpf.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_RECORDS_A_TURN 8192
#define MAX_LOOKS 16

struct ring {
	unsigned long *consumer, *producer;
	const unsigned char *data;
	size_t size, page;
	unsigned long end; /* of what is read this time */
};

struct ring_header {
	__u32 length;
	__u32 page_offset;
};

static struct ring rings[2];

static int open_ring(struct ring *ring, int fd, size_t size)
{
	void *consumer, *producer;

	ring->page = (size_t)sysconf(_SC_PAGESIZE);
	ring->size = size;
	consumer = mmap(NULL, ring->page, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (consumer == MAP_FAILED)
		return -errno;
	/* The data lies there twice, one after the other, so that no record is cut. */
	producer = mmap(NULL, ring->page + 2 * size, PROT_READ, MAP_SHARED, fd, (off_t)ring->page);
	if (producer == MAP_FAILED) {
		munmap(consumer, ring->page);
		return -errno;
	}
	ring->consumer = consumer;
	ring->producer = producer;
	ring->data = (const unsigned char *)producer + ring->page;
	return 0;
}

int open_rings(int rare_fd, int bulk_fd)
{
	int error = open_ring(&rings[LANE_RARE], rare_fd, RARE_RING_BYTES);

	return error < 0 ? error : open_ring(&rings[LANE_BULK], bulk_fd, BULK_RING_BYTES);
}

void close_rings(void)
{
	for (int i = 0; i < 2; i++) {
		if (!rings[i].consumer)
			continue;
		munmap(rings[i].consumer, rings[i].page);
		munmap(rings[i].producer, rings[i].page + 2 * rings[i].size);
		rings[i] = (struct ring){ 0 };
	}
}

enum head { HEAD_NONE, HEAD_BUSY, HEAD_RECORD };

static void advance(struct ring *ring, __u32 length)
{
	__atomic_store_n(ring->consumer, *ring->consumer + ((length + BPF_RINGBUF_HDR_SZ + 7) & ~7u), __ATOMIC_RELEASE);
}

static enum head find_head(struct ring *ring, const struct wire_record **record, __u32 *length)
{
	while (*ring->consumer < ring->end) {
		const struct ring_header *header = (const void *)(ring->data + (*ring->consumer & (ring->size - 1)));

		*length = __atomic_load_n(&header->length, __ATOMIC_ACQUIRE);
		if (*length & BPF_RINGBUF_BUSY_BIT)
			return HEAD_BUSY;
		if (!(*length & BPF_RINGBUF_DISCARD_BIT) && *length >= sizeof(**record)) {
			*record = (const void *)(header + 1);
			return HEAD_RECORD;
		}
		advance(ring, *length & ~(BPF_RINGBUF_BUSY_BIT | BPF_RINGBUF_DISCARD_BIT));
	}
	return HEAD_NONE;
}

/* -1 where nothing can be read now. */
static int choose_ring(const struct wire_record *records[2], __u32 lengths[2])
{
	enum head rare = find_head(&rings[LANE_RARE], &records[LANE_RARE], &lengths[LANE_RARE]);
	enum head bulk = find_head(&rings[LANE_BULK], &records[LANE_BULK], &lengths[LANE_BULK]);

	/* What is still being written may be older than what is ready. */
	if (rare == HEAD_BUSY || bulk == HEAD_BUSY)
		return -1;
	if (rare == HEAD_RECORD && bulk == HEAD_RECORD)
		return records[LANE_RARE]->time_ns <= records[LANE_BULK]->time_ns ? LANE_RARE : LANE_BULK;
	if (rare == HEAD_RECORD)
		return LANE_RARE;
	return bulk == HEAD_RECORD ? LANE_BULK : -1;
}

/*
 * Up to where both are read this time: to one moment. What a thread wrote before a record that we see, in whichever
 * lane, we see too, if the rare lane stood still while we looked at the other. A few looks are enough for that.
 */
static void choose_ends(void)
{
	for (int look = 0; look < MAX_LOOKS; look++) {
		rings[LANE_RARE].end = __atomic_load_n(rings[LANE_RARE].producer, __ATOMIC_ACQUIRE);
		rings[LANE_BULK].end = __atomic_load_n(rings[LANE_BULK].producer, __ATOMIC_ACQUIRE);
		if (__atomic_load_n(rings[LANE_RARE].producer, __ATOMIC_ACQUIRE) == rings[LANE_RARE].end)
			return;
	}
}

bool is_rare_left(void)
{
	return __atomic_load_n(rings[LANE_RARE].producer, __ATOMIC_ACQUIRE) != *rings[LANE_RARE].consumer;
}

bool drain_rings(record_reader reader)
{
	const struct wire_record *records[2];
	__u32 lengths[2];
	int lane;

	choose_ends();
	for (int count = 0; count < MAX_RECORDS_A_TURN; count++) {
		lane = choose_ring(records, lengths);
		if (lane < 0)
			break;
		reader(records[lane], (enum lane)lane);
		advance(&rings[lane], lengths[lane]);
	}
	/* The kernel wakes us only when it sees that everything was read, so that must be looked at after it was said. */
	__atomic_thread_fence(__ATOMIC_SEQ_CST);
	return __atomic_load_n(rings[LANE_BULK].producer, __ATOMIC_ACQUIRE) != *rings[LANE_BULK].consumer ||
	       is_rare_left();
}
