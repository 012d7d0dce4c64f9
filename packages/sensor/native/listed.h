/* SPDX-License-Identifier: Apache-2.0 */
/* Brings listed addresses and names into the kernel. */
#ifndef PRATIQUE_LISTED_SETS_H
#define PRATIQUE_LISTED_SETS_H

#include "json.h"

#include <linux/types.h>

#include "bpf/listed.h"

struct listed_figures {
	uint64_t v4, v6, names, networks, expired, bytes;
};

int start_listing(void);
void stop_listing(void);
/*
 * Reads a snapshot (NULL: an empty one) on a thread, since that takes as long as the events of a second, and puts what
 * was made of it in force on the main loop, which then calls done with NULL or why not. Or says why it does not begin.
 * Of exempt the lists allow, allowNames, report and reportNames are read, where they are there.
 */
const char *begin_set(const char *path, const struct json *exempt,
		      void (*done)(const char *error, const struct listed_figures *figures));
bool list_single(const struct single_key *key, const struct single_value *value);
bool unlist_single(const struct single_key *key);
/* Of containers that are gone. */
void forget_gone_singles(void);

#endif
