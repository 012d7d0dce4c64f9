/* SPDX-License-Identifier: Apache-2.0 */
/* Which system calls are told, and how. */
#ifndef PRATIQUE_CALLS_H
#define PRATIQUE_CALLS_H

#include "bpf/events.h"

#include <stdbool.h>

/* Fills calls with those of kinds that are told; wanted by kind is a set of enum want. */
void fill_calls(struct call calls[2 * MAX_CALLS], const __u8 wanted[MAX_KINDS]);
/* Whether a kind is one that this sensor can tell. */
bool is_known_kind(__u32 kind);

#endif
