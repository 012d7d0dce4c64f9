// SPDX-License-Identifier: Apache-2.0
/*
 * What programs do all day, in loops that time themselves. Reads lines "LOOP COUNT" and answers each with the
 * nanoseconds that one turn took: by the clock, and of all processors' time. Static, for a container that holds nothing
 * else.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define REQUEST_BYTES 128
#define ANSWER_BYTES 4096

static char *self;

static void must(long result, const char *what)
{
	if (result < 0) {
		perror(what);
		exit(1);
	}
}

static void execute(void)
{
	char *arguments[] = { self, "nothing", NULL };
	int status;
	pid_t child = fork();

	must(child, "fork");
	if (child == 0) {
		execv(self, arguments);
		_exit(127);
	}
	must(waitpid(child, &status, 0), "waitpid");
	must(status == 0 ? 0 : -1, "execution");
}

static void read_file(const char *path)
{
	static char buffer[1 << 16];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t count;

	must(fd, path);
	while ((count = read(fd, buffer, sizeof(buffer))) > 0)
		;
	must(count, "read");
	close(fd);
}

static void read_small(void)
{
	read_file("/small");
}

static void read_large(void)
{
	read_file("/large");
}

static struct sockaddr_in server = { .sin_family = AF_INET };

static size_t receive(int fd, char *buffer, size_t wanted)
{
	size_t got = 0;

	while (got < wanted) {
		ssize_t count = read(fd, buffer + got, wanted - got);

		if (count <= 0)
			break;
		got += (size_t)count;
	}
	return got;
}

static void *serve(void *listener)
{
	char buffer[ANSWER_BYTES] = { 0 };

	for (;;) {
		int fd = accept4((int)(long)listener, NULL, NULL, SOCK_CLOEXEC);

		must(fd, "accept");
		while (receive(fd, buffer, REQUEST_BYTES) == REQUEST_BYTES)
			must(write(fd, buffer, ANSWER_BYTES), "answer");
		close(fd);
	}
	return NULL;
}

static void start_server(void)
{
	socklen_t length = sizeof(server);
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	pthread_t thread;

	server.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	must(listener, "socket");
	must(bind(listener, (struct sockaddr *)&server, length), "bind");
	must(getsockname(listener, (struct sockaddr *)&server, &length), "getsockname");
	must(listen(listener, 128), "listen");
	must(-pthread_create(&thread, NULL, serve, (void *)(long)listener), "thread");
}

static int connect_server(void)
{
	/* So that the client ends at once, and no port is kept. */
	struct linger at_once = { 1, 0 };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	must(fd, "socket");
	must(setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof(at_once)), "linger");
	must(connect(fd, (struct sockaddr *)&server, sizeof(server)), "connect");
	return fd;
}

static void ask(int fd)
{
	char buffer[ANSWER_BYTES] = { 0 };

	must(write(fd, buffer, REQUEST_BYTES), "request");
	must(receive(fd, buffer, ANSWER_BYTES) == ANSWER_BYTES ? 0 : -1, "answer");
}

/* The server talks to one at a time. */
static int kept = -1;

/* A connection for each request. */
static void request(void)
{
	int fd;

	if (kept >= 0)
		close(kept);
	kept = -1;
	fd = connect_server();
	ask(fd);
	close(fd);
}

/* One connection for all. */
static void request_again(void)
{
	if (kept < 0)
		kept = connect_server();
	ask(kept);
}

static const struct {
	const char *name;
	void (*turn)(void);
} loops[] = {
	{ "execute", execute },	  { "read-small", read_small },	      { "read-large", read_large },
	{ "request", request },	  { "request-again", request_again },
};

static double clock_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e9 + (double)now.tv_nsec;
}

static double used_ns(void)
{
	struct rusage children;
	struct timespec own;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)own.tv_sec * 1e9 + (double)own.tv_nsec +
	       ((double)children.ru_utime.tv_sec + (double)children.ru_stime.tv_sec) * 1e9 +
	       ((double)children.ru_utime.tv_usec + (double)children.ru_stime.tv_usec) * 1e3;
}

static void time_loop(void (*turn)(void), long count)
{
	double clock = clock_ns(), used = used_ns();

	for (long i = 0; i < count; i++)
		turn();
	printf("%.1f %.1f\n", (clock_ns() - clock) / (double)count, (used_ns() - used) / (double)count);
	fflush(stdout);
}

static void stay_on_first_processor(void)
{
	cpu_set_t processors;

	CPU_ZERO(&processors);
	CPU_SET(0, &processors);
	must(sched_setaffinity(0, sizeof(processors), &processors), "affinity");
}

int main(int count, char **arguments)
{
	char line[128], name[64];
	long turns;

	if (count > 1)
		return 0;
	self = arguments[0];
	stay_on_first_processor();
	start_server();
	while (fgets(line, sizeof(line), stdin)) {
		if (sscanf(line, "%63s %ld", name, &turns) != 2)
			return 2;
		for (size_t i = 0; i < sizeof(loops) / sizeof(loops[0]); i++) {
			if (strcmp(name, loops[i].name) == 0)
				time_loop(loops[i].turn, turns);
		}
	}
	return 0;
}
