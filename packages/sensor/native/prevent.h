/* SPDX-License-Identifier: Apache-2.0 */
/* What the command prevent asks of the modules that share it. */
#ifndef PRATIQUE_PREVENT_H
#define PRATIQUE_PREVENT_H

#include "json.h"

/* channel.c: pins its maps and what it has attached, where guards are to survive. Negative errno. */
int pin_channel(void);

/* fanotify.c: what is wrong with the files in containers, and with those in prevent; NULL where nothing is. */
const char *check_files(const struct json *line);
const char *check_file_terms(const struct json *line);

#endif
