// SPDX-License-Identifier: Apache-2.0
/* Programs that were not in the image, or are in no file at all. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

/* Runs a file that only tells that it ran. */
static int run_file(const char *path, char *argument)
{
	char *words[] = { (char *)path, argument, NULL };
	pid_t child = fork();

	if (child == 0) {
		execve(path, words, marking_environment());
		_exit(refused("execve"));
	}
	return child < 0 ? refused("fork") : exit_outcome(child, "exec");
}

static int run_descriptor(int fd, char *name)
{
	char *words[] = { name, NULL };
	pid_t child = fork();

	if (child == 0) {
		syscall(SYS_execveat, fd, "", words, marking_environment(), AT_EMPTY_PATH);
		_exit(refused("execveat"));
	}
	return child < 0 ? refused("fork") : exit_outcome(child, "exec");
}

/* drop-and-run [PATH [ARGUMENT]]: a copy of this program that the image does not have. */
static int drop_and_run(int argc, char **argv)
{
	const char *path = argc > 0 ? argv[0] : "/tmp/pratique-dropped";
	int outcome;

	if (copy_self(path) < 0)
		return refused("copy");
	outcome = run_file(path, argc > 1 ? argv[1] : NULL);
	unlink(path);
	return outcome;
}

/* Readable and executable by its owner alone, so that it serves nobody while it is there. */
static int drop_setuid_and_run(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-setuid-program";
	int outcome;

	(void)argc;
	(void)argv;
	if (copy_self(path) < 0)
		return refused("copy");
	outcome = chmod(path, 04700) < 0 ? refused("chmod") : run_file(path, NULL);
	unlink(path);
	return outcome;
}

/* An empty path beside a descriptor: no path in the call tells what runs. */
static int drop_and_run_descriptor(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-dropped";
	int fd, outcome;

	(void)argc;
	(void)argv;
	if (copy_self(path) < 0)
		return refused("copy");
	fd = open(path, O_PATH | O_CLOEXEC);
	if (fd < 0)
		return refused("open");
	outcome = run_descriptor(fd, "dropped");
	close(fd);
	unlink(path);
	return outcome;
}

static int copy_to_descriptor(int to)
{
	char buffer[65536];
	ssize_t count;
	int from = open(self_path, O_RDONLY | O_CLOEXEC);

	if (from < 0)
		return -1;
	while ((count = read(from, buffer, sizeof(buffer))) > 0)
		if (write_all(to, buffer, (size_t)count) < 0)
			return -1;
	close(from);
	return count < 0 ? -1 : 0;
}

/* run-memory [NAME] */
static int run_memory(int argc, char **argv)
{
	int fd = (int)syscall(SYS_memfd_create, argc > 0 ? argv[0] : "pratique", MFD_CLOEXEC);

	if (fd < 0)
		return refused("memfd_create");
	if (copy_to_descriptor(fd) < 0)
		return refused("copy");
	return run_descriptor(fd, "memory");
}

/* A dropped program of the runtime's name starts one in memory of the name that the runtime has there. */
static int run_as_runtime(int argc, char **argv)
{
	static char path[] = "/usr/bin/runc";
	static char name[] = "runc_cloned:/proc/self/exe";
	char *words[] = { path, name, NULL };
	pid_t child;
	int outcome;

	(void)argc;
	(void)argv;
	if (copy_self(path) < 0)
		return refused("copy");
	child = fork();
	if (child == 0) {
		setenv("PRATIQUE_ATTACK", marker_name, 1);
		setenv("PRATIQUE_RUN", "run-memory", 1);
		execv(path, words);
		_exit(refused("execve"));
	}
	outcome = child < 0 ? refused("fork") : exit_outcome(child, "exec");
	unlink(path);
	return outcome;
}

static int create_memory(int argc, char **argv)
{
	int fd = (int)syscall(SYS_memfd_create, "pratique", MFD_CLOEXEC);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return refused("memfd_create");
	return copy_to_descriptor(fd) < 0 ? refused("write") : took_effect();
}

/* Reached through /proc/self/fd, after its name is gone. */
static int run_deleted(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-deleted";
	char by_descriptor[64];
	int fd;

	(void)argc;
	(void)argv;
	if (copy_self(path) < 0)
		return refused("copy");
	fd = open(path, O_PATH);
	unlink(path);
	if (fd < 0)
		return refused("open");
	snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", fd);
	return run_file(by_descriptor, NULL);
}

/* The program that runs is the image's own; what it is told to do was dropped. */
static int run_script(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-script";
	char self[256], text[300];
	ssize_t length = readlink(self_path, self, sizeof(self) - 1);
	int fd, outcome, size;

	(void)argc;
	(void)argv;
	if (length < 0)
		return refused("readlink");
	self[length] = '\0';
	size = snprintf(text, sizeof(text), "#!%s\n", self);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
	if (fd < 0 || write_all(fd, text, (size_t)size) < 0)
		return refused("write");
	close(fd);
	outcome = run_file(path, NULL);
	unlink(path);
	return outcome;
}

/* No argument at all, not even a name. */
static int run_without_arguments(int argc, char **argv)
{
	char *none[] = { NULL };
	char self[256];
	ssize_t length = readlink(self_path, self, sizeof(self) - 1);
	pid_t child;

	if (argc != 1)
		return misused("run-without-arguments PATH");
	if (length < 0)
		return refused("readlink");
	self[length] = '\0';
	unlink(argv[0]);
	if (symlink(self, argv[0]) < 0)
		return refused("symlink");
	child = fork();
	if (child == 0) {
		execve(argv[0], none, marking_environment());
		_exit(refused("execve"));
	}
	return child < 0 ? refused("fork") : exit_outcome(child, "exec");
}

/* run-with-environment NAME=VALUE NAME [ARGUMENT...] */
static int run_with_environment(int argc, char **argv)
{
	if (argc < 2)
		return misused("run-with-environment NAME=VALUE PROGRAM [ARGUMENT...]");
	putenv(argv[0]);
	return run_chain(argc - 1, argv + 1);
}

static int run_in_directory(int argc, char **argv)
{
	if (argc < 2)
		return misused("run-in-directory PATH PROGRAM [ARGUMENT...]");
	if (chdir(argv[0]) < 0)
		return refused("chdir");
	return run_chain(argc - 1, argv + 1);
}

const struct attack execution_attacks[] = {
	{ "chain", run_chain },
	{ "as", run_as },
	{ "drop-and-run", drop_and_run },
	{ "drop-setuid-and-run", drop_setuid_and_run },
	{ "drop-and-run-descriptor", drop_and_run_descriptor },
	{ "run-memory", run_memory },
	{ "run-as-runtime", run_as_runtime },
	{ "create-memory", create_memory },
	{ "run-deleted", run_deleted },
	{ "run-script", run_script },
	{ "run-without-arguments", run_without_arguments },
	{ "run-with-environment", run_with_environment },
	{ "run-in-directory", run_in_directory },
	{ NULL, NULL },
};
