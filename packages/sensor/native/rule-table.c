// SPDX-License-Identifier: Apache-2.0
#include "rule-table.h"

#include "fields.h"
#include "load.h"

#include <linux/types.h>

#include "bpf/policy.h"

#include <bpf/bpf.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>

#define MAX_RULES (RULES_MAX / 2)
#define MAX_SOCKETS 64
#define COMM_BYTES 16

struct row {
	struct rule_key key;
	struct rule_alternative alternative;
};

/* An engine that starts anew makes another socket by the same path. */
struct socket_path {
	char *path;
	uint32_t rule, groups;
	ino_t inode;
	dev_t device;
};

struct table {
	struct row *rows;
	size_t count;
	uint32_t generation;
	struct socket_path sockets[MAX_SOCKETS];
	size_t socket_count;
};

static struct socket_path followed[MAX_SOCKETS];
static size_t followed_count;

static bool add_row(struct table *table, struct rule_key key, struct rule_alternative alternative)
{
	if (table->count == MAX_RULES)
		return false;
	key.generation = table->generation;
	table->rows[table->count++] = (struct row){ key, alternative };
	return true;
}

static bool add_text(struct table *table, uint32_t kind, const struct json *text, struct rule_alternative alternative)
{
	struct rule_key key = { .kind = kind, .first = hash_text(text->text, text->length) };

	return add_row(table, key, alternative);
}

static bool read_device(const char *text, uint64_t *device)
{
	unsigned int major, minor;
	char end;

	if (!text || sscanf(text, "%u:%u%c", &major, &minor, &end) != 2)
		return false;
	/* As the kernel numbers devices within itself. */
	*device = (uint64_t)major << 20 | minor;
	return true;
}

static const char *add_executable(struct table *table, const struct json *entry)
{
	static const char *const members[] = { "rule", "groups", "action", "comm", "path", "prefix", "device", "inode", NULL };
	static const char *const actions[] = { "report", "hold", "kill", "allow", NULL };
	static const uint32_t codes[] = { RULE_REPORT, RULE_HOLD, RULE_DENY, RULE_ALLOW };
	const struct json *comm = json_get(entry, "comm"), *path = json_get(entry, "path");
	const struct json *prefix = json_get(entry, "prefix"), *inode = json_get(entry, "inode");
	struct rule_key key = { .kind = RULE_INODE };
	struct rule_alternative alternative;
	uint64_t rule = 0, groups = 0, number, device;
	int action;

	if (!has_only(entry, members))
		return "an executable is no object, or has an unknown member";
	action = read_choice(json_get(entry, "action"), actions, -1);
	if (action < 0 || !read_number(json_get(entry, "rule"), UINT32_MAX, &rule) ||
	    !read_number(json_get(entry, "groups"), UINT32_MAX, &groups) || !groups)
		return "an executable has no action, or groups that are none";
	alternative = (struct rule_alternative){ (uint32_t)rule, (uint32_t)groups, codes[action] };
	if (!!comm + !!path + !!prefix + !!inode != 1)
		return "an executable is named by one of comm, path, prefix and inode";
	if (inode) {
		if (!json_u64(inode, &number) || !read_device(json_text(json_get(entry, "device"), NULL), &device))
			return "an inode is a number, with the device MAJOR:MINOR";
		key.first = number;
		key.second = device;
		return add_row(table, key, alternative) ? NULL : "too many entries";
	}
	if (comm && (!json_text(comm, NULL) || comm->length == 0 || comm->length >= COMM_BYTES))
		return "a comm has 1 to 15 bytes";
	if (path && json_text(path, "")[0] != '/')
		return "a path begins with a slash";
	if (prefix && (json_text(prefix, "")[0] != '/' || prefix->text[prefix->length - 1] != '/'))
		return "a prefix begins and ends with a slash";
	return add_text(table, comm ? RULE_COMM : path ? RULE_PATH : RULE_PREFIX, comm ? comm : path ? path : prefix,
			alternative) ?
		       NULL :
		       "too many entries";
}

/* Whom an entry concerns: where it does not say, everybody whose switch is on. */
static bool read_groups(const struct json *entry, uint32_t *groups)
{
	uint64_t number = GROUP_EVERY;

	if (!read_number(json_get(entry, "groups"), UINT32_MAX, &number) || !number)
		return false;
	*groups = (uint32_t)number;
	return true;
}

static const char *add_denied_sysctl(struct table *table, const struct json *entry)
{
	static const char *const members[] = { "rule", "groups", "name", NULL };
	struct rule_alternative alternative = { .action = RULE_DENY };
	const struct json *name = json_get(entry, "name");
	uint64_t rule = 0;

	if (!has_only(entry, members) || !json_text(name, NULL) || !read_groups(entry, &alternative.groups) ||
	    !read_number(json_get(entry, "rule"), UINT32_MAX, &rule))
		return "a sysctl that is refused has a name";
	alternative.rule = (uint32_t)rule;
	return add_text(table, RULE_SYSCTL, name, alternative) ? NULL : "too many entries";
}

static const char *add_sysctl(struct table *table, const struct json *name)
{
	if (json_get(name, "name"))
		return add_denied_sysctl(table, name);
	if (!json_text(name, NULL))
		return "the name of a sysctl is a text";
	return add_text(table, RULE_SYSCTL, name, (struct rule_alternative){ 0, ~0u, RULE_ALLOW }) ? NULL :
												      "too many entries";
}

static const char *add_device(struct table *table, const struct json *entry)
{
	static const char *const members[] = { "rule", "groups", "type", "major", "minor", "access", NULL };
	static const char *const types[] = { "block", "char", NULL };
	static const char letters[] = "mrw"; /* in the order of BPF_DEVCG_ACC_MKNOD, READ, WRITE */
	const char *access = json_text(json_get(entry, "access"), "");
	uint64_t rule = 0, major = UINT32_MAX, minor = UINT32_MAX;
	uint32_t groups;
	int type;

	if (!has_only(entry, members))
		return "a device is no object, or has an unknown member";
	type = read_choice(json_get(entry, "type"), types, -1);
	if (type < 0 || !access[0] || access[strspn(access, letters)])
		return "a device has a type, block or char, and access of r, w and m";
	if (!read_number(json_get(entry, "rule"), UINT32_MAX, &rule) || !read_groups(entry, &groups) ||
	    !read_number(json_get(entry, "major"), 0xfff, &major) || !read_number(json_get(entry, "minor"), 0xfffff, &minor))
		return "rule, major or minor of a device is no such number";
	if (major == UINT32_MAX && minor != UINT32_MAX)
		return "a device with a minor number has a major one";
	for (int i = 0; i < 3; i++) {
		struct rule_key key = { .kind = RULE_DEVICE,
					.first = (uint64_t)(type + 1) << 32 | 1u << i,
					.second = major << 32 | minor };

		if (strchr(access, letters[i]) &&
		    !add_row(table, key, (struct rule_alternative){ (uint32_t)rule, groups, RULE_DENY }))
			return "too many entries";
	}
	return NULL;
}

static const char *add_socket(struct table *table, const struct json *entry)
{
	static const char *const members[] = { "rule", "groups", "path", "abstract", "suffix", NULL };
	const struct json *path = json_get(entry, "path"), *abstract = json_get(entry, "abstract");
	const struct json *suffix = json_get(entry, "suffix"), *name = path ? path : abstract ? abstract : suffix;
	struct rule_alternative alternative = { .action = RULE_DENY };
	uint64_t rule = 0;

	if (!has_only(entry, members) || !!path + !!abstract + !!suffix != 1 || !json_text(name, NULL) || !name->length ||
	    !read_groups(entry, &alternative.groups) || !read_number(json_get(entry, "rule"), UINT32_MAX, &rule))
		return "a socket has a path, an abstract name or the end of a path";
	alternative.rule = (uint32_t)rule;
	if (suffix) {
		struct rule_key key = { .kind = RULE_SOCKET_SUFFIX, .first = FNV_START };

		for (size_t i = suffix->length; i > 0; i--)
			key.first = (key.first ^ (uint8_t)suffix->text[i - 1]) * FNV_PRIME;
		return add_row(table, key, alternative) ? NULL : "too many entries";
	}
	if (abstract)
		return add_text(table, RULE_SOCKET_ABSTRACT, abstract, alternative) ? NULL : "too many entries";
	if (!add_text(table, RULE_SOCKET_PATH, path, alternative))
		return "too many entries";
	if (table->socket_count == MAX_SOCKETS)
		return "too many sockets";
	table->sockets[table->socket_count].rule = alternative.rule;
	table->sockets[table->socket_count].groups = alternative.groups;
	table->sockets[table->socket_count].path = strdup(path->text);
	return table->sockets[table->socket_count++].path ? NULL : "out of memory";
}

static void free_sockets(struct socket_path *sockets, size_t count)
{
	for (size_t i = 0; i < count; i++)
		free(sockets[i].path);
}

static void follow(struct socket_path *socket, uint32_t generation)
{
	struct rule_value value = { .alternatives = { { socket->rule, socket->groups, RULE_DENY } } };
	struct rule_key key = { .generation = generation, .kind = RULE_SOCKET_INODE };
	struct stat status;

	if (stat(socket->path, &status) < 0 || !S_ISSOCK(status.st_mode) ||
	    (status.st_ino == socket->inode && status.st_dev == socket->device))
		return;
	key.first = status.st_ino;
	key.second = (uint64_t)major(status.st_dev) << 20 | minor(status.st_dev);
	if (bpf_map_update_elem(shared_map("prevent_rules"), &key, &value, BPF_ANY) < 0)
		return;
	socket->inode = status.st_ino;
	socket->device = status.st_dev;
}

void follow_sockets(uint32_t generation)
{
	for (size_t i = 0; i < followed_count; i++)
		follow(&followed[i], generation);
}

/* Takes the table's sockets. */
static void follow_these(struct table *table)
{
	free_sockets(followed, followed_count);
	memcpy(followed, table->sockets, sizeof(followed));
	followed_count = table->socket_count;
	follow_sockets(table->generation);
}

static const char *add_list(struct table *table, const struct json *list, size_t *count,
			    const char *(*add)(struct table *, const struct json *))
{
	if (!is_list(list))
		return "executables, sysctls, devices and sockets are lists";
	for (const struct json *entry = json_elements(list); entry; entry = entry->next) {
		const char *error = add(table, entry);

		if (error)
			return error;
		++*count;
	}
	return NULL;
}

static int compare_rows(const void *left, const void *right)
{
	return memcmp(&((const struct row *)left)->key, &((const struct row *)right)->key, sizeof(struct rule_key));
}

/* Rows of one key lie side by side. */
static const char *write_table(struct table *table)
{
	int fd = shared_map("prevent_rules");

	qsort(table->rows, table->count, sizeof(*table->rows), compare_rows);
	for (size_t i = 0; i < table->count;) {
		struct rule_value value = { 0 };
		const struct rule_key *key = &table->rows[i].key;
		size_t same = 0;

		for (; i < table->count && memcmp(key, &table->rows[i].key, sizeof(*key)) == 0; i++) {
			if (same == RULE_ALTERNATIVES)
				return "more than four entries name the same thing";
			value.alternatives[same++] = table->rows[i].alternative;
		}
		if (bpf_map_update_elem(fd, key, &value, BPF_ANY) < 0)
			return "the kernel takes no more entries";
	}
	return NULL;
}

const char *write_rules(const struct json *command, uint32_t generation, struct rule_counts *counts)
{
	struct table table = { .rows = malloc(MAX_RULES * sizeof(struct row)), .generation = generation };
	const char *error;

	if (!table.rows)
		return "out of memory";
	memset(counts, 0, sizeof(*counts));
	if (!(error = add_list(&table, json_get(command, "executables"), &counts->executables, add_executable)) &&
	    !(error = add_list(&table, json_get(command, "sysctls"), &counts->sysctls, add_sysctl)) &&
	    !(error = add_list(&table, json_get(command, "devices"), &counts->devices, add_device)) &&
	    !(error = add_list(&table, json_get(command, "sockets"), &counts->sockets, add_socket)))
		error = write_table(&table);
	free(table.rows);
	if (error)
		free_sockets(table.sockets, table.socket_count);
	else
		follow_these(&table);
	return error;
}

void sweep_rules(uint32_t generation)
{
	int fd = shared_map("prevent_rules");
	struct rule_key key, next;
	bool more = bpf_map_get_next_key(fd, NULL, &next) == 0;

	while (more) {
		key = next;
		more = bpf_map_get_next_key(fd, &key, &next) == 0;
		if (key.generation && key.generation != generation)
			bpf_map_delete_elem(fd, &key);
	}
}
