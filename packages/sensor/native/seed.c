// SPDX-License-Identifier: Apache-2.0
#include "seed.h"

#include "module.h"
#include "output.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define TURN_MS 5
#define CHUNKS_A_TURN 16
#define CHUNK_BYTES (64u << 10)
#define MAX_ARGUMENTS 4096

static const char *const programs[] = { "seed_tasks", "seed_files" };
#define PROGRAMS_TO_RUN (sizeof(programs) / sizeof(programs[0]))

static struct {
	struct object *object;
	size_t next; /* of programs */
	int fd; /* of the iterator that runs; -1: none */
	int timer;
	size_t length;
	char bytes[2 * CHUNK_BYTES];
} seeding = { .fd = -1, .timer = -1 };

/* The memory of another process is read where it is easier: a process that is gone by now needs no arguments. */
static uint32_t add_arguments(char *record, uint32_t size)
{
	const struct wire_record *head = (const void *)record;
	struct wire_section section = { .tag = WIRE_ARGUMENTS };
	uint32_t at = size;
	char path[64];
	ssize_t count;
	int fd;

	snprintf(path, sizeof(path), "/proc/%u/cmdline", head->pid);
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return size;
	count = read(fd, record + at + sizeof(section), MAX_ARGUMENTS);
	close(fd);
	if (count <= 0)
		return size;
	section.length = (uint16_t)count;
	memcpy(record + at, &section, sizeof(section));
	at += sizeof(section) + (uint32_t)count;
	memset(record + at, 0, 8);
	return (at + 7) & ~7u;
}

static void put_seeded(const char *bytes, uint32_t size)
{
	static char record[CHUNK_BYTES + MAX_ARGUMENTS + 64] __attribute__((aligned(8)));
	struct wire_record *head = (void *)record;

	memcpy(record, bytes, size);
	if (head->kind == WIRE_TASK)
		head->size = add_arguments(record, size);
	put_record(record, head->size, LANE_RARE);
}

/* A record may be cut where one read of the iterator ends. */
static void put_whole_records(void)
{
	size_t at = 0;

	while (seeding.length - at >= sizeof(struct wire_record)) {
		uint32_t size;

		memcpy(&size, seeding.bytes + at, sizeof(size));
		if (size < sizeof(struct wire_record) || size > CHUNK_BYTES) {
			put_trouble("an iterator has written a record of %u bytes", size);
			at = seeding.length;
			break;
		}
		if (size > seeding.length - at)
			break;
		put_seeded(seeding.bytes + at, size);
		at += size;
	}
	seeding.length -= at;
	memmove(seeding.bytes, seeding.bytes + at, seeding.length);
}

static bool open_next(void)
{
	while (seeding.next < PROGRAMS_TO_RUN) {
		const char *name = programs[seeding.next++];
		struct bpf_program *program = find_program(seeding.object, name);
		struct bpf_link *link = program ? bpf_program__attach_iter(program, NULL) : NULL;

		if (!program || !keep_link(seeding.object, name, link))
			continue;
		seeding.length = 0;
		seeding.fd = bpf_iter_create(bpf_link__fd(link));
		if (seeding.fd >= 0)
			return true;
		put_trouble("cannot read %s: %s", name, strerror(errno));
	}
	return false;
}

static void tell_seeded(void)
{
	struct json_writer writer = { 0 };

	json_begin_object(&writer);
	json_write_key(&writer, "event");
	json_write_text(&writer, "seeded");
	json_end_object(&writer);
	put_message(&writer);
}

static void take_chunks(int timer, uint32_t events, void *context)
{
	(void)timer, (void)events, (void)context;
	for (int i = 0; i < CHUNKS_A_TURN && !is_output_crowded(); i++) {
		ssize_t count;

		if (seeding.fd < 0 && !open_next()) {
			tell_seeded();
			stop_seeding();
			return;
		}
		count = read(seeding.fd, seeding.bytes + seeding.length, CHUNK_BYTES);
		if (count < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (count <= 0) {
			if (count < 0)
				put_trouble("reading %s ends early: %s", programs[seeding.next - 1], strerror(errno));
			close(seeding.fd);
			seeding.fd = -1;
			continue;
		}
		seeding.length += (size_t)count;
		put_whole_records();
	}
}

void start_seeding(struct object *object)
{
	seeding.object = object;
	seeding.timer = watch_timer(TURN_MS, take_chunks, NULL);
	if (seeding.timer < 0)
		put_trouble("cannot tell what there was before: %s", strerror(-seeding.timer));
}

void stop_seeding(void)
{
	if (seeding.fd >= 0)
		close(seeding.fd);
	seeding.fd = -1;
	if (seeding.timer < 0)
		return;
	unwatch(seeding.timer);
	close(seeding.timer);
	seeding.timer = -1;
}
