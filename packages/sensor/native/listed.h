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

/* Reads a snapshot (NULL: an empty one), fills the set that is not in force and puts it in force. NULL, or why not. */
const char *list_set(const char *path, const struct json *allow, const struct json *allow_names,
		     struct listed_figures *figures);
bool list_single(const struct single_key *key, const struct single_value *value);
bool unlist_single(const struct single_key *key);

#endif
