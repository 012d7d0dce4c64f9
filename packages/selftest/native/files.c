// SPDX-License-Identifier: Apache-2.0
/* Reads of secrets, writes where persistence begins, and covered tracks. */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "attack.h"

#define LATE_SECONDS 6

int write_all(int fd, const char *text, size_t length)
{
	while (length > 0) {
		ssize_t written = write(fd, text, length);

		if (written < 0 && errno == EINTR)
			continue;
		if (written <= 0)
			return -1;
		text += written;
		length -= (size_t)written;
	}
	return 0;
}

/* Closes it. */
int read_some(int fd)
{
	char byte;
	ssize_t count = read(fd, &byte, 1);

	close(fd);
	if (count == 1)
		return took_effect();
	return count == 0 ? impossible("the file is empty") : refused("read");
}

int copy_self(const char *path)
{
	char buffer[65536];
	ssize_t count;
	int from = open(self_path, O_RDONLY | O_CLOEXEC);
	int to = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);

	if (from < 0 || to < 0)
		return -1;
	while ((count = read(from, buffer, sizeof(buffer))) > 0)
		if (write_all(to, buffer, (size_t)count) < 0)
			return -1;
	close(from);
	close(to);
	return count < 0 ? -1 : 0;
}

static int read_file(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("read PATH");
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	return fd < 0 ? refused("open") : read_some(fd);
}

/* read-late PATH: by a process that is not new any more. */
static int read_late(int argc, char **argv)
{
	sleep(LATE_SECONDS);
	return read_file(argc, argv);
}

static int list_directory(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("list-directory PATH");
	fd = open(argv[0], O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return refused("open");
	close(fd);
	return took_effect();
}

/* Opens for writing what must not be written, and writes nothing. */
static int open_for_writing(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("open-for-writing PATH");
	fd = open(argv[0], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? impossible("no such file") : refused("open");
	close(fd);
	return took_effect();
}

/* Adds a comment, and takes it away again: with the file, where there was none. */
static int append_to_file(int argc, char **argv)
{
	static const char comment[] = "# a test of what protects this host\n";
	struct stat before;
	int existed, fd, wrote;

	if (argc != 1)
		return misused("append PATH");
	existed = stat(argv[0], &before) == 0;
	fd = open(argv[0], O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return refused("open");
	wrote = write_all(fd, comment, sizeof(comment) - 1);
	if (existed && ftruncate(fd, before.st_size) < 0)
		return refused("restore");
	close(fd);
	if (!existed)
		unlink(argv[0]);
	return wrote < 0 ? refused("write") : took_effect();
}

static int truncate_file(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("truncate PATH");
	fd = open(argv[0], O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return refused("open");
	close(fd);
	return took_effect();
}

static int create_file(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("create PATH");
	fd = open(argv[0], O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0755);
	if (fd < 0)
		return refused("open");
	close(fd);
	unlink(argv[0]);
	return took_effect();
}

static int unlink_file(int argc, char **argv)
{
	if (argc != 1)
		return misused("unlink PATH");
	if (unlink(argv[0]) < 0)
		return errno == ENOENT ? impossible("no such file") : refused("unlink");
	return took_effect();
}

static int make_directory(int argc, char **argv)
{
	if (argc != 1)
		return misused("make-directory PATH");
	if (mkdir(argv[0], 0755) < 0)
		return refused("mkdir");
	rmdir(argv[0]);
	return took_effect();
}

/* Puts a file in place by renaming, so that no open names the place. */
static int rename_over(int argc, char **argv)
{
	char source[] = "/tmp/pratique-renamed";
	int fd;

	if (argc != 1)
		return misused("rename-over PATH");
	fd = open(source, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return refused("open");
	close(fd);
	if (rename(source, argv[0]) < 0) {
		int outcome = refused("rename");

		unlink(source);
		return outcome;
	}
	unlink(argv[0]);
	return took_effect();
}

/* link-as PATH: an own file gets that name by a hard link. */
static int link_as(int argc, char **argv)
{
	static const char source[] = "/tmp/pratique-linked";
	int fd, outcome;

	if (argc != 1)
		return misused("link-as PATH");
	fd = open(source, O_WRONLY | O_CREAT | O_CLOEXEC, 0644);
	if (fd < 0)
		return refused("open");
	close(fd);
	outcome = link(source, argv[0]) < 0 ? refused("link") : took_effect();
	unlink(argv[0]);
	unlink(source);
	return outcome;
}

/* move-away PATH: and back. */
static int move_away(int argc, char **argv)
{
	static const char place[] = "/tmp/pratique-moved";

	if (argc != 1)
		return misused("move-away PATH");
	if (rename(argv[0], place) < 0)
		return refused("rename");
	rename(place, argv[0]);
	return took_effect();
}

static int symlink_to(int argc, char **argv)
{
	static const char link_path[] = "/tmp/pratique-symlink";

	if (argc != 1)
		return misused("symlink-to PATH");
	if (symlink(argv[0], link_path) < 0)
		return refused("symlink");
	unlink(link_path);
	return took_effect();
}

/* Within the image's own file system: the layer below is copied up, and no other file is touched. */
static int hardlink_to(int argc, char **argv)
{
	char path[512];

	if (argc != 1)
		return misused("hardlink-to PATH");
	snprintf(path, sizeof(path), "%s.pratique", argv[0]);
	if (link(argv[0], path) < 0)
		return refused("link");
	unlink(path);
	return took_effect();
}

/* What the runtime opens at the next start is a link that leads elsewhere. */
static int replace_device(int argc, char **argv)
{
	static const char saved[] = "/dev/pratique-null";
	static const char device[] = "/dev/null";

	(void)argc;
	(void)argv;
	if (rename(device, saved) < 0)
		return refused("rename");
	if (symlink("/proc/self/attr", device) < 0) {
		int outcome = refused("symlink");

		rename(saved, device);
		return outcome;
	}
	rename(saved, device);
	return took_effect();
}

static int set_times(int argc, char **argv)
{
	static const struct timespec old[2] = { { 946684800, 0 }, { 946684800, 0 } };

	if (argc != 1)
		return misused("set-times PATH");
	if (utimensat(AT_FDCWD, argv[0], old, 0) < 0)
		return refused("utimensat");
	return took_effect();
}

static int make_setuid(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-setuid";
	int fd, failed;

	(void)argc;
	(void)argv;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return refused("open");
	close(fd);
	/* Nobody but its owner may run it, and it is empty. */
	failed = chmod(path, 04700) < 0;
	if (failed)
		refused("chmod");
	unlink(path);
	return failed ? REFUSED : took_effect();
}

static int make_executable(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-executable";
	int fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600), failed;

	(void)argc;
	(void)argv;
	if (fd < 0)
		return refused("open");
	close(fd);
	failed = chmod(path, 0755) < 0;
	unlink(path);
	return failed ? refused("chmod") : took_effect();
}

const struct attack file_attacks[] = {
	{ "read", read_file },
	{ "read-late", read_late },
	{ "list-directory", list_directory },
	{ "open-for-writing", open_for_writing },
	{ "append", append_to_file },
	{ "truncate", truncate_file },
	{ "create", create_file },
	{ "unlink", unlink_file },
	{ "make-directory", make_directory },
	{ "rename-over", rename_over },
	{ "link-as", link_as },
	{ "move-away", move_away },
	{ "symlink-to", symlink_to },
	{ "hardlink-to", hardlink_to },
	{ "replace-device", replace_device },
	{ "set-times", set_times },
	{ "make-setuid", make_setuid },
	{ "make-executable", make_executable },
	{ NULL, NULL },
};
