/* SPDX-License-Identifier: GPL-2.0-only */
/* The path of a file, from the dentries, so that no link or rename of a call matters. */
#ifndef PRATIQUE_PREVENT_PATH_H
#define PRATIQUE_PREVENT_PATH_H

#include "telling.h"

struct walk {
	struct dentry *dentry, *root_dentry;
	struct vfsmount *mount, *root_mount;
	struct text *text;
};

static long climb(__u32 i, void *context)
{
	struct walk *walk = context;
	struct dentry *dentry = walk->dentry, *parent;
	struct vfsmount *vfsmount = walk->mount;
	__u32 n = walk->text->components;

	if (dentry == walk->root_dentry && vfsmount == walk->root_mount)
		return 1;
	if (dentry == READ(vfsmount, mnt_root)) {
		struct mount *mount = (void *)vfsmount - bpf_core_field_offset(struct mount, mnt);
		struct mount *above = READ(mount, mnt_parent);

		if (above == mount)
			return 1;
		walk->dentry = READ(mount, mnt_mountpoint);
		walk->mount = (void *)above + bpf_core_field_offset(struct mount, mnt);
		return 0;
	}
	parent = READ(dentry, d_parent);
	/* A memfd lies in no directory and has a name all the same. */
	if ((parent == dentry && n > 0) || n >= MAX_COMPONENTS)
		return 1;
	walk->text->names[n] = dentry;
	walk->text->components = n + 1;
	walk->dentry = parent;
	return parent == dentry;
}

static long append_name(__u32 i, void *context)
{
	struct text *text = *(struct text **)context;
	__u32 n = text->components - 1 - i, at = text->length, length;
	struct dentry *dentry;

	if (n >= MAX_COMPONENTS || at >= PATH_BYTES)
		return 1;
	dentry = text->names[n];
	length = READ(dentry, d_name.len);
	if (length >= NAME_BYTES - 1)
		length = NAME_BYTES - 2;
	/* What the compiler knows of it by now, the verifier of 6.1 does not: it has to see the mask. */
	barrier_var(length);
	text->bytes[at] = '/';
	bpf_probe_read_kernel(text->bytes + at + 1, length & (NAME_BYTES - 1), READ(dentry, d_name.name));
	text->length = at + 1 + length;
	return 0;
}

/* The path of a file as the task's root shows it, from the dentries, so that no link or rename of the call matters. */
static __noinline int resolve(struct text *text, struct task_struct *task, struct file *file)
{
	struct walk walk = {};

	if (!text)
		return 0;
	walk.text = text;
	walk.dentry = READ(file, f_path.dentry);
	walk.mount = READ(file, f_path.mnt);
	walk.root_dentry = READ(task, fs, root.dentry);
	walk.root_mount = READ(task, fs, root.mnt);
	bpf_loop(MAX_COMPONENTS * 2, climb, &walk, 0);
	bpf_loop(text->components, append_name, &text, 0);
	return 0;
}

#endif
