// SPDX-License-Identifier: Apache-2.0
/*
 * pratique-sensor: loads the BPF programs and tells what they see. Reads commands, one JSON object a line, from
 * standard input and ends when that ends; so nothing is left of it when the agent dies, but what prevention pins on
 * purpose.
 */
#include "guards.h"
#include "load.h"
#include "module.h"
#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>
#include <unistd.h>

#define MAX_WATCHED 256
#define MAX_LINE (16u << 20)
#define COUNTERS_PERIOD_MS 5000

extern const struct module events_module;
extern const struct module prevent_module;
extern const struct module channel_module;
extern const struct module files_module;
extern const struct module packets_module;
extern const struct module held_module;

static const struct module *const modules[] = {
	&events_module,
	&prevent_module,
	&channel_module,
	&files_module,
	&packets_module,
	&held_module,
};

#define MODULES (sizeof(modules) / sizeof(modules[0]))

static struct watched {
	int fd;
	uint32_t events;
	watcher called;
	void *context;
	bool timer;
} watched[MAX_WATCHED];

static int epoll_fd = -1;
static bool ended;

static struct {
	char *text;
	size_t length, capacity;
	bool skipping; /* the rest of a line that was too long */
} input;

static struct watched *find_watched(int fd)
{
	for (size_t i = 0; i < MAX_WATCHED; i++) {
		if (watched[i].called && watched[i].fd == fd)
			return &watched[i];
	}
	return NULL;
}

static struct watched *find_free(void)
{
	for (size_t i = 0; i < MAX_WATCHED; i++) {
		if (!watched[i].called)
			return &watched[i];
	}
	return NULL;
}

int watch(int fd, uint32_t events, watcher called, void *context)
{
	struct epoll_event event = { .events = events, .data.fd = fd };
	struct watched *slot = find_watched(fd) ? NULL : find_free();

	if (!slot)
		return -ENOSPC;
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		return -errno;
	*slot = (struct watched){ .fd = fd, .events = events, .called = called, .context = context };
	return 0;
}

void unwatch(int fd)
{
	struct watched *slot = find_watched(fd);

	if (!slot)
		return;
	epoll_ctl(epoll_fd, EPOLL_CTL_DEL, fd, NULL);
	slot->called = NULL;
}

int watch_timer(uint64_t period_ms, watcher called, void *context)
{
	struct timespec period = { (time_t)(period_ms / 1000), (long)(period_ms % 1000) * 1000000 };
	struct itimerspec times = { period, period };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK), error;

	if (fd < 0)
		return -errno;
	error = timerfd_settime(fd, 0, &times, NULL) < 0 ? -errno : watch(fd, EPOLLIN, called, context);
	if (error < 0) {
		close(fd);
		return error;
	}
	find_watched(fd)->timer = true;
	return fd;
}

void end_loop(void)
{
	ended = true;
}

static void write_counters(struct json_writer *writer)
{
	json_write_key(writer, "unsent");
	write_unsent(writer);
	for (size_t i = 0; i < MODULES; i++) {
		if (!modules[i]->counters)
			continue;
		json_write_key(writer, modules[i]->name);
		json_begin_object(writer);
		modules[i]->counters(writer);
		json_end_object(writer);
	}
}

static void write_probes(struct json_writer *writer)
{
	json_write_key(writer, "probes");
	json_begin_array(writer);
	for (size_t i = 0; i < MODULES; i++) {
		if (modules[i]->probe)
			modules[i]->probe(writer);
	}
	json_end_array(writer);
}

static void begin_event(struct json_writer *writer, const char *name)
{
	json_begin_object(writer);
	json_write_key(writer, "event");
	json_write_text(writer, name);
}

static void tell_ready(void)
{
	struct json_writer writer = { 0 };

	begin_event(&writer, "ready");
	json_write_key(&writer, "wireVersion");
	json_write_u64(&writer, WIRE_VERSION);
	json_write_key(&writer, "hierarchy");
	json_write_text(&writer, cgroup_hierarchy()->name);
	json_write_key(&writer, "hierarchyPath");
	json_write_text(&writer, cgroup_hierarchy()->path);
	write_probes(&writer);
	json_end_object(&writer);
	put_message(&writer);
}

static void tell_counters(int fd, uint32_t events, void *context)
{
	struct json_writer writer = { 0 };

	(void)fd, (void)events, (void)context;
	begin_event(&writer, "counters");
	write_counters(&writer);
	json_end_object(&writer);
	put_message(&writer);
}

/* A command is known when a module knows it; the first that refuses it decides. */
static enum answer ask_modules(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	enum answer answer = ANSWER_UNKNOWN;

	for (size_t i = 0; i < MODULES; i++) {
		enum answer own = modules[i]->command ? modules[i]->command(name, line, reply, error) : ANSWER_UNKNOWN;

		if (own == ANSWER_FAILED || own == ANSWER_LATER)
			return own;
		if (own == ANSWER_OK)
			answer = own;
	}
	return answer;
}

static enum answer run_command(const struct json *line, struct json_writer *reply, const char **error)
{
	const char *name = json_text(json_get(line, "command"), "");

	if (strcmp(name, "counters") == 0) {
		write_counters(reply);
		return ANSWER_OK;
	}
	if (strcmp(name, "probe") == 0) {
		write_probes(reply);
		return ANSWER_OK;
	}
	return ask_modules(name, line, reply, error);
}

static void tell_answer(uint64_t id, struct json_writer *members, enum answer answer, const char *error)
{
	struct json_writer writer = { 0 };

	if (answer == ANSWER_OK) {
		json_write_key(members, "id");
		json_write_u64(members, id);
		json_write_key(members, "ok");
		json_write_bool(members, true);
		json_end_object(members);
		put_message(members);
		return;
	}
	json_writer_free(members);
	if (answer == ANSWER_LATER)
		return;
	json_begin_object(&writer);
	json_write_key(&writer, "id");
	json_write_u64(&writer, id);
	json_write_key(&writer, "ok");
	json_write_bool(&writer, false);
	json_write_key(&writer, "error");
	json_write_text(&writer, error);
	json_end_object(&writer);
	put_message(&writer);
}

static void take_line(char *text, size_t length)
{
	const char *error = "unknown command";
	struct json *line = json_parse(text, length, &error);
	struct json_writer members = { 0 };
	enum answer answer;
	uint64_t id = 0;

	if (!line || !json_u64(json_get(line, "id"), &id)) {
		put_trouble("command is no JSON object with an id: %s", line ? "no id" : error);
		json_free(line);
		return;
	}
	json_begin_object(&members);
	/* Before the error is read, which it sets. */
	answer = run_command(line, &members, &error);
	tell_answer(id, &members, answer, error);
	json_free(line);
}

static void take_lines(size_t seen)
{
	size_t start = 0;

	for (;;) {
		char *end = memchr(input.text + start + seen, '\n', input.length - start - seen);

		if (!end)
			break;
		if (!input.skipping)
			take_line(input.text + start, (size_t)(end - (input.text + start)));
		input.skipping = false;
		start = (size_t)(end - input.text) + 1;
		seen = 0;
	}
	input.length -= start;
	memmove(input.text, input.text + start, input.length);
}

static bool make_room(void)
{
	size_t capacity = input.capacity ? input.capacity * 2 : 1 << 16;
	char *text;

	if (input.capacity - input.length > 4096)
		return true;
	if (capacity > MAX_LINE) {
		put_trouble("a command has more than %u bytes and is skipped", MAX_LINE);
		input.skipping = true;
		input.length = 0;
		return true;
	}
	text = realloc(input.text, capacity);
	if (!text)
		return false;
	input.text = text;
	input.capacity = capacity;
	return true;
}

static void on_input(int fd, uint32_t events, void *context)
{
	size_t seen = input.length;
	ssize_t count;

	(void)events, (void)context;
	if (!make_room()) {
		put_trouble("out of memory for commands");
		end_loop();
		return;
	}
	if (input.length < seen)
		seen = 0;
	/* One byte is left for the NUL that the JSON reader may write after a number. */
	count = read(fd, input.text + input.length, input.capacity - input.length - 1);
	if (count < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (count <= 0) {
		end_loop();
		return;
	}
	input.length += (size_t)count;
	take_lines(seen);
}

static void on_signal(int fd, uint32_t events, void *context)
{
	(void)fd, (void)events, (void)context;
	end_loop();
}

static int watch_signals(void)
{
	sigset_t signals;
	int fd;

	sigemptyset(&signals);
	sigaddset(&signals, SIGTERM);
	sigaddset(&signals, SIGINT);
	sigaddset(&signals, SIGHUP);
	sigprocmask(SIG_BLOCK, &signals, NULL);
	signal(SIGPIPE, SIG_IGN);
	fd = signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
	return fd < 0 ? -errno : watch(fd, EPOLLIN, on_signal, NULL);
}

static int start(void)
{
	int error;

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	if (epoll_fd < 0)
		return -errno;
	if ((error = watch_signals()) < 0 || (error = start_output()) < 0)
		return error;
	if ((error = start_loading()) < 0)
		return error;
	for (size_t i = 0; i < MODULES; i++) {
		error = modules[i]->start();
		if (error < 0) {
			put_trouble("module %s does not start: %s", modules[i]->name, strerror(-error));
			return error;
		}
	}
	tell_ready();
	error = watch(STDIN_FILENO, EPOLLIN, on_input, NULL);
	if (error < 0)
		return error;
	error = watch_timer(COUNTERS_PERIOD_MS, tell_counters, NULL);
	return error < 0 ? error : 0;
}

/* One that repeats goes on only when it has been read. */
static void read_timer(int fd)
{
	uint64_t expirations;

	while (read(fd, &expirations, sizeof(expirations)) < 0 && errno == EINTR)
		;
}

static void call_watcher(struct watched *slot, uint32_t events)
{
	if (slot->timer)
		read_timer(slot->fd);
	slot->called(slot->fd, events, slot->context);
}

static void turn(void)
{
	struct epoll_event ready[64];
	int count = epoll_wait(epoll_fd, ready, 64, -1);

	for (int i = 0; i < count; i++) {
		struct watched *slot = find_watched(ready[i].data.fd);

		/* What was called before may have unwatched it. */
		if (slot)
			call_watcher(slot, ready[i].events);
	}
	if (count < 0 && errno != EINTR)
		ended = true;
	flush_output();
}

static void stop(void)
{
	for (size_t i = MODULES; i-- > 0;) {
		if (modules[i]->stop)
			modules[i]->stop();
	}
	stop_loading();
	stop_output();
	free(input.text);
}

static int read_options(int count, char **options)
{
	int option;

	while ((option = getopt(count, options, "c:p:v")) != -1) {
		if (option == 'c')
			prefer_hierarchy(optarg);
		else if (option == 'v')
			log_from(LOG_DEBUG);
		else if (option == 'p' && name_guards(optarg))
			continue;
		else
			return -1;
	}
	return optind == count ? 0 : -1;
}

int main(int count, char **options)
{
	int error;

	if ((count == 2 || (count == 3 && name_guards(options[2]))) && strcmp(options[1], "--clear") == 0) {
		printf("%d\n", clear_guards());
		return 0;
	}
	if (read_options(count, options) < 0) {
		fprintf(stderr, "usage: pratique-sensor [-v] [-c unified|CONTROLLER] [-p PINS] | --clear [PINS]\n");
		return 2;
	}
	error = start();
	while (error == 0 && !ended)
		turn();
	if (error < 0)
		log_line(LOG_ERROR, "cannot start: %s", strerror(-error));
	stop();
	return error < 0 ? 1 : 0;
}
