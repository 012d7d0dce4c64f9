/* SPDX-License-Identifier: GPL-2.0-only */
/* What an execution is: whose, of which kind of file, and how it is held. */
#ifndef PRATIQUE_PREVENT_EXECUTION_H
#define PRATIQUE_PREVENT_EXECUTION_H

#include "../ancestors.h"
#include "../mounted.h"
#include "rules.h"

#define SIGKILL 9
#define SIGSTOP 19
#define SET_GROUP_ID 0002010 /* without the right of the group to execute it would mean mandatory locks */

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HELD_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct held);
} held_processes SEC(".maps");

static __always_inline __u64 hash_comm(const char *comm)
{
	__u64 hash = FNV_START;

	for (int i = 0; i < 16 && comm[i]; i++)
		hash = (hash ^ (__u8)comm[i]) * FNV_PRIME;
	return hash;
}

static __always_inline bool is_below(struct task_struct *task, const struct policy *policy)
{
	return ancestor_id_of(READ(task, cgroups, dfl_cgrp), policy->level) == policy->cgroup_id;
}

/*
 * A runtime joins the container's cgroup before it joins its namespaces, and executes itself from a memfd in between.
 * Such a process has its parent outside, and both namespaces still in common with it. What runs in the container has
 * a parent within, or (the first process) namespaces that are not its parent's.
 */
static __always_inline bool is_runtime(struct task_struct *task, const struct policy *policy)
{
	struct task_struct *parent = READ(task, real_parent);

	return READ(task, nsproxy, mnt_ns) == READ(parent, nsproxy, mnt_ns) &&
	       READ(task, nsproxy, pid_ns_for_children) == READ(parent, nsproxy, pid_ns_for_children) &&
	       !is_below(parent, policy);
}

static __always_inline bool in_upper_layer(struct inode *inode)
{
	return is_overlay(inode) && upper_of(inode);
}

/* In no directory and never was: `memfd:NAME` is its own root. */
static __always_inline bool is_in_memory(struct file *file)
{
	struct dentry *dentry = READ(file, f_path.dentry);
	char name[6] = {};

	if (READ(file, f_inode, i_sb, s_magic) != TMPFS_MAGIC || READ(dentry, d_parent) != dentry)
		return false;
	bpf_probe_read_kernel(name, sizeof(name), READ(dentry, d_name.name));
	return name[0] == 'm' && name[1] == 'e' && name[2] == 'm' && name[3] == 'f' && name[4] == 'd' && name[5] == ':';
}

static __always_inline bool is_fileless(struct inode *inode)
{
	return READ(inode, i_nlink) == 0 || READ(inode, i_sb, s_magic) == TMPFS_MAGIC;
}

static __always_inline bool raises_privileges(struct task_struct *task, struct inode *inode)
{
	__u32 mode = READ(inode, i_mode);
	struct cred *cred = task->cred;

	return ((mode & S_ISUID) && READ(cred, euid.val) != READ(cred, uid.val)) ||
	       ((mode & SET_GROUP_ID) == SET_GROUP_ID && READ(cred, egid.val) != READ(cred, gid.val));
}

static __always_inline __u32 action_of(__u8 act)
{
	return act == ACT_ENFORCE ? RULE_DENY : act == ACT_HOLD ? RULE_HOLD : RULE_REPORT;
}

static __always_inline void strengthen(struct match *match, __u32 action, __u32 *primitive, __u32 named)
{
	if (action <= match->action)
		return;
	match->action = action;
	match->rule = 0;
	*primitive = named;
}

static __always_inline void hold_or_decide(struct settings *settings, const struct policy *policy, __u32 pid)
{
	struct held entry = { .since_ns = bpf_ktime_get_boot_ns(), .cgroup_id = bpf_get_current_cgroup_id() };

	if (entry.since_ns - settings->attended_ns > ATTENDED_FOR_NS) {
		if (settings->unattended_kill)
			bpf_send_signal(SIGKILL);
		return;
	}
	if (bpf_map_update_elem(&held_processes, &pid, &entry, BPF_ANY)) {
		if (settings->late_kill)
			bpf_send_signal(SIGKILL);
		return;
	}
	count(COUNT_EXEC_HELD);
	bpf_send_signal(SIGSTOP);
}

#endif
