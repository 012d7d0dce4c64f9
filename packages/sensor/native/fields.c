// SPDX-License-Identifier: Apache-2.0
#include "fields.h"

#include <linux/types.h>

#include "bpf/policy.h"

#include <arpa/inet.h>
#include <string.h>

bool has_only(const struct json *object, const char *const *names)
{
	if (!object || object->type != JSON_OBJECT)
		return false;
	for (const struct json *member = object->child; member; member = member->next) {
		size_t i = 0;

		while (names[i] && strcmp(names[i], member->key) != 0)
			i++;
		if (!names[i])
			return false;
	}
	return true;
}

int read_choice(const struct json *value, const char *const *names, int fallback)
{
	const char *text = json_text(value, NULL);

	if (!value)
		return fallback;
	for (int i = 0; text && names[i]; i++) {
		if (strcmp(names[i], text) == 0)
			return i;
	}
	return -1;
}

bool read_bool(const struct json *value, bool *read)
{
	if (!value)
		return true;
	*read = json_is_true(value);
	return value->type == JSON_TRUE || value->type == JSON_FALSE;
}

bool read_number(const struct json *value, uint64_t most, uint64_t *read)
{
	return !value || (json_u64(value, read) && *read <= most);
}

bool is_list(const struct json *value)
{
	return !value || value->type == JSON_ARRAY;
}

bool read_address(const char *text, uint8_t address[16], bool *is_v4)
{
	*is_v4 = false;
	if (!text)
		return false;
	if (inet_pton(AF_INET6, text, address) == 1)
		return true;
	memset(address, 0, 10);
	address[10] = address[11] = 0xff;
	*is_v4 = true;
	return inet_pton(AF_INET, text, address + 12) == 1;
}

uint64_t hash_text(const char *text, size_t length)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (uint8_t)text[i]) * FNV_PRIME;
	return hash;
}
