/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs that tell events and the process that loads them share. */
#ifndef PRATIQUE_EVENTS_H
#define PRATIQUE_EVENTS_H

#include <linux/types.h>

#define MAX_CALLS 512 /* of one instruction set */
#define MAX_KINDS 256
#define MAX_GROUPS 16384 /* cgroups that are known at a time */
#define MAX_SUPPRESSED 8192
#define MAX_IGNORED 1024
#define IGNORED_BYTES 124
#define SLOTS_PER_CPU 2
#define RARE_RING_BYTES (2u << 20)
#define BULK_RING_BYTES (8u << 20)

enum want {
	WANT_CONTAINERS = 1,
	WANT_HOST = 2,
	WANT_FAILED = 4, /* calls that failed too */
};

/* Which program ends a call. */
enum call_program {
	PROGRAM_NONE,
	PROGRAM_PLAIN,
	PROGRAM_OPEN,
	PROGRAM_NETWORK,
	PROGRAM_SEND,
	PROGRAM_RECEIVE,
	PROGRAM_DUPLICATE,
	PROGRAM_SPECIAL,
	PROGRAMS,
};

enum call_flag {
	CALL_BULK = 1, /* lane */
	CALL_TEXT = 2, /* first is no path: TEXT instead of PATH */
	CALL_TEXT2 = 4, /* nor is second: TEXT2 instead of PATH2 */
	CALL_ADDRESS = 8, /* first is a sockaddr, second its length */
	CALL_MESSAGE = 16, /* first is a msghdr */
	CALL_TARGET = 32, /* second is what a symbolic link says: relative to nothing */
	CALL_VECTORS = 64, /* what is written lies where the second argument says, in as many places as the third */
};

/* How a system call is told. Arguments are numbered from one; none is zero. */
struct call {
	__u8 kind, program, wanted, flags;
	__u8 first, second; /* texts */
	__u8 directory, directory2; /* that the texts are relative to */
	__u8 descriptor; /* whose path is told as RESOLVED */
	__u8 third; /* another text, TEXT */
	__u8 numbers; /* bit n: argument n is told as NUMBERn */
	__u8 dns; /* wanted of WIRE_DNS, where this call may carry it */
};

struct event_settings {
	struct call calls[2 * MAX_CALLS]; /* the second half are those of 32 bits */
	__u8 wanted[MAX_KINDS]; /* of kinds that are no calls */
	__u64 interval_ns[2]; /* a record each, by lane; 0: no limit */
	__u64 burst_ns[2];
	__u32 data_bytes;
	__u8 environment;
	__u8 ignores_reads; /* whether ignored_reads has any */
	__u8 reserved[2];
};

/* The beginning of a path below which it is told of no file that is only read. */
struct ignored_prefix {
	__u32 bits;
	__u8 path[IGNORED_BYTES];
};

enum group_flag { GROUP_CONTAINER = 1 };

struct group {
	__u32 flags;
	__u32 reserved;
	__u64 spent_until_ns[2]; /* by lane: when what was told is paid for */
	__u64 packets_until_ns; /* likewise, for packets */
};

struct suppressed_key {
	__u64 cgroup_id;
	__u64 kind;
};

_Static_assert(sizeof(struct call) == 12, "layout of call");
_Static_assert(sizeof(struct group) == 32, "layout of group");
_Static_assert(sizeof(struct suppressed_key) == 16, "layout of suppressed_key");

#endif
