// SPDX-License-Identifier: GPL-2.0-only
/* What is refused in the kernel where no LSM is needed: executions, sysctls, devices, engine sockets, raw sockets. */
#include "policy.bpf.h"
#include "prevent/engine-socket.h"
#include "prevent/execution.h"
#include "prevent/path.h"
#include "prevent/rules.h"
#include "prevent/telling.h"

char LICENSE[] SEC("license") = "GPL";

/* Older kernels have neither this nor the hooks that want it. */
extern void *bpf_cast_to_kern_ctx(void *context) __ksym __weak;

#define SOCK_RAW 3
#define SYSCTL_BYTES 128

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct bpf_sock_addr_kern {
	struct sockaddr *uaddr;
	u32 uaddrlen;
};
#pragma clang attribute pop

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
