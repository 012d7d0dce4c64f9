/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Whether a program is one of those that were mounted into a container: on a volume, a directory of the host, in memory. */
#ifndef PRATIQUE_MOUNTED_H
#define PRATIQUE_MOUNTED_H

#include "overlay.h"

static __always_inline bool has_root_on_overlay(struct task_struct *task)
{
	return is_on_image(READ(task, fs, root.mnt, mnt_sb));
}

/*
 * A process may have changed its root to what is mounted: that of the first process of its namespace counts as well.
 * Where no image lies on an overlay nothing is told. Of a file of memfd_create the caller has to know better.
 */
static __always_inline bool is_mounted(struct task_struct *task, struct inode *inode)
{
	if (is_overlay(inode))
		return false;
	return has_root_on_overlay(task) ||
	       has_root_on_overlay(READ(task, nsproxy, pid_ns_for_children, child_reaper));
}

#endif
