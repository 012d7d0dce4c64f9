/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tries what a container may do, as its first program:
 *
 *   pratique-replay [ACTION TARGET]...
 *
 * Of each pair a line is told, in their order: its number, and "ok" or the name of the error. What is tried is as little as shows
 * whether it is allowed: a program is ended as soon as it has begun, of a file no byte is written or read, a port is given
 * back, and a system call gets arguments that nothing can be done with.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "calls.h"

#define DEADLINE_MS 2000

/* What a child has told through its end of a pipe, or 0 where it ended it without a word. */
static int error_from(int fd)
{
	struct pollfd ready = { .fd = fd, .events = POLLIN };
	int error = 0;

	if (poll(&ready, 1, DEADLINE_MS) != 1)
		return ETIMEDOUT;
	return read(fd, &error, sizeof(error)) == (ssize_t)sizeof(error) ? error : 0;
}

/* In a process of its own, which is ended in any case. */
static int in_child(int (*act)(const char *), const char *target)
{
	int ends[2], error;
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return errno;
	pid = fork();
	if (pid < 0)
		return errno;
	if (pid == 0) {
		setpgid(0, 0);
		error = act(target);
		_exit(write(ends[1], &error, sizeof(error)) == (ssize_t)sizeof(error) ? 0 : 1);
	}
	close(ends[1]);
	error = error_from(ends[0]);
	close(ends[0]);
	kill(-pid, SIGKILL);
	kill(pid, SIGKILL);
	waitpid(pid, NULL, 0);
	return error;
}

/* The pipe ends by itself when the program begins. */
static int execute(const char *path)
{
	char *const arguments[] = { (char *)path, NULL };
	char *const environment[] = { NULL };
	int nothing = open("/dev/null", O_RDWR);

	for (int fd = 0; fd < 3 && nothing >= 0; fd++)
		dup2(nothing, fd);
	execve(path, arguments, environment);
	return errno;
}

static void make_parents(const char *path)
{
	char parent[4096];

	if (strlen(path) >= sizeof(parent))
		return;
	strcpy(parent, path);
	for (char *at = strchr(parent + 1, '/'); at; at = strchr(at + 1, '/')) {
		*at = 0;
		mkdir(parent, 0755);
		*at = '/';
	}
}

/* What is there already, which may be a directory or a device, is opened and left as it is. */
static int write_to(const char *path)
{
	struct stat found;
	int fd;

	if (stat(path, &found) == 0 && S_ISDIR(found.st_mode))
		return access(path, W_OK) == 0 ? 0 : errno;
	make_parents(path);
	fd = open(path, O_WRONLY | O_CREAT | O_NONBLOCK | O_NOCTTY, 0600);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

static int read_from(const char *path)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY);

	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

/* tcp/80, udp/53 */
static int listen_on(const char *target)
{
	int type = strncmp(target, "udp/", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM, fd, error;
	const char *port = strchr(target, '/');
	struct sockaddr_in address = { .sin_family = AF_INET };

	if (!port)
		return EINVAL;
	address.sin_port = htons((uint16_t)atoi(port + 1));
	fd = socket(AF_INET, type | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return errno;
	error = bind(fd, (void *)&address, sizeof(address)) < 0 || (type == SOCK_STREAM && listen(fd, 1) < 0) ? errno : 0;
	close(fd);
	return error;
}

/* Whatever else it fails by, it was let through to the kernel. */
static int call(const char *name)
{
	for (const struct call *each = calls; each->name; each++) {
		if (strcmp(each->name, name) != 0)
			continue;
		errno = 0;
		if (syscall(each->number, -1, -1, -1, -1, -1, -1) >= 0)
			return 0;
		return errno;
	}
	return ENOSYS;
}

static const struct {
	const char *name;
	int (*act)(const char *);
} actions[] = {
	{ "execute", execute }, { "write", write_to }, { "read", read_from }, { "listen", listen_on }, { "call", call },
};

int main(int count, char **words)
{
	for (int at = 1; at + 1 < count; at += 2) {
		int error = EINVAL;

		for (size_t i = 0; i < sizeof(actions) / sizeof(actions[0]); i++) {
			if (strcmp(actions[i].name, words[at]) == 0)
				error = in_child(actions[i].act, words[at + 1]);
		}
		printf("%d %s\n", at / 2, error == 0 ? "ok" : strerrorname_np(error));
		fflush(stdout);
	}
	return 0;
}
