/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles the tables of the command prevent into the kernel's map, and puts them in force at one instant. */
#ifndef PRATIQUE_RULE_TABLE_H
#define PRATIQUE_RULE_TABLE_H

#include "json.h"

struct rule_counts {
	size_t executables, sysctls, devices, sockets;
};

/* Writes the next generation beside the one in force. NULL, or why not. */
const char *write_rules(const struct json *command, uint32_t generation, struct rule_counts *counts);
/* Looks again which sockets lie at the paths that are listed. */
void follow_sockets(uint32_t generation);
/* Removes what is of another generation, but of all. */
void sweep_rules(uint32_t generation);

#endif
