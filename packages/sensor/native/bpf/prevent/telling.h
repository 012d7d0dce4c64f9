/* SPDX-License-Identifier: GPL-2.0-only */
/* What an act of prevention is about, and the record that tells of it. */
#ifndef PRATIQUE_PREVENT_TELLING_H
#define PRATIQUE_PREVENT_TELLING_H

#include "../number-section.h"
#include "../policy.bpf.h"

#define MAX_COMPONENTS 40
#define NAME_BYTES 256

/* A resolved path, and room behind it for one more name so that the verifier sees that no write leaves it. */
struct text {
	__u32 length;
	__u32 components;
	struct dentry *names[MAX_COMPONENTS];
	char bytes[PATH_BYTES + NAME_BYTES];
};

/* Sections are padded to four, records to eight: one empty section of text fills the gap. */
struct prevent_record {
	struct wire_record head;
	struct number_section primitive, rule, detail, execution;
	__u16 tag, length;
	char path[RECORD_PATH_BYTES + 8];
};

struct scratch {
	struct text text;
	struct prevent_record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} prevent_scratches SEC(".maps");

struct match {
	__u32 action;
	__u32 rule;
};

static __always_inline struct scratch *take_scratch(void)
{
	__u32 zero = 0;
	struct scratch *scratch = bpf_map_lookup_elem(&prevent_scratches, &zero);

	if (scratch) {
		scratch->text.length = 0;
		scratch->text.components = 0;
	}
	return scratch;
}

static __always_inline __u16 flags_of(__u32 action, bool dry_run)
{
	if (action == RULE_REPORT)
		return 0;
	if (dry_run)
		return WIRE_DRY_RUN;
	return action == RULE_HOLD ? WIRE_HELD : WIRE_PREVENTED;
}

struct report {
	__u64 detail;
	__u64 execution; /* which of the process's; 0 where it is about none */
	__u32 primitive;
	__u16 flags;
};

static __noinline int write_report(struct scratch *scratch, const struct report *report, const struct match *match)
{
	struct prevent_record *record;
	__u64 id = bpf_get_current_pid_tgid();
	__u32 length, padded, size;

	if (!scratch || !report || !match)
		return 0;
	record = &scratch->record;
	length = scratch->text.length;
	if (length > RECORD_PATH_BYTES) {
		length = RECORD_PATH_BYTES;
		record->head.flags = report->flags | WIRE_TRUNCATED;
	} else {
		record->head.flags = report->flags;
	}
	record->head.kind = WIRE_PREVENT;
	record->head.time_ns = bpf_ktime_get_boot_ns();
	record->head.cgroup_id = bpf_get_current_cgroup_id();
	record->head.result = 0;
	record->head.pid = id >> 32;
	record->head.tid = id;
	record->head.ppid = 0;
	record->head.cpu = bpf_get_smp_processor_id();
	set_number(&record->primitive, WIRE_NUMBER0, report->primitive);
	set_number(&record->rule, WIRE_NUMBER1, match->rule);
	set_number(&record->detail, WIRE_NUMBER2, report->detail);
	set_number(&record->execution, WIRE_NUMBER3, report->execution);
	record->tag = WIRE_PATH;
	record->length = length;
	bpf_probe_read_kernel(record->path, length & 1023, scratch->text.bytes);
	padded = (length + 3) & ~3u;
	*(__u32 *)(record->path + (padded & 1020)) = WIRE_TEXT2;
	size = __builtin_offsetof(struct prevent_record, path) + padded;
	size = (size + 7) & ~7u;
	record->head.size = size;
	if (size > sizeof(*record))
		return 0;
	if (bpf_ringbuf_output(&prevented, record, size, 0))
		count(COUNT_RECORD_LOST);
	return 0;
}

#endif
