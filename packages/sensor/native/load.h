/* SPDX-License-Identifier: Apache-2.0 */
/*
 * BPF objects that are embedded in the binary: opened, given the maps and the constants that all share, loaded as far
 * as this kernel lets them, and attached. What does not load is remembered with the kernel's reason.
 */
#ifndef PRATIQUE_LOAD_H
#define PRATIQUE_LOAD_H

#include "json.h"

#include <bpf/libbpf.h>

/* Before anything else here. Negative errno. */
int start_loading(void);
void stop_loading(void);

struct object;

/*
 * Opens, prepares and loads an object, leaving out the programs that the kernel refuses: then it is opened and
 * prepared once more. Maps that an object before it has by the same name are the same maps. prepare, which may be
 * NULL, sets constants and what is to be tried at all. NULL where nothing of it can be loaded; then its probes are
 * kept all the same, and told by write_probes_of.
 */
struct object *load_object(const char *name, void (*prepare)(struct bpf_object *bpf));
/* Detaches, unloads and forgets an object. Links that were pinned stay. */
void close_object(struct object *object);

/* For prepare: sets a const volatile variable, where the object has it. */
void set_constant(struct bpf_object *bpf, const char *name, const void *value, size_t size);

/* A program that has been loaded, else NULL. */
struct bpf_program *find_program(struct object *object, const char *name);
/* A map of it, else NULL. */
struct bpf_map *find_map(struct object *object, const char *name);
/* Attaches by the section's name; false, with the reason in the probe, where the kernel refuses. */
bool attach_program(struct object *object, const char *name);
void detach_program(struct object *object, const char *name);
/* For programs that are attached in another way: keeps the link until the object is closed, and its failure. */
bool keep_link(struct object *object, const char *name, struct bpf_link *link);

/* One {"name":…,"ok":…,"reason":…} for each program of the embedded object of this name that has been tried. */
void write_probes_of(struct json_writer *array, const char *name);
void write_probe(struct json_writer *array, const char *name, const char *reason_or_null);

/* A map that some object has loaded; negative where there is none. */
int shared_map(const char *name);

/* One {"name":…,"ok":…,"reason":…} for each program of an object. */
void write_object_probes(struct json_writer *array, struct bpf_object *object);
void write_probe(struct json_writer *array, const char *name, const char *reason_or_null);

/* The hierarchy of control groups that tells containers apart. */
struct cgroup_hierarchy {
	char name[64]; /* "unified", or a controller of version 1 */
	char path[256]; /* where it is mounted */
	int subsystem; /* its index in the kernel's css_set; -1: unified */
	int id; /* as the kernel numbers hierarchies; 0: unified */
};

void prefer_hierarchy(const char *name);
const struct cgroup_hierarchy *cgroup_hierarchy(void);

#endif
