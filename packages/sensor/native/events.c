// SPDX-License-Identifier: Apache-2.0
/* The module that tells events. */
#include "load.h"
#include "module.h"
#include "output.h"

#include <errno.h>

static struct object *core;

static int start_events(void)
{
	core = load_object("core", NULL);
	return core ? 0 : -ENOTSUP;
}

static void probe_events(struct json_writer *array)
{
	write_probes_of(array, "core");
}

const struct module events_module = {
	.name = "events",
	.start = start_events,
	.probe = probe_events,
};
