// SPDX-License-Identifier: Apache-2.0
/* What one process does to another, and to its own rights. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <linux/capability.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

/* Shared by both sides of a fork, at one address. */
static volatile int target_word;

static int wait_for_signal(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	pause();
	return TOOK_EFFECT;
}

/* A child to work on, that ends with its parent. */
static pid_t start_target(void)
{
	pid_t child = fork();

	if (child == 0) {
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		pause();
		_exit(0);
	}
	return child;
}

static int end_target(pid_t child, int outcome)
{
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	return outcome;
}

static int attach_to_process(int argc, char **argv)
{
	pid_t child = start_target();
	int outcome;

	(void)argc;
	(void)argv;
	if (child < 0)
		return refused("fork");
	if (ptrace(PTRACE_ATTACH, child, NULL, NULL) < 0)
		return end_target(child, refused("ptrace"));
	waitpid(child, NULL, 0);
	outcome = took_effect();
	ptrace(PTRACE_DETACH, child, NULL, NULL);
	return end_target(child, outcome);
}

static int trace_me(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 ? refused("ptrace") : took_effect();
}

static int write_process_memory(int argc, char **argv)
{
	int value = 1;
	struct iovec here = { &value, sizeof(value) };
	struct iovec there = { (void *)&target_word, sizeof(target_word) };
	pid_t child = start_target();

	(void)argc;
	(void)argv;
	if (child < 0)
		return refused("fork");
	if (process_vm_writev(child, &here, 1, &there, 1, 0) != (ssize_t)sizeof(value))
		return end_target(child, refused("process_vm_writev"));
	return end_target(child, took_effect());
}

static int read_process_memory(int argc, char **argv)
{
	int value;
	struct iovec here = { &value, sizeof(value) };
	struct iovec there = { (void *)&target_word, sizeof(target_word) };
	pid_t child = start_target();

	(void)argc;
	(void)argv;
	if (child < 0)
		return refused("fork");
	if (process_vm_readv(child, &here, 1, &there, 1, 0) != (ssize_t)sizeof(value))
		return end_target(child, refused("process_vm_readv"));
	return end_target(child, took_effect());
}

static int write_memory_file(int argc, char **argv)
{
	char path[64];
	int value = 1, fd;
	pid_t child = start_target();

	(void)argc;
	(void)argv;
	if (child < 0)
		return refused("fork");
	snprintf(path, sizeof(path), "/proc/%d/mem", child);
	fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return end_target(child, refused("open"));
	if (pwrite(fd, &value, sizeof(value), (off_t)(unsigned long)&target_word) < 0)
		return end_target(child, refused("write"));
	return end_target(child, took_effect());
}

static int take_descriptor(int argc, char **argv)
{
	pid_t child = start_target();
	int process;

	(void)argc;
	(void)argv;
	if (child < 0)
		return refused("fork");
	process = (int)syscall(SYS_pidfd_open, child, 0);
	if (process < 0)
		return end_target(child, refused("pidfd_open"));
	if (syscall(SYS_pidfd_getfd, process, STDOUT_FILENO, 0) < 0)
		return end_target(child, refused("pidfd_getfd"));
	return end_target(child, took_effect());
}

/* The rights of root come back after they were given away, by a capability that stayed. */
static int become_root(int argc, char **argv)
{
	pid_t child = fork();

	(void)argc;
	(void)argv;
	if (child == 0) {
		if (setresuid(1000, 1000, 0) < 0)
			_exit(refused("setresuid"));
		if (syscall(SYS_setuid, 0) < 0)
			_exit(refused("setuid"));
		_exit(took_effect());
	}
	return child < 0 ? refused("fork") : exit_outcome(child, "child");
}

/* Called by a user who is not root: asks to become who it is. */
static int set_own_user(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return syscall(SYS_setuid, getuid()) < 0 ? refused("setuid") : took_effect();
}

static int raise_capabilities(int argc, char **argv)
{
	struct __user_cap_header_struct header = { _LINUX_CAPABILITY_VERSION_3, 0 };
	struct __user_cap_data_struct data[2];

	(void)argc;
	(void)argv;
	if (syscall(SYS_capget, &header, data) < 0)
		return refused("capget");
	for (int half = 0; half < 2; half++)
		data[half].inheritable = data[half].effective = data[half].permitted;
	return syscall(SYS_capset, &header, data) < 0 ? refused("capset") : took_effect();
}

static int is_sensor(const char *pid)
{
	char link_path[64], path[PATH_MAX];
	ssize_t length;

	snprintf(link_path, sizeof(link_path), "/proc/%.20s/exe", pid);
	length = readlink(link_path, path, sizeof(path) - 1);
	if (length < 0)
		return 0;
	path[length] = '\0';
	return strstr(path, "/pratique-sensor") != NULL;
}

static int signal_by_descriptor(pid_t sensor)
{
	int fd = (int)syscall(SYS_pidfd_open, sensor, 0);

	return fd < 0 ? -1 : (int)syscall(SYS_pidfd_send_signal, fd, SIGCONT, NULL, 0);
}

/* signal-sensor [descriptor]: tells the sensor to go on, which it does anyway. */
static int signal_sensor(int argc, char **argv)
{
	DIR *processes = opendir("/proc");
	struct dirent *entry;
	pid_t sensor = 0;

	(void)argv;
	while (processes && !sensor && (entry = readdir(processes)))
		if (is_sensor(entry->d_name))
			sensor = atoi(entry->d_name);
	if (processes)
		closedir(processes);
	if (!sensor)
		return impossible("no sensor runs");
	return (argc == 1 ? signal_by_descriptor(sensor) : kill(sensor, SIGCONT)) < 0 ? refused("kill") : took_effect();
}

const struct attack process_attacks[] = {
	{ "pause", wait_for_signal },
	{ "attach-to-process", attach_to_process },
	{ "trace-me", trace_me },
	{ "write-process-memory", write_process_memory },
	{ "read-process-memory", read_process_memory },
	{ "write-memory-file", write_memory_file },
	{ "take-descriptor", take_descriptor },
	{ "become-root", become_root },
	{ "set-own-user", set_own_user },
	{ "raise-capabilities", raise_capabilities },
	{ "signal-sensor", signal_sensor },
	{ NULL, NULL },
};
