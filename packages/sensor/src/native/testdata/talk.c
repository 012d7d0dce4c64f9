// SPDX-License-Identifier: Apache-2.0
/*
 * Talks to an address in the way that its first argument says, and tells "ok" or the name of the error.
 *
 *   talk tcp|udp|connected|raw|header ADDRESS     one packet or connection
 *   talk fastopen ADDRESS                         a SYN with data
 *   talk dns|dns-tcp NAME ADDRESS                 a question; -pointer, -second, -tcp-second, -tcp-late: in an odd way
 *   talk resolve NAME ADDRESS                     a question, whose answer is waited for
 *   talk hello NAME ADDRESS                       a ClientHello
 *   talk stay ADDRESS                             a connection, told and used again with each line on standard input
 *   talk unix-link PATH                           a connection to an own socket at that path, by another name
 *   talk unix PATH                                a connection; @NAME is an abstract one
 *   talk serve                                    echoes on TCP port 7000
 *   talk watch DEVICE                             tells the destination of each packet that comes in
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#define PORT 7000

static int tell(int result)
{
	printf("%s\n", result < 0 ? strerrorname_np(errno) : "ok");
	fflush(stdout);
	return 0;
}

static socklen_t read_name(const char *text, uint16_t port, struct sockaddr_storage *name)
{
	struct sockaddr_in *v4 = (void *)name;
	struct sockaddr_in6 *v6 = (void *)name;

	memset(name, 0, sizeof(*name));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, text, &v6->sin6_addr) != 1)
		exit(2);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

static int open_socket(const struct sockaddr_storage *name, int type, int protocol)
{
	struct timeval deadline = { 2, 0 };
	int fd = socket(name->ss_family, type, protocol);

	if (fd >= 0) {
		setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &deadline, sizeof(deadline));
		setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &deadline, sizeof(deadline));
	}
	return fd;
}

static int connect_to(const char *address, uint16_t port, int type)
{
	struct sockaddr_storage name;
	socklen_t length = read_name(address, port, &name);
	int fd = open_socket(&name, type, 0);

	return fd < 0 || connect(fd, (void *)&name, length) < 0 ? -1 : fd;
}

static int send_to(const char *address, uint16_t port, int fd, const void *bytes, size_t length, int flags)
{
	struct sockaddr_storage name;
	socklen_t name_length = read_name(address, port, &name);

	return fd < 0 ? -1 : (int)sendto(fd, bytes, length, flags, (void *)&name, name_length);
}

static int open_for(const char *address, int type, int protocol4, int protocol6)
{
	struct sockaddr_storage name;

	read_name(address, 0, &name);
	return open_socket(&name, type, name.ss_family == AF_INET ? protocol4 : protocol6);
}

static int echo_on(int fd)
{
	char byte = 'x';

	return fd < 0 || send(fd, &byte, 1, MSG_NOSIGNAL) != 1 || recv(fd, &byte, 1, 0) != 1 ? -1 : 0;
}

static int send_header(const char *address)
{
	struct {
		struct iphdr ip;
		uint16_t udp[4];
	} packet = { .ip = { .version = 4, .ihl = 5, .ttl = 64, .protocol = IPPROTO_UDP, .tot_len = htons(28) },
		     .udp = { htons(1), htons(PORT), htons(8), 0 } };

	inet_pton(AF_INET, address, &packet.ip.daddr);
	return send_to(address, 0, open_for(address, SOCK_RAW, IPPROTO_RAW, 0), &packet, sizeof(packet), 0);
}

static int send_raw(const char *address)
{
	struct sockaddr_storage name;
	char echo4[8] = { 8, 0, (char)0xf7, (char)0xff }, echo6[8] = { (char)0x80 };

	read_name(address, 0, &name);
	return send_to(address, 0, open_for(address, SOCK_RAW, IPPROTO_ICMP, IPPROTO_ICMPV6),
		       name.ss_family == AF_INET ? echo4 : echo6, 8, 0);
}

static size_t write_question(unsigned char *out, const char *name)
{
	static const unsigned char head[12] = { 0x12, 0x34, 1, 0, 0, 1 }, tail[5] = { 0, 0, 1, 0, 1 };
	unsigned char *at = out + sizeof(head);

	memcpy(out, head, sizeof(head));
	while (*name) {
		size_t length = strcspn(name, ".");

		*at++ = (unsigned char)length;
		memcpy(at, name, length);
		at += length;
		name += length + (name[length] == '.');
	}
	memcpy(at, tail, sizeof(tail));
	return (size_t)(at - out) + sizeof(tail);
}

static int ask(const char *name, const char *address, int over_tcp)
{
	unsigned char bytes[600];
	size_t length = write_question(bytes + 2, name);
	int fd;

	if (!over_tcp)
		return send_to(address, 53, open_for(address, SOCK_DGRAM, 0, 0), bytes + 2, length, 0);
	bytes[0] = (unsigned char)(length >> 8);
	bytes[1] = (unsigned char)length;
	fd = connect_to(address, 53, SOCK_STREAM);
	return fd < 0 || send(fd, bytes, length + 2, MSG_NOSIGNAL) < 0 || recv(fd, bytes, 1, 0) != 1 ? -1 : 0;
}

/* A question whose name goes on behind it, by a pointer. */
static size_t write_pointed_question(unsigned char *out, const char *name)
{
	unsigned char whole[600], *at = out + 12;
	size_t length = write_question(whole, name), label = whole[12] + 1u;

	memcpy(out, whole, 12 + label);
	at += label;
	*at++ = 0xc0;
	*at++ = (unsigned char)(12 + label + 2 + 4);
	memcpy(at, whole + length - 4, 4);
	memcpy(at + 4, whole + 12 + label, length - 12 - label - 4);
	return length + 2;
}

/* Two questions of one message: the first for something else. */
static size_t write_second_question(unsigned char *out, const char *name)
{
	unsigned char second[600];
	size_t length = write_question(out, "other.example"), more = write_question(second, name) - 12;

	out[5] = 2;
	memcpy(out + length, second + 12, more);
	return length + more;
}

static int ask_oddly(size_t (*write)(unsigned char *, const char *), const char *name, const char *address)
{
	unsigned char bytes[600];

	return send_to(address, 53, open_for(address, SOCK_DGRAM, 0, 0), bytes, write(bytes, name), 0);
}

static size_t write_message(unsigned char *out, const char *name)
{
	size_t length = write_question(out + 2, name);

	out[0] = (unsigned char)(length >> 8);
	out[1] = (unsigned char)length;
	return length + 2;
}

/* The name is that of the second message of a segment, or of one whose length went ahead. */
static int ask_in_stream(const char *name, const char *address, int is_late)
{
	unsigned char bytes[600], answer[600];
	int fd = connect_to(address, 53, SOCK_STREAM), one = 1;
	size_t sent = is_late ? 2 : 0, length = is_late ? 0 : write_message(bytes, "other.example");

	length += write_message(bytes + length, name);
	if (fd < 0 || setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) < 0)
		return -1;
	if (send(fd, bytes, sent, MSG_NOSIGNAL) < 0 || (sent && recv(fd, answer, sizeof(answer), 0) < 1))
		return -1;
	return send(fd, bytes + sent, length - sent, MSG_NOSIGNAL) < 0 || recv(fd, answer, sizeof(answer), 0) < 1 ? -1 : 0;
}

/* What is in the answer is for others to read: that it was received is all that matters here. */
static int resolve(const char *name, const char *address)
{
	unsigned char bytes[600];
	struct sockaddr_storage from;
	socklen_t length = sizeof(from);
	int fd = open_for(address, SOCK_DGRAM, 0, 0);

	if (send_to(address, 53, fd, bytes, write_question(bytes, name), 0) < 0)
		return -1;
	return recvfrom(fd, bytes, sizeof(bytes), 0, (void *)&from, &length) < 0 ? -1 : 0;
}

/* RFC 8446: a record, a ClientHello with one cipher suite, an extension before server_name, and server_name. */
static size_t write_hello(unsigned char *out, const char *name)
{
	size_t length = strlen(name), extensions = 4 + 2 + 9 + length, body = 2 + 32 + 1 + 4 + 2 + 2 + extensions;
	unsigned char *at = out;
	const unsigned char head[] = { 22, 3, 1, (unsigned char)((body + 4) >> 8), (unsigned char)(body + 4),
				       1, 0, (unsigned char)(body >> 8), (unsigned char)body, 3, 3 };
	const unsigned char middle[] = { 0, 0, 2, 0x13, 1, 1, 0, (unsigned char)(extensions >> 8), (unsigned char)extensions,
					 0, 23, 0, 2, 0, 0 };
	const unsigned char server[] = { 0, 0, 0, (unsigned char)(length + 5), 0, (unsigned char)(length + 3), 0, 0,
					 (unsigned char)length };

	memcpy(at, head, sizeof(head));
	at += sizeof(head);
	memset(at, 7, 32);
	at += 32;
	memcpy(at, middle, sizeof(middle));
	at += sizeof(middle);
	memcpy(at, server, sizeof(server));
	at += sizeof(server);
	memcpy(at, name, length);
	return (size_t)(at - out) + length;
}

static int greet(const char *name, const char *address)
{
	unsigned char bytes[600];
	int fd = connect_to(address, PORT, SOCK_STREAM);

	return fd < 0 || send(fd, bytes, write_hello(bytes, name), MSG_NOSIGNAL) < 0 || recv(fd, bytes, 1, 0) != 1 ? -1 : 0;
}

static int stay(const char *address)
{
	int fd = connect_to(address, PORT, SOCK_STREAM);
	char line[64];

	tell(echo_on(fd));
	while (fgets(line, sizeof(line), stdin))
		tell(echo_on(fd));
	return 0;
}

static int connect_unix(const char *path);

/* Listens at a path, and connects to it by another name. */
static int connect_by_link(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strncpy(name.sun_path, path, sizeof(name.sun_path) - 1);
	unlink(path);
	unlink("/tmp/innocent");
	if (bind(fd, (void *)&name, sizeof(name)) < 0 || listen(fd, 1) < 0 || symlink(path, "/tmp/innocent") < 0)
		return -1;
	return connect_unix("/tmp/innocent");
}

static int connect_unix(const char *path)
{
	struct sockaddr_un name = { .sun_family = AF_UNIX };
	size_t length = strlen(path);
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);

	memcpy(name.sun_path, path, length);
	if (path[0] == '@')
		name.sun_path[0] = '\0';
	return connect(fd, (void *)&name, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static void echo_all(int fd)
{
	char bytes[4096];
	ssize_t length;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	while ((length = recv(fd, bytes, sizeof(bytes), 0)) > 0 && send(fd, bytes, (size_t)length, MSG_NOSIGNAL) > 0)
		;
	_exit(0);
}

static int serve(void)
{
	static const uint16_t ports[] = { PORT, 53 };
	struct sockaddr_in6 name = { .sin6_family = AF_INET6 };
	int one = 1;

	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 2; i++) {
		int listening = socket(AF_INET6, SOCK_STREAM, 0);

		setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
		name.sin6_port = htons(ports[i]);
		if (bind(listening, (void *)&name, sizeof(name)) < 0 || listen(listening, 64) < 0)
			return 1;
		if (i == 0 && fork() != 0)
			continue;
		if (i == 0)
			prctl(PR_SET_PDEATHSIG, SIGKILL);
		tell(0);
		for (;;) {
			int fd = accept(listening, NULL, NULL);

			if (fd >= 0 && fork() == 0)
				echo_all(fd);
			close(fd);
		}
	}
	return 0;
}

static int watch_device(const char *device)
{
	struct sockaddr_ll name = { .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_ALL) };
	int fd = socket(AF_PACKET, SOCK_DGRAM, htons(ETH_P_ALL));
	unsigned char packet[65536];
	char text[INET6_ADDRSTRLEN];

	name.sll_ifindex = (int)if_nametoindex(device);
	if (bind(fd, (void *)&name, sizeof(name)) < 0)
		return 1;
	tell(0);
	for (;;) {
		struct sockaddr_ll from;
		socklen_t length = sizeof(from);

		if (recvfrom(fd, packet, sizeof(packet), 0, (void *)&from, &length) < 20 || from.sll_pkttype == PACKET_OUTGOING)
			continue;
		if (from.sll_protocol == htons(ETH_P_IP))
			puts(inet_ntop(AF_INET, packet + 16, text, sizeof(text)));
		else if (from.sll_protocol == htons(ETH_P_IPV6))
			puts(inet_ntop(AF_INET6, packet + 24, text, sizeof(text)));
		fflush(stdout);
	}
}

int main(int count, char **words)
{
	const char *way = count > 1 ? words[1] : "", *address = count > 2 ? words[2] : "";

	if (strcmp(way, "serve") == 0)
		return serve();
	if (strcmp(way, "watch") == 0)
		return watch_device(address);
	if (strcmp(way, "stay") == 0)
		return stay(address);
	if (strcmp(way, "tcp") == 0)
		return tell(echo_on(connect_to(address, PORT, SOCK_STREAM)));
	if (strcmp(way, "udp") == 0)
		return tell(send_to(address, PORT, open_for(address, SOCK_DGRAM, 0, 0), "x", 1, 0));
	if (strcmp(way, "connected") == 0) {
		int fd = connect_to(address, PORT, SOCK_DGRAM);

		return tell(fd < 0 ? -1 : (int)send(fd, "x", 1, 0));
	}
	if (strcmp(way, "raw") == 0)
		return tell(send_raw(address));
	if (strcmp(way, "header") == 0)
		return tell(send_header(address));
	if (strcmp(way, "fastopen") == 0)
		return tell(send_to(address, PORT, open_for(address, SOCK_STREAM, 0, 0), "x", 1, MSG_FASTOPEN));
	if (strcmp(way, "unix") == 0)
		return tell(connect_unix(address));
	if (strcmp(way, "unix-link") == 0)
		return tell(connect_by_link(address));
	if (count < 4)
		return 2;
	if (strcmp(way, "dns") == 0)
		return tell(ask(words[2], words[3], 0));
	if (strcmp(way, "dns-tcp") == 0)
		return tell(ask(words[2], words[3], 1));
	if (strcmp(way, "dns-pointer") == 0)
		return tell(ask_oddly(write_pointed_question, words[2], words[3]));
	if (strcmp(way, "dns-second") == 0)
		return tell(ask_oddly(write_second_question, words[2], words[3]));
	if (strcmp(way, "dns-tcp-second") == 0)
		return tell(ask_in_stream(words[2], words[3], 0));
	if (strcmp(way, "dns-tcp-late") == 0)
		return tell(ask_in_stream(words[2], words[3], 1));
	if (strcmp(way, "resolve") == 0)
		return tell(resolve(words[2], words[3]));
	if (strcmp(way, "hello") == 0)
		return tell(greet(words[2], words[3]));
	return 2;
}
