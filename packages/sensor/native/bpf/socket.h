/* SPDX-License-Identifier: GPL-2.0-only */
/* The ends of a socket, and addresses that a program has given. */
#ifndef PRATIQUE_SOCKET_H
#define PRATIQUE_SOCKET_H

#include "record.h"

#define SOCK_STREAM 1
#define SOCK_DGRAM 2
#define SOCK_RAW 3
#define SOCK_PACKET 10
#define MSG_FASTOPEN 0x20000000
#define UNIX_PATH_BYTES 108

static __always_inline bool is_socket_file(struct file *file)
{
	return (READ(file, f_inode, i_mode) & S_IFMT) == S_IFSOCK;
}

static __always_inline struct sock *socket_of(struct task_struct *task, u32 descriptor)
{
	struct file *file = file_of(task, descriptor);
	struct socket *socket;

	if (!file || !is_socket_file(file))
		return NULL;
	socket = READ(file, private_data);
	return socket ? READ(socket, sk) : NULL;
}

static __always_inline void read_type(struct wire_address *address, struct sock *sock)
{
	address->type = READ(sock, sk_type);
	address->protocol = READ(sock, sk_protocol);
}

/* False for what is neither IPv4 nor IPv6. */
static __always_inline bool read_local(struct wire_address *address, struct sock *sock)
{
	address->family = READ(sock, __sk_common.skc_family);
	address->port = READ(sock, __sk_common.skc_num);
	read_type(address, sock);
	if (address->family == AF_INET)
		BPF_CORE_READ_INTO((__be32 *)address->address, sock, __sk_common.skc_rcv_saddr);
	else if (address->family == AF_INET6)
		BPF_CORE_READ_INTO((struct in6_addr *)address->address, sock, __sk_common.skc_v6_rcv_saddr);
	else
		return false;
	/* A raw socket has its protocol there. */
	if (address->type == SOCK_RAW)
		address->port = 0;
	return true;
}

/* False where there is no peer. */
static __always_inline bool read_peer(struct wire_address *address, struct sock *sock)
{
	address->family = READ(sock, __sk_common.skc_family);
	address->port = bpf_ntohs(READ(sock, __sk_common.skc_dport));
	read_type(address, sock);
	if (address->family == AF_INET) {
		__be32 peer = READ(sock, __sk_common.skc_daddr);

		*(__be32 *)address->address = peer;
		return peer != 0 || address->port != 0;
	}
	if (address->family != AF_INET6)
		return false;
	BPF_CORE_READ_INTO((struct in6_addr *)address->address, sock, __sk_common.skc_v6_daddr);
	return address->port != 0 || *(u64 *)address->address != 0 || *(u64 *)(address->address + 8) != 0;
}

/* Of a sockaddr in our own memory, of at least 28 bytes. False for what is neither IPv4 nor IPv6. */
static __always_inline bool read_sockaddr(struct wire_address *address, const u8 *sockaddr, struct sock *sock)
{
	address->family = *(const u16 *)sockaddr;
	address->port = bpf_ntohs(*(const __be16 *)(sockaddr + 2));
	if (sock)
		read_type(address, sock);
	if (address->family == AF_INET) {
		__builtin_memcpy(address->address, sockaddr + 4, 4);
		return true;
	}
	if (address->family != AF_INET6)
		return false;
	__builtin_memcpy(address->address, sockaddr + 8, 16);
	return true;
}

__noinline int put_address(struct slot *slot, u32 tag, struct wire_address *address)
{
	if (slot && address)
		put_kernel_bytes(slot, tag, address, sizeof(*address));
	return 0;
}

/* Of a sockaddr_un in the kernel's memory, of length bytes: without the NUL at its end, but with that of an abstract one. */
static __always_inline void put_unix_name(struct slot *slot, u32 tag, const u8 *sockaddr, u32 length)
{
	u8 *section;
	char first = 0;

	if (length <= 2 || length > UNIX_PATH_BYTES + 2)
		return;
	bpf_probe_read_kernel(&first, 1, sockaddr + 2);
	if (first == 0) {
		put_kernel_bytes(slot, tag, sockaddr + 2, length - 2);
		return;
	}
	section = section_at(slot);
	length -= 1; /* the two of the family, and room for a NUL */
	barrier_var(length);
	length &= 127;
	if (section)
		end_text(slot, section, tag, bpf_probe_read_kernel_str(section + 4, length, sockaddr + 2));
}

static __always_inline void put_unix_path(struct slot *slot, const u8 *sockaddr, u32 length)
{
	put_unix_name(slot, WIRE_UNIX_PATH, sockaddr, length);
}

/* The name that the socket was bound to. */
static __always_inline void put_bound_path(struct slot *slot, u32 tag, struct sock *sock)
{
	struct unix_address *address = READ((struct unix_sock *)sock, addr);

	if (address)
		put_unix_name(slot, tag, (u8 *)address + bpf_core_field_offset(struct unix_address, name),
			      READ(address, len));
}

static __always_inline void put_own_unix_path(struct slot *slot, struct sock *sock)
{
	put_bound_path(slot, WIRE_UNIX_PATH, sock);
}

/* Both ends, as far as there are any. */
static __always_inline void put_ends(struct slot *slot, struct sock *sock)
{
	struct wire_address address = {};
	struct sock *peer;

	if (READ(sock, __sk_common.skc_family) == AF_UNIX) {
		peer = READ((struct unix_sock *)sock, peer);
		/* The one of the two that listens has a name. */
		if (peer && READ((struct unix_sock *)peer, addr))
			put_own_unix_path(slot, peer);
		else
			put_own_unix_path(slot, sock);
		return;
	}
	if (read_local(&address, sock))
		put_address(slot, WIRE_LOCAL, &address);
	if (read_peer(&address, sock))
		put_address(slot, WIRE_REMOTE, &address);
}

#endif
