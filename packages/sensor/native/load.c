// SPDX-License-Identifier: Apache-2.0
#include "load.h"

#include "output.h"

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <errno.h>
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#define MAX_OBJECTS 24
#define MAX_PROGRAMS 48
#define MAX_SHARED_MAPS 64
#define REASON_BYTES 256

struct tried {
	char name[64];
	char reason[REASON_BYTES]; /* empty: none */
	struct bpf_link *link;
	bool refused;
};

struct object {
	char name[32];
	struct bpf_object *bpf;
	struct tried programs[MAX_PROGRAMS];
	size_t count;
};

/* The build writes these. */
struct embedded {
	const char *name, *start, *end;
};
extern const struct embedded embedded_ranges[];
extern const size_t embedded_count;

static struct object *objects[MAX_OBJECTS];
static struct {
	char name[64];
	int fd;
} shared[MAX_SHARED_MAPS];
static struct cgroup_hierarchy hierarchy = { .subsystem = -1 };
static const char *preferred;

/* What libbpf says while one object is loaded: it names the program that fails in words only. */
static struct {
	char program[64];
	char reason[REASON_BYTES];
} failure;

static int listen_to_libbpf(enum libbpf_print_level level, const char *format, va_list arguments)
{
	static char text[1 << 20];
	char program[64];
	char *log;

	vsnprintf(text, sizeof(text), format, arguments);
	if (level == LIBBPF_DEBUG)
		return 0;
	log_line(LOG_DEBUG, "%.1800s", text);
	if (sscanf(text, "libbpf: prog '%63[^']':", program) != 1)
		return 0;
	log = strstr(text, "-- BEGIN PROG LOAD LOG --\n");
	if (log) {
		/* The last line but the statistics is the verifier's reason. */
		char *end = strstr(log, "\nprocessed "), *start;

		if (end)
			*end = '\0';
		start = strrchr(log, '\n');
		snprintf(failure.reason, sizeof(failure.reason), "%.*s", REASON_BYTES - 1, start ? start + 1 : log);
	} else if (strstr(text, "fail") && (!failure.reason[0] || strcmp(failure.program, program) != 0)) {
		char *reason = strstr(text, "': ");

		snprintf(failure.reason, sizeof(failure.reason), "%.*s", REASON_BYTES - 1, reason ? reason + 3 : text);
		failure.reason[strcspn(failure.reason, "\n")] = '\0';
	}
	snprintf(failure.program, sizeof(failure.program), "%s", program);
	return 0;
}

static const struct embedded *find_embedded(const char *name)
{
	for (size_t i = 0; i < embedded_count; i++) {
		if (strcmp(embedded_ranges[i].name, name) == 0)
			return &embedded_ranges[i];
	}
	return NULL;
}

int shared_map(const char *name)
{
	for (size_t i = 0; i < MAX_SHARED_MAPS; i++) {
		if (shared[i].name[0] && strcmp(shared[i].name, name) == 0)
			return shared[i].fd;
	}
	return -ENOENT;
}

static bool is_internal(const char *name)
{
	return strchr(name, '.') != NULL;
}

static void offer_map(const char *name, int fd)
{
	for (size_t i = 0; i < MAX_SHARED_MAPS; i++) {
		if (shared[i].name[0])
			continue;
		snprintf(shared[i].name, sizeof(shared[i].name), "%s", name);
		shared[i].fd = dup(fd);
		return;
	}
	put_trouble("too many maps to share %s", name);
}

static void reuse_maps(struct bpf_object *bpf)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf) {
		int fd = shared_map(bpf_map__name(map));

		if (fd >= 0 && !is_internal(bpf_map__name(map)))
			bpf_map__reuse_fd(map, fd);
	}
}

static void offer_maps(struct bpf_object *bpf)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf) {
		const char *name = bpf_map__name(map);

		if (!is_internal(name) && shared_map(name) < 0 && bpf_map__fd(map) >= 0)
			offer_map(name, bpf_map__fd(map));
	}
}

static struct tried *find_tried(struct object *object, const char *name)
{
	for (size_t i = 0; i < object->count; i++) {
		if (strcmp(object->programs[i].name, name) == 0)
			return &object->programs[i];
	}
	return NULL;
}

static struct tried *note_program(struct object *object, const char *name)
{
	struct tried *tried = find_tried(object, name);

	if (tried || object->count == MAX_PROGRAMS)
		return tried;
	tried = &object->programs[object->count++];
	snprintf(tried->name, sizeof(tried->name), "%s", name);
	return tried;
}

/* False where no program is left to be tried. */
static bool choose_programs(struct object *object)
{
	struct bpf_program *program;
	bool any = false;

	bpf_object__for_each_program(program, object->bpf) {
		const struct tried *tried;

		if (!bpf_program__autoload(program))
			continue;
		tried = note_program(object, bpf_program__name(program));
		if (tried && tried->refused)
			bpf_program__set_autoload(program, false);
		else
			any = true;
	}
	return any;
}

/* True when it is to be tried again without the program that failed. */
static bool note_failure(struct object *object, int error)
{
	struct tried *tried = find_tried(object, failure.program);

	if (tried && !tried->refused) {
		tried->refused = true;
		/* Without a log of the verifier the kernel's number is all that it says. */
		if (strncmp(failure.reason, "BPF program load failed", 23) == 0 || !failure.reason[0])
			snprintf(tried->reason, sizeof(tried->reason), "%s", strerror(-error));
		else
			snprintf(tried->reason, sizeof(tried->reason), "%.180s (%s)", failure.reason, strerror(-error));
		return true;
	}
	for (size_t i = 0; i < object->count; i++) {
		tried = &object->programs[i];
		if (tried->refused)
			continue;
		tried->refused = true;
		snprintf(tried->reason, sizeof(tried->reason), "the object does not load: %s", strerror(-error));
	}
	return false;
}

/* For bpf/overlay.h. */
static void name_host_root(struct bpf_object *bpf)
{
	struct stat root;
	uint32_t device;

	/* We may have a root of our own. */
	if (stat("/proc/1/root/", &root) < 0 && stat("/", &root) < 0)
		return;
	/* As the kernel keeps it. */
	device = (uint32_t)major(root.st_dev) << 20 | minor(root.st_dev);
	set_constant(bpf, "host_root_device", &device, sizeof(device));
}

static int open_and_load(struct object *object, const struct embedded *embedded, void (*prepare)(struct bpf_object *))
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = object->name);
	int error;

	memset(&failure, 0, sizeof(failure));
	object->bpf = bpf_object__open_mem(embedded->start, (size_t)(embedded->end - embedded->start), &options);
	if (!object->bpf)
		return -errno;
	name_host_root(object->bpf);
	if (prepare)
		prepare(object->bpf);
	reuse_maps(object->bpf);
	if (!choose_programs(object))
		return -ENOENT;
	error = bpf_object__load(object->bpf);
	if (error == 0)
		offer_maps(object->bpf);
	return error;
}

static struct object *remember_object(const char *name)
{
	for (size_t i = 0; i < MAX_OBJECTS; i++) {
		if (objects[i] && strcmp(objects[i]->name, name) == 0)
			return objects[i];
		if (objects[i])
			continue;
		objects[i] = calloc(1, sizeof(*objects[i]));
		if (objects[i])
			snprintf(objects[i]->name, sizeof(objects[i]->name), "%s", name);
		return objects[i];
	}
	return NULL;
}

struct object *load_object(const char *name, void (*prepare)(struct bpf_object *bpf))
{
	const struct embedded *embedded = find_embedded(name);
	struct object *object = embedded ? remember_object(name) : NULL;

	if (!object)
		return NULL;
	for (int turn = 0; turn <= MAX_PROGRAMS; turn++) {
		int error = open_and_load(object, embedded, prepare);

		if (error == 0)
			return object;
		bpf_object__close(object->bpf);
		object->bpf = NULL;
		if (!note_failure(object, error))
			break;
	}
	return NULL;
}

void close_object(struct object *object)
{
	if (!object)
		return;
	for (size_t i = 0; i < object->count; i++) {
		bpf_link__destroy(object->programs[i].link);
		object->programs[i].link = NULL;
	}
	bpf_object__close(object->bpf);
	object->bpf = NULL;
}

void set_constant(struct bpf_object *bpf, const char *name, const void *value, size_t size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, bpf) {
		const struct btf *btf = bpf_object__btf(bpf);
		const struct btf_type *section = btf__type_by_id(btf, bpf_map__btf_value_type_id(map));
		const struct btf_var_secinfo *variable;
		size_t room;
		char *bytes = bpf_map__initial_value(map, &room);

		if (!bytes || !section || !btf_is_datasec(section))
			continue;
		variable = btf_var_secinfos(section);
		for (int i = 0; i < btf_vlen(section); i++, variable++) {
			const struct btf_type *type = btf__type_by_id(btf, variable->type);

			if (strcmp(btf__name_by_offset(btf, type->name_off), name) == 0 && variable->size == size)
				memcpy(bytes + variable->offset, value, size);
		}
	}
}

struct bpf_program *find_program(struct object *object, const char *name)
{
	struct bpf_program *program;

	if (!object || !object->bpf)
		return NULL;
	program = bpf_object__find_program_by_name(object->bpf, name);
	return program && bpf_program__fd(program) >= 0 ? program : NULL;
}

struct bpf_map *find_map(struct object *object, const char *name)
{
	return object && object->bpf ? bpf_object__find_map_by_name(object->bpf, name) : NULL;
}

bool keep_link(struct object *object, const char *name, struct bpf_link *link)
{
	int error = errno;
	struct tried *tried = find_tried(object, name);

	if (tried && link)
		tried->link = link;
	else if (tried)
		snprintf(tried->reason, sizeof(tried->reason), "cannot be attached: %s", strerror(error));
	return link != NULL;
}

bool attach_program(struct object *object, const char *name)
{
	struct bpf_program *program = find_program(object, name);

	return program && keep_link(object, name, bpf_program__attach(program));
}

void detach_program(struct object *object, const char *name)
{
	struct tried *tried = object ? find_tried(object, name) : NULL;

	if (!tried)
		return;
	bpf_link__destroy(tried->link);
	tried->link = NULL;
}

void write_probe(struct json_writer *array, const char *name, const char *reason)
{
	json_begin_object(array);
	json_write_key(array, "name");
	json_write_text(array, name);
	json_write_key(array, "ok");
	json_write_bool(array, !reason);
	if (reason) {
		json_write_key(array, "reason");
		json_write_text(array, reason);
	}
	json_end_object(array);
}

void write_probes_of(struct json_writer *array, const char *name)
{
	for (size_t i = 0; i < MAX_OBJECTS && objects[i]; i++) {
		const struct object *object = objects[i];

		if (strcmp(object->name, name) != 0)
			continue;
		for (size_t j = 0; j < object->count; j++) {
			char full[128];

			snprintf(full, sizeof(full), "%s/%s", object->name, object->programs[j].name);
			write_probe(array, full, object->programs[j].reason[0] ? object->programs[j].reason : NULL);
		}
	}
}

void prefer_hierarchy(const char *name)
{
	preferred = name;
}

const struct cgroup_hierarchy *cgroup_hierarchy(void)
{
	return &hierarchy;
}

static bool has_word(const char *list, const char *word)
{
	size_t length = strlen(word);

	for (const char *at = strstr(list, word); at; at = strstr(at + 1, word)) {
		if ((at == list || at[-1] == ',') && (at[length] == ',' || at[length] == '\0'))
			return true;
	}
	return false;
}

/* Where a hierarchy is mounted: by its controller, or of version 2 where that is NULL. */
static bool find_mount(const char *controller, char *path, size_t room)
{
	FILE *mounts = fopen("/proc/self/mounts", "re");
	char device[256], target[256], type[64], options[512];
	bool found = false;

	while (mounts && !found &&
	       fscanf(mounts, "%255s %255s %63s %511s %*d %*d\n", device, target, type, options) == 4) {
		found = controller ? strcmp(type, "cgroup") == 0 && has_word(options, controller) :
				     strcmp(type, "cgroup2") == 0;
	}
	if (mounts)
		fclose(mounts);
	if (found)
		snprintf(path, room, "%s", target);
	return found;
}

static int find_hierarchy_id(const char *controller)
{
	FILE *groups = fopen("/proc/self/cgroup", "re");
	char line[4096];
	int id = -1;

	while (groups && id < 0 && fgets(line, sizeof(line), groups)) {
		char controllers[256];
		int number;

		if (sscanf(line, "%d:%255[^:]:", &number, controllers) == 2 && has_word(controllers, controller))
			id = number;
	}
	if (groups)
		fclose(groups);
	return id;
}

static int find_subsystem(const char *controller)
{
	struct btf *btf = btf__load_vmlinux_btf();
	const struct btf_type *type;
	const struct btf_enum *value;
	char name[80];
	int id, index = -1;

	id = btf ? btf__find_by_name_kind(btf, "cgroup_subsys_id", BTF_KIND_ENUM) : -1;
	snprintf(name, sizeof(name), "%s_cgrp_id", controller);
	if (id > 0) {
		type = btf__type_by_id(btf, (__u32)id);
		value = btf_enum(type);
		for (int i = 0; i < btf_vlen(type); i++, value++) {
			if (strcmp(btf__name_by_offset(btf, value->name_off), name) == 0)
				index = value->val;
		}
	}
	btf__free(btf);
	return index;
}

static bool take_controller(const char *controller)
{
	if (!find_mount(controller, hierarchy.path, sizeof(hierarchy.path)))
		return false;
	hierarchy.id = find_hierarchy_id(controller);
	hierarchy.subsystem = find_subsystem(controller);
	snprintf(hierarchy.name, sizeof(hierarchy.name), "%s", controller);
	return hierarchy.id > 0 && hierarchy.subsystem >= 0;
}

static bool take_unified(void)
{
	if (!find_mount(NULL, hierarchy.path, sizeof(hierarchy.path)))
		return false;
	hierarchy.id = 0;
	hierarchy.subsystem = -1;
	snprintf(hierarchy.name, sizeof(hierarchy.name), "unified");
	return true;
}

/* Version 2 where it is mounted at all: engines create their groups in it on hybrid hosts too. */
static bool choose_hierarchy(void)
{
	static const char *const controllers[] = { "pids", "memory", "cpu", "devices", "freezer", "cpuset" };

	if (preferred && strcmp(preferred, "unified") != 0)
		return take_controller(preferred);
	if (take_unified())
		return true;
	for (size_t i = 0; !preferred && i < sizeof(controllers) / sizeof(controllers[0]); i++) {
		if (take_controller(controllers[i]))
			return true;
	}
	return false;
}

int start_loading(void)
{
	libbpf_set_print(listen_to_libbpf);
	if (!choose_hierarchy()) {
		put_trouble("no hierarchy of control groups is mounted%s%s", preferred ? " for " : "",
			    preferred ? preferred : "");
		return -ENOENT;
	}
	return 0;
}

void stop_loading(void)
{
	for (size_t i = 0; i < MAX_OBJECTS && objects[i]; i++) {
		close_object(objects[i]);
		free(objects[i]);
		objects[i] = NULL;
	}
	for (size_t i = 0; i < MAX_SHARED_MAPS; i++) {
		if (shared[i].name[0])
			close(shared[i].fd);
		shared[i].name[0] = '\0';
	}
}
