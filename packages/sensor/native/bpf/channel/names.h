/* SPDX-License-Identifier: GPL-2.0-only */
/* Names that are asked for (DNS) or greeted with (TLS): whether they, or what they lie below, are listed. */
#ifndef PRATIQUE_CHANNEL_NAMES_H
#define PRATIQUE_CHANNEL_NAMES_H

#include "listed-set.h"
#include "telling.h"

#define MAX_POINTERS 3 /* of one name */
#define MAX_QUESTIONS 4 /* of one message */
#define MAX_MESSAGES 8 /* of one segment */
#define MAX_LABELS 9 /* of a name, from its end, that are looked up with all that follows them */
#define MAX_EXTENSIONS 32

struct naming {
	struct name *name;
	__u64 hash;
	__u32 left; /* bytes of the label that is being read */
	__u32 start;
	__u32 done;
	__u32 base; /* how much of the name is read */
	__u32 pointer; /* where in the message it goes on; 0: nowhere */
};

static __always_inline __u8 lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

static __always_inline void note_label(struct name *name, __u32 at)
{
	name->starts[name->labels & 15] = at;
	name->labels++;
}

/* Turns a name of a question, length before each label, into one with dots, in its place. */
static long read_label_byte(__u32 i, void *context)
{
	struct naming *naming = context;
	struct name *name = naming->name;
	__u32 place = naming->base + i, at = place & (NAME_BYTES - 1);
	__u8 byte = name->bytes[at];

	if (place >= NAME_BYTES - 1)
		return 1;
	if (naming->left) {
		name->bytes[at] = lower(byte);
		naming->left--;
		return 0;
	}
	if (byte == 0 || byte > 63) {
		naming->done = byte == 0;
		/* No client needs a pointer in a question, and resolvers follow it. */
		naming->pointer = byte >= 0xc0 ? (__u32)(byte & 0x3f) << 8 | (__u8)name->bytes[at + 1] : 0;
		name->length = place;
		return 1;
	}
	name->bytes[at] = '.';
	naming->left = byte;
	note_label(name, place + 1);
	return 0;
}

static long read_plain_byte(__u32 i, void *context)
{
	struct name *name = *(struct name **)context;
	__u32 at = i & (NAME_BYTES - 1);
	__u8 byte = lower(name->bytes[at]);

	name->bytes[at] = byte;
	if (i == 0 || name->bytes[(i - 1) & (NAME_BYTES - 1)] == '.')
		note_label(name, i);
	return 0;
}

static long hash_name_byte(__u32 i, void *context)
{
	struct naming *naming = context;

	naming->hash = (naming->hash ^ (__u8)naming->name->bytes[(naming->start + i) & (NAME_BYTES - 1)]) * FNV_PRIME;
	return 0;
}

__noinline int find_name(__u64 hash, __u32 number, __u32 allowed, struct finding *finding)
{
	__u32 which = number, at, buckets;
	struct listed_set *set = bpf_map_lookup_elem(&listed_sets, &which);
	struct bucket_name *bucket;
	void *inner;

	if (!set || !finding)
		return 0;
	buckets = allowed ? set->allowed_names : set->bucket_names;
	inner = allowed ? bpf_map_lookup_elem(&allowed_names, &which) : bpf_map_lookup_elem(&listed_names, &which);
	if (!inner || !buckets)
		return 0;
	at = listed_bucket(listed_hash_name(set->seed, hash), buckets);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			if (!bucket->slots[i].hash)
				return 0;
			if (bucket->slots[i].hash == hash && !is_over(bucket->slots[i].expires_at))
				note(finding, bucket->slots[i].indicator,
				     allowed && bucket->slots[i].indicator == LISTED_NAME_REPORTED);
		}
		at = at + 1 == buckets ? 0 : at + 1;
	}
	return 0;
}

struct labels {
	struct name *name;
	__u32 number;
	struct finding listed, allowed;
};

static long find_label(__u32 i, void *context)
{
	struct labels *labels = context;
	struct name *name = labels->name;
	struct naming naming = { .name = name, .hash = FNV_START };
	__u32 start;

	if (i >= name->labels)
		return 1;
	start = name->starts[(name->labels - 1 - i) & 15];
	if (start >= name->length)
		return 0;
	naming.start = start;
	bpf_loop((name->length - start) & (NAME_BYTES - 1), hash_name_byte, &naming, 0);
	find_name(naming.hash, labels->number, 0, &labels->listed);
	find_name(naming.hash, labels->number, 1, &labels->allowed);
	return 0;
}

__noinline int check_name(struct peer *peer, const struct policy *policy)
{
	struct settings *settings = current_settings();
	struct scratch *scratch = channel_scratch();
	struct labels labels = {};
	struct name *name;

	if (!settings || !peer || !policy || !scratch)
		return 1;
	name = &scratch->name;
	if (name->length && name->bytes[(name->length - 1) & (NAME_BYTES - 1)] == '.')
		name->length--;
	labels.name = name;
	labels.number = settings->set & 1;
	/* The name and what it lies below, from the last label on. */
	bpf_loop(MAX_LABELS, find_label, &labels, 0);
	if (labels.allowed.listed && labels.allowed.report_only)
		labels.listed.report_only = 1;
	else if (labels.allowed.listed)
		labels.listed.listed = 0;
	/* A question begins with the dot of its first label. */
	name->first = name->bytes[0] == '.';
	return judge(peer, policy, &labels.listed, 1);
}

static __always_inline int load_name(struct __sk_buff *skb, struct name *name, __u32 at, __u32 length)
{
	if (length == 0)
		return -1;
	if (length > NAME_BYTES - 1)
		length = NAME_BYTES - 1;
	name->length = length;
	name->labels = 0;
	/* The verifier has to see that it is more than nothing. */
	length--;
	barrier_var(length);
	return bpf_skb_load_bytes(skb, at, name->bytes, (length & (NAME_BYTES - 1)) + 1);
}

/* Appends to a name what a message has of it at a place. */
static __always_inline int load_name_part(struct __sk_buff *skb, struct naming *naming, __u32 at)
{
	__u32 base = naming->base, length;

	if (at >= skb->len || base >= NAME_BYTES - 1)
		return -1;
	length = skb->len - at;
	if (length > NAME_BYTES - 1)
		length = NAME_BYTES - 1;
	/* The verifier has to see that it is more than nothing. */
	length--;
	barrier_var(length);
	barrier_var(base);
	return bpf_skb_load_bytes(skb, at, naming->name->bytes + (base & (NAME_BYTES - 1)),
				  (length & (NAME_BYTES - 1)) + 1);
}

/* Reads a name of a question, and says where in the packet the question goes on; 0 where it is none. */
__noinline int read_question_name(struct __sk_buff *skb, __u32 message, __u32 at)
{
	struct scratch *scratch = channel_scratch();
	struct naming naming = {};
	__u32 after = 0;

	if (!scratch)
		return 0;
	naming.name = &scratch->name;
	scratch->name.length = 0;
	scratch->name.labels = 0;
	for (int hop = 0; hop <= MAX_POINTERS; hop++) {
		if (load_name_part(skb, &naming, at))
			return 0;
		bpf_loop(NAME_BYTES, read_label_byte, &naming, 0);
		if (!after)
			after = at + scratch->name.length + (naming.done ? 1 : 2);
		if (naming.done)
			return after & 0xffff;
		if (!naming.pointer)
			return 0;
		at = message + naming.pointer;
		naming.base = scratch->name.length;
		naming.pointer = 0;
	}
	return 0;
}

__noinline int check_question(struct __sk_buff *skb, struct peer *peer, const struct policy *policy,
				     __u32 message)
{
	__u8 header[12];
	__u32 at = message + sizeof(header), questions;

	if (!peer || !policy)
		return 1;
	if (at + 5 > skb->len || bpf_skb_load_bytes(skb, message, header, sizeof(header)))
		return 1;
	questions = (__u32)header[4] << 8 | header[5];
	if (header[2] & 0x80)
		return 1;
	peer->hook = WIRE_HOOK_NAME;
	for (__u32 i = 0; i < MAX_QUESTIONS; i++) {
		if (i >= questions)
			return 1;
		at = read_question_name(skb, message, at);
		if (!at)
			return 1;
		if (!check_name(peer, policy))
			return 0;
		at += 4;
	}
	return 1;
}

/* Several questions may follow each other in a segment. One may also begin after the length that another segment had. */
__noinline int check_stream(struct __sk_buff *skb, struct peer *peer, const struct policy *policy, __u32 at)
{
	__u8 bytes[2];

	if (!peer || !policy)
		return 1;
	if (!check_question(skb, peer, policy, at))
		return 0;
	for (int i = 0; i < MAX_MESSAGES; i++) {
		if (at + 2 > skb->len || bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
			return 1;
		if (!check_question(skb, peer, policy, at + 2))
			return 0;
		at += 2 + ((__u32)bytes[0] << 8 | bytes[1]);
	}
	return 1;
}

struct hello {
	struct __sk_buff *skb;
	__u32 at, name_at, name_length;
};

static long read_extension(__u32 i, void *context)
{
	struct hello *hello = context;
	__u8 header[9];

	if (bpf_skb_load_bytes(hello->skb, hello->at, header, sizeof(header))) {
		return 1;
	}
	/* server_name, RFC 6066: the list's length, the kind of name 0, the name's length. */
	if (!header[0] && !header[1]) {
		hello->name_length = (__u32)header[7] << 8 | header[8];
		hello->name_at = hello->at + sizeof(header);
		return 1;
	}
	hello->at += 4 + ((__u32)header[2] << 8 | header[3]);
	return 0;
}

/* The name in a ClientHello that lies in one segment, RFC 8446 section 4.1.2. */
__noinline int check_hello(struct __sk_buff *skb, struct peer *peer, const struct policy *policy, __u32 at)
{
	struct scratch *scratch = channel_scratch();
	struct hello hello = {};
	struct name *name;
	__u8 bytes[6];

	if (!peer || !policy || !scratch || at + 48 > skb->len)
		return 1;
	if (bpf_skb_load_bytes(skb, at, bytes, 6) || bytes[0] != 22 || bytes[1] != 3 || bytes[5] != 1)
		return 1;
	at += 5 + 4 + 2 + 32;
	if (bpf_skb_load_bytes(skb, at, bytes, 1))
		return 1;
	at += 1 + bytes[0];
	if (bpf_skb_load_bytes(skb, at, bytes, 2))
		return 1;
	at += 2 + ((__u32)bytes[0] << 8 | bytes[1]);
	if (bpf_skb_load_bytes(skb, at, bytes, 1))
		return 1;
	at += 1 + bytes[0] + 2;
	hello.skb = skb;
	hello.at = at;
	bpf_loop(MAX_EXTENSIONS, read_extension, &hello, 0);
	if (!hello.name_at || load_name(skb, &scratch->name, hello.name_at, hello.name_length))
		return 1;
	name = &scratch->name;
	bpf_loop(name->length, read_plain_byte, &name, 0);
	peer->hook = WIRE_HOOK_SNI;
	return check_name(peer, policy);
}

#endif
