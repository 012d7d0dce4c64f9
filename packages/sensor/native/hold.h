/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Processes that wait at their execution until someone has decided. Nobody waits for ever: a deadline decides, and when
 * this process ends, however it does, a small guardian lets go of what it held.
 */
#ifndef PRATIQUE_HOLD_H
#define PRATIQUE_HOLD_H

#include "json.h"

#include <sys/types.h>

int start_holding(void);
void stop_holding(void);
void set_hold_deadline(uint64_t deadline_ms, bool kills);
/* Tells that one is held; from the record of it. */
void tell_held(pid_t pid, uint64_t cgroup_id);
/* False where it is not held. */
bool release_held(pid_t pid, bool kills, const char *by);

#endif
