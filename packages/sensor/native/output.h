/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What leaves the process: frames on standard output, by way of a bounded queue, so that a reader that is slow costs
 * records and never the reading of the ring buffers; and lines on standard error.
 */
#ifndef PRATIQUE_OUTPUT_H
#define PRATIQUE_OUTPUT_H

#include "json.h"
#include "wire.h"

/* Rare records are let in where bulk ones no longer are, and those where packets no longer are. */
enum lane { LANE_RARE, LANE_BULK, LANE_PACKETS };

int start_output(void);
/* Writes what is queued for as long as the reader takes it, at most for a second. */
void stop_output(void);

/* Queues one record, whole. A record that finds no room is counted by its kind. */
void put_record(const void *record, uint32_t size, enum lane lane);
/* Queues one message; frees the writer's text. Answers and trouble come through where records no longer do. */
void put_message(struct json_writer *writer);
/* {"event":"trouble","message":…}, and a line in the log. */
__attribute__((format(printf, 1, 2))) void put_trouble(const char *format, ...);
/* Whether what can wait should. */
bool is_output_crowded(void);
/* Hands on what is queued. The main loop does so after each turn. */
void flush_output(void);

/* Writes {"KIND":n,…} of records that found no room. */
void write_unsent(struct json_writer *writer);

enum level { LOG_DEBUG, LOG_INFO, LOG_WARN, LOG_ERROR };
void log_from(enum level least);
/* One JSON object a line: {"level":"warn","message":…}. */
__attribute__((format(printf, 2, 3))) void log_line(enum level level, const char *format, ...);

#endif
