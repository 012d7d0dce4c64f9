/* SPDX-License-Identifier: GPL-2.0-only */
/* A number in a record that a program writes whole: a section of wire.h with a value of eight bytes. */
#ifndef PRATIQUE_NUMBER_SECTION_H
#define PRATIQUE_NUMBER_SECTION_H

#include "kernel.h"

struct number_section {
	__u16 tag, length;
	__u8 value[8];
};

static __always_inline void set_number(struct number_section *section, __u16 tag, __u64 value)
{
	section->tag = tag;
	section->length = sizeof(value);
	__builtin_memcpy(section->value, &value, sizeof(value));
}

#endif
