/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Which cgroups are a container's. The kernel asks when one is made, the process about those that there are already. */
#ifndef PRATIQUE_CONTAINER_PATH_H
#define PRATIQUE_CONTAINER_PATH_H

#include <linux/types.h>
#include <stdbool.h>

#define CONTAINER_ID_DIGITS 64
#define GROUP_PATH_BYTES 1024 /* a power of two; what lies deeper is decided by what lies above it */

/* All ones where a letter lies between two, else zero: without a branch, of which the verifier would follow both ways. */
static inline __attribute__((always_inline)) __u64 is_between(__s64 letter, __s64 low, __s64 high)
{
	__s64 outside = (letter - low) | (high - letter);

	__asm__ volatile("" : "+r"(outside));
	return (__u64)~(outside >> 63);
}

/*
 * An id of 64 hexadecimal digits anywhere in the path is that of a container or of what lies in one: docker/ID,
 * docker-ID.scope, libpod-ID.scope, cri-containerd-ID.scope, crio-ID.scope. LXC has a directory of its name:
 * lxc/NAME, lxc.payload.NAME. path holds GROUP_PATH_BYTES. The state lies in
 * memory that the verifier knows nothing of, which is what keeps it from following every path through the loop.
 */
struct path_scan {
	__u64 last; /* the letters before, the newest lowest */
	__u64 digits;
};

static inline __attribute__((always_inline)) bool is_container_path(struct path_scan *scan, const __u8 *path,
								__u32 length)
{
	scan->last = 0;
	scan->digits = 0;
	for (__u32 i = 0; i < GROUP_PATH_BYTES; i++) {
		__u64 letter, hex;

		/* Not in registers. */
		__asm__ volatile("" : : : "memory");
		if (i >= length)
			break;
		letter = path[i];
		hex = is_between((__s64)letter, '0', '9') | is_between((__s64)letter, 'a', 'f');
		if (scan->digits == CONTAINER_ID_DIGITS && !hex)
			return true;
		scan->digits = (scan->digits + 1) & hex;
		scan->last = scan->last << 8 | letter;
		if ((scan->last & 0xffffffffffull) == 0x2f6c78632full /* "/lxc/" */ ||
		    (scan->last & 0xffffffffffffffull) == 0x2f6c78632e7061ull /* "/lxc.pa", of lxc.payload */)
			return true;
	}
	return scan->digits == CONTAINER_ID_DIGITS;
}

#endif
