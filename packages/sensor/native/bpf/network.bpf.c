// SPDX-License-Identifier: GPL-2.0-only
/* Sockets: who is connected to, listened on, sent to; and the messages of the Domain Name System that pass. */
#define KNOWS_SOCKETCALL
#define ARGUMENTS_APART
#include "call.h"
#include "socket.h"

#define AF_NETLINK 16
#define AF_PACKET 17
#define AF_ALG 38
#define AF_VSOCK 40
#define DNS_PORT 53
#define DNS_BYTES 2048
#define MAX_VECTORS 8

/* In one place, or in as many as there are vectors. */
struct payload {
	u64 at, length, vectors;
	u32 count, compat;
};

/* Memory of the stack is short: what a program needs of one socket at a time. */
struct talk {
	struct wire_address remote;
	u32 has_remote, is_receive;
	u32 is_stream, opens;
};

/* What a function of its own is given to write to, the verifier knows nothing of afterwards: the ways that led here are one. */
__noinline int forget(struct talk *talk)
{
	if (talk)
		barrier_var(talk);
	return 0;
}

static __always_inline bool is_dns_peer(const struct wire_address *remote)
{
	if (remote->port == DNS_PORT)
		return true;
	/* The resolver that Docker gives its networks, behind a port of chance. */
	return remote->family == AF_INET && *(const u32 *)remote->address == bpf_htonl(0x7f00000b);
}

static __always_inline bool read_user_sockaddr(struct talk *talk, u64 at, struct sock *sock)
{
	u8 sockaddr[28] = {};

	if (!at || bpf_probe_read_user(sockaddr, sizeof(sockaddr), (void *)at))
		return false;
	return read_sockaddr(&talk->remote, sockaddr, sock);
}

/* Of the socket that the call was given, and not of the one that has its number by now. */
static __always_inline void put_given_type(struct wire_address *address, const struct pending *read)
{
	if (!read || !(read->has & HAS_SOCKET))
		return;
	address->type = read->socket.type;
	address->protocol = read->socket.protocol;
}

/* Where the call was given an address, or has filled one in; else the socket's peer. */
static __always_inline void find_remote(struct ended_call *ended, struct talk *talk, struct pending *read,
					struct sock *sock)
{
	struct user_message message;

	if (talk->is_receive && ended->call->kind == WIRE_RECVFROM)
		talk->has_remote = read_user_sockaddr(talk, argument(ended->regs, ended->compat, 5), sock);
	else if (talk->is_receive &&
		 read_message(&message, argument(ended->regs, ended->compat, 2), ended->compat))
		talk->has_remote = read_user_sockaddr(talk, message.name, sock);
	else if (read && (read->has & 1) && read->length >= 8)
		talk->has_remote = read_sockaddr(&talk->remote, read->text, sock);
	if (!talk->has_remote && sock)
		talk->has_remote = read_peer(&talk->remote, sock);
	put_given_type(&talk->remote, read);
}

/* False where it cannot be read. */
static __always_inline bool read_vector(struct user_vector *vector, u64 vectors, u32 n, bool compat)
{
	struct user_vector32 narrow;

	if (!compat)
		return bpf_probe_read_user(vector, sizeof(*vector), (void *)(vectors + n * sizeof(*vector))) == 0;
	if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)(vectors + n * sizeof(narrow))))
		return false;
	vector->base = narrow.base;
	vector->length = narrow.length;
	return true;
}

/* How long what lies in several places is. A function of its own, as the next one: the verifier looks at it once. */
__noinline u64 length_of_vectors(u64 vectors, u32 count, u32 compat)
{
	struct user_vector vector;
	u64 length = 0;

	for (u32 i = 0; i < MAX_VECTORS && i < count; i++) {
		if (!read_vector(&vector, vectors, i, compat))
			break;
		length += vector.length;
	}
	return length;
}

/* Tells what lies in several places, limit bytes of it at most, which is no more than TEXT_BYTES. */
__noinline int put_vectors(struct slot *slot, u64 vectors, u32 count, u32 compat, u32 limit)
{
	struct user_vector vector;
	u32 done = 0;
	u8 *section;

	if (!slot)
		return 0;
	section = section_at(slot);
	if (!section)
		return 0;
	for (u32 i = 0; i < MAX_VECTORS && i < count; i++) {
		u32 part;

		if (done >= limit || done >= TEXT_BYTES || !read_vector(&vector, vectors, i, compat))
			break;
		part = vector.length > limit - done ? limit - done : (u32)vector.length;
		barrier_var(part);
		if (part > TEXT_BYTES || bpf_probe_read_user(section + 4 + done, part, (void *)vector.base))
			break;
		done += part;
		barrier_var(done);
	}
	if (done <= TEXT_BYTES)
		end_section(slot, section, WIRE_DATA, done);
	return 0;
}

/* Of the nth message of a call, of which the payload says whether it is one of 32 bits. 0 where there is none. */
__noinline int payload_of(struct payload *payload, u32 kind, u32 flags, u32 n, s64 result)
{
	struct user_message message;
	u64 at;

	if (!payload)
		return 0;
	at = current_argument(2, payload->compat);
	if (flags & CALL_VECTORS) {
		payload->vectors = at;
		payload->count = (u32)current_argument(3, payload->compat);
		payload->length = length_of_vectors(payload->vectors, payload->count, payload->compat);
		return n == 0;
	}
	switch (kind) {
	case WIRE_SENDMSG:
	case WIRE_RECVMSG:
	case WIRE_SENDMMSG:
		/* One is followed by its length, and what is to align it. */
		at += n * (payload->compat ? 32 : 64);
		if (!read_message(&message, at, payload->compat))
			return 0;
		payload->vectors = message.vectors;
		payload->count = (u32)message.vector_count;
		payload->length = length_of_vectors(payload->vectors, payload->count, payload->compat);
		if (kind == WIRE_RECVMSG && payload->length > (u64)result)
			payload->length = result;
		return payload->count > 0;
	default:
		payload->at = at;
		payload->count = 0;
		payload->length = result;
		return n == 0;
	}
}

static __always_inline bool find_payload(struct ended_call *ended, u32 n, struct payload *payload)
{
	payload->compat = ended->compat;
	return payload_of(payload, ended->call->kind, ended->call->flags, n, ended->result);
}

static __always_inline void put_payload_bytes(struct slot *slot, const struct payload *payload, u32 limit)
{
	if (payload->length < limit)
		limit = (u32)payload->length;
	if (payload->count > 0)
		put_vectors(slot, payload->vectors, payload->count, payload->compat, limit);
	else
		put_user_bytes(slot, WIRE_DATA, payload->at, limit);
}

static __always_inline void tell_dns(struct ended_call *ended, struct talk *talk, struct sock *sock, u32 n)
{
	struct wire_address local = {};
	struct payload payload = {};
	struct slot *slot;

	if (!find_payload(ended, n, &payload) || payload.length < 12)
		return;
	if (!admit(&ended->subject, ended->settings, WIRE_DNS, ended->call->dns, 1))
		return;
	slot = begin_record(&ended->subject, WIRE_DNS, ended->result);
	if (!slot)
		return;
	if (ended->compat)
		slot->flags |= WIRE_COMPAT;
	if (payload.length > DNS_BYTES)
		slot->flags |= WIRE_TRUNCATED;
	put_comm(slot, ended->subject.task);
	put_number(slot, WIRE_NUMBER0, talk->is_receive);
	put_number(slot, WIRE_NUMBER1, argument(ended->regs, ended->compat, 1));
	if (sock && read_local(&local, sock))
		put_address(slot, WIRE_LOCAL, &local);
	put_address(slot, WIRE_REMOTE, &talk->remote);
	put_payload_bytes(slot, &payload, DNS_BYTES);
	end_record(slot, 1);
}

static __always_inline void put_payload(struct slot *slot, struct ended_call *ended)
{
	u32 limit = ended->settings->data_bytes;
	struct payload payload = {};

	if (limit == 0 || !find_payload(ended, 0, &payload))
		return;
	if (limit > TEXT_BYTES)
		limit = TEXT_BYTES;
	put_payload_bytes(slot, &payload, limit);
}

static __always_inline void tell_talk(struct ended_call *ended, struct talk *talk, struct sock *sock)
{
	struct wire_address local = {};
	struct slot *slot = begin_call(ended);

	if (!slot)
		return;
	put_numbers(slot, ended);
	if (sock && read_local(&local, sock))
		put_address(slot, WIRE_LOCAL, &local);
	if (talk->has_remote)
		put_address(slot, WIRE_REMOTE, &talk->remote);
	put_payload(slot, ended);
	end_record(slot, ended->call->flags & CALL_BULK);
}

/* A stream that is opened by what it sends first: no connect tells of it. */
static __always_inline bool opens_stream(struct ended_call *ended)
{
	switch (ended->call->kind) {
	case WIRE_SENDTO:
	case WIRE_SENDMMSG:
		return argument(ended->regs, ended->compat, 4) & MSG_FASTOPEN;
	case WIRE_SENDMSG:
		return argument(ended->regs, ended->compat, 3) & MSG_FASTOPEN;
	default:
		return false;
	}
}

/*
 * Datagrams, what opens a stream, and of other streams only what goes to a name server: a rule is about the
 * connection that they belong to.
 */
static __always_inline void end_talk(struct ended_call *ended, bool is_receive)
{
	struct pending *read = ended->call->first ? get_pending(ended) : NULL;
	struct sock *sock = socket_of(ended->subject.task, (u32)argument(ended->regs, ended->compat, 1));
	struct talk talk = { .is_receive = is_receive };
	u32 type, family;

	if (read && (read->has & HAS_SOCKET)) {
		family = read->socket.family;
		type = read->socket.type;
	} else if (sock) {
		family = READ(sock, __sk_common.skc_family);
		type = READ(sock, sk_type);
	} else {
		return;
	}
	if (family != AF_INET && family != AF_INET6)
		return;
	talk.is_stream = type == SOCK_STREAM;
	talk.opens = talk.is_stream && opens_stream(ended);
	if (talk.is_stream && !talk.opens &&
	    (!sock || READ(sock, __sk_common.skc_dport) != bpf_htons(DNS_PORT)))
		return;
	find_remote(ended, &talk, read, sock);
	forget(&talk);
	if (ended->call->dns && talk.has_remote && ended->result > 0 && is_dns_peer(&talk.remote)) {
		tell_dns(ended, &talk, sock, 0);
		/* A resolver asks for both kinds of address in one call. */
		if (ended->call->kind == WIRE_SENDMMSG && ended->result > 1)
			tell_dns(ended, &talk, sock, 1);
	}
	if (ended->call->kind != WIRE_DNS && ended->call->wanted && (!talk.is_stream || talk.opens))
		tell_talk(ended, &talk, sock);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_send, struct pt_regs *regs, long result)
{
	struct ended_call ended;

	if (find_call(&ended, regs, result))
		end_talk(&ended, false);
	return 0;
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_receive, struct pt_regs *regs, long result)
{
	struct ended_call ended;

	if (find_call(&ended, regs, result))
		end_talk(&ended, true);
	return 0;
}

/* Of the families that reach past the network's own rules. */
static __always_inline bool is_told_socket(u32 family, u32 type)
{
	/* Of the internet's families the kernel makes a packet socket of SOCK_PACKET. */
	if ((type & 0xf) == SOCK_RAW || (type & 0xf) == SOCK_PACKET)
		return true;
	return family == AF_PACKET || family == AF_ALG || family == AF_VSOCK || family == AF_NETLINK;
}

static __always_inline void put_given_address(struct slot *slot, struct ended_call *ended, struct sock *sock, u32 tag)
{
	struct pending *read = get_pending(ended);
	struct wire_address address = {};

	if (!read || !(read->has & 1))
		return;
	if (*(u16 *)read->text == AF_UNIX)
		put_unix_path(slot, read->text, read->length);
	else if (read->length >= 8 && read_sockaddr(&address, read->text, sock)) {
		put_given_type(&address, read);
		put_address(slot, tag, &address);
	}
}

/* Links and mounts give a socket other names than the one by which it was made. */
static __always_inline void put_reached(struct slot *slot, struct ended_call *ended, struct sock *sock)
{
	struct sock *peer;

	if (!sock || ended->result < 0 || READ(sock, __sk_common.skc_family) != AF_UNIX)
		return;
	peer = READ((struct unix_sock *)sock, peer);
	if (peer)
		put_bound_path(slot, WIRE_RESOLVED, peer);
}

SEC("tp_btf/sys_exit")
int BPF_PROG(end_network, struct pt_regs *regs, long result)
{
	struct wire_address address = {};
	struct ended_call ended;
	struct sock *sock = NULL;
	struct slot *slot;
	u32 kind;

	if (!find_call(&ended, regs, result))
		return 0;
	kind = ended.call->kind;
	if (kind == WIRE_SOCKET &&
	    !is_told_socket((u32)argument(regs, ended.compat, 1), (u32)argument(regs, ended.compat, 2)))
		return 0;
	slot = begin_call(&ended);
	if (!slot)
		return 0;
	put_numbers(slot, &ended);
	if (kind == WIRE_ACCEPT || kind == WIRE_ACCEPT4)
		sock = result >= 0 ? socket_of(ended.subject.task, (u32)result) : NULL;
	else if (kind != WIRE_SOCKET)
		sock = socket_of(ended.subject.task, (u32)argument(regs, ended.compat, 1));
	if (kind == WIRE_CONNECT) {
		put_given_address(slot, &ended, sock, WIRE_REMOTE);
		put_reached(slot, &ended, sock);
		if (sock && read_local(&address, sock))
			put_address(slot, WIRE_LOCAL, &address);
	} else if (kind == WIRE_BIND) {
		put_given_address(slot, &ended, sock, WIRE_LOCAL);
	} else if (sock) {
		put_ends(slot, sock);
	}
	end_record(slot, ended.call->flags & CALL_BULK);
	return 0;
}

char copyright[] SEC("license") = "GPL";
