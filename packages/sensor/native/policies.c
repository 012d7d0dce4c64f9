// SPDX-License-Identifier: Apache-2.0
#include "policies.h"

#include "cgroups.h"
#include "fields.h"
#include "load.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#define MAX_SYSCTLS 256

static struct {
	struct policy policy;
	uint64_t sysctls[MAX_SYSCTLS]; /* hashes */
	size_t sysctl_count;
} *containers[POLICY_MAX_CONTAINERS];
static size_t container_count;
static struct settings *settings;

struct settings *prevent_settings(void)
{
	return settings;
}

static bool grow(void)
{
	if (container_count == POLICY_MAX_CONTAINERS)
		return false;
	containers[container_count] = calloc(1, sizeof(**containers));
	return containers[container_count] != NULL;
}

static size_t place_of(uint64_t cgroup_id)
{
	size_t i = 0;

	while (i < container_count && containers[i]->policy.cgroup_id != cgroup_id)
		i++;
	return i;
}

/* What a process before this one has left in pinned maps stays in force. */
static void take_over(void)
{
	int fd = shared_map("policies");
	uint64_t key, *last = NULL;

	while (bpf_map_get_next_key(fd, last, &key) == 0 && grow()) {
		if (bpf_map_lookup_elem(fd, &key, &containers[container_count]->policy) == 0)
			container_count++;
		else
			free(containers[container_count]);
		last = &key;
	}
	/* Nobody else would ever remove those whose containers went while no process looked. */
	for (size_t i = container_count; i-- > 0;) {
		char path[4096];

		if (!cgroup_path(containers[i]->policy.cgroup_id, path, sizeof(path)))
			remove_policy(containers[i]->policy.cgroup_id);
	}
}

int start_policies(void)
{
	int fd = shared_map("prevent_settings");
	void *memory;

	if (fd < 0)
		return fd;
	memory = mmap(NULL, (size_t)sysconf(_SC_PAGESIZE), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (memory == MAP_FAILED)
		return -errno;
	settings = memory;
	take_over();
	return 0;
}

void stop_policies(void)
{
	for (size_t i = 0; i < container_count; i++)
		free(containers[i]);
	container_count = 0;
	if (settings)
		munmap(settings, (size_t)sysconf(_SC_PAGESIZE));
	settings = NULL;
}

static void show_levels(void)
{
	uint32_t levels = 0;

	for (size_t i = 0; i < container_count; i++)
		levels |= 1u << containers[i]->policy.level;
	__atomic_store_n(&settings->levels, levels, __ATOMIC_SEQ_CST);
}

/* In the order of enum act. */
static const char *const kill_acts[] = { "off", "report", "kill", "hold", NULL };
static const char *const deny_acts[] = { "off", "report", "deny", NULL };
static const char *const sysctl_acts[] = { "off", "report", "deny", "", "listed", NULL };
static const char *const enforce_acts[] = { "off", "report", "enforce", NULL };
static const char *const channel_acts[] = { "off", "report", "enforce", "quarantine", NULL };

const char *read_policy(const struct json *json, struct policy *policy)
{
	static const char *const members[] = { "drift",	     "fileless", "memfd", "mounted", "setuid", "executables", "hold", "sysctl", "sysctls",
					       "devices",    "sockets",	 "rawSockets", "channel",     "groups", "files",  NULL };
	const struct {
		const char *name;
		const char *const *acts;
		__u8 *act;
	} acts[] = {
		{ "drift", kill_acts, &policy->drift },
		{ "fileless", kill_acts, &policy->fileless },
		{ "memfd", kill_acts, &policy->memfd },
		{ "mounted", kill_acts, &policy->mounted },
		{ "setuid", kill_acts, &policy->setuid },
		{ "executables", enforce_acts, &policy->executables },
		{ "sysctl", sysctl_acts, &policy->sysctl },
		{ "devices", deny_acts, &policy->devices },
		{ "sockets", deny_acts, &policy->sockets },
		{ "rawSockets", deny_acts, &policy->raw_sockets },
		{ "channel", channel_acts, &policy->channel },
	};
	uint64_t groups = 0;
	bool hold = false;

	if (!has_only(json, members))
		return "policy is no object, or has an unknown member";
	for (size_t i = 0; i < sizeof(acts) / sizeof(acts[0]); i++) {
		int act = read_choice(json_get(json, acts[i].name), acts[i].acts, 0);

		if (act < 0)
			return "unknown value of a switch";
		*acts[i].act = (__u8)act;
	}
	if (!read_number(json_get(json, "groups"), UINT32_MAX, &groups) || !read_bool(json_get(json, "hold"), &hold))
		return "groups is no number, or hold neither true nor false";
	if (!is_list(json_get(json, "sysctls")) || !is_list(json_get(json, "files")))
		return "sysctls or files is no list";
	policy->groups = (uint32_t)groups;
	policy->hold = hold;
	return NULL;
}

static struct rule_key sysctl_key(uint64_t cgroup_id, uint64_t hash)
{
	return (struct rule_key){ .kind = RULE_SYSCTL, .first = hash, .second = cgroup_id };
}

static void set_sysctls(size_t place, const struct json *sysctls)
{
	static const struct rule_value allow = { .alternatives = { { .groups = ~0u, .action = RULE_ALLOW } } };
	int fd = shared_map("prevent_rules");
	uint64_t cgroup_id = containers[place]->policy.cgroup_id;
	size_t old_count = containers[place]->sysctl_count;
	uint64_t old[MAX_SYSCTLS];
	size_t count = 0;

	memcpy(old, containers[place]->sysctls, sizeof(old));
	for (const struct json *name = json_elements(sysctls); name && count < MAX_SYSCTLS; name = name->next) {
		uint64_t hash = hash_text(name->text ? name->text : "", name->text ? name->length : 0);
		struct rule_key key = sysctl_key(cgroup_id, hash);

		if (bpf_map_update_elem(fd, &key, &allow, BPF_ANY) == 0)
			containers[place]->sysctls[count++] = hash;
	}
	containers[place]->sysctl_count = count;
	for (size_t i = 0; i < old_count; i++) {
		struct rule_key key = sysctl_key(cgroup_id, old[i]);
		bool kept = false;

		for (size_t j = 0; j < count; j++)
			kept = kept || containers[place]->sysctls[j] == old[i];
		if (!kept)
			bpf_map_delete_elem(fd, &key);
	}
}

static const char *put_policy(const struct policy *wanted, const struct json *sysctls, bool keep_sysctls)
{
	struct policy policy = *wanted;
	size_t place = place_of(policy.cgroup_id);
	char path[4096];

	if (!cgroup_path(policy.cgroup_id, path, sizeof(path)))
		return "there is no such cgroup";
	policy.level = cgroup_level(path);
	if (policy.level == 0 || policy.level > POLICY_MAX_LEVEL)
		return "the cgroup lies at a level that can have no policy";
	if (place == container_count && !grow())
		return "too many containers";
	containers[place]->policy = policy;
	if (!keep_sysctls)
		set_sysctls(place, sysctls);
	if (bpf_map_update_elem(shared_map("policies"), &policy.cgroup_id, &policy, BPF_ANY) < 0) {
		if (place == container_count)
			free(containers[place]);
		return "the kernel takes no more policies";
	}
	if (place == container_count)
		container_count++;
	show_levels();
	return NULL;
}

const char *set_policy(const struct policy *policy, const struct json *sysctls)
{
	return put_policy(policy, sysctls, false);
}

const char *change_policy(const struct policy *policy)
{
	return put_policy(policy, NULL, true);
}

bool remove_policy(uint64_t cgroup_id)
{
	size_t place = place_of(cgroup_id);

	if (place == container_count)
		return false;
	bpf_map_delete_elem(shared_map("policies"), &cgroup_id);
	set_sysctls(place, NULL);
	free(containers[place]);
	containers[place] = containers[--container_count];
	show_levels();
	return true;
}

const struct policy *find_policy(uint64_t cgroup_id)
{
	size_t place = place_of(cgroup_id);

	return place == container_count ? NULL : &containers[place]->policy;
}

bool any_policy(bool (*wanted)(const struct policy *policy))
{
	for (size_t i = 0; i < container_count; i++) {
		if (wanted(&containers[i]->policy))
			return true;
	}
	return false;
}
