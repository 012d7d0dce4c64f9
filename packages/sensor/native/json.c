// SPDX-License-Identifier: Apache-2.0
#include "json.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct reader {
	char *at, *end;
	struct json *nodes;
	size_t used, room;
	const char *error;
};

static struct json *read_value(struct reader *reader, int depth);

/* Every value but the first has one of these before it, so there are never more values. */
static size_t count_values(const char *text, size_t length)
{
	size_t count = 1;

	for (size_t i = 0; i < length; i++)
		count += text[i] == ',' || text[i] == '[' || text[i] == '{' || text[i] == ':';
	return count;
}

static void skip_blanks(struct reader *reader)
{
	while (reader->at < reader->end && strchr(" \t\r\n", *reader->at) && *reader->at)
		reader->at++;
}

static bool fail(struct reader *reader, const char *error)
{
	if (!reader->error)
		reader->error = error;
	return false;
}

static bool read_word(struct reader *reader, const char *word)
{
	size_t length = strlen(word);

	if ((size_t)(reader->end - reader->at) < length || memcmp(reader->at, word, length) != 0)
		return fail(reader, "unknown word");
	reader->at += length;
	return true;
}

static int hex_digit(char letter)
{
	if (letter >= '0' && letter <= '9')
		return letter - '0';
	if (letter >= 'a' && letter <= 'f')
		return letter - 'a' + 10;
	if (letter >= 'A' && letter <= 'F')
		return letter - 'A' + 10;
	return -1;
}

static bool read_unit(struct reader *reader, uint32_t *unit)
{
	*unit = 0;
	if (reader->end - reader->at < 4)
		return fail(reader, "cut escape");
	for (int i = 0; i < 4; i++) {
		int digit = hex_digit(*reader->at++);

		if (digit < 0)
			return fail(reader, "malformed escape");
		*unit = *unit << 4 | (uint32_t)digit;
	}
	return true;
}

static char *put_code_point(char *out, uint32_t point)
{
	if (point < 0x80) {
		*out++ = (char)point;
	} else if (point < 0x800) {
		*out++ = (char)(0xc0 | point >> 6);
		*out++ = (char)(0x80 | (point & 0x3f));
	} else if (point < 0x10000) {
		*out++ = (char)(0xe0 | point >> 12);
		*out++ = (char)(0x80 | (point >> 6 & 0x3f));
		*out++ = (char)(0x80 | (point & 0x3f));
	} else {
		*out++ = (char)(0xf0 | point >> 18);
		*out++ = (char)(0x80 | (point >> 12 & 0x3f));
		*out++ = (char)(0x80 | (point >> 6 & 0x3f));
		*out++ = (char)(0x80 | (point & 0x3f));
	}
	return out;
}

/* After the backslash and the u. What it writes is never longer than what it has read. */
static bool read_code_point(struct reader *reader, char **out)
{
	uint32_t point, low;

	if (!read_unit(reader, &point))
		return false;
	if (point >= 0xd800 && point < 0xdc00) {
		if (reader->end - reader->at < 2 || reader->at[0] != '\\' || reader->at[1] != 'u')
			return fail(reader, "half of a surrogate pair");
		reader->at += 2;
		if (!read_unit(reader, &low))
			return false;
		if (low < 0xdc00 || low > 0xdfff)
			return fail(reader, "half of a surrogate pair");
		point = 0x10000 + ((point - 0xd800) << 10) + (low - 0xdc00);
	} else if (point >= 0xdc00 && point < 0xe000) {
		return fail(reader, "half of a surrogate pair");
	}
	if (point == 0)
		return fail(reader, "NUL in a string");
	*out = put_code_point(*out, point);
	return true;
}

static bool read_escape(struct reader *reader, char **out)
{
	static const char names[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
	const char *name;

	if (reader->at >= reader->end)
		return fail(reader, "cut escape");
	if (*reader->at == 'u') {
		reader->at++;
		return read_code_point(reader, out);
	}
	name = *reader->at ? strchr(names, *reader->at) : NULL;
	if (!name)
		return fail(reader, "unknown escape");
	*(*out)++ = meanings[name - names];
	reader->at++;
	return true;
}

static bool read_string(struct reader *reader, const char **text, size_t *length)
{
	char *out = ++reader->at, *start = out;

	while (reader->at < reader->end && *reader->at != '"') {
		if ((unsigned char)*reader->at < 0x20)
			return fail(reader, "control character in a string");
		if (*reader->at != '\\') {
			*out++ = *reader->at++;
			continue;
		}
		reader->at++;
		if (!read_escape(reader, &out))
			return false;
	}
	if (reader->at >= reader->end)
		return fail(reader, "string without an end");
	reader->at++;
	*out = '\0';
	*text = start;
	*length = (size_t)(out - start);
	return true;
}

/* As far as it looks like a number; what asks for its value checks the rest. Ended by NUL when all has been read. */
static bool read_number(struct reader *reader, struct json *node)
{
	node->text = reader->at;
	while (reader->at < reader->end && *reader->at && strchr("+-.0123456789eE", *reader->at))
		reader->at++;
	node->length = (size_t)(reader->at - node->text);
	node->type = JSON_NUMBER;
	return node->length > 0 || fail(reader, "unexpected character");
}

static bool read_key(struct reader *reader, const char **key)
{
	size_t length;

	skip_blanks(reader);
	if (reader->at >= reader->end || *reader->at != '"')
		return fail(reader, "member without a name");
	if (!read_string(reader, key, &length))
		return false;
	skip_blanks(reader);
	if (reader->at >= reader->end || *reader->at != ':')
		return fail(reader, "member without a colon");
	reader->at++;
	return true;
}

static bool read_children(struct reader *reader, struct json *node, char close, int depth)
{
	const struct json **link = &node->child;

	node->type = close == '}' ? JSON_OBJECT : JSON_ARRAY;
	reader->at++;
	skip_blanks(reader);
	if (reader->at < reader->end && *reader->at == close) {
		reader->at++;
		return true;
	}
	for (;;) {
		const char *key = NULL;
		struct json *child;

		if (close == '}' && !read_key(reader, &key))
			return false;
		child = read_value(reader, depth);
		if (!child)
			return false;
		child->key = key;
		*link = child;
		link = &child->next;
		skip_blanks(reader);
		if (reader->at >= reader->end)
			return fail(reader, "array or object without an end");
		if (*reader->at != ',' && *reader->at != close)
			return fail(reader, "unexpected character");
		if (*reader->at++ == close)
			return true;
	}
}

static bool read_into(struct reader *reader, struct json *node, int depth)
{
	switch (*reader->at) {
	case '{':
		return read_children(reader, node, '}', depth + 1);
	case '[':
		return read_children(reader, node, ']', depth + 1);
	case '"':
		node->type = JSON_STRING;
		return read_string(reader, &node->text, &node->length);
	case 't':
		node->type = JSON_TRUE;
		return read_word(reader, "true");
	case 'f':
		node->type = JSON_FALSE;
		return read_word(reader, "false");
	case 'n':
		node->type = JSON_NULL;
		return read_word(reader, "null");
	default:
		return read_number(reader, node);
	}
}

static struct json *read_value(struct reader *reader, int depth)
{
	struct json *node;

	skip_blanks(reader);
	if (reader->at >= reader->end || depth > JSON_MAX_DEPTH || reader->used >= reader->room) {
		fail(reader, depth > JSON_MAX_DEPTH ? "nested too deep" : "unexpected end");
		return NULL;
	}
	node = &reader->nodes[reader->used++];
	return read_into(reader, node, depth) ? node : NULL;
}

static void end_numbers(struct reader *reader)
{
	for (size_t i = 0; i < reader->used; i++) {
		if (reader->nodes[i].type == JSON_NUMBER)
			((char *)reader->nodes[i].text)[reader->nodes[i].length] = '\0';
	}
}

struct json *json_parse(char *text, size_t length, const char **error)
{
	struct reader reader = { .at = text, .end = text + length, .room = count_values(text, length) };

	reader.nodes = calloc(reader.room, sizeof(*reader.nodes));
	if (!reader.nodes) {
		*error = "out of memory";
		return NULL;
	}
	if (read_value(&reader, 0)) {
		skip_blanks(&reader);
		if (reader.at < reader.end)
			fail(&reader, "text after the document");
	}
	if (reader.error) {
		*error = reader.error;
		free(reader.nodes);
		return NULL;
	}
	end_numbers(&reader);
	return reader.nodes;
}

void json_free(struct json *root)
{
	free(root);
}

const struct json *json_get(const struct json *object, const char *key)
{
	const struct json *found = NULL;

	if (!object || object->type != JSON_OBJECT)
		return NULL;
	for (const struct json *member = object->child; member; member = member->next) {
		if (strcmp(member->key, key) == 0)
			found = member;
	}
	return found;
}

const struct json *json_elements(const struct json *array)
{
	return array && array->type == JSON_ARRAY ? array->child : NULL;
}

const char *json_text(const struct json *value, const char *fallback)
{
	return value && value->type == JSON_STRING ? value->text : fallback;
}

bool json_u64(const struct json *value, uint64_t *number)
{
	*number = 0;
	if (!value || (value->type != JSON_NUMBER && value->type != JSON_STRING) || value->length == 0)
		return false;
	for (size_t i = 0; i < value->length; i++) {
		unsigned int digit = (unsigned int)(value->text[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(*number, 10, number) ||
		    __builtin_add_overflow(*number, digit, number))
			return false;
	}
	return true;
}

bool json_u64_or(const struct json *value, uint64_t fallback, uint64_t *number)
{
	if (!value || value->type == JSON_NULL) {
		*number = fallback;
		return true;
	}
	return json_u64(value, number);
}

bool json_is_true(const struct json *value)
{
	return value && value->type == JSON_TRUE;
}

static void put(struct json_writer *writer, const char *bytes, size_t count)
{
	if (writer->failed)
		return;
	if (writer->length + count + 1 > writer->capacity) {
		size_t capacity = (writer->length + count + 1) * 2;
		char *text = realloc(writer->text, capacity);

		if (!text) {
			writer->failed = true;
			return;
		}
		writer->text = text;
		writer->capacity = capacity;
	}
	memcpy(writer->text + writer->length, bytes, count);
	writer->length += count;
	writer->text[writer->length] = '\0';
}

static void put_value(struct json_writer *writer, const char *bytes, size_t count)
{
	if (writer->comma)
		put(writer, ",", 1);
	put(writer, bytes, count);
	writer->comma = true;
}

static void open_group(struct json_writer *writer, const char *bracket)
{
	put_value(writer, bracket, 1);
	writer->comma = false;
}

static void close_group(struct json_writer *writer, const char *bracket)
{
	put(writer, bracket, 1);
	writer->comma = true;
}

void json_begin_object(struct json_writer *writer)
{
	open_group(writer, "{");
}

void json_end_object(struct json_writer *writer)
{
	close_group(writer, "}");
}

void json_begin_array(struct json_writer *writer)
{
	open_group(writer, "[");
}

void json_end_array(struct json_writer *writer)
{
	close_group(writer, "]");
}

void json_write_key(struct json_writer *writer, const char *key)
{
	json_write_text(writer, key);
	put(writer, ":", 1);
	writer->comma = false;
}

/* What is no ASCII is passed on: our own texts are UTF-8. */
void json_write_text(struct json_writer *writer, const char *text)
{
	put_value(writer, "\"", 1);
	for (; *text; text++) {
		char escaped[8];

		if (*text == '"' || *text == '\\') {
			put(writer, "\\", 1);
			put(writer, text, 1);
		} else if ((unsigned char)*text < 0x20) {
			put(writer, escaped, (size_t)snprintf(escaped, sizeof(escaped), "\\u%04x", *text));
		} else {
			put(writer, text, 1);
		}
	}
	put(writer, "\"", 1);
}

void json_write_u64(struct json_writer *writer, uint64_t number)
{
	char text[24];

	put_value(writer, text, (size_t)snprintf(text, sizeof(text), "%" PRIu64, number));
}

void json_write_s64(struct json_writer *writer, int64_t number)
{
	char text[24];

	put_value(writer, text, (size_t)snprintf(text, sizeof(text), "%" PRId64, number));
}

void json_write_u64_text(struct json_writer *writer, uint64_t number)
{
	char text[24];

	snprintf(text, sizeof(text), "%" PRIu64, number);
	json_write_text(writer, text);
}

void json_write_bool(struct json_writer *writer, bool value)
{
	if (value)
		put_value(writer, "true", 4);
	else
		put_value(writer, "false", 5);
}

void json_writer_free(struct json_writer *writer)
{
	free(writer->text);
	*writer = (struct json_writer){ 0 };
}
