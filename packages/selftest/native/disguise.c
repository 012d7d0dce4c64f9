// SPDX-License-Identifier: Apache-2.0
/*
 * This program under other names. The environment tells a process what to be: PRATIQUE_ATTACK is the marker that it
 * prints, PRATIQUE_CHAIN the processes that it starts first, PRATIQUE_RUN the attack that it runs in place of both.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "attack.h"

#define LINK_END '\x1e'
#define WORD_END '\x1f'
#define MAX_CHAIN 2048
#define MAX_WORDS 32
#define WORK_DIRECTORY "/tmp/pratique-attacks.d"

/* Also where it runs under the name of a link. */
const char *const self_path = "/proc/self/exe";

/* Exec keeps the name of what it is given, so that a link is disguise enough. */
static int link_to_self(const char *name, char *path, size_t size)
{
	char self[512];
	ssize_t length = readlink(self_path, self, sizeof(self) - 1);

	if (length < 0)
		return -1;
	self[length] = '\0';
	if (name[0] == '/') {
		snprintf(path, size, "%s", name);
	} else {
		mkdir(WORK_DIRECTORY, 0755);
		snprintf(path, size, "%s/%s", WORK_DIRECTORY, name);
	}
	if (symlink(self, path) < 0 && errno != EEXIST)
		return -1;
	return 0;
}

static void remove_link(const char *path)
{
	struct stat status;

	if (lstat(path, &status) == 0 && S_ISLNK(status.st_mode) && strncmp(path, "/tmp/", 5) == 0)
		unlink(path);
	rmdir(WORK_DIRECTORY);
}

int exit_outcome(pid_t child, const char *step)
{
	int status;

	while (waitpid(child, &status, 0) < 0)
		if (errno != EINTR)
			return refused(step);
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	errno = EINTR;
	return refused(step);
}

char **marking_environment(void)
{
	static char marker[256];
	static char path[] = "PATH=/bin:/usr/bin";
	static char chain[] = "PRATIQUE_CHAIN=";
	static char *environment[] = { marker, chain, path, NULL };

	snprintf(marker, sizeof(marker), "PRATIQUE_ATTACK=%s", marker_name);
	return environment;
}

static int run_words(const char *name, char **words)
{
	char path[512];
	pid_t child;
	int outcome;

	if (link_to_self(name, path, sizeof(path)) < 0)
		return refused("link");
	child = fork();
	if (child == 0) {
		execv(path, words);
		_exit(refused("execve"));
	}
	if (child < 0)
		return refused("fork");
	outcome = exit_outcome(child, "child");
	remove_link(path);
	return outcome;
}

/* Runs the first link of the chain, and leaves it the others. */
static int run_link(char *chain)
{
	char *words[MAX_WORDS + 1];
	char *rest = strchr(chain, LINK_END);
	int count = 0;

	if (rest)
		*rest++ = '\0';
	for (char *word = chain; word && count < MAX_WORDS; count++) {
		char *end = strchr(word, WORD_END);

		words[count] = word;
		if (end)
			*end++ = '\0';
		word = end;
	}
	words[count] = NULL;
	setenv("PRATIQUE_CHAIN", rest ? rest : "", 1);
	return run_words(words[0], words);
}

/* chain NAME [ARGUMENT...] [/ NAME [ARGUMENT...]]...: each process starts the next; the last one tells that it ran. */
int run_chain(int argc, char **argv)
{
	char chain[MAX_CHAIN] = "";
	size_t length = 0;

	if (argc == 0)
		return misused("chain NAME [ARGUMENT...] [/ NAME [ARGUMENT...]]...");
	for (int place = 0; place < argc; place++) {
		int ends = strcmp(argv[place], "/") == 0;
		size_t size = ends ? 1 : strlen(argv[place]) + 1;

		if (length + size + 1 >= sizeof(chain))
			return misused("chain: too long");
		if (ends) {
			chain[length - 1] = LINK_END;
			continue;
		}
		memcpy(chain + length, argv[place], size - 1);
		length += size;
		chain[length - 1] = WORD_END;
	}
	chain[length - 1] = '\0';
	return run_link(chain);
}

/* as NAME ATTACK [ARGUMENT...]: runs an attack in a process of that name. */
int run_as(int argc, char **argv)
{
	if (argc < 2)
		return misused("as NAME ATTACK [ARGUMENT...]");
	setenv("PRATIQUE_RUN", argv[1], 1);
	argv[1] = argv[0];
	return run_words(argv[0], argv + 1);
}

int continue_disguise(int argc, char **argv)
{
	char *name = getenv("PRATIQUE_ATTACK");
	char *attack = getenv("PRATIQUE_RUN");
	char *chain = getenv("PRATIQUE_CHAIN");
	char copy[MAX_CHAIN];

	if (!name || !*name)
		return -1;
	marker_name = name;
	if (attack && *attack) {
		char *run = strdup(attack);

		unsetenv("PRATIQUE_RUN");
		return run ? run_attack(run, argc - 1, argv + 1) : refused("memory");
	}
	if (!chain || !*chain)
		return took_effect();
	snprintf(copy, sizeof(copy), "%s", chain);
	return run_link(copy);
}
