/* SPDX-License-Identifier: Apache-2.0 */
/* Compiles the tables of the command prevent into the kernel's map, and puts them in force at one instant. */
#ifndef PRATIQUE_RULE_TABLE_H
#define PRATIQUE_RULE_TABLE_H

#include "json.h"

struct rule_counts {
	size_t executables, sysctls, devices, sockets;
};

/* Leaves what is in force as it is where it returns why not, and else gives the number of the next generation. */
const char *write_rules(const struct json *command, uint32_t generation, struct rule_counts *counts);
/* Removes what is of another generation, but of all. */
void sweep_rules(uint32_t generation);

#endif
