/* SPDX-License-Identifier: Apache-2.0 OR GPL-2.0-only */
/* Whether a program is one of those that were mounted into a container: on a volume, a directory of the host, in memory. */
#ifndef PRATIQUE_MOUNTED_H
#define PRATIQUE_MOUNTED_H

#include "ancestors.h"
#include "overlay.h"

/* The file system of the image that a process has for its root; NULL where that is no image. */
static __always_inline struct super_block *image_of(struct task_struct *task)
{
	struct super_block *block = READ(task, fs, root.mnt, mnt_sb);

	return is_on_image(block) ? block : NULL;
}

/*
 * Whether a process is in the control groups of another, or below. Containers that share their processes, as those of a pod
 * may, have groups and images of their own: of all but one the first process is another's.
 */
static __always_inline bool is_grouped_with(struct task_struct *task, struct task_struct *first)
{
	struct css_set *own = READ(task, cgroups), *others = READ(first, cgroups);
	struct cgroup *above = READ(others, dfl_cgrp);
	u32 level = READ(above, level);

	if (own == others)
		return true;
	/* Where engines use the hierarchies of version 1, all are in the root of this one. */
	return level > 0 && ancestor_id_of(READ(own, dfl_cgrp), level) == READ(above, kn, id);
}

/*
 * A process may have changed its root to what is mounted: that of the first process of its namespace counts before its
 * own. An overlay that is mounted within a container is no image: its lower layers may be whatever somebody has written.
 * Where no image lies on an overlay nothing is told. Of a file of memfd_create the caller has to know better.
 */
static __always_inline bool is_mounted(struct task_struct *task, struct inode *inode)
{
	struct task_struct *first = READ(task, nsproxy, pid_ns_for_children, child_reaper);
	struct super_block *image = first && is_grouped_with(task, first) ? image_of(first) : NULL;

	if (!image)
		image = image_of(task);
	return image && READ(inode, i_sb) != image;
}

#endif
