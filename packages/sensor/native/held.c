// SPDX-License-Identifier: Apache-2.0
/* The module that is asked whom the processes of containers talk to now. */
#include "bpf/held.h"
#include "load.h"
#include "module.h"
#include "output.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

/* Whoever opens more must not keep others from being seen, nor the main loop from its work. */
#define MAX_OF_ONE 1024
#define MAX_FLOWS 16384
#define DEADLINE_MS 200
#define ROWS_AT_ONCE 1024

static struct object *object;

static int start(void)
{
	object = load_object("held", NULL);
	return 0;
}

static void probe(struct json_writer *array)
{
	write_probes_of(array, "held");
}

static int open_iterator(void)
{
	struct bpf_program *program = find_program(object, "held_flows");
	struct bpf_link *link = program ? bpf_program__attach_iter(program, NULL) : NULL;
	int fd = link ? bpf_iter_create(bpf_link__fd(link)) : -1;

	/* What is being read stays. */
	bpf_link__destroy(link);
	return fd;
}

static void write_flow(struct json_writer *reply, const struct held_flow *flow)
{
	static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };
	bool is_mapped = flow->family == AF_INET6 && memcmp(flow->address, mapped, sizeof(mapped)) == 0;
	char address[INET6_ADDRSTRLEN] = "";

	inet_ntop(is_mapped ? AF_INET : flow->family, flow->address + (is_mapped ? sizeof(mapped) : 0), address,
		  sizeof(address));
	json_begin_object(reply);
	json_write_key(reply, "pid");
	json_write_u64(reply, flow->pid);
	json_write_key(reply, "protocol");
	json_write_u64(reply, flow->protocol);
	json_write_key(reply, "address");
	json_write_text(reply, address);
	json_write_key(reply, "port");
	json_write_u64(reply, flow->port);
	json_end_object(reply);
}

static uint64_t monotonic_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

/* True where not all were seen. */
static bool write_flows(struct json_writer *reply, int fd)
{
	struct held_flow rows[ROWS_AT_ONCE];
	uint64_t deadline = monotonic_ms() + DEADLINE_MS;
	uint32_t told = 0, of_one = 0, pid = 0;
	bool is_cut = false;

	while (monotonic_ms() < deadline) {
		ssize_t length = read(fd, rows, sizeof(rows));

		if (length < 0 && (errno == EAGAIN || errno == EINTR))
			continue;
		if (length <= 0)
			return is_cut || length < 0;
		for (size_t i = 0; i < (size_t)length / sizeof(rows[0]); i++) {
			of_one = rows[i].pid == pid ? of_one + 1 : 0;
			pid = rows[i].pid;
			if (told == MAX_FLOWS)
				return true;
			if (of_one >= MAX_OF_ONE) {
				is_cut = true;
				continue;
			}
			write_flow(reply, &rows[i]);
			told++;
		}
	}
	return true;
}

static enum answer command(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	bool is_cut;
	int fd;

	(void)line;
	if (strcmp(name, "flows") != 0)
		return ANSWER_UNKNOWN;
	fd = open_iterator();
	if (fd < 0) {
		*error = "this kernel does not tell what processes have open";
		return ANSWER_FAILED;
	}
	json_write_key(reply, "flows");
	json_begin_array(reply);
	is_cut = write_flows(reply, fd);
	json_end_array(reply);
	json_write_key(reply, "cut");
	json_write_bool(reply, is_cut);
	close(fd);
	return ANSWER_OK;
}

static void stop(void)
{
	close_object(object);
	object = NULL;
}

const struct module held_module = {
	.name = "held",
	.start = start,
	.probe = probe,
	.command = command,
	.stop = stop,
};
