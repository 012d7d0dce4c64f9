// SPDX-License-Identifier: GPL-2.0-only
/* What is refused in the kernel where no LSM is needed: executions, sysctls, devices, engine sockets, raw sockets. */
#include "ancestors.h"
#include "policy.bpf.h"
#include "mounted.h"

char LICENSE[] SEC("license") = "GPL";

/* Older kernels have neither this nor the hooks that want it. */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;

#define SIGKILL 9
#define SIGSTOP 19
#define SET_GROUP_ID 0002010 /* without the right of the group to execute it would mean mandatory locks */
#define SOCK_RAW 3
#define MAX_COMPONENTS 40
#define NAME_BYTES 256
#define SYSCTL_BYTES 128
#define SUN_PATH_BYTES 108
#define SOCKETCALL_CONNECT 3

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_sock_addr_kern {
	struct sockaddr *uaddr;
	u32 uaddrlen;
};
#pragma clang attribute pop

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, RULES_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct rule_key);
	__type(value, struct rule_value);
} prevent_rules SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, HELD_MAX);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, __u32);
	__type(value, struct held);
} held_processes SEC(".maps");

/* A resolved path, and room behind it for one more name so that the verifier sees that no write leaves it. */
struct text {
	__u32 length;
	__u32 components;
	struct dentry *names[MAX_COMPONENTS];
	char bytes[PATH_BYTES + NAME_BYTES];
};

struct number_section {
	__u16 tag, length;
	__u8 value[8];
};

/* Sections are padded to four, records to eight: one empty section of text fills the gap. */
struct prevent_record {
	struct wire_record head;
	struct number_section primitive, rule, detail, execution;
	__u16 tag, length;
	char path[RECORD_PATH_BYTES + 8];
};

struct scratch {
	struct text text;
	struct prevent_record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} prevent_scratches SEC(".maps");

struct match {
	__u32 action;
	__u32 rule;
};

static __always_inline struct scratch *take_scratch(void)
{
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&prevent_scratches, &zero);

	if (scratch) {
		scratch->text.length = 0;
		scratch->text.components = 0;
	}
	return scratch;
}

static __always_inline void set_number(struct number_section *section, __u16 tag, __u64 value)
{
	section->tag = tag;
	section->length = sizeof(value);
	__builtin_memcpy(section->value, &value, sizeof(value));
}

static __always_inline __u16 flags_of(__u32 action, bool dry_run)
{
	if (action == RULE_REPORT)
		return 0;
	if (dry_run)
		return WIRE_DRY_RUN;
	return action == RULE_HOLD ? WIRE_HELD : WIRE_PREVENTED;
}

struct report {
	__u64 detail;
	__u64 execution; /* which of the process's; 0 where it is about none */
	__u32 primitive;
	__u16 flags;
};

static __noinline int write_report(struct scratch *scratch, const struct report *report, const struct match *match)
{
	struct prevent_record *record;
	__u64 id = bpf_get_current_pid_tgid();
	__u32 length, padded, size;

	if (!scratch || !report || !match)
		return 0;
	record = &scratch->record;
	length = scratch->text.length;
	if (length > RECORD_PATH_BYTES) {
		length = RECORD_PATH_BYTES;
		record->head.flags = report->flags | WIRE_TRUNCATED;
	} else {
		record->head.flags = report->flags;
	}
	record->head.kind = WIRE_PREVENT;
	record->head.time_ns = bpf_ktime_get_boot_ns();
	record->head.cgroup_id = bpf_get_current_cgroup_id();
	record->head.result = 0;
	record->head.pid = id >> 32;
	record->head.tid = id;
	record->head.ppid = 0;
	record->head.cpu = bpf_get_smp_processor_id();
	set_number(&record->primitive, WIRE_NUMBER0, report->primitive);
	set_number(&record->rule, WIRE_NUMBER1, match->rule);
	set_number(&record->detail, WIRE_NUMBER2, report->detail);
	set_number(&record->execution, WIRE_NUMBER3, report->execution);
	record->tag = WIRE_PATH;
	record->length = length;
	bpf_probe_read_kernel(record->path, length & 1023, scratch->text.bytes);
	padded = (length + 3) & ~3u;
	*(__u32 *)(record->path + (padded & 1020)) = WIRE_TEXT2;
	size = __builtin_offsetof(struct prevent_record, path) + padded;
	size = (size + 7) & ~7u;
	record->head.size = size;
	if (size > sizeof(*record))
		return 0;
	if (bpf_ringbuf_output(&prevented, record, size, 0))
		count(COUNT_RECORD_LOST);
	return 0;
}

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

struct walk {
	struct dentry *dentry, *root_dentry;
	struct vfsmount *mount, *root_mount;
	struct text *text;
};

static long climb(__u32 i, void *context)
{
	struct walk *walk = context;
	struct dentry *dentry = walk->dentry, *parent;
	struct vfsmount *vfsmount = walk->mount;
	__u32 n = walk->text->components;

	if (dentry == walk->root_dentry && vfsmount == walk->root_mount)
		return 1;
	if (dentry == READ(vfsmount, mnt_root)) {
		struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = READ(mount, mnt_parent);

		if (above == mount)
			return 1;
		walk->dentry = READ(mount, mnt_mountpoint);
		walk->mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	parent = READ(dentry, d_parent);
	/* A memfd lies in no directory and has a name all the same. */
	if ((parent == dentry && n > 0) || n >= MAX_COMPONENTS)
		return 1;
	walk->text->names[n] = dentry;
	walk->text->components = n + 1;
	walk->dentry = parent;
	return parent == dentry;
}

static long append_name(__u32 i, void *context)
{
	struct text *text = *(struct text **)context;
	__u32 n = text->components - 1 - i, at = text->length, length;
	struct dentry *dentry;

	if (n >= MAX_COMPONENTS || at >= PATH_BYTES)
		return 1;
	dentry = text->names[n];
	length = READ(dentry, d_name.len);
	if (length >= NAME_BYTES - 1)
		length = NAME_BYTES - 2;
	/* What the compiler knows of it by now, the verifier of 6.1 does not: it has to see the mask. */
	barrier_var(length);
	text->bytes[at] = '/';
	bpf_probe_read_kernel(text->bytes + at + 1, length & (NAME_BYTES - 1), READ(dentry, d_name.name));
	text->length = at + 1 + length;
	return 0;
}

/* The path of a file as the task's root shows it, from the dentries, so that no link or rename of the call matters. */
static __noinline int resolve(struct text *text, struct task_struct *task, struct file *file)
{
	struct walk walk = {};

	if (!text)
		return 0;
	walk.text = text;
	walk.dentry = READ(file, f_path.dentry);
	walk.mount = READ(file, f_path.mnt);
	walk.root_dentry = READ(task, fs, root.dentry);
	walk.root_mount = READ(task, fs, root.mnt);
	bpf_loop(MAX_COMPONENTS * 2, climb, &walk, 0);
	bpf_loop(text->components, append_name, &text, 0);
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

SEC("tp_btf/sched_process_exec")
int BPF_PROG(executed, struct task_struct *task, int old_pid, struct linux_binprm *bprm)
{
	struct settings *settings = current_settings();
	struct report report = { .primitive = WIRE_PRIMITIVE_EXECUTABLE };
	struct match match = {};
	struct rule_key key = {};
	struct scratch *scratch;
	struct policy *policy;
	struct inode *inode;
	__u32 pid;

	if (!settings)
		return 0;
	policy = CURRENT_POLICY(settings);
	if (!policy || !(policy->drift | policy->fileless | policy->memfd | policy->mounted | policy->setuid | policy->executables | policy->hold))
		return 0;
	if (is_runtime(task, policy))
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return 0;
	pid = bpf_get_current_pid_tgid() >> 32;
	inode = bprm->file->f_inode;
	resolve(&scratch->text, task, bprm->file);
	if (policy->executables) {
		look_up_text(&scratch->text, KINDS(RULE_PREFIX, RULE_PATH), policy->groups, &match);
		key.generation = settings->generation;
		key.kind = RULE_COMM;
		key.first = hash_comm(task->comm);
		look_up(&key, policy->groups, &match);
		key.kind = RULE_INODE;
		key.first = inode->i_ino;
		key.second = inode->i_sb->s_dev;
		look_up(&key, policy->groups, &match);
		if (match.action == RULE_ALLOW)
			return 0;
		if (policy->executables == ACT_REPORT && match.action)
			match.action = RULE_REPORT;
	}
	if (policy->drift && in_upper_layer(inode))
		strengthen(&match, action_of(policy->drift), &report.primitive, WIRE_PRIMITIVE_DRIFT);
	if (policy->fileless && is_fileless(inode))
		strengthen(&match, action_of(policy->fileless), &report.primitive, WIRE_PRIMITIVE_FILELESS);
	if (policy->memfd && is_in_memory(bprm->file))
		strengthen(&match, action_of(policy->memfd), &report.primitive, WIRE_PRIMITIVE_FILELESS);
	if (policy->mounted && is_mounted(task, inode) && !is_in_memory(bprm->file))
		strengthen(&match, action_of(policy->mounted), &report.primitive, WIRE_PRIMITIVE_MOUNTED);
	if (policy->setuid && raises_privileges(task, inode))
		strengthen(&match, action_of(policy->setuid), &report.primitive, WIRE_PRIMITIVE_SETUID);
	if (policy->hold)
		strengthen(&match, RULE_HOLD, &report.primitive, WIRE_PRIMITIVE_HOLD);
	if (!match.action)
		return 0;
	report.flags = flags_of(match.action, settings->dry_run);
	report.detail = inode->i_ino;
	report.execution = task->self_exec_id;
	if (report.flags & WIRE_PREVENTED) {
		report.flags |= WIRE_KILLED;
		bpf_send_signal(SIGKILL);
		count(COUNT_EXEC_KILLED);
	}
	if (report.flags & WIRE_HELD)
		hold_or_decide(settings, policy, pid);
	write_report(scratch, &report, &match);
	return 0;
}

/* A held process may be killed by others. */
SEC("tp_btf/sched_process_exit")
int BPF_PROG(exited, struct task_struct *task)
{
	__u32 pid = task->tgid;

	if (task->pid == task->tgid)
		bpf_map_delete_elem(&held_processes, &pid);
	return 0;
}

static __always_inline int refuse(struct scratch *scratch, struct report *report, struct match *match, __u32 counted)
{
	struct settings *settings = current_settings();

	report->flags = flags_of(match->action, !settings || settings->dry_run);
	write_report(scratch, report, match);
	if (!(report->flags & WIRE_PREVENTED))
		return 1;
	count(counted);
	return 0;
}

SEC("cgroup/sysctl")
int sysctl(struct bpf_sysctl *ctx)
{
	struct settings *settings = current_settings();
	struct report report = { .primitive = WIRE_PRIMITIVE_SYSCTL };
	struct match match = {};
	struct scratch *scratch;
	struct policy *policy;
	struct rule_key key = {};
	struct hashing hashing = {};
	int length;

	if (!settings || !ctx->write)
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !policy->sysctl)
		return 1;
	scratch = take_scratch();
	if (!scratch)
		return 1;
	length = bpf_sysctl_get_name(ctx, scratch->text.bytes, SYSCTL_BYTES, 0);
	if (length > 0 && length < SYSCTL_BYTES)
		scratch->text.length = length;
	hashing.hash = FNV_START;
	hashing.text = &scratch->text;
	hashing.match = &match;
	hashing.prefix = &key; /* of no kind: finds nothing */
	bpf_loop(scratch->text.length, hash_byte, &hashing, 0);
	key.kind = RULE_SYSCTL;
	key.first = hashing.hash;
	key.generation = settings->generation;
	look_up(&key, policy->groups | GROUP_EVERY, &match);
	key.generation = 0;
	key.second = policy->cgroup_id;
	look_up(&key, ~0u, &match);
	if (match.action == RULE_ALLOW)
		return 1;
	if (policy->sysctl == ACT_LISTED) {
		if (match.action != RULE_DENY)
			return 1;
	} else {
		match.action = action_of(policy->sysctl);
	}
	return refuse(scratch, &report, &match, COUNT_SYSCTL_DENIED);
}

static __always_inline void look_up_device(struct rule_key *key, __u64 number, __u32 groups, struct match *match)
{
	key->second = number;
	for (int access = 0; access < 3; access++) {
		__u64 wanted = 1ull << access;

		if (!(key->first & wanted))
			continue;
		struct rule_key one = *key;

		one.first = (key->first & ~0xffffffffull) | wanted;
		look_up(&one, groups, match);
	}
}

SEC("cgroup/dev")
int device(struct bpf_cgroup_dev_ctx *ctx)
{
	struct settings *settings = current_settings();
	struct report report = { .primitive = WIRE_PRIMITIVE_DEVICE };
	struct match match = {};
	struct rule_key key = { .kind = RULE_DEVICE };
	struct scratch *scratch;
	struct policy *policy;
	__u64 major = ctx->major, minor = ctx->minor;
	__u32 groups;

	if (!settings)
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !policy->devices)
		return 1;
	groups = policy->groups | GROUP_EVERY;
	key.generation = settings->generation;
	key.first = (__u64)(ctx->access_type & 0xffff) << 32 | ctx->access_type >> 16;
	look_up_device(&key, major << 32 | minor, groups, &match);
	look_up_device(&key, major << 32 | 0xffffffffull, groups, &match);
	look_up_device(&key, ~0ull, groups, &match);
	if (!match.action || match.action == RULE_ALLOW)
		return 1;
	scratch = take_scratch();
	if (!scratch)
		return 1;
	match.action = action_of(policy->devices);
	report.detail = (__u64)ctx->access_type << 32 | major << 20 | (minor & 0xfffff);
	return refuse(scratch, &report, &match, COUNT_DEVICE_DENIED);
}

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

static __always_inline int check_unix(struct bpf_sock_addr *ctx)
{
	struct settings *settings = current_settings();
	struct report report = { .primitive = WIRE_PRIMITIVE_SOCKET };
	struct bpf_sock_addr_kern *kern;
	struct match match = {};
	struct scratch *scratch;
	struct policy *policy;
	__u32 length;
	char *path;

	if (!settings)
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !sockets_act(policy))
		return 1;
	scratch = take_scratch();
	if (!scratch)
		return 1;
	if (!bpf_cast_to_kern_ctx)
		return 1;
	kern = bpf_cast_to_kern_ctx(ctx);
	length = kern->uaddrlen;
	if (length <= sizeof(__u16) || length > sizeof(__u16) + SUN_PATH_BYTES)
		return 1;
	length -= sizeof(__u16);
	path = (char *)kern->uaddr + sizeof(__u16);
	bpf_probe_read_kernel(scratch->text.bytes, length & 127, path);
	if (scratch->text.bytes[0] == 0) {
		bpf_probe_read_kernel(scratch->text.bytes, (length - 1) & 127, path + 1);
		scratch->text.length = length - 1;
		look_up_text(&scratch->text, KINDS(RULE_SOCKET_ABSTRACT, RULE_SOCKET_ABSTRACT),
			     sockets_groups(policy), &match);
	} else {
		long copied = bpf_probe_read_kernel_str(scratch->text.bytes, length & 127, path);

		scratch->text.length = copied > 0 ? copied - 1 : 0;
		/* Not ended by NUL: the address has every byte of the path. */
		if (copied == length) {
			bpf_probe_read_kernel(scratch->text.bytes, length & 127, path);
			if (scratch->text.bytes[(length - 1) & 127])
				scratch->text.length = length;
		}
		look_up_text(&scratch->text, KINDS(0, RULE_SOCKET_PATH), sockets_groups(policy), &match);
		look_up_suffixes(&scratch->text, sockets_groups(policy), &match);
	}
	if (!match.action)
		return 1;
	match.action = action_of(sockets_act(policy));
	return refuse(scratch, &report, &match, COUNT_SOCKET_DENIED);
}

SEC("cgroup/connect_unix")
int connect_unix(struct bpf_sock_addr *ctx)
{
	return check_unix(ctx);
}

SEC("cgroup/sendmsg_unix")
int sendmsg_unix(struct bpf_sock_addr *ctx)
{
	return check_unix(ctx);
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

/*
 * The hook above sees the name that the process gave, and a mount or a link gives a socket any name. What is connected
 * to is known when the call returns: whoever has reached a listed socket is killed before it can write to it.
 */
SEC("tp_btf/sys_exit")
int BPF_PROG(connected, struct pt_regs *regs, long result)
{
	struct settings *settings;
	struct report report = { .primitive = WIRE_PRIMITIVE_SOCKET };
	struct rule_key key = { .kind = RULE_SOCKET_INODE };
	struct match match = {};
	struct scratch *scratch;
	struct policy *policy;
	struct task_struct *task;
	struct unix_sock *own, *peer;
	struct socket *socket;
	struct fdtable *table;
	struct inode *inode;
	struct file *file = NULL;
	struct file **files;
	int descriptor;

	if (result)
		return 0;
	descriptor = connected_descriptor(regs);
	if (descriptor < 0)
		return 0;
	settings = current_settings();
	if (!settings)
		return 0;
	policy = CURRENT_POLICY(settings);
	if (!policy || !sockets_act(policy))
		return 0;
	task = bpf_get_current_task_btf();
	table = READ(task, files, fdt);
	if ((__u32)descriptor >= READ(table, max_fds))
		return 0;
	files = READ(table, fd);
	bpf_probe_read_kernel(&file, sizeof(file), files + (__u32)descriptor);
	inode = READ(file, f_inode);
	if ((READ(inode, i_mode) & S_IFMT) != S_IFSOCK)
		return 0;
	socket = READ(file, private_data);
	if (READ(socket, sk, __sk_common.skc_family) != AF_UNIX)
		return 0;
	own = (void *)READ(socket, sk);
	peer = (void *)READ(own, peer);
	inode = READ(peer, path.dentry, d_inode);
	if (!inode)
		return 0;
	scratch = take_scratch();
	if (!scratch)
		return 0;
	key.generation = settings->generation;
	key.first = READ(inode, i_ino);
	key.second = READ(inode, i_sb, s_dev);
	look_up(&key, sockets_groups(policy), &match);
	look_up_bound_name(peer, &scratch->text, sockets_groups(policy), &match);
	if (!match.action)
		return 0;
	match.action = action_of(sockets_act(policy));
	report.flags = flags_of(match.action, settings->dry_run);
	report.detail = key.first;
	if (report.flags & WIRE_PREVENTED) {
		report.flags |= WIRE_KILLED;
		bpf_send_signal(SIGKILL);
		count(COUNT_SOCKET_DENIED);
	}
	write_report(scratch, &report, &match);
	return 0;
}

SEC("cgroup/sock_create")
int create_socket(struct bpf_sock *ctx)
{
	struct settings *settings = current_settings();
	struct report report = { .primitive = WIRE_PRIMITIVE_RAW_SOCKET };
	struct match match = {};
	struct scratch *scratch;
	struct policy *policy;
	__u32 family = ctx->family, type = ctx->type, protocol = ctx->protocol;

	if (!settings || type != SOCK_RAW || (family != AF_INET && family != AF_INET6))
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !policy->raw_sockets)
		return 1;
	scratch = take_scratch();
	if (!scratch)
		return 1;
	match.action = action_of(policy->raw_sockets);
	report.detail = (__u64)family << 32 | protocol;
	return refuse(scratch, &report, &match, COUNT_RAW_SOCKET_DENIED);
}
