/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Programs that refuse, and their maps, which may outlive the process: pinned below guards_path() they go on without it
 * and the next one takes them over.
 */
#ifndef PRATIQUE_GUARDS_H
#define PRATIQUE_GUARDS_H

#include "load.h"

struct guard {
	const char *name;
	bool on_cgroup; /* attached to the root of the hierarchy, for all below it */
	bool attached;
	struct bpf_link *link;
};

/*
 * Names the directory below /sys/fs/bpf in which things are pinned, so that two sensors of one host keep apart: the word
 * pratique, and what may follow are lower-case letters, digits and dashes. False for any other name.
 */
bool name_guards(const char *name);
/* Where things are pinned. */
const char *guards_path(void);

/* For prepare of load_object: takes over those of the maps that are pinned. All of them, or they are cleared. */
void adopt_maps(struct bpf_object *bpf, const char *const *names);
/* Whether anything is pinned. */
bool guards_survive(void);
/* Pins the maps of an object that are named. Negative errno. */
int pin_maps(struct object *object, const char *const *names);

/* Attaches a program; where guards survive it is pinned in the place of the one before. */
bool attach_guard(struct object *object, struct guard *guard);
void detach_guard(struct guard *guard);
/* Pins what is attached. Negative errno. */
int pin_guard(struct guard *guard);

/* Makes the directory, where there is none. Negative errno. */
int make_guards_directory(void);
/* Removes all that is pinned; guards go on as long as the process does. How many things were removed. */
int clear_guards(void);

#endif
