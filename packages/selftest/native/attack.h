/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Harmless attacks. Each does what an attacker would, on things of its own or without changing what it meets, tells
 * whether it took effect, and undoes it.
 */
#ifndef PRATIQUE_ATTACK_H
#define PRATIQUE_ATTACK_H

#include <stddef.h>
#include <sys/types.h>

/* What became of it; the exit status too. */
enum outcome {
	TOOK_EFFECT = 0,
	REFUSED = 1, /* the kernel said no */
	MISUSED = 2,
	IMPOSSIBLE = 3, /* this host has nothing to attack so, whoever asks */
};

struct attack {
	const char *name;
	int (*run)(int argc, char **argv); /* argv[0] is the first argument of the attack */
};

/* Each ends with an entry without a name. */
extern const struct attack execution_attacks[];
extern const struct attack file_attacks[];
extern const struct attack escape_attacks[];
extern const struct attack kernel_attacks[];
extern const struct attack process_attacks[];
extern const struct attack network_attacks[];
extern const struct attack evasion_attacks[];

/* Each prints one line, and gives the outcome. `took_effect` alone prints the marker that is looked for. */
int took_effect(void);
int refused(const char *step);
int impossible(const char *why);
int misused(const char *usage);

/* The attack that this process runs, as the marker names it. */
extern const char *marker_name;
void use_marker(const char *name);

int run_attack(const char *name, int argc, char **argv);

/* disguise.c: this program under other names */
extern const char *const self_path;
int run_chain(int argc, char **argv);
int run_as(int argc, char **argv);
/* What a disguised process was told to be by its parent; -1 where this is none. */
int continue_disguise(int argc, char **argv);
/* The environment of a process that only tells that it ran; valid until the next call. */
char **marking_environment(void);
int exit_outcome(pid_t child, const char *step);

/* files.c */
int copy_self(const char *path);
int write_all(int fd, const char *text, size_t length);
int read_some(int fd);

/* network.c */
int own_address(const char *address);
int listener_at(const char *address, int port);

#endif
