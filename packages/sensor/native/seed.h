/* SPDX-License-Identifier: Apache-2.0 */
/* Tells what there was before the sensor: processes, then the files that they hold. */
#ifndef PRATIQUE_SEED_H
#define PRATIQUE_SEED_H

#include "load.h"

/* Begins; goes on in the main loop, as fast as the output takes it. Ends with {"event":"seeded"}. */
void start_seeding(struct object *object);
void stop_seeding(void);

#endif
