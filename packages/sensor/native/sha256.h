/* SPDX-License-Identifier: Apache-2.0 */
#ifndef PRATIQUE_SHA256_H
#define PRATIQUE_SHA256_H

#include <stddef.h>
#include <stdint.h>

void sha256(const uint8_t *bytes, size_t length, uint8_t digest[32]);

#endif
