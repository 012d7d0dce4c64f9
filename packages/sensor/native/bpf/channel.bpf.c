// SPDX-License-Identifier: GPL-2.0-only
/* What is refused of the network: listed addresses and names, and everything of a container in quarantine. */
#include "channel/listed-set.h"
#include "channel/names.h"
#include "channel/packet.h"
#include "channel/peer.h"
#include "channel/telling.h"
#include "policy.bpf.h"

char LICENSE[] SEC("license") = "GPL";

#define DNS_PORT 53

__noinline int check_peer(struct peer *peer, const struct policy *policy)
{
	struct finding finding = {};
	struct peer inner;
	__u32 address = 0;

	if (!peer || !policy)
		return 1;
	if (policy->channel == CHANNEL_QUARANTINE && (!is_loopback(peer) || is_engine_resolver(peer))) {
		if (!(peer->family == AF_INET6 && embedded4(peer, &address) &&
		      (address & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000) && address != bpf_htonl(0x7f00000b)))
			finding.listed = finding.ordered = 1;
		return judge(peer, policy, &finding, 0);
	}
	find_peer(peer, policy->cgroup_id, &finding);
	if (peer->family == AF_INET6 && (!finding.listed || finding.report_only) && embedded4(peer, &address)) {
		inner = *peer;
		set_address4(&inner, address);
		find_peer(&inner, policy->cgroup_id, &finding);
	}
	return judge(peer, policy, &finding, 0);
}

/* What a function verified by itself returns, the verifier does not know. */
static __always_inline int verdict(int passes)
{
	barrier_var(passes);
	return passes & 1;
}

static __always_inline int check_call4(struct bpf_sock_addr *ctx, __u8 hook)
{
	struct settings *settings = current_settings();
	struct peer peer = {
		.hook = hook,
		.cgroup_id = bpf_get_current_cgroup_id(),
		.thread = bpf_get_current_pid_tgid(),
	};
	struct policy *policy;

	if (!settings)
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !policy->channel)
		return 1;
	set_address4(&peer, ctx->user_ip4);
	peer.port = bpf_ntohs((__u16)ctx->user_port);
	peer.protocol = ctx->protocol;
	return verdict(check_peer(&peer, policy));
}

static __always_inline int check_call6(struct bpf_sock_addr *ctx, __u8 hook)
{
	struct settings *settings = current_settings();
	struct peer peer = {
		.hook = hook,
		.cgroup_id = bpf_get_current_cgroup_id(),
		.thread = bpf_get_current_pid_tgid(),
	};
	struct policy *policy;

	if (!settings)
		return 1;
	policy = CURRENT_POLICY(settings);
	if (!policy || !policy->channel)
		return 1;
	peer.family = AF_INET6;
	peer.address[0] = ctx->user_ip6[0];
	peer.address[1] = ctx->user_ip6[1];
	peer.address[2] = ctx->user_ip6[2];
	peer.address[3] = ctx->user_ip6[3];
	peer.port = bpf_ntohs((__u16)ctx->user_port);
	peer.protocol = ctx->protocol;
	return verdict(check_peer(&peer, policy));
}

SEC("cgroup/connect4")
int connect4(struct bpf_sock_addr *ctx)
{
	return check_call4(ctx, WIRE_HOOK_CONNECT);
}

SEC("cgroup/connect6")
int connect6(struct bpf_sock_addr *ctx)
{
	return check_call6(ctx, WIRE_HOOK_CONNECT);
}

SEC("cgroup/sendmsg4")
int sendmsg4(struct bpf_sock_addr *ctx)
{
	return check_call4(ctx, WIRE_HOOK_SENDMSG);
}

SEC("cgroup/sendmsg6")
int sendmsg6(struct bpf_sock_addr *ctx)
{
	return check_call6(ctx, WIRE_HOOK_SENDMSG);
}

static __always_inline bool lists_names(const struct settings *settings)
{
	__u32 number;
	struct listed_set *set = current_set(settings, &number);

	return set && set->bucket_names;
}

__noinline int check_payload(struct __sk_buff *skb, struct packet *packet, const struct policy *policy)
{
	__u32 at;
	__u8 offset;

	if (!packet || !policy)
		return 1;
	at = packet->transport;
	if (packet->peer.protocol == IPPROTO_UDP) {
		if (packet->peer.port == DNS_PORT || is_engine_resolver(&packet->peer))
			return check_question(skb, &packet->peer, policy, at + 8);
		return 1;
	}
	if (bpf_skb_load_bytes(skb, at + 12, &offset, 1))
		return 1;
	at += (offset >> 4) * 4;
	if (at >= skb->len)
		return 1;
	if (packet->peer.port == DNS_PORT || is_engine_resolver(&packet->peer))
		return check_stream(skb, &packet->peer, policy, at);
	return check_hello(skb, &packet->peer, policy, at);
}

/* What a container says to itself is nobody's business, and there is much of it. */
static __always_inline bool stays_within(const struct peer *peer, const struct policy *policy)
{
	return policy->channel != CHANNEL_QUARANTINE && is_loopback(peer) && !is_engine_resolver(peer);
}

#define ANCESTOR_OF_PACKET(level) bpf_skb_ancestor_cgroup_id(skb, level)

SEC("cgroup_skb/egress")
int egress(struct __sk_buff *skb)
{
	struct settings *settings = current_settings();
	struct packet packet = {};
	struct policy *policy;

	if (!settings)
		return 1;
	policy = FIND_POLICY(settings, ANCESTOR_OF_PACKET);
	if (!policy || !policy->channel)
		return 1;
	packet.peer.hook = WIRE_HOOK_EGRESS;
	packet.peer.cgroup_id = bpf_skb_cgroup_id(skb);
	if (read_packet(skb, &packet, 0))
		return policy->channel != CHANNEL_QUARANTINE;
	if (stays_within(&packet.peer, policy))
		return 1;
	if (!check_peer(&packet.peer, policy))
		return 0;
	if (!packet.transport || !lists_names(settings))
		return 1;
	return verdict(check_payload(skb, &packet, policy));
}

SEC("cgroup_skb/ingress")
int ingress(struct __sk_buff *skb)
{
	struct settings *settings = current_settings();
	struct packet packet = {};
	struct policy *policy;

	if (!settings)
		return 1;
	policy = FIND_POLICY(settings, ANCESTOR_OF_PACKET);
	if (!policy || !policy->channel)
		return 1;
	packet.peer.hook = WIRE_HOOK_INGRESS;
	packet.peer.cgroup_id = bpf_skb_cgroup_id(skb);
	if (read_packet(skb, &packet, 1))
		return policy->channel != CHANNEL_QUARANTINE;
	if (stays_within(&packet.peer, policy))
		return 1;
	return verdict(check_peer(&packet.peer, policy));
}
