// SPDX-License-Identifier: Apache-2.0
/* The module that refuses executions, sysctls, devices and sockets, by the policy of each container. */
#include "guards.h"
#include "fields.h"
#include "hold.h"
#include "load.h"
#include "module.h"
#include "output.h"
#include "policies.h"
#include "prevent.h"
#include "rule-table.h"
#include "wire.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define MAX_CPUS 1024
#define FOLLOW_SOCKETS_MS 1000
#define MAX_DEADLINE_MS 60000

static const char *const map_names[] = { "policies", "prevent_settings", "prevent_counts", "prevented", "prevent_rules",
					 "held_processes", NULL };

enum { EXECUTED, EXITED, SYSCTL, DEVICE, CONNECT_UNIX, SENDMSG_UNIX, CONNECTED, CREATE_SOCKET, GUARDS };

static struct guard guards[GUARDS] = {
	[EXECUTED] = { .name = "executed" },
	[EXITED] = { .name = "exited" },
	[SYSCTL] = { .name = "sysctl", .on_cgroup = true },
	[DEVICE] = { .name = "device", .on_cgroup = true },
	[CONNECT_UNIX] = { .name = "connect_unix", .on_cgroup = true },
	[SENDMSG_UNIX] = { .name = "sendmsg_unix", .on_cgroup = true },
	[CONNECTED] = { .name = "connected" },
	[CREATE_SOCKET] = { .name = "create_socket", .on_cgroup = true },
};

static struct object *object;
static struct ring_buffer *ring;
static size_t listed_sockets;

static void prepare(struct bpf_object *bpf)
{
	adopt_maps(bpf, map_names);
}

static int take_record(void *context, void *data, size_t size)
{
	const struct wire_record *record = data;

	(void)context;
	put_record(data, (uint32_t)size, LANE_RARE);
	if (record->kind == WIRE_PREVENT && (record->flags & WIRE_HELD))
		tell_held((pid_t)record->pid, record->cgroup_id);
	return 0;
}

static void on_records(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	ring_buffer__consume(ring);
}

static bool concerns_sockets(const struct policy *policy)
{
	return policy->sockets || policy->channel == CHANNEL_QUARANTINE;
}

/* What every system call of the host would pay for is attached only while some container needs it. */
static void attach_what_is_needed(void)
{
	if (listed_sockets && any_policy(concerns_sockets))
		attach_guard(object, &guards[CONNECTED]);
	else
		detach_guard(&guards[CONNECTED]);
}

static void on_socket_timer(int fd, uint32_t events, void *context)
{
	uint64_t ticks;

	(void)events, (void)context;
	if (read(fd, &ticks, sizeof(ticks)) > 0)
		follow_sockets(prevent_settings()->generation);
}

static int start(void)
{
	int error;

	object = load_object("prevent", prepare);
	if (!object)
		return 0;
	if ((error = start_policies()) < 0)
		return error;
	/* Asked for while the process lives before it or others pinned them. */
	listed_sockets = guards_survive();
	for (size_t i = 0; i < GUARDS; i++)
		attach_guard(object, &guards[i]);
	attach_what_is_needed();
	if ((error = start_holding()) < 0)
		return error;
	if ((error = watch_timer(FOLLOW_SOCKETS_MS, on_socket_timer, NULL)) < 0)
		return error;
	ring = ring_buffer__new(shared_map("prevented"), take_record, NULL, NULL);
	return ring ? watch(ring_buffer__epoll_fd(ring), EPOLLIN, on_records, NULL) : -errno;
}

static void stop(void)
{
	if (ring) {
		unwatch(ring_buffer__epoll_fd(ring));
		ring_buffer__free(ring);
		ring = NULL;
	}
	stop_holding();
	for (size_t i = 0; i < GUARDS; i++) {
		/* Not detach_guard: what is pinned stays. */
		bpf_link__destroy(guards[i].link);
		guards[i].link = NULL;
	}
	close_object(object);
	stop_policies();
}

static void probe(struct json_writer *array)
{
	write_probes_of(array, "prevent");
}

static uint64_t count_of(uint32_t which)
{
	uint64_t values[MAX_CPUS] = { 0 }, sum = 0;
	int cpus = libbpf_num_possible_cpus();

	if (cpus > MAX_CPUS || bpf_map_lookup_elem(shared_map("prevent_counts"), &which, values) < 0)
		return 0;
	for (int i = 0; i < cpus; i++)
		sum += values[i];
	return sum;
}

static void counters(struct json_writer *writer)
{
	static const char *const names[COUNTS] = {
		[COUNT_EXEC_KILLED] = "execKilled",	  [COUNT_EXEC_HELD] = "execHeld",
		[COUNT_SYSCTL_DENIED] = "sysctlDenied",	  [COUNT_DEVICE_DENIED] = "deviceDenied",
		[COUNT_SOCKET_DENIED] = "socketDenied",	  [COUNT_RAW_SOCKET_DENIED] = "rawSocketDenied",
		[COUNT_CONNECT_DENIED] = "connectDenied", [COUNT_EGRESS_DROPPED] = "egressDropped",
		[COUNT_INGRESS_DROPPED] = "ingressDropped", [COUNT_NAME_DROPPED] = "nameDropped",
		[COUNT_RECORD_LOST] = "recordLost",
	};

	for (uint32_t i = 0; object && i < COUNTS; i++) {
		json_write_key(writer, names[i]);
		json_write_u64(writer, count_of(i));
	}
}

static void write_refused(struct json_writer *reply, const char *cgroup_id, const char *error)
{
	json_begin_object(reply);
	json_write_key(reply, "cgroupId");
	json_write_text(reply, cgroup_id);
	json_write_key(reply, "error");
	json_write_text(reply, error);
	json_end_object(reply);
}

static const char *read_container(const struct json *entry, struct policy *policy)
{
	static const char *const members[] = { "cgroupId", "container", "pid", "policy", NULL };

	memset(policy, 0, sizeof(*policy));
	if (!has_only(entry, members))
		return "a container is no object, or has an unknown member";
	if (!json_u64(json_get(entry, "cgroupId"), (uint64_t *)&policy->cgroup_id))
		return "a container has no cgroupId";
	return read_policy(json_get(entry, "policy"), policy);
}

/* All are read before one is set, so that a malformed command changes nothing. */
static const char *check_containers(const struct json *line)
{
	static const char *const members[] = { "id", "command", "set", "remove", NULL };
	struct policy policy;
	uint64_t id;

	if (!has_only(line, members) || !is_list(json_get(line, "set")) || !is_list(json_get(line, "remove")))
		return "containers has set and remove, which are lists";
	for (const struct json *entry = json_elements(json_get(line, "set")); entry; entry = entry->next) {
		const char *error = read_container(entry, &policy);

		if (error)
			return error;
	}
	for (const struct json *entry = json_elements(json_get(line, "remove")); entry; entry = entry->next) {
		if (!json_u64(entry, &id))
			return "remove has numbers of cgroups";
	}
	return check_files(line);
}

static const char *set_containers(const struct json *line, struct json_writer *reply)
{
	const char *error = check_containers(line);
	size_t set = 0, removed = 0;
	uint64_t id;

	if (error)
		return error;
	json_write_key(reply, "refused");
	json_begin_array(reply);
	for (const struct json *entry = json_elements(json_get(line, "set")); entry; entry = entry->next) {
		struct policy policy;

		read_container(entry, &policy);
		error = set_policy(&policy, json_get(json_get(entry, "policy"), "sysctls"));
		if (error)
			write_refused(reply, json_text(json_get(entry, "cgroupId"), ""), error);
		else
			set++;
	}
	json_end_array(reply);
	for (const struct json *entry = json_elements(json_get(line, "remove")); entry; entry = entry->next) {
		if (json_u64(entry, &id))
			removed += remove_policy(id);
	}
	json_write_key(reply, "set");
	json_write_u64(reply, set);
	json_write_key(reply, "removed");
	json_write_u64(reply, removed);
	attach_what_is_needed();
	return NULL;
}

struct terms {
	bool dry_run, survive;
	uint64_t deadline_ms;
	bool late_kills, unattended_kills;
};

static const char *read_terms(const struct json *line, struct terms *terms)
{
	static const char *const members[] = { "id",	  "command", "mode",	"survive", "executables", "hold",
					       "sysctls", "devices", "sockets", "files",   NULL };
	static const char *const hold_members[] = { "deadlineMs", "onDeadline", "unattended", NULL };
	static const char *const modes[] = { "enforce", "dry-run", NULL };
	static const char *const verdicts[] = { "continue", "kill", NULL };
	const struct json *hold = json_get(line, "hold");
	int mode = read_choice(json_get(line, "mode"), modes, -1);
	int late = read_choice(json_get(hold, "onDeadline"), verdicts, 0);
	int unattended = read_choice(json_get(hold, "unattended"), verdicts, 0);

	if (!has_only(line, members) || (hold && !has_only(hold, hold_members)))
		return "prevent has an unknown member";
	if (mode < 0 || !json_get(line, "survive") || !read_bool(json_get(line, "survive"), &terms->survive))
		return "prevent has mode, enforce or dry-run, and survive, true or false";
	if (late < 0 || unattended < 0)
		return "onDeadline and unattended are continue or kill";
	if (!read_number(json_get(hold, "deadlineMs"), MAX_DEADLINE_MS, &terms->deadline_ms) || !terms->deadline_ms)
		return "deadlineMs is 1 to 60000";
	terms->dry_run = mode == 1;
	terms->late_kills = late == 1;
	terms->unattended_kills = unattended == 1;
	return NULL;
}

static int pin_all(void)
{
	int error = make_guards_directory();

	if (error < 0 || (error = pin_maps(object, map_names)) < 0)
		return error;
	for (size_t i = 0; i < GUARDS; i++) {
		if ((error = pin_guard(&guards[i])) < 0)
			return error;
	}
	return 0;
}

static void write_primitives(struct json_writer *reply)
{
	json_write_key(reply, "primitives");
	json_begin_array(reply);
	write_probes_of(reply, "prevent");
	json_end_array(reply);
}

static void write_counts(struct json_writer *reply, const struct rule_counts *counts)
{
	json_write_key(reply, "executables");
	json_write_u64(reply, counts->executables);
	json_write_key(reply, "sysctls");
	json_write_u64(reply, counts->sysctls);
	json_write_key(reply, "devices");
	json_write_u64(reply, counts->devices);
	json_write_key(reply, "sockets");
	json_write_u64(reply, counts->sockets);
	write_primitives(reply);
}

/* That the rules cannot be pinned does not take them out of force. */
static void write_pinned(struct json_writer *reply, bool survive)
{
	int error = 0;

	if (!survive)
		clear_guards();
	else if ((error = pin_all()) == 0)
		error = pin_channel();
	json_write_key(reply, "pinned");
	json_write_bool(reply, survive && error == 0);
	if (error == 0)
		return;
	/* A part of it would hold what nobody could account for. */
	clear_guards();
	json_write_key(reply, "pinFailure");
	json_write_text(reply, strerror(-error));
}

static const char *set_prevention(const struct json *line, struct json_writer *reply)
{
	struct settings *settings = prevent_settings();
	struct terms terms = { .deadline_ms = 2000 };
	struct rule_counts counts;
	uint32_t generation = settings->generation + 1 ? settings->generation + 1 : 1;
	const char *error = read_terms(line, &terms);

	if (error || (error = check_file_terms(line)) || (error = write_rules(line, generation, &counts))) {
		sweep_rules(settings->generation);
		return error;
	}
	settings->dry_run = terms.dry_run;
	settings->late_kill = terms.late_kills;
	settings->unattended_kill = terms.unattended_kills;
	set_hold_deadline(terms.deadline_ms, terms.late_kills);
	__atomic_store_n(&settings->generation, generation, __ATOMIC_SEQ_CST);
	sweep_rules(generation);
	listed_sockets = counts.sockets;
	attach_what_is_needed();
	write_counts(reply, &counts);
	write_pinned(reply, terms.survive);
	return NULL;
}

static const char *release(const struct json *line, struct json_writer *reply)
{
	static const char *const members[] = { "id", "command", "pid", "verdict", NULL };
	static const char *const verdicts[] = { "continue", "kill", NULL };
	int verdict = read_choice(json_get(line, "verdict"), verdicts, -1);
	uint64_t pid;

	if (!has_only(line, members) || verdict < 0 || !json_u64(json_get(line, "pid"), &pid) || pid > INT32_MAX)
		return "release has a pid and a verdict, continue or kill";
	json_write_key(reply, "held");
	json_write_bool(reply, release_held((pid_t)pid, verdict == 1, "command"));
	return NULL;
}

static enum answer command(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	const char *(*run)(const struct json *, struct json_writer *) = NULL;

	if (strcmp(name, "containers") == 0)
		run = set_containers;
	if (strcmp(name, "prevent") == 0)
		run = set_prevention;
	if (strcmp(name, "release") == 0)
		run = release;
	if (!run)
		return ANSWER_UNKNOWN;
	if (!object) {
		*error = "this kernel loads no program of prevention";
		return ANSWER_FAILED;
	}
	*error = run(line, reply);
	return *error ? ANSWER_FAILED : ANSWER_OK;
}

const struct module prevent_module = {
	.name = "prevent",
	.start = start,
	.probe = probe,
	.counters = counters,
	.command = command,
	.stop = stop,
};
