// SPDX-License-Identifier: Apache-2.0
/* The module that refuses listed addresses and names, and cuts what is already connected to them. */
#include "cut.h"
#include "fields.h"
#include "guards.h"
#include "listed.h"
#include "load.h"
#include "module.h"
#include "output.h"
#include "policies.h"
#include "prevent.h"

#include <errno.h>
#include <string.h>
#include <time.h>

static const char *const map_names[] = { "listed_addresses4", "listed_addresses6", "listed_names",   "listed_networks4",
					 "listed_networks6",  "allowed_networks4", "allowed_networks6", "allowed_names",
					 "listed_sets",	      "listed_singles",	   NULL };

enum { CONNECT4, CONNECT6, SENDMSG4, SENDMSG6, EGRESS, INGRESS, GUARDS };

static struct guard guards[GUARDS] = {
	[CONNECT4] = { .name = "connect4", .on_cgroup = true }, [CONNECT6] = { .name = "connect6", .on_cgroup = true },
	[SENDMSG4] = { .name = "sendmsg4", .on_cgroup = true }, [SENDMSG6] = { .name = "sendmsg6", .on_cgroup = true },
	[EGRESS] = { .name = "egress", .on_cgroup = true },	[INGRESS] = { .name = "ingress", .on_cgroup = true },
};

static struct object *object;

static void prepare(struct bpf_object *bpf)
{
	adopt_maps(bpf, map_names);
}

static bool concerns_channel(const struct policy *policy)
{
	return policy->channel != CHANNEL_OFF;
}

/* What every packet of the host would pay for is attached only while some container needs it. */
static void attach_what_is_needed(void)
{
	bool needed = prevent_settings() && any_policy(concerns_channel);

	for (size_t i = 0; i < GUARDS; i++) {
		if (needed)
			attach_guard(object, &guards[i]);
		else
			detach_guard(&guards[i]);
	}
}

static int start(void)
{
	object = prevent_settings() ? load_object("channel", prepare) : NULL;
	if (!object)
		return 0;
	/* Once, so that what this host refuses to attach is known from the start. */
	for (size_t i = 0; i < GUARDS; i++)
		attach_guard(object, &guards[i]);
	attach_what_is_needed();
	forget_gone_singles();
	return start_listing();
}

static void stop(void)
{
	for (size_t i = 0; i < GUARDS; i++) {
		bpf_link__destroy(guards[i].link);
		guards[i].link = NULL;
	}
	stop_listing();
	close_object(object);
}

int pin_channel(void)
{
	int error = object ? pin_maps(object, map_names) : 0;

	for (size_t i = 0; error == 0 && i < GUARDS; i++)
		error = pin_guard(&guards[i]);
	return error;
}

static void probe(struct json_writer *array)
{
	write_probes_of(array, "channel");
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static const char *read_single(const struct json *entry, struct single_key *key, struct single_value *value)
{
	static const char *const members[] = { "address", "port", "indicator", "expiresAt", "cgroupId", NULL };
	uint64_t port = 0, indicator = 0, expires_at = 0, cgroup_id = 0;
	bool is_v4;

	memset(key, 0, sizeof(*key));
	if (!has_only(entry, members) ||
	    !read_address(json_text(json_get(entry, "address"), NULL), (uint8_t *)key->address, &is_v4))
		return "an entry of add and remove has an address";
	if (!read_number(json_get(entry, "port"), UINT16_MAX, &port) ||
	    !read_number(json_get(entry, "indicator"), UINT32_MAX, &indicator) ||
	    !read_number(json_get(entry, "expiresAt"), UINT32_MAX, &expires_at) ||
	    !read_number(json_get(entry, "cgroupId"), UINT64_MAX, &cgroup_id))
		return "port, indicator, expiresAt or cgroupId is no such number";
	key->port = (uint16_t)port;
	key->cgroup_id = cgroup_id;
	*value = (struct single_value){ (uint32_t)indicator, (uint32_t)expires_at };
	return NULL;
}

static const char *change_singles(const struct json *line, struct json_writer *reply)
{
	static const char *const members[] = { "id", "command", "add", "remove", NULL };
	const struct json *add = json_get(line, "add"), *remove = json_get(line, "remove");
	struct single_key key;
	struct single_value value;
	size_t added = 0, removed = 0;
	const char *error;

	if (!has_only(line, members) || !is_list(add) || !is_list(remove))
		return "add and remove are lists, and stand alone";
	for (int i = 0; i < 2; i++) {
		for (const struct json *entry = json_elements(i ? remove : add); entry; entry = entry->next) {
			if ((error = read_single(entry, &key, &value)))
				return error;
		}
	}
	for (const struct json *entry = json_elements(add); entry; entry = entry->next, added++) {
		read_single(entry, &key, &value);
		if (!list_single(&key, &value))
			return "too many single addresses are listed";
	}
	for (const struct json *entry = json_elements(remove); entry; entry = entry->next) {
		read_single(entry, &key, &value);
		removed += unlist_single(&key);
	}
	json_write_key(reply, "added");
	json_write_u64(reply, added);
	json_write_key(reply, "removed");
	json_write_u64(reply, removed);
	return NULL;
}

static void write_figures(struct json_writer *reply, const struct listed_figures *figures, uint64_t started)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "v4", figures->v4 },		 { "v6", figures->v6 },	    { "names", figures->names },
		{ "networks", figures->networks }, { "expired", figures->expired }, { "bytes", figures->bytes },
		{ "ms", monotonic_ms() - started },
	};

	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_write_key(reply, members[i].name);
		json_write_u64(reply, members[i].value);
	}
}

/* The one set that is being read. */
static struct {
	uint64_t id, started_ms;
	bool dry_run;
} reading;

static void tell_set(const char *error, const struct listed_figures *figures)
{
	struct json_writer reply = { 0 };

	if (!error)
		prevent_settings()->channel_dry_run = reading.dry_run;
	json_begin_object(&reply);
	json_write_key(&reply, "id");
	json_write_u64(&reply, reading.id);
	json_write_key(&reply, "ok");
	json_write_bool(&reply, !error);
	if (error) {
		json_write_key(&reply, "error");
		json_write_text(&reply, error);
	} else {
		write_figures(&reply, figures, reading.started_ms);
	}
	json_end_object(&reply);
	put_message(&reply);
}

static const char *change_set(const struct json *line)
{
	static const char *const members[] = { "id", "command", "mode", "set", "allow", "allowNames", "report",
					       "reportNames", NULL };
	static const char *const modes[] = { "enforce", "dry-run", NULL };
	const struct json *set = json_get(line, "set");
	int mode = read_choice(json_get(line, "mode"), modes, -1);
	const char *error;
	uint64_t id;

	if (!has_only(line, members) || mode < 0 || (set->type != JSON_STRING && set->type != JSON_NULL))
		return "channel has a mode, enforce or dry-run, and a set, the path of a file or null";
	if (!is_list(json_get(line, "allow")) || !is_list(json_get(line, "allowNames")) ||
	    !is_list(json_get(line, "report")) || !is_list(json_get(line, "reportNames")))
		return "allow, allowNames, report and reportNames are lists";
	if (!json_u64(json_get(line, "id"), &id))
		return "a command has an id";
	error = begin_set(json_text(set, NULL), line, tell_set);
	if (error)
		return error;
	reading.id = id;
	reading.started_ms = monotonic_ms();
	reading.dry_run = mode == 1;
	/* What is wanted softer is so at once, what is wanted stricter only with the set that it is wanted for. */
	if (reading.dry_run)
		prevent_settings()->channel_dry_run = 1;
	return NULL;
}

static enum answer command(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	if (strcmp(name, "containers") == 0) {
		/* The policies are those of the module prevent, which has been asked before. */
		attach_what_is_needed();
		if (object && json_get(line, "remove"))
			forget_gone_singles();
		return ANSWER_UNKNOWN;
	}
	if (strcmp(name, "channel") != 0 && strcmp(name, "cut") != 0)
		return ANSWER_UNKNOWN;
	if (!object) {
		*error = "this kernel loads no program of the channel";
		return ANSWER_FAILED;
	}
	if (strcmp(name, "channel") == 0 && json_get(line, "set")) {
		*error = change_set(line);
		return *error ? ANSWER_FAILED : ANSWER_LATER;
	}
	*error = strcmp(name, "cut") == 0 ? run_cut(line, reply, attach_what_is_needed) : change_singles(line, reply);
	return *error ? ANSWER_FAILED : ANSWER_OK;
}

const struct module channel_module = {
	.name = "channel",
	.start = start,
	.probe = probe,
	.command = command,
	.stop = stop,
};
