// SPDX-License-Identifier: GPL-2.0-only
/* What was there before us: processes, and the files and sockets that they hold. */
#include "process.h"
#include "socket.h"

/* Whole records go into the text of the iterator. One that does not fit now is asked for again by the kernel. */
static __always_inline void write_seeded(struct slot *slot, struct seq_file *file)
{
	struct wire_record *record = (struct wire_record *)slot->data;
	u32 size = slot->length;

	barrier_var(size);
	size &= RECORD_BYTES - 1;
	*(u32 *)&slot->data[size] = 0;
	size = (size + 7) & ~7u;
	record->size = size;
	record->flags = slot->flags | WIRE_SEEDED;
	bpf_seq_write(file, slot->data, size);
	release_slot(slot);
}

static __always_inline struct slot *begin_seeded(struct task_struct *task, u32 kind)
{
	struct subject subject = { .task = task, .now = bpf_ktime_get_boot_ns() };

	subject.cgroup_id = cgroup_id_of(task);
	return begin_record(&subject, kind, 0);
}

SEC("iter/task")
int seed_tasks(struct bpf_iter__task *context)
{
	struct seq_file *file = context->meta->seq;
	struct task_struct *task = context->task;
	struct slot *slot;

	/* Threads of the kernel have no memory of a program. */
	if (!task || task->pid != task->tgid || !task->mm)
		return 0;
	slot = begin_seeded(task, WIRE_TASK);
	if (!slot)
		return 0;
	put_process(slot, task, 0);
	put_comm(slot, task);
	put_file_path(slot, WIRE_EXE_PATH, READ(task, mm, exe_file));
	put_working_directory(slot, WIRE_CWD, task);
	write_seeded(slot, file);
	return 0;
}

SEC("iter/task_file")
int seed_files(struct bpf_iter__task_file *context)
{
	struct seq_file *sequence = context->meta->seq;
	struct task_struct *task = context->task;
	struct file *file = context->file;
	struct socket *socket;
	struct sock *sock;
	struct slot *slot;

	if (!task || !file || task->pid != task->tgid)
		return 0;
	slot = begin_seeded(task, WIRE_TASK_FILE);
	if (!slot)
		return 0;
	put_number(slot, WIRE_NUMBER0, context->fd);
	put_file(slot, READ(file, f_inode), READ(file, f_flags), 0);
	if (is_socket_file(file)) {
		socket = READ(file, private_data);
		sock = socket ? READ(socket, sk) : NULL;
		if (sock)
			put_ends(slot, sock);
	} else {
		put_file_path(slot, WIRE_RESOLVED, file);
	}
	write_seeded(slot, sequence);
	return 0;
}

char copyright[] SEC("license") = "GPL";
