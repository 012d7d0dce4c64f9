// SPDX-License-Identifier: Apache-2.0
#include "hold.h"

#include "load.h"
#include "module.h"
#include "output.h"
#include "policies.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define LOOK_EVERY_MS 50
#define ATTEND_EVERY_MS 1000
#define GUARDIAN_ROUNDS 3
#define GUARDIAN_GAP_NS 20000000l
#define DEFAULT_DEADLINE_MS 2000

static int map = -1;
static int guardian_pipe = -1, guardian_fd = -1;
static int look_timer = -1, attend_timer = -1;
static uint64_t deadline_ns = DEFAULT_DEADLINE_MS * 1000000ull;
static bool deadline_kills;

static uint64_t boot_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_BOOTTIME, &now);
	return (uint64_t)now.tv_sec * 1000000000ull + (uint64_t)now.tv_nsec;
}

static int send_signal(int pidfd, int number)
{
	return (int)syscall(SYS_pidfd_send_signal, pidfd, number, NULL, 0);
}

/*
 * A number of a process may be given to another one. An entry is gone when its process is: one that is still there
 * after the process has been opened shows that it was that process. The entry goes first, since a process that goes on
 * may execute once more and be held again.
 */
static bool let_go(uint32_t pid, bool kills)
{
	int pidfd = (int)syscall(SYS_pidfd_open, (pid_t)pid, 0);
	bool done;

	if (pidfd < 0)
		return false;
	done = bpf_map_delete_elem(map, &pid) == 0 && send_signal(pidfd, kills ? SIGKILL : SIGCONT) == 0;
	close(pidfd);
	return done;
}

static void let_all_go(bool kills)
{
	uint32_t pid;

	for (int i = 0; i < HELD_MAX && bpf_map_get_next_key(map, NULL, &pid) == 0; i++) {
		if (!let_go(pid, kills))
			bpf_map_delete_elem(map, &pid);
	}
}

/* Waits until the other end of the pipe is closed, which a process that is killed does too. */
static void guard(int pipe_fd)
{
	struct settings *settings = prevent_settings();
	struct timespec gap = { 0, GUARDIAN_GAP_NS };
	char byte;

	prctl(PR_SET_NAME, "pratique-guard");
	while (read(pipe_fd, &byte, 1) < 0 && errno == EINTR)
		;
	__atomic_store_n(&settings->attended_ns, 0, __ATOMIC_SEQ_CST);
	/* A program that was past its look at the time when that was written may still hold one more. */
	for (int i = 0; i < GUARDIAN_ROUNDS; i++) {
		let_all_go(settings->unattended_kill);
		nanosleep(&gap, NULL);
	}
	_exit(0);
}

static void close_others(int first, int second)
{
	int low = first < second ? first : second, high = first < second ? second : first;

	close_range(0, (unsigned int)low - 1, 0);
	if (high > low + 1)
		close_range((unsigned int)low + 1, (unsigned int)high - 1, 0);
	close_range((unsigned int)high + 1, ~0u, 0);
}

static int start_guardian(void);

static void on_guardian_end(int fd, uint32_t events, void *context)
{
	siginfo_t end;

	(void)events, (void)context;
	waitid(P_PIDFD, (id_t)fd, &end, WEXITED);
	unwatch(fd);
	close(fd);
	close(guardian_pipe);
	guardian_fd = guardian_pipe = -1;
	put_trouble("the guardian of held processes has ended; starting another");
	if (start_guardian() < 0)
		put_trouble("no guardian of held processes can be started");
}

static int start_guardian(void)
{
	int ends[2];
	pid_t pid;

	if (pipe2(ends, O_CLOEXEC) < 0)
		return -errno;
	signal(SIGCHLD, SIG_DFL);
	pid = fork();
	if (pid < 0) {
		close(ends[0]);
		close(ends[1]);
		return -errno;
	}
	if (pid == 0) {
		setsid();
		close_others(ends[0], map);
		guard(ends[0]);
	}
	close(ends[0]);
	guardian_pipe = ends[1];
	guardian_fd = (int)syscall(SYS_pidfd_open, pid, 0);
	if (guardian_fd < 0)
		return -errno;
	return watch(guardian_fd, EPOLLIN, on_guardian_end, NULL);
}

static void write_event(const char *event, pid_t pid, struct json_writer *writer)
{
	json_begin_object(writer);
	json_write_key(writer, "event");
	json_write_text(writer, event);
	json_write_key(writer, "pid");
	json_write_u64(writer, (uint64_t)pid);
}

void tell_held(pid_t pid, uint64_t cgroup_id)
{
	struct json_writer writer = { 0 };

	write_event("held", pid, &writer);
	json_write_key(&writer, "cgroupId");
	json_write_u64_text(&writer, cgroup_id);
	json_write_key(&writer, "deadlineMs");
	json_write_u64(&writer, deadline_ns / 1000000);
	json_end_object(&writer);
	put_message(&writer);
}

bool release_held(pid_t pid, bool kills, const char *by)
{
	struct json_writer writer = { 0 };

	if (!let_go((uint32_t)pid, kills))
		return false;
	write_event("released", pid, &writer);
	json_write_key(&writer, "by");
	json_write_text(&writer, by);
	json_write_key(&writer, "verdict");
	json_write_text(&writer, kills ? "kill" : "continue");
	json_end_object(&writer);
	put_message(&writer);
	return true;
}

static void look_for_late(int fd, uint32_t events, void *context)
{
	uint64_t ticks, now = boot_ns();
	uint32_t pid, next;
	bool more = bpf_map_get_next_key(map, NULL, &next) == 0;

	(void)events, (void)context;
	if (read(fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return;
	for (int i = 0; more && i < HELD_MAX; i++) {
		struct held held;

		pid = next;
		more = bpf_map_get_next_key(map, &pid, &next) == 0;
		if (bpf_map_lookup_elem(map, &pid, &held) == 0 && now - held.since_ns >= deadline_ns && now > held.since_ns)
			release_held((pid_t)pid, deadline_kills, "deadline");
	}
}

static void attend(int fd, uint32_t events, void *context)
{
	struct settings *settings = prevent_settings();
	uint64_t ticks, now = boot_ns();

	(void)events, (void)context;
	if (fd >= 0 && read(fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return;
	__atomic_store_n(&settings->realtime_offset_s, (int64_t)time(NULL) - (int64_t)(now / 1000000000ull),
			 __ATOMIC_SEQ_CST);
	__atomic_store_n(&settings->attended_ns, now, __ATOMIC_SEQ_CST);
}

void set_hold_deadline(uint64_t deadline_ms, bool kills)
{
	deadline_ns = deadline_ms * 1000000ull;
	deadline_kills = kills;
}

int start_holding(void)
{
	int error;

	map = shared_map("held_processes");
	if (map < 0)
		return map;
	if ((error = start_guardian()) < 0)
		return error;
	attend(-1, 0, NULL);
	look_timer = watch_timer(LOOK_EVERY_MS, look_for_late, NULL);
	attend_timer = watch_timer(ATTEND_EVERY_MS, attend, NULL);
	return look_timer < 0 ? look_timer : attend_timer < 0 ? attend_timer : 0;
}

void stop_holding(void)
{
	if (guardian_fd >= 0) {
		unwatch(guardian_fd);
		close(guardian_fd);
	}
	/* The guardian does what is left to do. */
	if (guardian_pipe >= 0)
		close(guardian_pipe);
	guardian_fd = guardian_pipe = -1;
}
