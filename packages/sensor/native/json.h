/* SPDX-License-Identifier: Apache-2.0 */
/* JSON of the command lines and of the messages: a reader with bounds, and a writer. */
#ifndef PRATIQUE_JSON_H
#define PRATIQUE_JSON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define JSON_MAX_DEPTH 16

enum json_type { JSON_NULL, JSON_FALSE, JSON_TRUE, JSON_NUMBER, JSON_STRING, JSON_ARRAY, JSON_OBJECT };

struct json {
	enum json_type type;
	const char *key; /* of a member of an object */
	const char *text; /* of a string, unescaped and ended by NUL, and of a number, as written */
	size_t length;
	const struct json *child; /* first element or member */
	const struct json *next; /* the one after this in its array or object */
};

/*
 * Reads one document, writing into text, which must have one byte more than length. The answer points into text and
 * lives until json_free. Without an answer *error says why. Strings with a NUL are refused.
 */
struct json *json_parse(char *text, size_t length, const char **error);
void json_free(struct json *root);

/* A member of an object; of duplicate keys the last. NULL where there is none, or no object. */
const struct json *json_get(const struct json *object, const char *key);
/* First element; NULL where there is none, or no array. */
const struct json *json_elements(const struct json *array);

/* A string's text; fallback where it is none. */
const char *json_text(const struct json *value, const char *fallback);
/* A whole number, or a string of decimal digits, which carries 64 bits exactly. */
bool json_u64(const struct json *value, uint64_t *number);
/* The same; fallback where it is absent or null. False where it is something else. */
bool json_u64_or(const struct json *value, uint64_t fallback, uint64_t *number);
bool json_is_true(const struct json *value);

/* Grows as it is written. A writer that has run out of memory has failed set and text may be NULL. */
struct json_writer {
	char *text;
	size_t length, capacity;
	bool failed, comma;
};

void json_begin_object(struct json_writer *writer);
void json_end_object(struct json_writer *writer);
void json_begin_array(struct json_writer *writer);
void json_end_array(struct json_writer *writer);
void json_write_key(struct json_writer *writer, const char *key);
void json_write_text(struct json_writer *writer, const char *text);
void json_write_u64(struct json_writer *writer, uint64_t number);
void json_write_s64(struct json_writer *writer, int64_t number);
/* 64 bits as a string, which JavaScript reads without loss. */
void json_write_u64_text(struct json_writer *writer, uint64_t number);
void json_write_bool(struct json_writer *writer, bool value);
void json_writer_free(struct json_writer *writer);

#endif
