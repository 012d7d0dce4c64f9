// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

/* No attack outlives it, whatever holds it up. */
#define DEADLINE_SECONDS 30

static const struct attack *const families[] = {
	execution_attacks, file_attacks,	escape_attacks,	 kernel_attacks,
	process_attacks,   network_attacks, evasion_attacks,
};
#define FAMILIES (sizeof(families) / sizeof(families[0]))

const char *marker_name = "none";

void use_marker(const char *name)
{
	marker_name = name;
	setenv("PRATIQUE_ATTACK", name, 1);
}

static void print_line(const char *kind, const char *detail)
{
	char line[512];
	int length = snprintf(line, sizeof(line), "pratique-%s %s%s%s\n", kind, marker_name, *detail ? ": " : "", detail);

	if (length > 0)
		write_all(STDOUT_FILENO, line, (size_t)length < sizeof(line) ? (size_t)length : sizeof(line) - 1);
}

int took_effect(void)
{
	print_line("effect", "");
	return TOOK_EFFECT;
}

int refused(const char *step)
{
	char detail[256];

	snprintf(detail, sizeof(detail), "%s: %s", step, strerrorname_np(errno) ? strerrorname_np(errno) : "unknown");
	print_line("refused", detail);
	return REFUSED;
}

int impossible(const char *why)
{
	print_line("impossible", why);
	return IMPOSSIBLE;
}

int misused(const char *usage)
{
	fprintf(stderr, "usage: pratique-attacks %s\n", usage);
	return MISUSED;
}

int run_attack(const char *name, int argc, char **argv)
{
	for (size_t family = 0; family < FAMILIES; family++)
		for (const struct attack *attack = families[family]; attack->name; attack++)
			if (strcmp(attack->name, name) == 0)
				return attack->run(argc, argv);
	return misused("[--as MARKER] NAME [ARGUMENT...]");
}

static void list_attacks(void)
{
	for (size_t family = 0; family < FAMILIES; family++)
		for (const struct attack *attack = families[family]; attack->name; attack++)
			puts(attack->name);
}

/*
 * The first process of a container is treated as what its image is there for, and does not die of signals: an attack
 * is its child. Gives what the child ended with, as a shell would; the child goes on.
 */
static int supervise(void)
{
	pid_t attack = fork(), ended;
	int status;

	if (attack == 0)
		return -1;
	if (attack < 0)
		return refused("fork");
	do
		ended = wait(&status);
	while (ended != attack && (ended >= 0 || errno == EINTR));
	if (ended != attack)
		return refused("wait");
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

int main(int argc, char **argv)
{
	int outcome;

	signal(SIGPIPE, SIG_IGN);
	outcome = continue_disguise(argc, argv);
	if (outcome >= 0)
		return outcome;
	if (getpid() == 1) {
		outcome = supervise();
		if (outcome >= 0)
			return outcome;
	}
	alarm(DEADLINE_SECONDS);
	if (argc == 2 && strcmp(argv[1], "list") == 0) {
		list_attacks();
		return 0;
	}
	/* One attack with several arguments is several to whoever looks for the marker. */
	if (argc > 3 && strcmp(argv[1], "--as") == 0) {
		use_marker(argv[2]);
		return run_attack(argv[3], argc - 4, argv + 4);
	}
	if (argc < 2)
		return misused("[--as MARKER] NAME [ARGUMENT...] | list");
	use_marker(argv[1]);
	return run_attack(argv[1], argc - 2, argv + 2);
}
