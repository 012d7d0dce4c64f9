/* SPDX-License-Identifier: Apache-2.0 */
/* What is in force for each container, and what the kernel's programs of prevention share. */
#ifndef PRATIQUE_POLICIES_H
#define PRATIQUE_POLICIES_H

#include "json.h"

#include <linux/types.h>

#include "bpf/policy.h"

#include <stdbool.h>
#include <stddef.h>

/* After the object that has the maps has been loaded; takes over what they hold. Negative errno. */
int start_policies(void);
void stop_policies(void);

/* Shared with the kernel. */
struct settings *prevent_settings(void);

/* The policy of one container from JSON; NULL, or what is wrong with it. */
const char *read_policy(const struct json *json, struct policy *policy);
/* NULL, or why not. sysctls are the names that this one may write. */
const char *set_policy(const struct policy *policy, const struct json *sysctls);
/* The same, and what the container may write stays. */
const char *change_policy(const struct policy *policy);
bool remove_policy(uint64_t cgroup_id);
/* NULL where there is none. Valid until the next change. */
const struct policy *find_policy(uint64_t cgroup_id);
/* Whether some policy is one that wanted says yes to. */
bool any_policy(bool (*wanted)(const struct policy *policy));

#endif
