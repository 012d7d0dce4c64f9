/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the two ring buffers of the kernel's side as one stream. */
#ifndef PRATIQUE_RING_H
#define PRATIQUE_RING_H

#include "output.h"

typedef void (*record_reader)(const struct wire_record *record, enum lane lane);

/* Maps both. Negative errno. */
int open_rings(int rare_fd, int bulk_fd);
void close_rings(void);
/*
 * Gives reader what lies in them, by time; of one thread in the order in which it did it. True where more may be there
 * at once.
 */
bool drain_rings(record_reader reader);
bool is_rare_left(void);

#endif
