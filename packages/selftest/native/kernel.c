// SPDX-License-Identifier: Apache-2.0
/* Calls that give a workload power over the kernel. */
#include <errno.h>
#include <fcntl.h>
#include <linux/bpf.h>
#include <linux/io_uring.h>
#include <linux/keyctl.h>
#include <linux/perf_event.h>
#include <linux/userfaultfd.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "attack.h"

/* Refused as no module at all, after the kernel has agreed to look at it. */
static int load_module(int argc, char **argv)
{
	static const char garbage[128] = "no module";

	(void)argc;
	(void)argv;
	if (syscall(SYS_init_module, garbage, sizeof(garbage), "") == 0 || errno == ENOEXEC)
		return took_effect();
	return errno == ENOSYS ? impossible("a kernel without modules") : refused("init_module");
}

static int load_module_file(int argc, char **argv)
{
	int fd = open(self_path, O_RDONLY | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (syscall(SYS_finit_module, fd, "", 0) == 0 || errno == ENOEXEC)
		return took_effect();
	return errno == ENOSYS ? impossible("a kernel without modules") : refused("finit_module");
}

/* Two instructions that say no, attached to nothing. */
static int load_program(int argc, char **argv)
{
	static const struct bpf_insn program[] = {
		{ .code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = BPF_REG_0, .imm = 0 },
		{ .code = BPF_JMP | BPF_EXIT },
	};
	union bpf_attr attributes;
	int fd;

	(void)argc;
	(void)argv;
	memset(&attributes, 0, sizeof(attributes));
	attributes.prog_type = BPF_PROG_TYPE_SOCKET_FILTER;
	attributes.insns = (uintptr_t)program;
	attributes.insn_cnt = sizeof(program) / sizeof(program[0]);
	attributes.license = (uintptr_t) "Apache-2.0";
	fd = (int)syscall(SYS_bpf, BPF_PROG_LOAD, &attributes, sizeof(attributes));
	if (fd < 0)
		return refused("bpf");
	close(fd);
	return took_effect();
}

static int count_events(int argc, char **argv)
{
	struct perf_event_attr attributes;
	int fd;

	(void)argc;
	(void)argv;
	memset(&attributes, 0, sizeof(attributes));
	attributes.type = PERF_TYPE_SOFTWARE;
	attributes.size = sizeof(attributes);
	attributes.config = PERF_COUNT_SW_CONTEXT_SWITCHES;
	fd = (int)syscall(SYS_perf_event_open, &attributes, 0, -1, -1, 0);
	if (fd < 0)
		return errno == ENOENT || errno == ENOSYS ? impossible("no performance events") :
							    refused("perf_event_open");
	close(fd);
	return took_effect();
}

static int read_keyring(int argc, char **argv)
{
	char description[256];
	long key;

	(void)argc;
	(void)argv;
	key = syscall(SYS_keyctl, KEYCTL_GET_KEYRING_ID, KEY_SPEC_SESSION_KEYRING, 0);
	if (key < 0 || syscall(SYS_keyctl, KEYCTL_DESCRIBE, key, description, sizeof(description)) < 0)
		return refused("keyctl");
	return took_effect();
}

static int add_key(int argc, char **argv)
{
	(void)argc;
	(void)argv;
	return syscall(SYS_add_key, "user", "pratique-selftest", "x", 1, KEY_SPEC_PROCESS_KEYRING) < 0 ? refused("add_key")
												       : took_effect();
}

static int handle_faults(int argc, char **argv)
{
	int fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | UFFD_USER_MODE_ONLY);

	(void)argc;
	(void)argv;
	if (fd < 0)
		return errno == ENOSYS ? impossible("a kernel without userfaultfd") : refused("userfaultfd");
	close(fd);
	return took_effect();
}

static int set_up_ring(int argc, char **argv)
{
	struct io_uring_params parameters;
	int fd;

	(void)argc;
	(void)argv;
	memset(&parameters, 0, sizeof(parameters));
	fd = (int)syscall(SYS_io_uring_setup, 1, &parameters);
	if (fd < 0)
		return errno == ENOSYS ? impossible("a kernel without io_uring") : refused("io_uring_setup");
	close(fd);
	return took_effect();
}

/* The order of calls that Dirty Pipe (CVE-2022-0847) is made of: on a kernel that is mended nothing is written. */
static int splice_then_write(int argc, char **argv)
{
	int pipe_ends[2], failed;
	off_t offset = 0;
	int fd = open(self_path, O_RDONLY | O_CLOEXEC);

	(void)argc;
	(void)argv;
	if (fd < 0 || pipe2(pipe_ends, O_CLOEXEC) < 0)
		return refused("open");
	failed = splice(fd, &offset, pipe_ends[1], NULL, 1, 0) < 0;
	if (failed)
		return refused("splice");
	if (write_all(pipe_ends[1], "\n", 1) < 0)
		return refused("write");
	return took_effect();
}

const struct attack kernel_attacks[] = {
	{ "load-module", load_module },
	{ "load-module-file", load_module_file },
	{ "load-program", load_program },
	{ "count-events", count_events },
	{ "read-keyring", read_keyring },
	{ "add-key", add_key },
	{ "handle-faults", handle_faults },
	{ "set-up-ring", set_up_ring },
	{ "splice-then-write", splice_then_write },
	{ NULL, NULL },
};
