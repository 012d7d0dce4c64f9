/* SPDX-License-Identifier: GPL-2.0-only */
/* Files that lie on an overlay, as the roots of containers do. */
#ifndef PRATIQUE_OVERLAY_H
#define PRATIQUE_OVERLAY_H

#include "kernel.h"

#pragma clang attribute push(__attribute__((preserve_access_index)), apply_to = record)
struct ovl_inode {
	struct inode vfs_inode;
	struct dentry *__upperdentry;
};
#pragma clang attribute pop

/* Of the host's root: some hosts lie on an overlay themselves, which is no image. 0: not known. */
const volatile u32 host_root_device = 0;

static __always_inline bool is_on_image(struct super_block *block)
{
	return READ(block, s_magic) == OVERLAYFS_SUPER_MAGIC && READ(block, s_dev) != host_root_device;
}

static __always_inline bool is_overlay(struct inode *inode)
{
	return is_on_image(READ(inode, i_sb));
}

/* What was written into the overlay over what the image holds; NULL where the image's own file is seen. */
static __always_inline struct dentry *upper_of(struct inode *inode)
{
	struct dentry *upper = NULL;
	u8 *at = (u8 *)inode;

	/*
	 * The type is that of a module on most hosts: a program cannot load its fields by itself, as READ does, and a module
	 * that is not there yet cannot be asked for the place. It lies behind the inode.
	 */
	if (bpf_core_field_exists(struct ovl_inode, __upperdentry))
		at += bpf_core_field_offset(struct ovl_inode, __upperdentry) -
		      bpf_core_field_offset(struct ovl_inode, vfs_inode);
	else
		at += bpf_core_type_size(struct inode);
	bpf_probe_read_kernel(&upper, sizeof(upper), at);
	return upper;
}

#endif
