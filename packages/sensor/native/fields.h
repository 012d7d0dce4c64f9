/* SPDX-License-Identifier: Apache-2.0 */
/* Reads the members of commands, strictly. */
#ifndef PRATIQUE_FIELDS_H
#define PRATIQUE_FIELDS_H

#include "json.h"

/* True where each member of an object is one of names, which NULL ends. */
bool has_only(const struct json *object, const char *const *names);
/* The place of a text in names, which NULL ends; fallback where it is absent, -1 where it is something else. */
int read_choice(const struct json *value, const char *const *names, int fallback);
/* True and unchanged where it is absent, false where it is something else than true or false. */
bool read_bool(const struct json *value, bool *read);
/* Likewise, for numbers up to most. */
bool read_number(const struct json *value, uint64_t most, uint64_t *read);
/* An array or nothing. */
bool is_list(const struct json *value);
/* An address of either family, IPv4 as mapped; false where it is none. */
bool read_address(const char *text, uint8_t address[16], bool *is_v4);
/* FNV-1a of 64 bits. */
uint64_t hash_text(const char *text, size_t length);

#endif
