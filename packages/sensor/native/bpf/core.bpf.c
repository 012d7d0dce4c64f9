// SPDX-License-Identifier: GPL-2.0-only
#include "kernel.h"

SEC("tp_btf/sched_process_exec")
int BPF_PROG(first, struct task_struct *task, int old_pid, struct linux_binprm *binprm)
{
	return 0;
}

char license_text[] SEC("license") = "GPL";
