// SPDX-License-Identifier: Apache-2.0
/* The module that tells how the packets of containers begin, where that is wanted: else nothing of it is loaded. */
#include "bpf/packets.h"
#include "cgroups.h"
#include "fields.h"
#include "load.h"
#include "module.h"
#include "output.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/timerfd.h>
#include <unistd.h>

/* They wait this long to be read together. */
#define GATHER_NS 50000000
#define NSEC_PER_SEC 1000000000ull
#define DEFAULT_SNAP 256

static const char *const programs[] = { "packet_sent", "packet_received" };

#define PROGRAMS (sizeof(programs) / sizeof(programs[0]))

static struct object *object;
static struct ring_buffer *ring;
static int ring_fd = -1, gather_timer = -1;
static uint64_t told;

static struct {
	uint64_t snap_length, per_second, burst;
} wanted;

static void prepare(struct bpf_object *bpf)
{
	__u32 snap = (__u32)wanted.snap_length;
	__u64 interval = wanted.per_second ? NSEC_PER_SEC / wanted.per_second : 0, burst = interval * wanted.burst;

	set_constant(bpf, "snap_length", &snap, sizeof(snap));
	set_constant(bpf, "packet_interval_ns", &interval, sizeof(interval));
	set_constant(bpf, "packet_burst_ns", &burst, sizeof(burst));
}

/* Cut to what it holds, with zeros behind: in the ring there lies what was there before. */
static int take_packet(void *context, void *data, size_t size)
{
	static union {
		struct packet_record record;
		uint8_t bytes[PACKET_HEAD_BYTES + PACKET_MAX_BYTES + 8];
	} copy;
	const struct packet_record *packet = data;
	size_t length = PACKET_HEAD_BYTES + packet->data_section.length;

	(void)context;
	if (length > size || length > sizeof(copy) - 8)
		return 0;
	memcpy(&copy, data, length);
	memset(copy.bytes + length, 0, 8);
	copy.record.head.size = (uint32_t)(length + 7) & ~7u;
	put_record(&copy, copy.record.head.size, LANE_PACKETS);
	told++;
	return 0;
}

static void arm_gathering(void)
{
	struct itimerspec soon = { .it_value.tv_nsec = GATHER_NS };

	timerfd_settime(gather_timer, 0, &soon, NULL);
}

static void on_packet(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	arm_gathering();
}

static void on_gathered(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	/* The kernel wakes nobody for what came meanwhile; once there was nothing, it does. */
	if (ring_buffer__consume(ring) > 0)
		arm_gathering();
}

static int watch_ring(void)
{
	int error;

	ring_fd = shared_map("packets");
	ring = ring_buffer__new(ring_fd, take_packet, NULL, NULL);
	if (!ring)
		return -errno;
	gather_timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (gather_timer < 0)
		return -errno;
	if ((error = watch(gather_timer, EPOLLIN | EPOLLET, on_gathered, NULL)) < 0)
		return error;
	error = watch(ring_fd, EPOLLIN | EPOLLET, on_packet, NULL);
	/* What a predecessor left there wakes nobody. */
	arm_gathering();
	return error;
}

static void end_keeping(void)
{
	if (ring_fd >= 0)
		unwatch(ring_fd);
	if (gather_timer >= 0) {
		unwatch(gather_timer);
		close(gather_timer);
	}
	ring_buffer__free(ring);
	close_object(object);
	ring_fd = gather_timer = -1;
	ring = NULL;
	object = NULL;
}

static const char *begin_keeping(void)
{
	static char reason[128];
	int error;

	object = load_object("packets", prepare);
	for (size_t i = 0; i < PROGRAMS; i++) {
		struct bpf_program *program = find_program(object, programs[i]);
		int root = program ? cgroup_root() : -ENOTSUP;
		struct bpf_link *link = root < 0 ? NULL : bpf_program__attach_cgroup(program, root);

		error = root < 0 ? -root : errno;
		if (link && keep_link(object, programs[i], link))
			continue;
		end_keeping();
		snprintf(reason, sizeof(reason), "%s cannot be attached: %s", programs[i], strerror(error));
		return reason;
	}
	if ((error = watch_ring()) < 0) {
		end_keeping();
		snprintf(reason, sizeof(reason), "packets cannot be read: %s", strerror(-error));
		return reason;
	}
	return NULL;
}

static const char *set_packets(const struct json *line)
{
	static const char *const members[] = { "id", "command", "on", "snapLength", "perContainerPerSecond", "burst", NULL };
	bool on = false;

	wanted.snap_length = DEFAULT_SNAP;
	wanted.per_second = wanted.burst = 0;
	if (!has_only(line, members) || !json_get(line, "on") || !read_bool(json_get(line, "on"), &on))
		return "packets has on, true or false, snapLength, perContainerPerSecond and burst";
	if (!read_number(json_get(line, "snapLength"), PACKET_MAX_BYTES, &wanted.snap_length) ||
	    wanted.snap_length < PACKET_MIN_BYTES)
		return "snapLength is from 64 to 1536";
	if (!read_number(json_get(line, "perContainerPerSecond"), NSEC_PER_SEC, &wanted.per_second) ||
	    !read_number(json_get(line, "burst"), NSEC_PER_SEC, &wanted.burst))
		return "perContainerPerSecond and burst are numbers up to 1000000000";
	if (!json_get(line, "burst"))
		wanted.burst = wanted.per_second;
	end_keeping();
	return on ? begin_keeping() : NULL;
}

static int start(void)
{
	return 0;
}

static void stop(void)
{
	end_keeping();
}

static void probe(struct json_writer *array)
{
	if (object)
		write_probes_of(array, "packets");
}

static void counters(struct json_writer *writer)
{
	json_write_key(writer, "told");
	json_write_u64(writer, told);
}

static enum answer command(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	(void)reply;
	if (strcmp(name, "packets") != 0)
		return ANSWER_UNKNOWN;
	*error = set_packets(line);
	return *error ? ANSWER_FAILED : ANSWER_OK;
}

const struct module packets_module = {
	.name = "packets",
	.start = start,
	.probe = probe,
	.counters = counters,
	.command = command,
	.stop = stop,
};
