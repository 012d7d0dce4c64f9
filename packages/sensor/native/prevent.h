/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRATIQUE_PREVENT_H
#define PRATIQUE_PREVENT_H

/* channel.c: pins its maps and what it has attached, where guards are to survive. Negative errno. */
int pin_channel(void);

#endif
