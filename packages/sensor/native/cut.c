// SPDX-License-Identifier: Apache-2.0
/*
 * Refusal first, which is instant and silent; then the sockets, so that the process learns of it; then the host's
 * tracking of connections, or a flow that is translated would live on in it.
 */
#include "cut.h"

#include "cgroups.h"
#include "fields.h"
#include "flows.h"
#include "listed.h"
#include "policies.h"

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define MAX_NAMESPACES 64
#define NAMESPACE_DEADLINE_MS 3000
#define MAX_TOLD 64

struct cut {
	uint64_t cgroup_id;
	uint32_t indicator;
	struct remote remotes[FLOWS_MAX_REMOTES];
	size_t remote_count;
};

static const char *read_cut(const struct json *line, struct cut *cut)
{
	static const char *const members[] = { "id", "command", "cgroupId", "remotes", "indicator", NULL };
	static const char *const remote_members[] = { "address", "port", NULL };
	const struct json *remotes = json_get(line, "remotes");
	uint64_t indicator = 0;

	if (!has_only(line, members) || !json_u64(json_get(line, "cgroupId"), &cut->cgroup_id) ||
	    !read_number(json_get(line, "indicator"), UINT32_MAX, &indicator) || !is_list(remotes))
		return "cut has a cgroupId, and may have remotes and an indicator";
	cut->indicator = (uint32_t)indicator;
	for (const struct json *entry = json_elements(remotes); entry; entry = entry->next) {
		struct remote *remote = &cut->remotes[cut->remote_count];
		uint64_t port = 0;
		bool is_v4;

		if (cut->remote_count == FLOWS_MAX_REMOTES)
			return "cut has at most 256 remotes";
		if (!has_only(entry, remote_members) ||
		    !read_address(json_text(json_get(entry, "address"), NULL), remote->address, &is_v4) ||
		    !read_number(json_get(entry, "port"), UINT16_MAX, &port))
			return "a remote has an address, and may have a port";
		remote->port = (uint16_t)port;
		cut->remote_count++;
	}
	return NULL;
}

/* Single addresses of one container are looked at where its policy has the channel on. */
static const char *deny(const struct cut *cut)
{
	const struct policy *old = find_policy(cut->cgroup_id);
	struct policy policy = { .cgroup_id = cut->cgroup_id };

	if (old)
		policy = *old;
	for (size_t i = 0; i < cut->remote_count; i++) {
		struct single_key key = { .cgroup_id = cut->cgroup_id, .port = cut->remotes[i].port };
		struct single_value value = { .indicator = cut->indicator };

		memcpy(key.address, cut->remotes[i].address, sizeof(key.address));
		if (!list_single(&key, &value))
			return "too many single addresses are listed";
	}
	if (cut->remote_count == 0)
		policy.channel = CHANNEL_QUARANTINE;
	else if (policy.channel == CHANNEL_OFF)
		policy.channel = CHANNEL_REPORT;
	return old && policy.channel == old->channel ? NULL : change_policy(&policy);
}

struct namespaces {
	int fds[MAX_NAMESPACES];
	ino_t inodes[MAX_NAMESPACES];
	size_t count;
};

static void add_namespace(struct namespaces *all, pid_t pid)
{
	char path[64];
	struct stat status;
	int fd;

	snprintf(path, sizeof(path), "/proc/%d/ns/net", pid);
	if (all->count == MAX_NAMESPACES || stat(path, &status) < 0)
		return;
	for (size_t i = 0; i < all->count; i++) {
		if (all->inodes[i] == status.st_ino)
			return;
	}
	fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return;
	all->fds[all->count] = fd;
	all->inodes[all->count++] = status.st_ino;
}

static bool await_child(pid_t pid)
{
	struct timespec gap = { 0, 200000 };
	int status;

	for (int waited = 0; waited < NAMESPACE_DEADLINE_MS * 5; waited++) {
		pid_t ended = waitpid(pid, &status, WNOHANG);

		if (ended == pid)
			return WIFEXITED(status) && WEXITSTATUS(status) == 0;
		if (ended < 0)
			return false;
		nanosleep(&gap, NULL);
	}
	kill(pid, SIGKILL);
	waitpid(pid, &status, 0);
	return false;
}

/* In a child, so that this process can never be left in a namespace that is a container's. */
static bool cut_namespace(int namespace, const struct flow_filter *filter, struct flow_counts *shared)
{
	pid_t pid = fork();

	if (pid == 0) {
		bool done = setns(namespace, CLONE_NEWNET) == 0 && destroy_sockets(filter, shared) == 0;

		if (done)
			shared->conntrack = forget_tracked(shared->tracked, shared->tracked_count);
		_exit(done ? 0 : 1);
	}
	return pid > 0 && await_child(pid);
}

static uint64_t monotonic_us(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000 + (uint64_t)now.tv_nsec / 1000;
}

struct outcome {
	uint64_t namespaces, sockets, destroyed, failed, conntrack, left;
	struct tracked told[MAX_TOLD];
	size_t told_count;
};

static void keep_told(struct outcome *outcome, const struct flow_counts *counts)
{
	for (size_t i = 0; i < counts->tracked_count && outcome->told_count < MAX_TOLD; i++)
		outcome->told[outcome->told_count++] = counts->tracked[i];
}

static const char *destroy(const struct namespaces *all, const struct flow_filter *filter, struct outcome *outcome)
{
	struct flow_counts *shared =
		mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	const char *error = NULL;

	if (shared == MAP_FAILED)
		return "out of memory";
	for (size_t i = 0; i < all->count; i++) {
		memset(shared, 0, sizeof(*shared));
		if (!cut_namespace(all->fds[i], filter, shared)) {
			error = "a network namespace of the container cannot be searched";
			continue;
		}
		outcome->namespaces++;
		outcome->sockets += shared->sockets;
		outcome->destroyed += shared->destroyed;
		outcome->failed += shared->failed;
		outcome->left += shared->left;
		keep_told(outcome, shared);
		outcome->conntrack += shared->conntrack + forget_tracked(shared->tracked, shared->tracked_count);
	}
	munmap(shared, sizeof(*shared));
	return error;
}

static void write_flow(struct json_writer *reply, const struct tracked *flow)
{
	bool is_v6 = flow->family == AF_INET6;
	char remote[INET6_ADDRSTRLEN] = "";

	inet_ntop(flow->family, flow->remote + (is_v6 ? 0 : 12), remote, sizeof(remote));
	json_begin_object(reply);
	json_write_key(reply, "table");
	json_write_text(reply, flow->protocol == IPPROTO_TCP ? is_v6 ? "tcp6" : "tcp" : is_v6 ? "udp6" : "udp");
	json_write_key(reply, "localPort");
	json_write_u64(reply, ntohs(flow->local_port));
	json_write_key(reply, "remoteAddress");
	json_write_text(reply, remote);
	json_write_key(reply, "remotePort");
	json_write_u64(reply, ntohs(flow->remote_port));
	json_write_key(reply, "state");
	json_write_u64(reply, flow->state);
	json_end_object(reply);
}

static void write_outcome(struct json_writer *reply, const struct outcome *outcome, uint64_t started_us)
{
	const struct {
		const char *name;
		uint64_t value;
	} members[] = {
		{ "namespaces", outcome->namespaces }, { "sockets", outcome->sockets },	    { "destroyed", outcome->destroyed },
		{ "failed", outcome->failed },	       { "conntrack", outcome->conntrack }, { "left", outcome->left },
		{ "us", monotonic_us() - started_us },
	};

	json_write_key(reply, "denied");
	json_write_bool(reply, true);
	for (size_t i = 0; i < sizeof(members) / sizeof(members[0]); i++) {
		json_write_key(reply, members[i].name);
		json_write_u64(reply, members[i].value);
	}
	json_write_key(reply, "flows");
	json_begin_array(reply);
	for (size_t i = 0; i < outcome->told_count; i++)
		write_flow(reply, &outcome->told[i]);
	json_end_array(reply);
}

const char *run_cut(const struct json *line, struct json_writer *reply, void (*denied)(void))
{
	static struct cut cut;
	struct namespaces all = { .count = 0 };
	struct cgroup_members members;
	struct outcome outcome = { 0 };
	uint64_t started_us = monotonic_us();
	const char *error;

	memset(&cut, 0, sizeof(cut));
	error = read_cut(line, &cut);
	if (error || (error = deny(&cut)))
		return error;
	denied();
	if (!read_cgroup_members(cut.cgroup_id, &members))
		return "there is no such cgroup";
	for (size_t i = 0; i < members.pid_count; i++)
		add_namespace(&all, members.pids[i]);
	error = destroy(&all,
			&(struct flow_filter){ members.ids, members.id_count, cut.remotes, cut.remote_count }, &outcome);
	for (size_t i = 0; i < all.count; i++)
		close(all.fds[i]);
	free_cgroup_members(&members);
	write_outcome(reply, &outcome, started_us);
	return error;
}
