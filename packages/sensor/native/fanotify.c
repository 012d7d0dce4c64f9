// SPDX-License-Identifier: Apache-2.0
/*
 * The module that allows or denies opening and executing files of a container, by the file system that is the
 * container's root. The kernel waits for each answer, so the thread that gives them does nothing that could wait for
 * one: it opens no file but in /proc, holds no lock longer than a look at the rules, and hands records on through a pipe.
 * When the process ends the kernel allows what is pending.
 */
#include "cgroups.h"
#include "fields.h"
#include "module.h"
#include "output.h"
#include "prevent.h"
#include "wire.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/fanotify.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#define MAX_CONTAINERS 1024
#define MAX_RULES 256
#define EVENT_BYTES 8192
#define PATH_BYTES 4096
#define RECORD_PATH_BYTES 512
#define LOOK_EVERY_MS 50
#define DEFAULT_DEADLINE_MS 500
#define MAX_DEADLINE_MS 10000

enum shape { SHAPE_PATH, SHAPE_PREFIX, SHAPE_BASENAME };

struct file_rule {
	uint32_t rule;
	bool on_exec, denies;
	enum shape shape;
	size_t length;
	char *text;
};

struct container {
	uint64_t cgroup_id;
	char cgroup[512]; /* its path in the hierarchy */
	char root[64]; /* through which the mark was made */
	dev_t device;
	uint64_t mask;
	struct file_rule *rules;
	size_t rule_count;
};

struct file_record {
	struct wire_record head;
	struct {
		uint16_t tag, length;
		uint8_t value[8];
	} primitive, rule;
	uint16_t tag, length;
	char path[RECORD_PATH_BYTES + 8];
};

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER; /* of containers */
static struct container *containers[MAX_CONTAINERS];
static size_t container_count;

static int group = -1, wake = -1, records[2] = { -1, -1 };
static pthread_t thread;
static bool running;
static char reason[128] = "not started";

/* The event that is being answered, by the responder or, when that is late, by the main loop. */
static pthread_mutex_t answering = PTHREAD_MUTEX_INITIALIZER;
static int pending = -1;
static uint64_t pending_since_ms;
static atomic_uint_fast64_t denied, allowed, late;
static atomic_uint deadline_ms = DEFAULT_DEADLINE_MS;
static atomic_bool late_denies, dry_run;

static uint64_t now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000 + (uint64_t)now.tv_nsec / 1000000;
}

static void write_answer(bool allow)
{
	struct fanotify_response response = { .fd = pending, .response = allow ? FAN_ALLOW : FAN_DENY };

	pending = -1;
	if (write(group, &response, sizeof(response)) > 0)
		atomic_fetch_add(allow ? &allowed : &denied, 1);
}

static void take_up(int fd)
{
	pthread_mutex_lock(&answering);
	pending = fd;
	pending_since_ms = now_ms();
	pthread_mutex_unlock(&answering);
}

/* Its descriptor is closed only after this, so that a number is never another event's. */
static void give_answer(bool allow)
{
	pthread_mutex_lock(&answering);
	if (pending >= 0)
		write_answer(allow);
	pthread_mutex_unlock(&answering);
}

static void answer_late(int fd, uint32_t events, void *context)
{
	uint64_t ticks;

	(void)events, (void)context;
	if (read(fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return;
	pthread_mutex_lock(&answering);
	if (pending >= 0 && now_ms() - pending_since_ms >= atomic_load(&deadline_ms)) {
		write_answer(!atomic_load(&late_denies));
		atomic_fetch_add(&late, 1);
	}
	pthread_mutex_unlock(&answering);
}

static bool read_small(const char *path, char *text, size_t room)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t length = fd < 0 ? -1 : read(fd, text, room - 1);

	if (fd >= 0)
		close(fd);
	text[length < 0 ? 0 : length] = '\0';
	return length >= 0;
}

/* The engine works in a container's root as well; it is not in the container's cgroup. */
static bool runs_in(pid_t pid, const char *cgroup)
{
	char path[64], text[8192];
	size_t length = strlen(cgroup);
	const char *line;

	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	if (!read_small(path, text, sizeof(text)))
		return true;
	line = strncmp(text, "0::", 3) == 0 ? text : strstr(text, "\n0::");
	if (!line)
		return true;
	line = strstr(line, "::") + 2;
	return strncmp(line, cgroup, length) == 0 && (line[length] == '\n' || line[length] == '/' || line[length] == '\0');
}

static bool matches(const struct file_rule *rule, const char *path, size_t length)
{
	const char *base;

	switch (rule->shape) {
	case SHAPE_PATH:
		return length == rule->length && memcmp(path, rule->text, length) == 0;
	case SHAPE_PREFIX:
		return length >= rule->length && memcmp(path, rule->text, rule->length) == 0;
	case SHAPE_BASENAME:
		base = strrchr(path, '/');
		return base && strcmp(base + 1, rule->text) == 0;
	}
	return false;
}

struct verdict {
	bool matched, denies;
	uint32_t rule;
	uint64_t cgroup_id;
	char cgroup[512];
};

static void look_at_rules(dev_t device, uint64_t mask, const char *path, struct verdict *verdict)
{
	size_t length = strlen(path);

	pthread_mutex_lock(&lock);
	for (size_t i = 0; i < container_count; i++) {
		const struct container *container = containers[i];

		if (container->device != device)
			continue;
		for (size_t j = 0; j < container->rule_count; j++) {
			const struct file_rule *rule = &container->rules[j];

			if (rule->on_exec != !!(mask & FAN_OPEN_EXEC_PERM) || !matches(rule, path, length) ||
			    (verdict->matched && !rule->denies))
				continue;
			verdict->matched = true;
			verdict->denies = rule->denies;
			verdict->rule = rule->rule;
			verdict->cgroup_id = container->cgroup_id;
			memcpy(verdict->cgroup, container->cgroup, sizeof(verdict->cgroup));
			if (rule->denies)
				break;
		}
		break;
	}
	pthread_mutex_unlock(&lock);
}

static void hand_record_on(const struct fanotify_event_metadata *event, const struct verdict *verdict, bool denies,
			   const char *path)
{
	struct file_record record = { 0 };
	size_t length = strlen(path), padded;
	struct timespec now;
	uint64_t value;

	if (length > RECORD_PATH_BYTES) {
		length = RECORD_PATH_BYTES;
		record.head.flags = WIRE_TRUNCATED;
	}
	clock_gettime(CLOCK_BOOTTIME, &now);
	padded = (length + 3) & ~3ul;
	record.head.kind = WIRE_PREVENT;
	record.head.flags |= denies ? WIRE_PREVENTED : verdict->denies ? WIRE_DRY_RUN : 0;
	record.head.time_ns = (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
	record.head.cgroup_id = verdict->cgroup_id;
	record.head.pid = record.head.tid = (uint32_t)event->pid;
	record.primitive.tag = WIRE_NUMBER0;
	record.rule.tag = WIRE_NUMBER1;
	record.primitive.length = record.rule.length = sizeof(value);
	value = event->mask & FAN_OPEN_EXEC_PERM ? WIRE_PRIMITIVE_FILE_EXEC : WIRE_PRIMITIVE_FILE_OPEN;
	memcpy(record.primitive.value, &value, sizeof(value));
	value = verdict->rule;
	memcpy(record.rule.value, &value, sizeof(value));
	record.tag = WIRE_PATH;
	record.length = (uint16_t)length;
	memcpy(record.path, path, length);
	record.path[padded] = WIRE_TEXT2; /* an empty section, where one is needed to end at eight bytes */
	record.head.size = (uint32_t)((offsetof(struct file_record, path) + padded + 7) & ~7ul);
	/* No longer than what a pipe takes whole; one that is full costs the record and not the answer. */
	if (write(records[1], &record, record.head.size) < 0)
		return;
}

static bool decide(const struct fanotify_event_metadata *event)
{
	char link[64], path[PATH_BYTES];
	struct verdict verdict = { 0 };
	struct stat status;
	ssize_t length;
	bool denies;

	if (event->pid == getpid() || fstat(event->fd, &status) < 0)
		return true;
	snprintf(link, sizeof(link), "/proc/self/fd/%d", event->fd);
	length = readlink(link, path, sizeof(path) - 1);
	if (length <= 0)
		return true;
	path[length] = '\0';
	look_at_rules(status.st_dev, event->mask, path, &verdict);
	if (!verdict.matched || !runs_in(event->pid, verdict.cgroup))
		return true;
	denies = verdict.denies && !atomic_load(&dry_run);
	hand_record_on(event, &verdict, denies, path);
	return !denies;
}

static void respond(const struct fanotify_event_metadata *event)
{
	if (event->fd < 0)
		return;
	if (event->mask & (FAN_OPEN_PERM | FAN_OPEN_EXEC_PERM)) {
		take_up(event->fd);
		give_answer(decide(event));
	}
	close(event->fd);
}

static void *run_responder(void *context)
{
	static char bytes[EVENT_BYTES] __attribute__((aligned(8)));
	struct pollfd ready[2] = { { group, POLLIN, 0 }, { wake, POLLIN, 0 } };

	(void)context;
	while (poll(ready, 2, -1) >= 0 || errno == EINTR) {
		ssize_t length;

		if (ready[1].revents)
			break;
		length = read(group, bytes, sizeof(bytes));
		for (const struct fanotify_event_metadata *event = (void *)bytes; FAN_EVENT_OK(event, length);
		     event = FAN_EVENT_NEXT(event, length))
			respond(event);
	}
	return NULL;
}

static void on_records(int fd, uint32_t events, void *context)
{
	struct file_record record;

	(void)events, (void)context;
	while (read(fd, &record.head, sizeof(record.head)) == (ssize_t)sizeof(record.head)) {
		size_t rest = record.head.size - sizeof(record.head);

		if (rest > sizeof(record) - sizeof(record.head) ||
		    read(fd, (char *)&record + sizeof(record.head), rest) != (ssize_t)rest)
			return;
		put_record(&record, record.head.size, LANE_RARE);
	}
}

static void stop(void);

static int start(void)
{
	sigset_t all, old;
	int error;

	group = fanotify_init(FAN_CLASS_CONTENT | FAN_CLOEXEC | FAN_NONBLOCK, O_RDONLY | O_LARGEFILE | O_CLOEXEC | O_NONBLOCK);
	if (group < 0) {
		snprintf(reason, sizeof(reason), "%s", strerror(errno));
		return 0;
	}
	wake = eventfd(0, EFD_CLOEXEC);
	if (wake < 0 || pipe2(records, O_CLOEXEC | O_NONBLOCK) < 0)
		return -errno;
	if ((error = watch(records[0], EPOLLIN, on_records, NULL)) < 0)
		return error;
	if ((error = watch_timer(LOOK_EVERY_MS, answer_late, NULL)) < 0)
		return error;
	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	error = pthread_create(&thread, NULL, run_responder, NULL);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	running = error == 0;
	reason[0] = '\0';
	return -error;
}

static void free_container(struct container *container)
{
	for (size_t i = 0; container->rules && i < container->rule_count; i++)
		free(container->rules[i].text);
	free(container->rules);
	free(container);
}

static void stop(void)
{
	uint64_t one = 1;

	if (running && write(wake, &one, sizeof(one)) > 0)
		pthread_join(thread, NULL);
	running = false;
	/* The kernel allows what is pending. */
	if (group >= 0)
		close(group);
	group = -1;
	for (size_t i = 0; i < container_count; i++)
		free_container(containers[i]);
	container_count = 0;
}

static void probe(struct json_writer *array)
{
	json_begin_object(array);
	json_write_key(array, "name");
	json_write_text(array, "files/permission");
	json_write_key(array, "ok");
	json_write_bool(array, reason[0] == '\0');
	if (reason[0]) {
		json_write_key(array, "reason");
		json_write_text(array, reason);
	}
	json_end_object(array);
}

static void counters(struct json_writer *writer)
{
	json_write_key(writer, "allowed");
	json_write_u64(writer, atomic_load(&allowed));
	json_write_key(writer, "denied");
	json_write_u64(writer, atomic_load(&denied));
	json_write_key(writer, "late");
	json_write_u64(writer, atomic_load(&late));
}

static const char *read_rule(const struct json *entry, struct file_rule *rule)
{
	static const char *const members[] = { "rule", "on", "path", "prefix", "basename", "action", NULL };
	static const char *const occasions[] = { "open", "exec", NULL };
	static const char *const actions[] = { "report", "deny", NULL };
	const struct json *path = json_get(entry, "path"), *prefix = json_get(entry, "prefix");
	const struct json *basename = json_get(entry, "basename"), *named = path ? path : prefix ? prefix : basename;
	int on = read_choice(json_get(entry, "on"), occasions, -1), action = read_choice(json_get(entry, "action"), actions, -1);
	uint64_t number = 0;

	if (!has_only(entry, members) || on < 0 || action < 0 || !read_number(json_get(entry, "rule"), UINT32_MAX, &number))
		return "a file has on, open or exec, and action, deny or report";
	if (!!path + !!prefix + !!basename != 1 || !json_text(named, NULL) || named->length == 0 || named->length >= PATH_BYTES)
		return "a file is named by one of path, prefix and basename";
	rule->rule = (uint32_t)number;
	rule->on_exec = on == 1;
	rule->denies = action == 1;
	rule->shape = path ? SHAPE_PATH : prefix ? SHAPE_PREFIX : SHAPE_BASENAME;
	rule->length = named->length;
	rule->text = strdup(named->text);
	return rule->text ? NULL : "out of memory";
}

static const char *read_rules(const struct json *list, struct container *container)
{
	container->rules = calloc(MAX_RULES, sizeof(*container->rules));
	if (!container->rules)
		return "out of memory";
	for (const struct json *entry = json_elements(list); entry; entry = entry->next) {
		const char *error;

		if (container->rule_count == MAX_RULES)
			return "a container has too many files";
		error = read_rule(entry, &container->rules[container->rule_count]);
		if (error)
			return error;
		container->mask |= container->rules[container->rule_count++].on_exec ? FAN_OPEN_EXEC_PERM : FAN_OPEN_PERM;
	}
	return NULL;
}

static struct container *read_container(const struct json *entry, const char **error)
{
	struct container *container = calloc(1, sizeof(*container));
	uint64_t pid = 0;

	if (!container) {
		*error = "out of memory";
		return NULL;
	}
	*error = json_u64(json_get(entry, "cgroupId"), &container->cgroup_id) ? NULL : "a container has no cgroupId";
	if (!*error)
		*error = read_rules(json_get(json_get(entry, "policy"), "files"), container);
	if (!*error && container->rule_count > 0 && !(json_u64(json_get(entry, "pid"), &pid) && pid > 0 && pid <= INT32_MAX))
		*error = "a container with files has a pid";
	snprintf(container->root, sizeof(container->root), "/proc/%d/root", (int)pid);
	if (!*error)
		return container;
	free_container(container);
	return NULL;
}

/* A file system that is the host's own would make the whole host wait for answers. */
static const char *mark(struct container *container)
{
	struct stat root, host;

	if (!cgroup_path(container->cgroup_id, container->cgroup, sizeof(container->cgroup)))
		return "there is no such cgroup";
	if (stat(container->root, &root) < 0 || stat("/", &host) < 0)
		return "the container has no such process";
	if (root.st_dev == host.st_dev)
		return "the root of the container is the host's file system";
	if (fanotify_mark(group, FAN_MARK_ADD | FAN_MARK_FILESYSTEM, container->mask, AT_FDCWD, container->root) < 0)
		return "the container's root cannot be marked";
	container->device = root.st_dev;
	return NULL;
}

/* With what is marked anew kept: another container may have the same root. */
static void unmark(const struct container *old, uint64_t kept)
{
	struct stat root;

	if (stat(old->root, &root) == 0 && root.st_dev == old->device && (old->mask & ~kept))
		fanotify_mark(group, FAN_MARK_REMOVE | FAN_MARK_FILESYSTEM, old->mask & ~kept, AT_FDCWD, old->root);
}

/* Takes the new one, which may be NULL. */
static void replace(uint64_t cgroup_id, struct container *replacement)
{
	struct container *old = NULL;
	size_t place = 0;

	pthread_mutex_lock(&lock);
	while (place < container_count && containers[place]->cgroup_id != cgroup_id)
		place++;
	if (place < container_count) {
		old = containers[place];
		containers[place] = replacement ? replacement : containers[--container_count];
	} else if (replacement) {
		containers[container_count++] = replacement;
	}
	pthread_mutex_unlock(&lock);
	if (!old)
		return;
	unmark(old, replacement && replacement->device == old->device ? replacement->mask : 0);
	free_container(old);
}

static void set_one(const struct json *entry)
{
	const char *error;
	struct container *container = read_container(entry, &error);

	if (!container)
		return;
	if (container->rule_count == 0) {
		replace(container->cgroup_id, NULL);
		free_container(container);
		return;
	}
	error = group < 0 ? "this kernel gives no permission events" : container_count == MAX_CONTAINERS ? "too many containers" : mark(container);
	if (!error) {
		replace(container->cgroup_id, container);
		return;
	}
	put_trouble("files of the container in cgroup %llu are not guarded: %s", (unsigned long long)container->cgroup_id,
		    error);
	free_container(container);
}

const char *check_files(const struct json *line)
{
	for (const struct json *entry = json_elements(json_get(line, "set")); entry; entry = entry->next) {
		const char *error;
		struct container *container = read_container(entry, &error);

		if (!container)
			return error;
		free_container(container);
	}
	return NULL;
}

static void set_files(const struct json *line, struct json_writer *reply)
{
	uint64_t id;

	for (const struct json *entry = json_elements(json_get(line, "set")); entry; entry = entry->next)
		set_one(entry);
	for (const struct json *entry = json_elements(json_get(line, "remove")); entry; entry = entry->next) {
		if (json_u64(entry, &id))
			replace(id, NULL);
	}
	json_write_key(reply, "files");
	json_write_u64(reply, container_count);
}

struct file_terms {
	uint64_t deadline_ms;
	bool late_denies, dry_run;
};

static const char *read_file_terms(const struct json *line, struct file_terms *terms)
{
	static const char *const members[] = { "deadlineMs", "onDeadline", NULL };
	static const char *const answers[] = { "allow", "deny", NULL };
	const struct json *files = json_get(line, "files");
	int on_deadline = read_choice(json_get(files, "onDeadline"), answers, 0);

	terms->deadline_ms = DEFAULT_DEADLINE_MS;
	if ((files && !has_only(files, members)) || on_deadline < 0 ||
	    !read_number(json_get(files, "deadlineMs"), MAX_DEADLINE_MS, &terms->deadline_ms) || terms->deadline_ms == 0)
		return "files has a deadlineMs of 1 to 10000, and onDeadline, allow or deny";
	terms->late_denies = on_deadline == 1;
	terms->dry_run = strcmp(json_text(json_get(line, "mode"), ""), "dry-run") == 0;
	return NULL;
}

const char *check_file_terms(const struct json *line)
{
	struct file_terms terms;

	return read_file_terms(line, &terms);
}

static void set_terms(const struct json *line)
{
	struct file_terms terms;

	if (read_file_terms(line, &terms))
		return;
	atomic_store(&deadline_ms, (unsigned int)terms.deadline_ms);
	atomic_store(&late_denies, terms.late_denies);
	atomic_store(&dry_run, terms.dry_run);
}

/* The module prevent is asked before, and has refused what is malformed here. */
static enum answer command(const char *name, const struct json *line, struct json_writer *reply, const char **error)
{
	(void)error;
	if (strcmp(name, "containers") == 0)
		set_files(line, reply);
	else if (strcmp(name, "prevent") == 0)
		set_terms(line);
	else
		return ANSWER_UNKNOWN;
	return ANSWER_OK;
}

const struct module files_module = {
	.name = "files",
	.start = start,
	.probe = probe,
	.counters = counters,
	.command = command,
	.stop = stop,
};
