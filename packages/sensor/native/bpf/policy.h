/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* What the programs of prevention and the process that loads them share. Both include the types of linux/types.h. */
#ifndef PRATIQUE_POLICY_H
#define PRATIQUE_POLICY_H

#define POLICY_MAX_LEVEL 12 /* a cgroup deeper than this has the policy of those above it */
#define POLICY_MAX_CONTAINERS 16384
#define RULES_MAX 131072 /* of two generations */
#define RULE_ALTERNATIVES 4
#define HELD_MAX 4096
#define GROUP_EVERY 0x80000000u /* of sysctls, devices and sockets: every container whose switch is on */
#define PATH_BYTES 1024
#define RECORD_PATH_BYTES 512

enum act { ACT_OFF, ACT_REPORT, ACT_ENFORCE, ACT_HOLD, ACT_LISTED };
enum channel_act { CHANNEL_OFF, CHANNEL_REPORT, CHANNEL_ENFORCE, CHANNEL_QUARANTINE };

struct policy {
	__u64 cgroup_id;
	__u32 level; /* of the cgroup in the hierarchy; the root has 0 */
	__u32 groups;
	__u8 drift, fileless, setuid, executables; /* enum act */
	__u8 sysctl, devices, sockets, raw_sockets; /* enum act */
	__u8 channel; /* enum channel_act */
	__u8 hold;
	__u8 memfd, mounted; /* enum act */
	__u8 zero[4];
};

/* Ordered by strength. */
enum rule_action { RULE_NONE, RULE_REPORT, RULE_HOLD, RULE_DENY, RULE_ALLOW };

enum rule_kind {
	RULE_COMM = 1,
	RULE_PATH,
	RULE_PREFIX, /* ends with a slash */
	RULE_INODE, /* first the inode, second the device */
	RULE_SYSCTL, /* second the cgroup, 0 for all */
	RULE_DEVICE, /* first type << 32 | access, second major << 32 | minor, ~0 for any */
	RULE_SOCKET_PATH,
	RULE_SOCKET_INODE,
	RULE_SOCKET_ABSTRACT,
	RULE_SOCKET_SUFFIX, /* hashed from its end */
};

/* Text is looked up by its FNV-1a hash of 64 bits. A table is replaced by the next generation of it. */
struct rule_key {
	__u32 generation; /* 0: of all */
	__u32 kind;
	__u64 first, second;
};

struct rule_alternative {
	__u32 rule;
	__u32 groups;
	__u32 action; /* enum rule_action */
};

struct rule_value {
	struct rule_alternative alternatives[RULE_ALTERNATIVES];
};

/* Written by the process through shared memory, each field at once. */
struct settings {
	__u32 generation;
	__u32 levels; /* bit i: a policy lies at level i */
	__u32 set; /* which of the two sets of listed addresses is in force */
	__u8 dry_run;
	__u8 channel_dry_run;
	__u8 unattended_kill;
	__u8 late_kill; /* of a process that cannot be held */
	__u64 attended_ns; /* CLOCK_BOOTTIME: when the process last said that it lives */
	__s64 realtime_offset_s; /* to CLOCK_BOOTTIME */
	__u32 singles; /* how many single addresses are listed */
	__u32 zero;
};

/* The process says so every second. */
#define ATTENDED_FOR_NS 5000000000ull

struct held {
	__u64 since_ns;
	__u64 cgroup_id;
};

enum count {
	COUNT_EXEC_KILLED,
	COUNT_EXEC_HELD,
	COUNT_SYSCTL_DENIED,
	COUNT_DEVICE_DENIED,
	COUNT_SOCKET_DENIED,
	COUNT_RAW_SOCKET_DENIED,
	COUNT_CONNECT_DENIED,
	COUNT_EGRESS_DROPPED,
	COUNT_INGRESS_DROPPED,
	COUNT_NAME_DROPPED,
	COUNT_RECORD_LOST,
	COUNTS,
};

#define FNV_START 0xcbf29ce484222325ull
#define FNV_PRIME 0x100000001b3ull

#endif
