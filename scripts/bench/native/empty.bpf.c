/* SPDX-License-Identifier: GPL-2.0-only */
/* What being seen costs a system call, whatever is then looked at: two programs that do nothing. */
#define SEC(name) __attribute__((section(name), used))

SEC("tp_btf/sys_enter")
int on_enter(void *context)
{
	return 0;
}

SEC("tp_btf/sys_exit")
int on_exit(void *context)
{
	return 0;
}

char copyright[] SEC("license") = "GPL";
