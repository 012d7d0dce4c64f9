// SPDX-License-Identifier: Apache-2.0
/* The module that tells events: loads the programs that see them, sets what is wanted, reads what they have written. */
#include "bpf/events.h"
#include "calls.h"
#include "groups.h"
#include "load.h"
#include "module.h"
#include "output.h"
#include "ring.h"
#include "seed.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

/* Records wait this long to be read together, by lane: the kernel wakes nobody while some are there. */
#define GATHER_RARE_NS 10000000
#define GATHER_BULK_NS 20000000
#define FETCH_TURNS 16
#define SUPPRESSED_PERIOD_MS 1000
#define NSEC_PER_SEC 1000000000ull

enum { CORE, CGROUPS, PROCESS, PLAIN, OPEN, NETWORK, DUPLICATE, SPECIAL, SEED, OBJECTS };

static const char *const names[OBJECTS] = { "core",	"cgroups", "process",	"plain", "open",
					    "network", "duplicate", "special", "seed" };

/* The program that ends a kind of call, and where it is. */
static const struct {
	int object;
	const char *program;
} ends[PROGRAMS] = {
	[PROGRAM_PLAIN] = { PLAIN, "end_plain" },	[PROGRAM_OPEN] = { OPEN, "end_open" },
	[PROGRAM_NETWORK] = { NETWORK, "end_network" }, [PROGRAM_SEND] = { NETWORK, "end_send" },
	[PROGRAM_RECEIVE] = { NETWORK, "end_receive" }, [PROGRAM_DUPLICATE] = { DUPLICATE, "end_duplicate" },
	[PROGRAM_SPECIAL] = { SPECIAL, "end_special" },
};

static struct object *objects[OBJECTS];
static int gather_timers[2] = { -1, -1 }; /* by lane */
static bool attached, seeded;
static uint64_t told[MAX_KINDS], suppressed_count;

static void prepare(struct bpf_object *bpf)
{
	__s32 subsystem = cgroup_hierarchy()->subsystem, id = cgroup_hierarchy()->id;
	struct bpf_map *slots = bpf_object__find_map_by_name(bpf, "slots");

	set_constant(bpf, "cgroup_subsystem", &subsystem, sizeof(subsystem));
	set_constant(bpf, "cgroup_hierarchy_id", &id, sizeof(id));
	if (slots)
		bpf_map__set_max_entries(slots, (__u32)libbpf_num_possible_cpus() * SLOTS_PER_CPU);
}

/* The kernel knows a container by the path of its cgroup; what only files of the host tell is told to it here. */
static void look_at_made(const struct wire_record *record)
{
	const unsigned char *at = (const unsigned char *)(record + 1), *end = (const unsigned char *)record + record->size;
	struct wire_section section;

	while (at + sizeof(section) <= end) {
		memcpy(&section, at, sizeof(section));
		at += sizeof(section);
		if (section.tag == WIRE_PATH && section.length <= end - at)
			look_at_group(shared_map("groups"), record->cgroup_id, (const char *)at, section.length);
		if (section.tag == WIRE_PATH || section.length > end - at)
			return;
		at += (section.length + 3u) & ~3u;
	}
}

static void take_record(const struct wire_record *record, enum lane lane)
{
	if (record->kind == WIRE_CGROUP_MKDIR)
		look_at_made(record);
	told[record->kind < MAX_KINDS ? record->kind : 0]++;
	put_record(record, record->size, lane);
}

static void arm_gathering(enum lane lane)
{
	struct itimerspec soon = { .it_value.tv_nsec = lane == LANE_RARE ? GATHER_RARE_NS : GATHER_BULK_NS };

	timerfd_settime(gather_timers[lane], 0, &soon, NULL);
}

static void on_rare(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	arm_gathering(LANE_RARE);
}

static void on_bulk(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	arm_gathering(LANE_BULK);
}

static void on_gathered(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	/* For what came meanwhile the kernel wakes nobody. */
	if (drain_rings(take_record))
		arm_gathering(is_rare_left() ? LANE_RARE : LANE_BULK);
}

static int watch_lane(int ring, enum lane lane, watcher called)
{
	int error = watch(ring, EPOLLIN | EPOLLET, called, NULL);

	if (error < 0)
		return error;
	gather_timers[lane] = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (gather_timers[lane] < 0)
		return -errno;
	return watch(gather_timers[lane], EPOLLIN | EPOLLET, on_gathered, NULL);
}

static int watch_rings(void)
{
	int rare = shared_map("rare"), bulk = shared_map("bulk"), error;

	if ((error = open_rings(rare, bulk)) < 0 || (error = watch_lane(rare, LANE_RARE, on_rare)) < 0)
		return error;
	return watch_lane(bulk, LANE_BULK, on_bulk);
}

static uint64_t boot_time_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * NSEC_PER_SEC + (uint64_t)now.tv_nsec;
}

static void put_suppressed(const struct suppressed_key *key, uint64_t count)
{
	struct {
		struct wire_record record;
		struct wire_section count_section;
		uint32_t count[2];
		struct wire_section kind_section;
		uint32_t kind[2];
	} summary = {
		.record = { .size = sizeof(summary), .kind = WIRE_SUPPRESSED },
		.count_section = { WIRE_NUMBER0, 8 },
		.kind_section = { WIRE_NUMBER1, 8 },
	};

	_Static_assert(sizeof(summary) % 8 == 0, "records are multiples of eight bytes");
	summary.record.time_ns = boot_time_ns();
	summary.record.cgroup_id = key->cgroup_id;
	memcpy(summary.count, &count, sizeof(count));
	memcpy(summary.kind, &key->kind, sizeof(key->kind));
	put_record(&summary, sizeof(summary), LANE_RARE);
	if (key->kind != WIRE_PACKET)
		suppressed_count += count;
}

/*
 * What the kernel counts is only read, and what of it has been told is kept beside it: a counter that were taken away
 * could lose what is added to it meanwhile. One that has stood still is taken away.
 */
static void tell_more_suppressed(const struct suppressed_key *key)
{
	int counts = shared_map("suppressed"), told_counts = shared_map("suppressed_told");
	uint64_t count, before;

	if (bpf_map_lookup_elem(counts, key, &count) < 0)
		return;
	if (bpf_map_lookup_elem(told_counts, key, &before) < 0)
		before = 0;
	if (count == before) {
		bpf_map_delete_elem(counts, key);
		bpf_map_delete_elem(told_counts, key);
		return;
	}
	if (bpf_map_update_elem(told_counts, key, &count, BPF_ANY) == 0)
		put_suppressed(key, count - before);
}

static void tell_suppressed(int fd, uint32_t events, void *context)
{
	int map = shared_map("suppressed");
	struct suppressed_key key, next;
	bool more;

	(void)fd, (void)events, (void)context;
	more = bpf_map_get_next_key(map, NULL, &key) == 0;
	for (int i = 0; more && i < MAX_SUPPRESSED; i++) {
		more = bpf_map_get_next_key(map, &key, &next) == 0;
		tell_more_suppressed(&key);
		key = next;
	}
}

static void set_end_programs(void)
{
	int map = shared_map("call_programs");

	for (__u32 i = 0; i < PROGRAMS; i++) {
		struct bpf_program *program = ends[i].program ? find_program(objects[ends[i].object], ends[i].program) : NULL;
		__u32 fd = program ? (__u32)bpf_program__fd(program) : 0;

		if (program && bpf_map_update_elem(map, &i, &fd, BPF_ANY) < 0)
			put_trouble("%s cannot be used: %s", ends[i].program, strerror(errno));
	}
}

static int start_events(void)
{
	int error;

	for (int i = 0; i < OBJECTS; i++)
		objects[i] = load_object(names[i], prepare);
	if (!objects[CORE])
		return -ENOTSUP;
	set_end_programs();
	if ((error = watch_rings()) < 0)
		return error;
	/* First what is made from now on, then what there is: nothing falls between. */
	attach_program(objects[CGROUPS], "cgroup_made");
	attach_program(objects[CGROUPS], "cgroup_removed");
	if ((error = tell_groups(shared_map("groups"))) < 0)
		return error;
	error = watch_timer(SUPPRESSED_PERIOD_MS, tell_suppressed, NULL);
	/* What libbpf needed of the kernel's types is needed no more. */
	malloc_trim(0);
	return error < 0 ? error : 0;
}

static void probe_events(struct json_writer *array)
{
	for (int i = 0; i < OBJECTS; i++)
		write_probes_of(array, names[i]);
}

static void write_kind(struct json_writer *writer, unsigned int kind, uint64_t count)
{
	char key[8];

	if (count == 0)
		return;
	snprintf(key, sizeof(key), "%u", kind);
	json_write_key(writer, key);
	json_write_u64(writer, count);
}

static uint64_t sum_of(const uint64_t *values, int count)
{
	uint64_t sum = 0;

	for (int i = 0; i < count; i++)
		sum += values[i];
	return sum;
}

/* What happened before somebody asks is told before the answer. */
static void fetch_all(void)
{
	for (int turn = 0; turn < FETCH_TURNS && drain_rings(take_record); turn++)
		;
}

static void count_events(struct json_writer *object)
{
	int cpus = libbpf_num_possible_cpus(), map = shared_map("lost");
	uint64_t *values = calloc((size_t)cpus, sizeof(*values));

	fetch_all();
	json_write_key(object, "told");
	json_begin_object(object);
	for (unsigned int kind = 0; kind < MAX_KINDS; kind++)
		write_kind(object, kind, told[kind]);
	json_end_object(object);
	json_write_key(object, "lost");
	json_begin_object(object);
	for (unsigned int kind = 0; values && kind < MAX_KINDS; kind++) {
		if (bpf_map_lookup_elem(map, &kind, values) == 0)
			write_kind(object, kind, sum_of(values, cpus));
	}
	json_end_object(object);
	json_write_key(object, "suppressed");
	json_write_u64(object, suppressed_count);
	free(values);
}

/* False where the list is malformed, or names what cannot be told. */
static bool add_kinds(const struct json *list, __u8 wanted[MAX_KINDS], __u8 bit)
{
	if (list && list->type != JSON_ARRAY)
		return false;
	for (const struct json *kind = json_elements(list); kind; kind = kind->next) {
		uint64_t number;

		if (!json_u64(kind, &number) || number >= MAX_KINDS || !is_known_kind((__u32)number))
			return false;
		wanted[number] |= bit;
	}
	return true;
}

static bool read_kinds(const struct json *line, __u8 wanted[MAX_KINDS])
{
	const struct json *failed = json_get(line, "failedKinds");

	if (!add_kinds(json_get(line, "kinds"), wanted, WANT_CONTAINERS) ||
	    !add_kinds(json_get(line, "hostKinds"), wanted, WANT_HOST) || !add_kinds(failed, wanted, WANT_FAILED))
		return false;
	for (int kind = 0; !failed && kind < MAX_KINDS; kind++) {
		if (wanted[kind])
			wanted[kind] |= WANT_FAILED;
	}
	return true;
}

static bool read_limits(const struct json *limits, struct event_settings *settings)
{
	uint64_t per_second, burst;

	if (!json_u64_or(json_get(limits, "perContainerPerSecond"), 0, &per_second) ||
	    !json_u64_or(json_get(limits, "burst"), per_second, &burst) || per_second > NSEC_PER_SEC ||
	    burst > NSEC_PER_SEC)
		return false;
	for (int lane = 0; per_second && lane < 2; lane++) {
		settings->interval_ns[lane] = NSEC_PER_SEC / per_second;
		settings->burst_ns[lane] = settings->interval_ns[lane] * burst;
	}
	return true;
}

static bool set_ignored_reads(const struct json *prefixes, struct event_settings *settings)
{
	int map = shared_map("ignored_reads");
	struct ignored_prefix key, next;
	__u8 value = 1;

	if (prefixes && prefixes->type != JSON_ARRAY)
		return false;
	for (int i = 0; i < MAX_IGNORED && bpf_map_get_next_key(map, NULL, &next) == 0; i++)
		bpf_map_delete_elem(map, &next);
	for (const struct json *prefix = json_elements(prefixes); prefix; prefix = prefix->next) {
		if (prefix->type != JSON_STRING || prefix->text[0] != '/' || prefix->length > IGNORED_BYTES)
			return false;
		memset(&key, 0, sizeof(key));
		key.bits = (__u32)prefix->length * 8;
		memcpy(key.path, prefix->text, prefix->length);
		if (bpf_map_update_elem(map, &key, &value, BPF_ANY) < 0)
			return false;
		settings->ignores_reads = 1;
	}
	return true;
}

static bool wants_call(const struct event_settings *settings)
{
	for (int i = 0; i < 2 * MAX_CALLS; i++) {
		if (settings->calls[i].wanted | settings->calls[i].dns)
			return true;
	}
	return false;
}

/* They cost every system call of the machine a little, so each is attached only while it is wanted. */
static void attach_while(bool wanted, const char *name, bool *is_attached)
{
	if (wanted && !*is_attached)
		attach_program(objects[CORE], name);
	else if (!wanted && *is_attached)
		detach_program(objects[CORE], name);
	*is_attached = wanted;
}

static void attach_events(const struct event_settings *settings, bool at_entry)
{
	static bool exits, entries;
	bool calls = wants_call(settings);

	if (!attached) {
		attach_program(objects[PROCESS], "process_fork");
		attach_program(objects[PROCESS], "process_exec");
		attach_program(objects[PROCESS], "process_exit");
		attach_program(objects[PROCESS], "signal_delivered");
		attached = true;
	}
	attach_while(calls, "sys_exit", &exits);
	attach_while(calls && at_entry, "sys_enter", &entries);
}

/* Whether texts are read when a call begins, which is the rule. */
static bool read_moment(const struct json *moment, bool *at_entry)
{
	const char *name = json_text(moment, moment && moment->type != JSON_NULL ? "" : "entry");

	*at_entry = strcmp(name, "entry") == 0;
	return *at_entry || strcmp(name, "return") == 0;
}

static enum answer configure(const struct json *line, const char **error)
{
	static struct event_settings settings;
	uint64_t bytes;
	__u32 zero = 0;
	bool at_entry;

	memset(&settings, 0, sizeof(settings));
	if (!read_kinds(line, settings.wanted)) {
		*error = "kinds are no list of kinds that can be told";
		return ANSWER_FAILED;
	}
	if (!read_limits(json_get(line, "rateLimits"), &settings) ||
	    !json_u64_or(json_get(json_get(line, "data"), "bytes"), 0, &bytes) || bytes > 4096) {
		*error = "a limit is malformed or too large";
		return ANSWER_FAILED;
	}
	if (!set_ignored_reads(json_get(line, "ignoredReads"), &settings)) {
		*error = "ignoredReads is no list of absolute paths of at most 124 bytes";
		return ANSWER_FAILED;
	}
	if (!read_moment(json_get(line, "texts"), &at_entry)) {
		*error = "texts are read at entry or at return";
		return ANSWER_FAILED;
	}
	settings.environment = json_is_true(json_get(line, "environment"));
	settings.data_bytes = (__u32)bytes;
	fill_calls(settings.calls, settings.wanted);
	if (bpf_map_update_elem(shared_map("event_settings"), &zero, &settings, BPF_ANY) < 0) {
		*error = strerror(errno);
		return ANSWER_FAILED;
	}
	attach_events(&settings, at_entry);
	if (!seeded)
		start_seeding(objects[SEED]);
	seeded = true;
	return ANSWER_OK;
}

static enum answer note_containers(const struct json *line, const char **error)
{
	for (const struct json *set = json_elements(json_get(line, "set")); set; set = set->next) {
		uint64_t id;

		if (!json_u64(json_get(set, "cgroupId"), &id) || note_container(shared_map("groups"), id) < 0) {
			*error = "a container has no id of a cgroup, or there are too many";
			return ANSWER_FAILED;
		}
	}
	return ANSWER_OK;
}

static enum answer command_events(const char *name, const struct json *line, struct json_writer *reply,
				  const char **error)
{
	(void)reply;
	if (strcmp(name, "configure") == 0)
		return configure(line, error);
	if (strcmp(name, "containers") == 0)
		return note_containers(line, error);
	return ANSWER_UNKNOWN;
}

static void stop_events(void)
{
	stop_seeding();
	for (int i = 0; i < OBJECTS; i++)
		close_object(objects[i]);
	close_rings();
}

const struct module events_module = {
	.name = "events",
	.start = start_events,
	.probe = probe_events,
	.counters = count_events,
	.command = command_events,
	.stop = stop_events,
};
