// SPDX-License-Identifier: GPL-2.0-only
/*
 * Whom the processes of containers talk to now. One way through all open files, since the kernel's own tables of
 * connections are searched from end to end for each network.
 */
#include "held.h"
#include "socket.h"

/* include/net/tcp_states.h of Linux; sockets of other protocols have the first two of them. */
#define TCP_TIME_WAIT 6
#define TCP_CLOSE 7
#define TCP_LISTEN 10

static __always_inline bool is_container(struct task_struct *task)
{
	u64 id = cgroup_id_of(task);
	struct group *group = bpf_map_lookup_elem(&groups, &id);

	return group && (group->flags & GROUP_CONTAINER);
}

static __always_inline bool is_live(struct sock *sock)
{
	u8 state = READ(sock, __sk_common.skc_state);

	return state != TCP_TIME_WAIT && state != TCP_CLOSE && state != TCP_LISTEN;
}

SEC("iter/task_file")
int held_flows(struct bpf_iter__task_file *context)
{
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct wire_address address = {};
	struct held_flow flow = {};
	struct socket *socket;
	struct sock *sock;

	if (!task || !file || task->pid != task->tgid || !is_socket_file(file) || !is_container(task))
		return 0;
	socket = READ(file, private_data);
	sock = socket ? READ(socket, sk) : NULL;
	if (!sock || !read_peer(&address, sock) || !is_live(sock))
		return 0;
	flow.pid = task->tgid;
	flow.family = address.family;
	flow.protocol = address.protocol;
	flow.port = address.port;
	__builtin_memcpy(flow.address, address.address, sizeof(flow.address));
	bpf_seq_write(context->meta->seq, &flow, sizeof(flow));
	return 0;
}

char copyright[] SEC("license") = "GPL";
