/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A module is one duty of the process: to tell events, to prevent, to answer permission events. sensor.c lists them;
 * none knows another. All run on one thread, that of the main loop, and none may wait in it.
 */
#ifndef PRATIQUE_MODULE_H
#define PRATIQUE_MODULE_H

#include "json.h"

#include <stdint.h>
#include <sys/epoll.h>

enum answer {
	ANSWER_UNKNOWN, /* another module's command */
	ANSWER_OK,
	ANSWER_FAILED, /* *error says why */
	ANSWER_LATER, /* the module puts the message itself, with the line's id */
};

struct module {
	const char *name;
	/*
	 * Loads and attaches what this host allows. What does not load is told by probe, and is no failure; a negative
	 * errno is one, and ends the process.
	 */
	int (*start)(void);
	/* Writes one object for each thing that was tried, into an open array: see write_probe of load.h. */
	void (*probe)(struct json_writer *array);
	/* Writes counters as members, into an open object that has the module's name. */
	void (*counters)(struct json_writer *object);
	/* Every module is asked, so that two may share a command. Members written into reply go into the answer. */
	enum answer (*command)(const char *name, const struct json *line, struct json_writer *reply, const char **error);
	/* Undoes start; is called for modules that failed to start too. */
	void (*stop)(void);
};

/* Calls called on the main loop when fd has one of events (of epoll). fd stays the caller's. */
typedef void (*watcher)(int fd, uint32_t events, void *context);
int watch(int fd, uint32_t events, watcher called, void *context);
void unwatch(int fd);
/*
 * A timerfd that calls called each period; called must not read it. It may be ended by unwatch and close. Negative
 * errno on failure.
 */
int watch_timer(uint64_t period_ms, watcher called, void *context);

/* Ends the main loop after this turn. */
void end_loop(void);

#endif
