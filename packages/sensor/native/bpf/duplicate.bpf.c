// SPDX-License-Identifier: GPL-2.0-only
/* A socket that becomes standard input, output or error: what a shell for somebody far away is made of. */
#include "call.h"
#include "socket.h"

#define F_DUPFD 0
#define F_DUPFD_CLOEXEC 1030

SEC("tp_btf/sys_exit")
int BPF_PROG(end_duplicate, struct pt_regs *regs, long result)
{
	struct ended_call ended;
	struct sock *sock;
	struct slot *slot;

	if (result < 0 || result > 2 || !find_call(&ended, regs, result))
		return 0;
	if (ended.call->kind == WIRE_FCNTL) {
		u32 command = (u32)argument(regs, ended.compat, 2);

		if (command != F_DUPFD && command != F_DUPFD_CLOEXEC)
			return 0;
	}
	sock = socket_of(ended.subject.task, (u32)result);
	if (!sock)
		return 0;
	slot = begin_call(&ended);
	if (!slot)
		return 0;
	put_numbers(slot, &ended);
	put_ends(slot, sock);
	end_record(slot, ended.call->flags & CALL_BULK);
	return 0;
}

char copyright[] SEC("license") = "GPL";
