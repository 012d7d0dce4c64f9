/* SPDX-License-Identifier: Apache-2.0 */
/* The system calls of the machine that this is built for, by their names; the last has none. */
#ifndef PRATIQUE_REPLAY_CALLS_H
#define PRATIQUE_REPLAY_CALLS_H

#include <asm/unistd.h>

struct call {
	const char *name;
	long number;
};

extern const struct call calls[];

#endif
