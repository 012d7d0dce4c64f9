/* SPDX-License-Identifier: GPL-2.0-only */
/* What the rules say of a key, and of a text as a whole and by what is before its slashes. */
#ifndef PRATIQUE_PREVENT_RULES_H
#define PRATIQUE_PREVENT_RULES_H

#include "telling.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rule_key);
	__type(value, struct rule_value);
} prevent_rules SEC(".maps");

/* Takes the stronger of what was found and what a key says for these groups. */
static __noinline int look_up(struct rule_key *key, __u32 groups, struct match *match)
{
	struct rule_value *value;

	if (!key || !match)
		return 0;
	value = bpf_map_lookup_elem(&prevent_rules, key);
	if (!value)
		return 0;
	for (int i = 0; i < RULE_ALTERNATIVES; i++) {
		struct rule_alternative *alternative = &value->alternatives[i];

		if (!(alternative->groups & groups) || alternative->action <= match->action)
			continue;
		match->action = alternative->action;
		match->rule = alternative->rule;
	}
	return 0;
}

struct hashing {
	__u64 hash;
	struct text *text;
	struct rule_key *prefix; /* looked up at each slash; NULL: none */
	struct match *match;
	__u32 groups;
};

static long hash_byte(__u32 i, void *context)
{
	struct hashing *hashing = context;
	__u8 byte;

	if (i >= PATH_BYTES)
		return 1;
	byte = hashing->text->bytes[i];
	hashing->hash = (hashing->hash ^ byte) * FNV_PRIME;
	if (byte == '/') {
		struct rule_key key = *hashing->prefix;

		key.first = hashing->hash;
		look_up(&key, hashing->groups, hashing->match);
	}
	return 0;
}

/* Looks up a text as a whole, and what is before each of its slashes as a prefix. */
static __noinline int look_up_text(struct text *text, __u32 kinds, __u32 groups, struct match *match)
{
	struct settings *settings = current_settings();
	struct rule_key prefix = {}, whole = {};
	struct hashing hashing = {};

	if (!text || !settings || !match)
		return 0;
	prefix.generation = whole.generation = settings->generation;
	prefix.kind = kinds >> 16;
	whole.kind = kinds & 0xffff;
	hashing.hash = FNV_START;
	hashing.text = text;
	hashing.prefix = &prefix;
	hashing.match = match;
	hashing.groups = groups;
	bpf_loop(text->length, hash_byte, &hashing, 0);
	whole.first = hashing.hash;
	return look_up(&whole, groups, match);
}

#define KINDS(prefix, whole) ((prefix) << 16 | (whole))

#endif
