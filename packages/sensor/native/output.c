// SPDX-License-Identifier: Apache-2.0
#include "output.h"

#include "module.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define QUEUE_BYTES (8u << 20)
/* Beyond these parts of the queue packets, then bulk, then rare records are left out; the last part is for messages. */
#define PACKETS_BYTES (QUEUE_BYTES / 8 * 2)
#define BULK_BYTES (QUEUE_BYTES / 8 * 5)
#define RARE_BYTES (QUEUE_BYTES / 8 * 7)
#define FRAME_BYTES (256u << 10)
#define PIPE_BYTES (1 << 20)
#define KINDS 256

/* A ring of bytes. The frame that is open at its end gets its size when it is closed. */
static struct {
	char *bytes;
	size_t head, used;
	size_t frame_at; /* where the open frame begins */
	uint32_t frame_size; /* 0: none is open */
	bool waiting; /* for the reader */
	uint64_t unsent[KINDS];
} queue;

static enum level least_level = LOG_INFO;

static void copy_in(size_t at, const void *from, size_t count)
{
	size_t first = QUEUE_BYTES - at;

	if (first > count)
		first = count;
	memcpy(queue.bytes + at, from, first);
	memcpy(queue.bytes, (const char *)from + first, count - first);
}

static void append(const void *bytes, size_t count)
{
	copy_in((queue.head + queue.used) % QUEUE_BYTES, bytes, count);
	queue.used += count;
}

static void close_frame(void)
{
	struct wire_frame frame = { .size = queue.frame_size, .type = WIRE_FRAME_EVENTS };

	if (queue.frame_size == 0)
		return;
	copy_in(queue.frame_at, &frame, sizeof(frame));
	queue.frame_size = 0;
}

static void open_frame(void)
{
	struct wire_frame frame = { .type = WIRE_FRAME_EVENTS };

	queue.frame_at = (queue.head + queue.used) % QUEUE_BYTES;
	append(&frame, sizeof(frame));
}

static const size_t limits[] = { [LANE_RARE] = RARE_BYTES, [LANE_BULK] = BULK_BYTES, [LANE_PACKETS] = PACKETS_BYTES };

void put_record(const void *record, uint32_t size, enum lane lane)
{
	const struct wire_record *head = record;

	if (queue.used + size + sizeof(struct wire_frame) > limits[lane]) {
		queue.unsent[head->kind < KINDS ? head->kind : 0]++;
		return;
	}
	if (queue.frame_size + size > FRAME_BYTES)
		close_frame();
	if (queue.frame_size == 0)
		open_frame();
	append(record, size);
	queue.frame_size += size;
}

void put_message(struct json_writer *writer)
{
	struct wire_frame frame = { .size = (uint32_t)writer->length, .type = WIRE_FRAME_MESSAGE };

	close_frame();
	if (writer->failed || queue.used + writer->length + sizeof(frame) > QUEUE_BYTES) {
		log_line(LOG_ERROR, "a message finds no room");
	} else {
		append(&frame, sizeof(frame));
		append(writer->text, writer->length);
	}
	json_writer_free(writer);
}

void put_trouble(const char *format, ...)
{
	struct json_writer writer = { 0 };
	char text[1024];
	va_list arguments;

	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	log_line(LOG_ERROR, "%s", text);
	json_begin_object(&writer);
	json_write_key(&writer, "event");
	json_write_text(&writer, "trouble");
	json_write_key(&writer, "message");
	json_write_text(&writer, text);
	json_end_object(&writer);
	put_message(&writer);
}

bool is_output_crowded(void)
{
	return queue.used > QUEUE_BYTES / 4;
}

static void on_writable(int fd, uint32_t events, void *context)
{
	(void)events, (void)context;
	unwatch(fd);
	queue.waiting = false;
	flush_output();
}

static void wait_for_reader(void)
{
	if (queue.waiting || watch(STDOUT_FILENO, EPOLLOUT, on_writable, NULL) < 0)
		return;
	queue.waiting = true;
}

void flush_output(void)
{
	close_frame();
	while (queue.used > 0 && !queue.waiting) {
		size_t first = QUEUE_BYTES - queue.head;
		ssize_t written;

		if (first > queue.used)
			first = queue.used;
		written = write(STDOUT_FILENO, queue.bytes + queue.head, first);
		if (written < 0 && errno == EAGAIN) {
			wait_for_reader();
			return;
		}
		if (written < 0 && errno != EINTR) {
			/* Nobody reads any more: there is nothing left to do here. */
			end_loop();
			return;
		}
		if (written > 0) {
			queue.head = (queue.head + (size_t)written) % QUEUE_BYTES;
			queue.used -= (size_t)written;
		}
	}
}

int start_output(void)
{
	int flags = fcntl(STDOUT_FILENO, F_GETFL);

	queue.bytes = malloc(QUEUE_BYTES);
	if (!queue.bytes)
		return -ENOMEM;
	if (flags < 0 || fcntl(STDOUT_FILENO, F_SETFL, flags | O_NONBLOCK) < 0)
		return -errno;
	/* More room is better and no more than that. Node.js gives its children sockets for pipes. */
	if (fcntl(STDOUT_FILENO, F_SETPIPE_SZ, PIPE_BYTES) < 0)
		(void)setsockopt(STDOUT_FILENO, SOL_SOCKET, SO_SNDBUF, &(int){ PIPE_BYTES }, sizeof(int));
	return 0;
}

void stop_output(void)
{
	struct pollfd reader = { .fd = STDOUT_FILENO, .events = POLLOUT };

	if (!queue.bytes)
		return;
	if (queue.waiting)
		unwatch(STDOUT_FILENO);
	queue.waiting = false;
	close_frame();
	for (int turn = 0; turn < 64 && queue.used > 0; turn++) {
		size_t before = queue.used;

		if (poll(&reader, 1, 1000) <= 0 || (reader.revents & (POLLERR | POLLHUP)))
			break;
		flush_output();
		queue.waiting = false;
		if (queue.used == before)
			break;
	}
	free(queue.bytes);
	queue.bytes = NULL;
}

void write_unsent(struct json_writer *writer)
{
	json_begin_object(writer);
	for (unsigned int kind = 0; kind < KINDS; kind++) {
		char key[8];

		if (queue.unsent[kind] == 0)
			continue;
		snprintf(key, sizeof(key), "%u", kind);
		json_write_key(writer, key);
		json_write_u64(writer, queue.unsent[kind]);
	}
	json_end_object(writer);
}

void log_from(enum level least)
{
	least_level = least;
}

void log_line(enum level level, const char *format, ...)
{
	static const char *const names[] = { "debug", "info", "warn", "error" };
	struct json_writer writer = { 0 };
	char text[2048];
	va_list arguments;

	if (level < least_level)
		return;
	va_start(arguments, format);
	vsnprintf(text, sizeof(text), format, arguments);
	va_end(arguments);
	text[strcspn(text, "\n")] = '\0';
	json_begin_object(&writer);
	json_write_key(&writer, "level");
	json_write_text(&writer, names[level]);
	json_write_key(&writer, "message");
	json_write_text(&writer, text);
	json_end_object(&writer);
	if (!writer.failed) {
		writer.text[writer.length] = '\n';
		/* Standard error that nobody reads is no reason to stop. */
		if (write(STDERR_FILENO, writer.text, writer.length + 1) < 0)
			errno = 0;
	}
	json_writer_free(&writer);
}
