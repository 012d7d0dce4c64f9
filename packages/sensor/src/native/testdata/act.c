// SPDX-License-Identifier: Apache-2.0
/* Does one thing that the sensor must tell, and nothing else that matters: act WHAT [ARGUMENTS]. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/capability.h>
#include <linux/openat2.h>
#include <linux/perf_event.h>
#include <linux/sched.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/ptrace.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

static char **given;

static void must(long result)
{
	if (result < 0) {
		perror("act");
		exit(1);
	}
}

static socklen_t parse_address(struct sockaddr_storage *address, const char *text, int port)
{
	struct sockaddr_in *v4 = (void *)address;
	struct sockaddr_in6 *v6 = (void *)address;

	memset(address, 0, sizeof(*address));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	must(inet_pton(AF_INET6, text, &v6->sin6_addr) == 1 ? 0 : -1);
	v6->sin6_family = AF_INET6;
	v6->sin6_port = htons(port);
	return sizeof(*v6);
}

/* ADDRESS PORT: nobody need answer. */
static int connect_to(int type)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(&address, given[0], atoi(given[1]));
	int fd = socket(address.ss_family, type | SOCK_NONBLOCK, 0);

	must(fd);
	(void)!connect(fd, (void *)&address, length);
	return fd;
}

static void act_connect(void)
{
	connect_to(SOCK_STREAM);
}

static void act_connect_unix(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM, 0);
	size_t length = strlen(given[0]);

	memcpy(address.sun_path, given[0], length);
	/* @ stands for the NUL of an abstract name. */
	if (given[0][0] == '@')
		address.sun_path[0] = '\0';
	(void)!connect(fd, (void *)&address, (socklen_t)(offsetof(struct sockaddr_un, sun_path) + length));
}

static void act_listen(void)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(&address, given[0], atoi(given[1]));
	int fd = socket(address.ss_family, SOCK_STREAM, 0), on = 1;
	struct sockaddr_storage bound;
	int client, peer;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	must(bind(fd, (void *)&address, length));
	must(listen(fd, 5));
	length = sizeof(bound);
	must(getsockname(fd, (void *)&bound, &length));
	client = socket(address.ss_family, SOCK_STREAM, 0);
	must(connect(client, (void *)&bound, length));
	peer = accept4(fd, NULL, NULL, SOCK_CLOEXEC);
	must(peer);
}

static int replaced;

static void *replace(void *unused)
{
	(void)unused;
	usleep(200000);
	must(dup2(socket(AF_INET, SOCK_DGRAM, 0), replaced));
	return NULL;
}

/* ADDRESS PORT: a stream that waits for its peer, and whose number another socket has by the time that the call returns. */
static void act_replaced(void)
{
	struct timeval patience = { .tv_sec = 1 };
	struct sockaddr_storage address;
	socklen_t length = parse_address(&address, given[0], atoi(given[1]));
	int server = socket(address.ss_family, SOCK_STREAM, 0);
	pthread_t thread;

	must(bind(server, (void *)&address, length));
	must(listen(server, 0));
	/* One is all that it takes; the others wait. */
	connect_to(SOCK_STREAM);
	connect_to(SOCK_STREAM);
	replaced = socket(address.ss_family, SOCK_STREAM, 0);
	must(setsockopt(replaced, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof(patience)));
	must(pthread_create(&thread, NULL, replace, NULL));
	if (given[2])
		(void)!sendto(replaced, "x", 1, MSG_FASTOPEN | MSG_NOSIGNAL, (void *)&address, length);
	else
		(void)!connect(replaced, (void *)&address, length);
	pthread_join(thread, NULL);
}

/* ADDRESS PORT: a socket becomes standard output. */
static void act_dup_socket(void)
{
	must(dup2(connect_to(SOCK_DGRAM), 1));
}

static void act_dup_file(void)
{
	must(dup2(open("/dev/null", O_WRONLY), 1));
}

/* ADDRESS: one question for a.test, sent and received in the ways that resolvers do. */
static const unsigned char question[] = { 0x12, 0x34, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0,	1,
					  'a',	0x04, 't', 'e', 's', 't', 0, 0, 1, 0, 1 };

static void act_ask_sendto(void)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(&address, given[0], 53);
	int fd = socket(address.ss_family, SOCK_DGRAM, 0);

	(void)!sendto(fd, question, sizeof(question), MSG_DONTWAIT, (void *)&address, length);
}

static void act_ask_sendmmsg(void)
{
	struct sockaddr_storage address;
	socklen_t length = parse_address(&address, given[0], 53);
	/* With nobody there the first question's refusal would end the call. */
	int server = socket(address.ss_family, SOCK_DGRAM, 0);
	int bound = bind(server, (void *)&address, length);
	int fd = (given[1] = "53", connect_to(SOCK_DGRAM));
	struct iovec vector = { (void *)question, sizeof(question) };
	struct mmsghdr messages[2] = { { .msg_hdr = { .msg_iov = &vector, .msg_iovlen = 1 } },
				       { .msg_hdr = { .msg_iov = &vector, .msg_iovlen = 1 } } };

	must(bound);
	must(sendmmsg(fd, messages, 2, MSG_DONTWAIT) - 2);
}

/* ADDRESS: a question in two parts. */
static void act_ask_parts(void)
{
	int fd = (given[1] = "53", connect_to(SOCK_DGRAM));
	struct iovec parts[2] = { { (void *)question, 12 }, { (void *)(question + 12), sizeof(question) - 12 } };
	struct msghdr message = { .msg_iov = parts, .msg_iovlen = 2 };

	(void)!sendmsg(fd, &message, 0);
}

static void act_ask_writev(void)
{
	int fd = (given[1] = "53", connect_to(SOCK_DGRAM));
	struct iovec parts[2] = { { (void *)question, 12 }, { (void *)(question + 12), sizeof(question) - 12 } };

	(void)!writev(fd, parts, 2);
}

static void act_ask_write(void)
{
	int fd = (given[1] = "53", connect_to(SOCK_DGRAM));

	(void)!write(fd, question, sizeof(question));
}

/* A name server on 127.0.0.11 at a port of chance, asked and answering in one process. */
static void act_answer(void)
{
	struct sockaddr_storage address, from;
	socklen_t length = parse_address(&address, "127.0.0.11", 0);
	int server = socket(AF_INET, SOCK_DGRAM, 0), client = socket(AF_INET, SOCK_DGRAM, 0);
	unsigned char buffer[512];
	struct iovec vector = { buffer, sizeof(buffer) };
	struct msghdr message = { .msg_name = &from, .msg_namelen = sizeof(from), .msg_iov = &vector, .msg_iovlen = 1 };

	must(bind(server, (void *)&address, length));
	must(getsockname(server, (void *)&address, &length));
	must(sendto(client, question, sizeof(question), 0, (void *)&address, length));
	length = sizeof(from);
	must(recvfrom(server, buffer, sizeof(buffer), 0, (void *)&from, &length));
	buffer[2] |= 0x80;
	must(sendto(server, buffer, sizeof(question), 0, (void *)&from, length));
	must(recvmsg(client, &message, 0));
}

static void act_raw(void)
{
	must(socket(AF_PACKET, SOCK_RAW, 0));
}

static void act_open(void)
{
	must(open(given[0], O_RDONLY));
}

static void act_openat2(void)
{
	struct open_how how = { .flags = O_WRONLY | O_CREAT, .mode = 0640, .resolve = RESOLVE_NO_MAGICLINKS };

	must(syscall(SYS_openat2, AT_FDCWD, given[0], &how, sizeof(how)));
}

static void act_creat(void)
{
	must(syscall(SYS_creat, given[0], 0700));
}

/* DIRECTORY NAME. */
static void act_openat(void)
{
	int directory = open(given[0], O_RDONLY | O_DIRECTORY);

	must(directory);
	must(openat(directory, given[1], O_RDONLY));
}

static void act_files(void)
{
	must(mkdir("made", 0750));
	must(chdir("made"));
	must(close(open("one", O_CREAT | O_WRONLY, 0600)));
	must(rename("one", "two"));
	must(symlink("/etc/shadow", "points"));
	must(link("two", "three"));
	must(chmod("three", 04755));
	must(unlinkat(AT_FDCWD, "three", 0));
	must(unlink("two"));
	must(unlink("points"));
	must(chdir(".."));
	must(rmdir("made"));
}

static void act_mount(void)
{
	must(unshare(CLONE_NEWNS));
	must(mount("none", given[0], "tmpfs", MS_NOSUID, "size=4k"));
	must(umount2(given[0], MNT_DETACH));
}

static void act_setns(void)
{
	int fd = open("/proc/self/ns/uts", O_RDONLY);

	must(fd);
	must(setns(fd, CLONE_NEWUTS));
}

static void act_ptrace(void)
{
	pid_t child = fork();

	if (child == 0) {
		pause();
		_exit(0);
	}
	must(ptrace(PTRACE_ATTACH, child, 0, 0));
	waitpid(child, NULL, 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* Listens at a path, and connects to it by a link. */
static void act_connect_linked(void)
{
	struct sockaddr_un path = { .sun_family = AF_UNIX }, link = { .sun_family = AF_UNIX };
	int server = socket(AF_UNIX, SOCK_STREAM, 0), client = socket(AF_UNIX, SOCK_STREAM, 0);

	strncpy(path.sun_path, given[0], sizeof(path.sun_path) - 1);
	strncpy(link.sun_path, given[1], sizeof(link.sun_path) - 1);
	must(bind(server, (void *)&path, sizeof(path)));
	must(listen(server, 1));
	must(symlink(given[0], given[1]));
	must(connect(client, (void *)&link, sizeof(link)));
}

/* Signals itself by ways that are no kill: by a descriptor, and with a value. */
static void act_signals(void)
{
	siginfo_t value = { .si_signo = SIGURG, .si_code = SI_QUEUE };
	int fd = (int)syscall(SYS_pidfd_open, getpid(), 0);

	must(fd);
	must((int)syscall(SYS_pidfd_send_signal, fd, SIGWINCH, NULL, 0));
	must((int)syscall(SYS_rt_sigqueueinfo, getpid(), SIGURG, &value));
}

static void act_setuid(void)
{
	must(setresgid(65534, 65534, 65534));
	must(setuid(65534));
}

static void act_capset(void)
{
	struct __user_cap_header_struct header = { .version = _LINUX_CAPABILITY_VERSION_3 };
	struct __user_cap_data_struct data[2] = { { .permitted = 1 << CAP_CHOWN, .effective = 1 << CAP_CHOWN } };

	must(syscall(SYS_capset, &header, data));
}

static void act_memfd(void)
{
	char *arguments[] = { "from-memory", "true", NULL }, *environment[] = { NULL };
	int from = open("/proc/self/exe", O_RDONLY), to = memfd_create("secret", MFD_CLOEXEC);
	char buffer[65536];
	ssize_t count;

	while ((count = read(from, buffer, sizeof(buffer))) > 0)
		must(write(to, buffer, (size_t)count));
	must(fexecve(to, arguments, environment));
}

static void act_exec(void)
{
	execv(given[0], given);
	exit(errno == ENOENT ? 0 : 1);
}

static void *exec_elsewhere(void *unused)
{
	execv(given[0], given);
	return unused;
}

/* Not the first thread: it becomes the first one by that. */
static void act_exec_thread(void)
{
	pthread_t thread;

	pthread_create(&thread, NULL, exec_elsewhere, NULL);
	pthread_join(thread, NULL);
}

static void act_io_uring(void)
{
	char parameters[256] = { 0 };

	(void)!syscall(SYS_io_uring_setup, 4, parameters);
}

static void act_bpf(void)
{
	char attributes[128] = { 0 };

	/* A type that there is none of. */
	attributes[0] = 77;
	(void)!syscall(SYS_bpf, 0, attributes, sizeof(attributes));
}

#if defined(__x86_64__)
/* open of the other instruction set, whose number means fstat in this one. */
static void act_compat(void)
{
	static char *low;
	long result;

	low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	must(low == MAP_FAILED ? -1 : 0);
	strncpy(low, given[0], 4095);
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(5L), "b"(low), "c"(0L), "d"(0L) : "memory", "r8", "r9", "r10", "r11");
	must(result);
}

/* The call of 32 bits that stands for all those of sockets; it takes its arguments from memory. */
static long socketcall(long which, unsigned int *low, const unsigned int arguments[6])
{
	int result;

	memcpy(low, arguments, 6 * sizeof(*low));
	__asm__ volatile("int $0x80" : "=a"(result) : "a"(102L), "b"(which), "c"(low) : "memory", "r8", "r9", "r10", "r11");
	return result;
}

/* ADDRESS PORT: a connection, a raw socket, and a question in two parts. */
static void act_socketcall(void)
{
	unsigned int *low = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_32BIT, -1, 0);
	unsigned int at = (unsigned int)(unsigned long)low;
	struct sockaddr_storage *address = (void *)(low + 64);
	socklen_t length;
	long fd;

	must(low == MAP_FAILED ? -1 : 0);
	length = parse_address(address, given[0], atoi(given[1]));
	fd = socketcall(1, low, (unsigned int[6]){ AF_INET, SOCK_STREAM | SOCK_NONBLOCK });
	must(fd);
	(void)!socketcall(3, low, (unsigned int[6]){ fd, at + 256, length });
	must(socketcall(1, low, (unsigned int[6]){ AF_PACKET, SOCK_RAW }));
	length = parse_address(address, given[0], 53);
	fd = socketcall(1, low, (unsigned int[6]){ AF_INET, SOCK_DGRAM });
	must(fd);
	memcpy(low + 128, question, sizeof(question));
	memcpy(low + 192, (unsigned int[4]){ at + 512, 12, at + 524, sizeof(question) - 12 }, 16);
	memcpy(low + 200, (unsigned int[7]){ at + 256, length, at + 768, 2 }, 28);
	(void)!socketcall(16, low, (unsigned int[6]){ fd, at + 800 });
}
#endif

static struct open_how how;

static void *change_how(void *path)
{
	/* Whoever opens a pipe to write waits for its reader. */
	usleep(200000);
	memset(&how, 0, sizeof(how));
	close(open(path, O_RDONLY));
	return NULL;
}

/* PATH: of a pipe, opened to be written; the memory says to read by the time that the call returns. */
static void act_openat2_changed(void)
{
	pthread_t thread;

	must(mkfifo(given[0], 0600));
	how.flags = O_WRONLY;
	pthread_create(&thread, NULL, change_how, given[0]);
	must(syscall(SYS_openat2, AT_FDCWD, given[0], &how, sizeof(how)));
	pthread_join(thread, NULL);
}

/* The kernel writes the descriptor of the child over the flags that asked for it. */
static void act_clone3_changed(void)
{
	struct clone_args arguments = { .flags = CLONE_NEWUSER | CLONE_PIDFD, .exit_signal = SIGCHLD };
	long child;

	arguments.pidfd = (unsigned long)&arguments.flags;
	child = syscall(SYS_clone3, &arguments, sizeof(arguments));
	if (child == 0)
		_exit(0);
	must(child);
	waitpid((pid_t)child, NULL, 0);
}

static char flipped[64];
static volatile int done;

static void *flip(void *other)
{
	while (!done) {
		memcpy(flipped, given[0], strlen(given[0]) + 1);
		memcpy(flipped, other, strlen(other) + 1);
	}
	return NULL;
}

/* PATH OTHER TIMES: a text that changes while it is read. */
static void act_flip(void)
{
	pthread_t thread;
	long times = atol(given[2]);

	memcpy(flipped, given[0], strlen(given[0]) + 1);
	pthread_create(&thread, NULL, flip, given[1]);
	for (long i = 0; i < times; i++)
		close(open(flipped, O_RDONLY));
	done = 1;
	pthread_join(thread, NULL);
}

/* PATH TIMES. */
static void act_flood(void)
{
	long times = atol(given[1]);

	for (long i = 0; i < times; i++)
		close(open(given[0], O_RDONLY));
}

/* PATH A_SECOND SECONDS: files opened at a steady rate. */
static void act_pace(void)
{
	long a_turn = atol(given[1]) / 1000, turns = atol(given[2]) * 1000;
	struct timespec next;

	clock_gettime(CLOCK_MONOTONIC, &next);
	for (long turn = 0; turn < turns; turn++) {
		for (long i = 0; i < a_turn; i++)
			close(open(given[0], O_RDONLY));
		next.tv_nsec += 1000000;
		if (next.tv_nsec >= 1000000000) {
			next.tv_nsec -= 1000000000;
			next.tv_sec++;
		}
		clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
	}
}

/* Of this process and its children: what others use of the machine does not count. */
static double processor_seconds(void)
{
	struct rusage own, children;

	getrusage(RUSAGE_SELF, &own);
	getrusage(RUSAGE_CHILDREN, &children);
	return (double)(own.ru_utime.tv_sec + own.ru_stime.tv_sec + children.ru_utime.tv_sec +
			children.ru_stime.tv_sec) +
	       (double)(own.ru_utime.tv_usec + own.ru_stime.tv_usec + children.ru_utime.tv_usec +
			children.ru_stime.tv_usec) /
		       1e6;
}

static void say_time(double since, long times)
{
	printf("%.1f\n", (processor_seconds() - since) * 1e9 / (double)times);
}

/* PATH TIMES: how many nanoseconds it takes to open it, read it to its end and close it. */
static void act_time_read(void)
{
	static char buffer[65536];
	long times = atol(given[1]);
	double start = processor_seconds();

	for (long i = 0; i < times; i++) {
		int fd = open(given[0], O_RDONLY);

		while (read(fd, buffer, sizeof(buffer)) > 0)
			;
		close(fd);
	}
	say_time(start, times);
}

/* TIMES PROGRAM: a fork and an execution each. */
static void act_time_exec(void)
{
	long times = atol(given[0]);
	double start = processor_seconds();

	for (long i = 0; i < times; i++) {
		pid_t child = fork();

		if (child == 0) {
			execv(given[1], given + 1);
			_exit(1);
		}
		waitpid(child, NULL, 0);
	}
	say_time(start, times);
}

/* TIMES: the cheapest call. */
static void act_time_call(void)
{
	long times = atol(given[0]);
	double start = processor_seconds();

	for (long i = 0; i < times; i++)
		syscall(SYS_getppid);
	say_time(start, times);
}

static void act_true(void)
{
}

static const struct {
	const char *name;
	void (*act)(void);
} acts[] = {
	{ "answer", act_answer },
	{ "ask-parts", act_ask_parts },
	{ "ask-sendmmsg", act_ask_sendmmsg },
	{ "ask-sendto", act_ask_sendto },
	{ "ask-write", act_ask_write },
	{ "ask-writev", act_ask_writev },
	{ "bpf", act_bpf },
	{ "capset", act_capset },
#if defined(__x86_64__)
	{ "compat", act_compat },
#endif
	{ "clone3-changed", act_clone3_changed },
	{ "connect", act_connect },
	{ "connect-linked", act_connect_linked },
	{ "connect-unix", act_connect_unix },
	{ "creat", act_creat },
	{ "dup-file", act_dup_file },
	{ "dup-socket", act_dup_socket },
	{ "exec", act_exec },
	{ "exec-thread", act_exec_thread },
	{ "files", act_files },
	{ "flip", act_flip },
	{ "flood", act_flood },
	{ "io-uring", act_io_uring },
	{ "listen", act_listen },
	{ "memfd", act_memfd },
	{ "mount", act_mount },
	{ "open", act_open },
	{ "openat", act_openat },
	{ "openat2", act_openat2 },
	{ "openat2-changed", act_openat2_changed },
	{ "pace", act_pace },
	{ "ptrace", act_ptrace },
	{ "raw", act_raw },
	{ "replaced", act_replaced },
	{ "setns", act_setns },
	{ "signals", act_signals },
	{ "setuid", act_setuid },
#if defined(__x86_64__)
	{ "socketcall", act_socketcall },
#endif
	{ "time-call", act_time_call },
	{ "time-exec", act_time_exec },
	{ "time-read", act_time_read },
	{ "true", act_true },
};

int main(int count, char **arguments)
{
	if (count < 2)
		return 2;
	given = arguments + 2;
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		if (strcmp(acts[i].name, arguments[1]) != 0)
			continue;
		acts[i].act();
		return 0;
	}
	return 2;
}
