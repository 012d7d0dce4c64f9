/* SPDX-License-Identifier: GPL-2.0-only */
/* System calls: their arguments, and what was read of them when they began. */
#ifndef PRATIQUE_CALL_H
#define PRATIQUE_CALL_H

#include "record.h"
#include "socket.h"

/* With the kernel's own part of it, a page holds one. */
#define PENDING_TEXT 3800
#define SECOND_TEXT 3712
#define THIRD_TEXT 128

/* The third argument of openat2. */
struct user_open_how {
	u64 flags, mode, resolve;
};

/* Which socket a call was given: by the time that it returns another one may have its number. */
struct given_socket {
	u16 family, type, protocol, unused;
};

/* In has, beside the texts. */
#define HAS_HOW 8
#define HAS_SOCKET 16

/* Read once, when the call begins: what the kernel reads after that may be another text, and RESOLVED tells which. */
struct pending {
	u16 call; /* index in the settings, plus one; 0: none */
	u16 has; /* bit n: text n could be read */
	u32 length; /* of the first, with its NUL; of an address without */
	struct user_open_how how;
	struct given_socket socket;
	u8 text[PENDING_TEXT];
};

struct pending_more {
	u32 length, third_length;
	u8 text[SECOND_TEXT];
	u8 third[THIRD_TEXT];
};

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pending);
} pending SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_TASK_STORAGE);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, int);
	__type(value, struct pending_more);
} pending_more SEC(".maps");

struct user_message {
	u64 name;
	u32 name_length, unused;
	u64 vectors, vector_count;
};

struct user_vector {
	u64 base, length;
};

/* The same of 32 bits. */
struct user_message32 {
	u32 name, name_length, vectors, vector_count;
};

struct user_vector32 {
	u32 base, length;
};

static __always_inline bool read_message(struct user_message *message, u64 at, bool compat)
{
	struct user_message32 narrow;

	if (!compat)
		return bpf_probe_read_user(message, sizeof(*message), (void *)at) == 0;
	if (bpf_probe_read_user(&narrow, sizeof(narrow), (void *)at))
		return false;
	message->name = narrow.name;
	message->name_length = narrow.name_length;
	message->vectors = narrow.vectors;
	message->vector_count = narrow.vector_count;
	return true;
}

static __always_inline bool is_compat(struct task_struct *task)
{
#if defined(__TARGET_ARCH_x86)
	return task->thread_info.status & BPF_TASK_COMPAT_STATUS;
#else
	return task->thread_info.flags & (1 << 22);
#endif
}

/* Only what begins calls, or ends those of sockets, has to know: what the others do not ask for the verifier need not follow. */
#if defined(__TARGET_ARCH_x86) && defined(KNOWS_SOCKETCALL)
/* One call of 32 bits stands for all those of sockets: which one is its first argument, and the others lie in memory. */
#define SOCKETCALL 102
#define SOCKETCALL_ACCEPT 5

static __always_inline bool is_socketcall(struct pt_regs *regs)
{
	return (u32)regs->orig_ax == SOCKETCALL;
}

/* The number that a call of sockets has by itself. The one that accepts has none, and is the other with no flags. */
static __always_inline u64 number_of_socketcall(struct pt_regs *regs)
{
	switch ((u32)regs->bx) {
	case 1:
		return 359; /* socket */
	case 2:
		return 361; /* bind */
	case 3:
		return 362; /* connect */
	case 4:
		return 363; /* listen */
	case SOCKETCALL_ACCEPT:
	case 18:
		return 364; /* accept4 */
	case 9: /* send */
	case 11:
		return 369; /* sendto */
	case 10: /* recv */
	case 12:
		return 371; /* recvfrom */
	case 16:
		return 370; /* sendmsg */
	case 17:
		return 372; /* recvmsg */
	case 20:
		return 345; /* sendmmsg */
	default:
		return SOCKETCALL;
	}
}

/* Those that take fewer arguments than the call that they are told as have no more in memory. */
static __always_inline u32 arguments_of_socketcall(u32 call)
{
	return call == SOCKETCALL_ACCEPT ? 3 : call == 9 || call == 10 ? 4 : 6;
}

/* A function of its own: the verifier looks at it once. */
__noinline u64 argument_of_socketcall(u32 call, u64 at, u32 n)
{
	u32 value = 0;

	if (n < 1 || n > arguments_of_socketcall(call))
		return 0;
	bpf_probe_read_user(&value, sizeof(value), (void *)(at + 4 * (n - 1)));
	return value;
}
#endif

/*
 * Of the settings; MAX_CALLS * 2 where there is none. In 64 bits: what the verifier of 6.1 knows of a register it forgets
 * where the halves of two are joined, and who asks for the place has to compare all of it.
 */
static __always_inline u64 call_index(struct task_struct *task, struct pt_regs *regs, u64 id)
{
	/* The bit that marks the third instruction set of x86, whose numbers are those of the first. */
	u64 number = (u32)id & ~0x40000000u;

	if (number >= MAX_CALLS)
		return 2 * MAX_CALLS;
	if (is_compat(task)) {
#if defined(SOCKETCALL)
		if (number == SOCKETCALL)
			number = number_of_socketcall(regs);
#endif
		number += MAX_CALLS;
	}
	barrier_var(number);
	return number;
}

static __always_inline u64 id_of(struct pt_regs *regs)
{
#if defined(__TARGET_ARCH_x86)
	return regs->orig_ax;
#else
	return regs->syscallno;
#endif
}

#if defined(__TARGET_ARCH_x86)
static __always_inline u64 compat_argument(struct pt_regs *regs, u32 n)
{
#if defined(SOCKETCALL)
	if (is_socketcall(regs))
		return argument_of_socketcall((u32)regs->bx, (u32)regs->cx, n);
#endif
	switch (n) {
	case 1:
		return (u32)regs->bx;
	case 2:
		return (u32)regs->cx;
	case 3:
		return (u32)regs->dx;
	case 4:
		return (u32)regs->si;
	case 5:
		return (u32)regs->di;
	default:
		return (u32)regs->bp;
	}
}

static __always_inline u64 argument_in(struct pt_regs *regs, bool compat, u32 n)
{
	if (compat)
		return compat_argument(regs, n);
	switch (n) {
	case 1:
		return regs->di;
	case 2:
		return regs->si;
	case 3:
		return regs->dx;
	case 4:
		return regs->r10;
	case 5:
		return regs->r8;
	default:
		return regs->r9;
	}
}
#else
static __always_inline u64 argument_in(struct pt_regs *regs, bool compat, u32 n)
{
	switch (n) {
	case 1:
		return regs->orig_x0;
	case 2:
		return regs->regs[1];
	case 3:
		return regs->regs[2];
	case 4:
		return regs->regs[3];
	case 5:
		return regs->regs[4];
	default:
		return regs->regs[5];
	}
}
#endif

#if defined(ARGUMENTS_APART)
/* Of the call that the task is in. Verified by itself: what leads to an argument is not followed once for each of its ways. */
__noinline u64 current_argument(u32 n, u32 compat)
{
	return argument_in((struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf()), compat, n);
}
#endif

/* Numbered from one. */
static __always_inline u64 argument(struct pt_regs *regs, bool compat, u32 n)
{
#if defined(ARGUMENTS_APART)
	return current_argument(n, compat);
#else
	return argument_in(regs, compat, n);
#endif
}

static __always_inline void read_address(struct pending *read, u64 address, u64 length)
{
	u32 size = (u32)length;

	if (!address || size < 2 || size > 128)
		return;
	barrier_var(size);
	if (size <= 128 && bpf_probe_read_user(read->text, size, (void *)address) == 0) {
		read->length = size;
		read->has |= 1;
	}
}

static __always_inline void read_given_socket(struct pending *read, struct sock *sock)
{
	if (!sock)
		return;
	read->socket.family = READ(sock, __sk_common.skc_family);
	read->socket.type = READ(sock, sk_type);
	read->socket.protocol = READ(sock, sk_protocol);
	read->has |= HAS_SOCKET;
}

static __always_inline void read_message_address(struct pending *read, u64 at, bool compat)
{
	struct user_message message;

	if (read_message(&message, at, compat))
		read_address(read, message.name, message.name_length);
}

static __always_inline void read_more(struct task_struct *task, struct pending *read, struct call *call,
				      struct pt_regs *regs, bool compat)
{
	struct pending_more *more = bpf_task_storage_get(&pending_more, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);
	long count;

	if (!more)
		return;
	if (!(read->has & 2)) {
		count = bpf_probe_read_user_str(more->text, SECOND_TEXT, (void *)argument(regs, compat, call->second));
		if (count > 0) {
			more->length = (u32)count;
			read->has |= 2;
		}
	}
	if (!call->third || (read->has & 4))
		return;
	count = bpf_probe_read_user_str(more->third, THIRD_TEXT, (void *)argument(regs, compat, call->third));
	if (count > 0) {
		more->third_length = (u32)count;
		read->has |= 4;
	}
}

/* Those that have not been read yet. */
static __always_inline void read_texts(struct task_struct *task, struct pending *read, struct call *call,
				       struct pt_regs *regs, bool compat)
{
	u64 first = argument(regs, compat, call->first);
	long count;

	if ((call->flags & (CALL_MESSAGE | CALL_ADDRESS)) && !(read->has & HAS_SOCKET))
		read_given_socket(read, socket_of(task, (u32)argument(regs, compat, 1)));
	if ((call->flags & (CALL_MESSAGE | CALL_ADDRESS)) && (read->has & 1))
		return;
	if (call->flags & CALL_MESSAGE) {
		read_message_address(read, first, compat);
		return;
	}
	if (call->flags & CALL_ADDRESS) {
		read_address(read, first, argument(regs, compat, call->second));
		return;
	}
	if (!(read->has & 1)) {
		count = bpf_probe_read_user_str(read->text, PENDING_TEXT, (void *)first);
		if (count > 0) {
			read->length = (u32)count;
			read->has |= 1;
		}
	}
	if (call->kind == WIRE_OPENAT2 && !(read->has & HAS_HOW) &&
	    bpf_probe_read_user(&read->how, sizeof(read->how), (void *)argument(regs, compat, 3)) == 0)
		read->has |= HAS_HOW;
	if (call->second)
		read_more(task, read, call, regs, compat);
}

/* What all programs that end a call begin with. */
struct ended_call {
	struct subject subject;
	struct call *call;
	struct pt_regs *regs;
	struct event_settings *settings;
	s64 result;
	u32 index;
	bool compat;
};

/* What a function of its own gives back the verifier knows nothing of: the ways that led to it are one from there on. */
__noinline u64 unknown(u64 value)
{
	barrier_var(value);
	return value;
}

static __always_inline bool find_call(struct ended_call *ended, struct pt_regs *regs, s64 result)
{
	u64 index;

	ended->subject.task = bpf_get_current_task_btf();
	ended->subject.is_other = false;
	ended->settings = get_settings();
	index = call_index(ended->subject.task, regs, id_of(regs));
	if (!ended->settings || index >= 2 * MAX_CALLS)
		return false;
	ended->call = &ended->settings->calls[index];
	ended->index = index;
	ended->compat = unknown(index >= MAX_CALLS) & 1;
	ended->regs = regs;
	ended->result = result;
	return true;
}

static __always_inline struct slot *begin_admitted(struct ended_call *ended)
{
	struct slot *slot = begin_record(&ended->subject, ended->call->kind, ended->result);

	if (!slot)
		return NULL;
	if (ended->compat)
		slot->flags |= WIRE_COMPAT;
	put_comm(slot, ended->subject.task);
	return slot;
}

static __always_inline struct slot *begin_call(struct ended_call *ended)
{
	struct call *call = ended->call;

	if (!admit(&ended->subject, ended->settings, call->kind, call->wanted, call->flags & CALL_BULK))
		return NULL;
	return begin_admitted(ended);
}

/* Of the call that the task is in: those arguments whose bits are set. */
__noinline int put_arguments(struct slot *slot, u32 numbers, u32 compat)
{
	struct pt_regs *regs = (struct pt_regs *)bpf_task_pt_regs(bpf_get_current_task_btf());

	if (!slot)
		return 0;
#pragma unroll
	for (u32 n = 0; n < 6; n++) {
		if (numbers & (1 << n))
			put_number(slot, WIRE_NUMBER0 + n, argument(regs, compat, n + 1));
	}
	return 0;
}

static __always_inline void put_numbers(struct slot *slot, struct ended_call *ended)
{
	put_arguments(slot, ended->call->numbers, ended->compat);
}

/*
 * What was read at the start of the call that now ends. Where nobody looked then, or a page was not there yet, which the
 * call itself has brought in, it is read now.
 */
static __always_inline struct pending *get_pending(struct ended_call *ended)
{
	struct task_struct *task = ended->subject.task;
	struct pending *read = bpf_task_storage_get(&pending, task, NULL, BPF_LOCAL_STORAGE_GET_F_CREATE);

	if (!read)
		return NULL;
	if (read->call != ended->index + 1)
		read->has = 0;
	read_texts(task, read, ended->call, ended->regs, ended->compat);
	read->call = 0;
	return read;
}

static __always_inline void put_first(struct slot *slot, struct pending *read, u32 tag)
{
	if (!read || !(read->has & 1))
		return;
	if (read->length >= PENDING_TEXT)
		slot->flags |= WIRE_TRUNCATED;
	put_kernel_bytes(slot, tag, read->text, read->length - 1);
}

static __always_inline void put_second(struct slot *slot, struct pending *read, struct pending_more *more, u32 tag)
{
	if (!more || !read || !(read->has & 2))
		return;
	if (more->length >= SECOND_TEXT)
		slot->flags |= WIRE_TRUNCATED;
	put_kernel_bytes(slot, tag, more->text, more->length - 1);
}

/* The directory that a path is relative to: of the descriptor in that argument, else the working directory. */
static __always_inline void put_directory(struct slot *slot, struct ended_call *ended, u32 from, u32 tag)
{
	struct task_struct *task = ended->subject.task;
	s32 descriptor = from ? (s32)argument(ended->regs, ended->compat, from) : -100;

	if (descriptor >= 0)
		put_file_path(slot, tag, file_of(task, descriptor));
	else
		put_working_directory(slot, tag, task);
}

static __always_inline bool is_relative(struct pending *read)
{
	return read && (read->has & 1) && read->text[0] != '/';
}

#endif
