/* SPDX-License-Identifier: GPL-2.0-only */
/* Sockets of engines: what the name that a process gives, and the name that a listener chose, say. */
#ifndef PRATIQUE_PREVENT_ENGINE_SOCKET_H
#define PRATIQUE_PREVENT_ENGINE_SOCKET_H

#include "rules.h"

#define SUN_PATH_BYTES 108
#define SOCKETCALL_CONNECT 3

static __always_inline __u8 sockets_act(const struct policy *policy)
{
	return policy->channel == CHANNEL_QUARANTINE ? ACT_ENFORCE : policy->sockets;
}

/* In quarantine no socket of the list is left, whomever it concerns otherwise. */
static __always_inline __u32 sockets_groups(const struct policy *policy)
{
	return policy->channel == CHANNEL_QUARANTINE ? ~0u : policy->groups | GROUP_EVERY;
}

struct suffix_search {
	struct rule_key key;
	struct text *text;
	struct match *match;
	__u32 groups;
};

static long look_up_longer_suffix(__u32 i, void *context)
{
	struct suffix_search *search = context;
	__u32 at = search->text->length - 1 - i;

	if (at >= SUN_PATH_BYTES)
		return 1;
	search->key.first = (search->key.first ^ (__u8)search->text->bytes[at]) * FNV_PRIME;
	look_up(&search->key, search->groups, search->match);
	return 0;
}

static __noinline int look_up_suffixes(struct text *text, __u32 groups, struct match *match)
{
	struct settings *settings = current_settings();
	struct suffix_search search = {};

	if (!text || !settings || !match)
		return 0;
	search.key.generation = settings->generation;
	search.key.kind = RULE_SOCKET_SUFFIX;
	search.key.first = FNV_START;
	search.text = text;
	search.match = match;
	search.groups = groups;
	bpf_loop(text->length, look_up_longer_suffix, &search, 0);
	return 0;
}

/* The descriptor that a call of connect was given; -1 for every other call. */
#if defined(__TARGET_ARCH_x86)
#define CONNECT_CALL 42
#define CONNECT_CALL32 362 /* no call of 64 bits has these numbers, or what it has is no descriptor of a listed socket */
#define SOCKETCALL_CALL32 102

static __always_inline int connected_descriptor(struct pt_regs *regs)
{
	int descriptor = -1;

	if (regs->orig_ax == CONNECT_CALL)
		return (int)regs->di;
	if (regs->orig_ax == CONNECT_CALL32)
		return (int)regs->bx;
	if (regs->orig_ax == SOCKETCALL_CALL32 && regs->bx == SOCKETCALL_CONNECT)
		bpf_probe_read_user(&descriptor, sizeof(descriptor), (void *)regs->cx);
	return descriptor;
}
#elif defined(__TARGET_ARCH_arm64)
#define CONNECT_CALL 203
#define CONNECT_CALL32 283

static __always_inline int connected_descriptor(struct pt_regs *regs)
{
	return regs->syscallno == CONNECT_CALL || regs->syscallno == CONNECT_CALL32 ? (int)regs->orig_x0 : -1;
}
#endif

/* The name by which whoever listens has made his socket: he alone chooses it. */
static __always_inline void look_up_bound_name(struct unix_sock *peer, struct text *text, __u32 groups,
					       struct match *match)
{
	struct unix_address *address = READ(peer, addr);
	long copied;

	if (!address)
		return;
	copied = bpf_probe_read_kernel_str(text->bytes, SUN_PATH_BYTES, address->name[0].sun_path);
	if (copied <= 1)
		return;
	text->length = copied - 1;
	look_up_text(text, KINDS(0, RULE_SOCKET_PATH), groups, match);
	look_up_suffixes(text, groups, match);
}

#endif
