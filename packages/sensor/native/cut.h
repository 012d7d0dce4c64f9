/* SPDX-License-Identifier: Apache-2.0 */
/* Ends the flows that a container has. */
#ifndef PRATIQUE_CUT_H
#define PRATIQUE_CUT_H

#include "json.h"

/* The command cut; NULL, or why not. Calls denied when the policy has been made stricter. */
const char *run_cut(const struct json *line, struct json_writer *reply, void (*denied)(void));

#endif
