/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/*
 * The form in which listed addresses and names lie in the kernel, for the programs and for the process that fills
 * them. Single addresses and names are in tables of buckets that the process writes through shared memory: 1.85 million
 * take 45 MB, where the kernel's own hash or trie would take five times that. Networks are in tries.
 */
#ifndef PRATIQUE_LISTED_H
#define PRATIQUE_LISTED_H

#define LISTED_SLOTS 4
/* A bucket that is full goes on in the next one; the process makes the table larger rather than go further than this. */
#define LISTED_MAX_PROBES 32
#define LISTED_MAX_NETWORKS 2000000
#define LISTED_MAX_SINGLES 65536

enum listed_flag {
	LISTED_REPORT_ONLY = 1,
	LISTED_USED = 128, /* the slot is taken */
};

/* In place of an indicator, in the table of names that are no matter. */
enum listed_name_act {
	LISTED_NAME_ALLOWED,
	LISTED_NAME_REPORTED, /* told, and not refused */
};

struct listed4 {
	__u32 address; /* in the network's order */
	__u32 indicator;
	__u16 port; /* in the machine's order; 0: any */
	__u8 flags;
	__u8 zero;
	__u32 expires_at; /* seconds since 1970; 0: never */
};

struct listed6 {
	__u32 address[4];
	__u32 indicator;
	__u16 port;
	__u8 flags;
	__u8 zero;
	__u32 expires_at;
	__u32 zero2;
};

struct listed_name {
	__u64 hash; /* 0: the slot is free */
	__u32 indicator;
	__u32 expires_at;
};

struct bucket4 {
	struct listed4 slots[LISTED_SLOTS];
};

struct bucket6 {
	struct listed6 slots[LISTED_SLOTS];
};

struct bucket_name {
	struct listed_name slots[LISTED_SLOTS];
};

/* The port is the first part of the prefix, so that one network may be listed with several. */
struct network4_key {
	__u32 prefix_length; /* and 16 */
	__u16 port;
	__u8 address[4];
	__u8 zero[2];
};

struct network6_key {
	__u32 prefix_length;
	__u16 port;
	__u8 address[16];
	__u8 zero[2];
};

struct network_value {
	__u32 indicator;
	__u32 expires_at;
	__u32 flags; /* enum listed_flag */
};

/* Of IPv4 the address is mapped. */
struct single_key {
	__u64 cgroup_id; /* 0: all */
	__u32 address[4];
	__u16 port;
	__u16 zero[3];
};

struct single_value {
	__u32 indicator;
	__u32 expires_at;
};

/* One set. The number of buckets is written last of all, before the set comes in force. */
struct listed_set {
	__u64 seed;
	__u32 buckets4, buckets6, bucket_names;
	__u32 networks4, networks6; /* 0: there are none to be looked for */
	__u32 ports4, ports6; /* networks with a port */
	__u32 allowed4, allowed6, allowed_names;
};

static inline __u32 listed_hash4(__u64 seed, __u32 address)
{
	__u64 hash = (seed ^ address) * 0x9e3779b97f4a7c15ull;

	return (__u32)(hash >> 32) ^ (__u32)(hash >> 48);
}

static inline __u32 listed_hash6(__u64 seed, const __u32 *address)
{
	__u64 hash = (seed ^ address[0] ^ (__u64)address[1] << 32) * 0x9e3779b97f4a7c15ull;

	hash = ((hash >> 29) ^ hash ^ address[2] ^ (__u64)address[3] << 32) * 0xbf58476d1ce4e5b9ull;
	return (__u32)(hash >> 32) ^ (__u32)hash;
}

static inline __u32 listed_hash_name(__u64 seed, __u64 name)
{
	__u64 hash = (seed ^ name) * 0x9e3779b97f4a7c15ull;

	return (__u32)(hash >> 32);
}

static inline __u32 listed_bucket(__u32 hash, __u32 buckets)
{
	return (__u32)((__u64)hash * buckets >> 32);
}

#endif
