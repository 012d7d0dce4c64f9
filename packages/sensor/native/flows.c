// SPDX-License-Identifier: Apache-2.0
#include "flows.h"

#include <arpa/inet.h>
#include <errno.h>
#include <linux/inet_diag.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netfilter/nfnetlink_conntrack.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#define REPLY_BYTES 65536
#define DEADLINE_S 1
#define TCP_TIME_WAIT 6
#define TCP_LISTEN 10
#define TCP_CLOSE 7
#define MAX_FOUND 8192

struct found {
	struct inet_diag_sockid id;
	uint8_t family, protocol, state;
};

struct search {
	const struct flow_filter *filter;
	struct found *found;
	size_t count;
};

static int open_netlink(int protocol)
{
	struct sockaddr_nl name = { .nl_family = AF_NETLINK };
	struct timeval deadline = { DEADLINE_S, 0 };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, protocol);

	if (fd < 0)
		return -errno;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
	if (bind(fd, (struct sockaddr *)&name, sizeof(name)) < 0) {
		close(fd);
		return -errno;
	}
	return fd;
}

static void map_address(uint8_t mapped[16], const void *address, bool is_v4)
{
	if (!is_v4) {
		memcpy(mapped, address, 16);
		return;
	}
	memset(mapped, 0, 10);
	mapped[10] = mapped[11] = 0xff;
	memcpy(mapped + 12, address, 4);
}

static bool is_loopback(const uint8_t address[16])
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff }, zero[15];

	return (memcmp(address, mapped, 12) == 0 && address[12] == 127) || (memcmp(address, zero, 15) == 0 && address[15] == 1);
}

static bool is_wanted(const struct flow_filter *filter, const struct inet_diag_msg *message, uint64_t cgroup_id)
{
	uint8_t remote[16];
	bool ours = false;

	for (size_t i = 0; i < filter->cgroup_count && !ours; i++)
		ours = filter->cgroup_ids[i] == cgroup_id;
	if (!ours || message->id.idiag_dport == 0)
		return false;
	map_address(remote, message->id.idiag_dst, message->idiag_family == AF_INET);
	if (filter->remote_count == 0)
		return !is_loopback(remote);
	for (size_t i = 0; i < filter->remote_count; i++) {
		const struct remote *one = &filter->remotes[i];

		if (memcmp(one->address, remote, sizeof(remote)) == 0 &&
		    (one->port == 0 || one->port == ntohs(message->id.idiag_dport)))
			return true;
	}
	return false;
}

static uint64_t cgroup_of(const struct inet_diag_msg *message, size_t length)
{
	const struct nlattr *attribute = (const void *)(message + 1);
	size_t left = length - sizeof(*message);
	uint64_t id = 0;

	while (left >= sizeof(*attribute) && attribute->nla_len >= sizeof(*attribute) && attribute->nla_len <= left) {
		size_t step = NLA_ALIGN(attribute->nla_len);

		if (attribute->nla_type == INET_DIAG_CGROUP_ID && attribute->nla_len >= sizeof(*attribute) + sizeof(id))
			memcpy(&id, attribute + 1, sizeof(id));
		if (step > left)
			break;
		left -= step;
		attribute = (const void *)((const char *)attribute + step);
	}
	return id;
}

/* False at the end of the answer, where refused says whether it is one. */
static bool take_answer(struct search *search, const struct nlmsghdr *header, uint8_t protocol, bool *refused)
{
	const struct inet_diag_msg *message = NLMSG_DATA(header);

	*refused = header->nlmsg_type == NLMSG_ERROR;
	if (header->nlmsg_type == NLMSG_DONE || *refused)
		return false;
	if (header->nlmsg_len < NLMSG_LENGTH(sizeof(*message)) || search->count == MAX_FOUND)
		return true;
	if (is_wanted(search->filter, message, cgroup_of(message, header->nlmsg_len - NLMSG_HDRLEN)))
		search->found[search->count++] = (struct found){ message->id, message->idiag_family, protocol, message->idiag_state };
	return true;
}

static int ask(int fd, struct search *search, const struct nlmsghdr *question, uint8_t protocol, bool *refused)
{
	static char reply[REPLY_BYTES] __attribute__((aligned(8)));
	bool more = true;

	if (send(fd, question, question->nlmsg_len, 0) < 0)
		return -errno;
	while (more) {
		ssize_t length = recv(fd, reply, sizeof(reply), 0);

		if (length < 0)
			return -errno;
		for (struct nlmsghdr *header = (void *)reply; more && NLMSG_OK(header, length);
		     header = NLMSG_NEXT(header, length))
			more = take_answer(search, header, protocol, refused);
	}
	return 0;
}

static uint32_t states_of(uint8_t protocol)
{
	return ~(1u << TCP_TIME_WAIT | 1u << TCP_LISTEN | (protocol == IPPROTO_TCP ? 1u << TCP_CLOSE : 0));
}

static int ask_for_family(int fd, struct search *search, uint8_t family, uint8_t protocol)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} question = {
		.header = { .nlmsg_len = sizeof(question), .nlmsg_type = SOCK_DIAG_BY_FAMILY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .sdiag_family = family, .sdiag_protocol = protocol, .idiag_states = states_of(protocol) },
	};
	/* What the kernel does not keep account of is not there to be ended. */
	bool refused;

	return ask(fd, search, &question.header, protocol, &refused);
}

static int ask_for_each_family(int fd, struct search *search, uint8_t protocol)
{
	int error = ask_for_family(fd, search, AF_INET, protocol);

	return error < 0 ? error : ask_for_family(fd, search, AF_INET6, protocol);
}

/*
 * The kernel goes through all buckets of its table of connections, milliseconds of them, for each question: the older of
 * its two forms asks about both families at once.
 */
static int ask_for_tcp(int fd, struct search *search)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req request;
	} question = {
		.header = { .nlmsg_len = sizeof(question), .nlmsg_type = TCPDIAG_GETSOCK, .nlmsg_flags = NLM_F_REQUEST | NLM_F_DUMP },
		.request = { .idiag_states = states_of(IPPROTO_TCP) },
	};
	bool refused = false;
	int error = ask(fd, search, &question.header, IPPROTO_TCP, &refused);

	return error < 0 || !refused ? error : ask_for_each_family(fd, search, IPPROTO_TCP);
}

static int find_sockets(int fd, struct search *search)
{
	int error;

	search->count = 0;
	error = ask_for_tcp(fd, search);
	return error < 0 ? error : ask_for_each_family(fd, search, IPPROTO_UDP);
}

/* The kernel's answer to one request: 0, or a negative errno. */
static int await_answer(int fd)
{
	char reply[4096] __attribute__((aligned(8)));
	const struct nlmsghdr *header = (void *)reply;
	ssize_t length = recv(fd, reply, sizeof(reply), 0);

	if (length < 0)
		return -errno;
	if ((size_t)length < NLMSG_LENGTH(sizeof(struct nlmsgerr)) || header->nlmsg_type != NLMSG_ERROR)
		return -EPROTO;
	return ((const struct nlmsgerr *)NLMSG_DATA(header))->error;
}

static int destroy_one(int fd, const struct found *found)
{
	struct {
		struct nlmsghdr header;
		struct inet_diag_req_v2 request;
	} order = {
		.header = { .nlmsg_len = sizeof(order), .nlmsg_type = SOCK_DESTROY, .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.request = { .sdiag_family = found->family,
			     .sdiag_protocol = found->protocol,
			     .idiag_states = ~0u,
			     .id = found->id },
	};

	return send(fd, &order, sizeof(order), 0) < 0 ? -errno : await_answer(fd);
}

static void keep_tuple(struct flow_counts *counts, const struct found *found)
{
	struct tracked *tracked = &counts->tracked[counts->tracked_count];
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

	if (counts->tracked_count == FLOWS_MAX_TRACKED)
		return;
	map_address(tracked->local, found->id.idiag_src, found->family == AF_INET);
	map_address(tracked->remote, found->id.idiag_dst, found->family == AF_INET);
	tracked->local_port = found->id.idiag_sport;
	tracked->remote_port = found->id.idiag_dport;
	tracked->protocol = found->protocol;
	tracked->family = found->family;
	tracked->state = found->state;
	tracked->is_v4 = memcmp(tracked->remote, mapped, sizeof(mapped)) == 0;
	counts->tracked_count++;
}

int destroy_sockets(const struct flow_filter *filter, struct flow_counts *counts)
{
	struct search search = { .filter = filter, .found = calloc(MAX_FOUND, sizeof(*search.found)) };
	int fd = open_netlink(NETLINK_SOCK_DIAG), error;

	if (fd < 0 || !search.found) {
		free(search.found);
		if (fd >= 0)
			close(fd);
		return fd < 0 ? fd : -ENOMEM;
	}
	error = find_sockets(fd, &search);
	for (size_t i = 0; error == 0 && i < search.count; i++) {
		int result = destroy_one(fd, &search.found[i]);

		keep_tuple(counts, &search.found[i]);
		counts->sockets++;
		/* One that has ended by itself in between is no failure. */
		if (result == 0 || result == -ENOENT)
			counts->destroyed++;
		else
			counts->failed++;
	}
	if (error == 0 && search.count > 0 && (error = find_sockets(fd, &search)) == 0)
		counts->left += (uint32_t)search.count;
	close(fd);
	free(search.found);
	return error;
}

struct order {
	struct nlmsghdr header;
	struct nfgenmsg family;
	char attributes[256];
};

static struct nlattr *put_attribute(struct order *order, uint16_t type, const void *value, uint16_t length)
{
	struct nlattr *attribute = (void *)((char *)order + order->header.nlmsg_len);

	attribute->nla_type = type;
	attribute->nla_len = (uint16_t)(sizeof(*attribute) + length);
	if (length)
		memcpy(attribute + 1, value, length);
	order->header.nlmsg_len += NLA_ALIGN(attribute->nla_len);
	return attribute;
}

static void end_nest(struct order *order, struct nlattr *nest)
{
	nest->nla_len = (uint16_t)((char *)order + order->header.nlmsg_len - (char *)nest);
}

static void put_tuple(struct order *order, uint16_t type, const struct tracked *tracked)
{
	struct nlattr *tuple = put_attribute(order, type | NLA_F_NESTED, NULL, 0);
	struct nlattr *ip = put_attribute(order, CTA_TUPLE_IP | NLA_F_NESTED, NULL, 0), *protocol;
	size_t skip = tracked->is_v4 ? 12 : 0;
	uint16_t length = (uint16_t)(16 - skip);

	put_attribute(order, tracked->is_v4 ? CTA_IP_V4_SRC : CTA_IP_V6_SRC, tracked->local + skip, length);
	put_attribute(order, tracked->is_v4 ? CTA_IP_V4_DST : CTA_IP_V6_DST, tracked->remote + skip, length);
	end_nest(order, ip);
	protocol = put_attribute(order, CTA_TUPLE_PROTO | NLA_F_NESTED, NULL, 0);
	put_attribute(order, CTA_PROTO_NUM, &tracked->protocol, 1);
	put_attribute(order, CTA_PROTO_SRC_PORT, &tracked->local_port, 2);
	put_attribute(order, CTA_PROTO_DST_PORT, &tracked->remote_port, 2);
	end_nest(order, protocol);
	end_nest(order, tuple);
}

static int forget_one(int fd, uint16_t direction, const struct tracked *tracked)
{
	struct order order = {
		.header = { .nlmsg_len = NLMSG_LENGTH(sizeof(struct nfgenmsg)),
			    .nlmsg_type = NFNL_SUBSYS_CTNETLINK << 8 | IPCTNL_MSG_CT_DELETE,
			    .nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK },
		.family = { .nfgen_family = tracked->is_v4 ? AF_INET : AF_INET6 },
	};

	put_tuple(&order, direction, tracked);
	return send(fd, &order, order.header.nlmsg_len, 0) < 0 ? -errno : await_answer(fd);
}

/* A connection that came in through a published port is known by what the container answers: by its reply. */
uint32_t forget_tracked(const struct tracked *tracked, size_t count)
{
	int fd = open_netlink(NETLINK_NETFILTER);
	uint32_t forgotten = 0;

	for (size_t i = 0; fd >= 0 && i < count; i++) {
		int error = forget_one(fd, CTA_TUPLE_ORIG, &tracked[i]);

		if (error == -ENOENT)
			error = forget_one(fd, CTA_TUPLE_REPLY, &tracked[i]);
		forgotten += error == 0;
	}
	if (fd >= 0)
		close(fd);
	return forgotten;
}
