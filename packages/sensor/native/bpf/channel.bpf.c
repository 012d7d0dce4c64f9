// SPDX-License-Identifier: GPL-2.0-only
/* What is refused of the network: listed addresses and names, and everything of a container in quarantine. */
#include "policy.bpf.h"
#include "listed.h"

char LICENSE[] SEC("license") = "GPL";

#define IPPROTO_TCP 6
#define IPPROTO_UDP 17
#define DNS_PORT 53
#define NAME_BYTES 256
#define MAX_POINTERS 3 /* of one name */
#define MAX_QUESTIONS 4 /* of one message */
#define MAX_MESSAGES 8 /* of one segment */
#define MAX_LABELS 9 /* of a name, from its end, that are looked up with all that follows them */
#define MAX_EXTENSIONS 32
#define MAX_HEADERS 6
#define RECORD_GAP_NS 1000000000ull
#define NANOSECONDS 1000000000ull

/* By size: the types of what is pointed to from within a map are not described for the loader. */
struct inner4 {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket4));
};
struct inner6 {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket6));
};
struct inner_names {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__uint(map_flags, BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(struct bucket_name));
};
struct inner_networks4 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, LISTED_MAX_NETWORKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct network4_key));
	__uint(value_size, sizeof(struct network_value));
};
struct inner_networks6 {
	__uint(type, BPF_MAP_TYPE_LPM_TRIE);
	__uint(max_entries, LISTED_MAX_NETWORKS);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(key_size, sizeof(struct network6_key));
	__uint(value_size, sizeof(struct network_value));
};

#define TWO_SETS(name, inner)                                                                                          \
	struct {                                                                                                       \
		__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);                                                              \
		__uint(max_entries, 2);                                                                                \
		__type(key, __u32);                                                                                    \
		__array(values, struct inner);                                                                         \
	} name SEC(".maps")

TWO_SETS(listed_addresses4, inner4);
TWO_SETS(listed_addresses6, inner6);
TWO_SETS(listed_names, inner_names);
TWO_SETS(listed_networks4, inner_networks4);
TWO_SETS(listed_networks6, inner_networks6);
TWO_SETS(allowed_networks4, inner_networks4);
TWO_SETS(allowed_networks6, inner_networks6);
TWO_SETS(allowed_names, inner_names);

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, struct listed_set);
} listed_sets SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, LISTED_MAX_SINGLES);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__type(key, struct single_key);
	__type(value, struct single_value);
} listed_singles SEC(".maps");

struct told_key {
	__u64 cgroup_id;
	__u32 indicator;
	__u32 hook;
};

struct told {
	__u64 at_ns;
	__u64 left_out;
};

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, 8192);
	__type(key, struct told_key);
	__type(value, struct told);
} channel_told SEC(".maps");

struct number_section {
	__u16 tag, length;
	__u8 value[8];
};

struct address_section {
	__u16 tag, length;
	struct wire_address value;
};

struct channel_record {
	struct wire_record head;
	struct number_section indicator, hook, left_out;
	struct address_section remote;
	__u16 tag, length;
	char text[NAME_BYTES + 8];
};

/* A name with dots, and where its last labels begin. */
struct name {
	__u32 length;
	__u32 first; /* where it is told from */
	__u32 labels;
	__u32 starts[16];
	char bytes[NAME_BYTES * 2];
};

struct scratch {
	struct name name;
	struct channel_record record;
};

struct {
	__uint(type, BPF_MAP_TYPE_PERCPU_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, struct scratch);
} channel_scratches SEC(".maps");

/* What a packet or a call is about. IPv4 is mapped. */
struct peer {
	__u32 address[4];
	__u32 family;
	__u16 port;
	__u8 protocol;
	__u8 hook;
	__u64 cgroup_id; /* of whoever talks to it; the policy may be that of a group above */
	__u64 thread; /* whose call it is, with its process in the upper half; 0 for a packet, which whoever runs may send */
};

struct finding {
	__u32 indicator;
	__u8 listed;
	__u8 report_only;
	__u8 ordered; /* for this container by name: neither the mode of the set nor of the policy matters */
};

static __always_inline struct scratch *channel_scratch(void)
{
	__u32 zero = 0;

	return bpf_map_lookup_elem(&channel_scratches, &zero);
}

__noinline int is_over(__u32 expires_at)
{
	struct settings *settings = current_settings();
	__s64 now;

	if (!expires_at || !settings)
		return 0;
	now = (__s64)(bpf_ktime_get_boot_ns() / NANOSECONDS) + settings->realtime_offset_s;
	return now >= expires_at;
}

static __always_inline bool is_loopback(const struct peer *peer)
{
	if (peer->family == AF_INET)
		return (peer->address[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !peer->address[0] && !peer->address[1] && !peer->address[2] && peer->address[3] == bpf_htonl(1);
}

/* 127.0.0.11: what is asked of it leaves the container by way of the engine. */
static __always_inline bool is_engine_resolver(const struct peer *peer)
{
	return peer->family == AF_INET && peer->address[3] == bpf_htonl(0x7f00000b);
}

static __always_inline void note(struct finding *finding, __u32 indicator, bool report_only)
{
	if (finding->listed && (report_only || !finding->report_only))
		return;
	finding->listed = 1;
	finding->indicator = indicator;
	finding->report_only = report_only;
}

__noinline int find_address4(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	struct bucket4 *bucket;
	__u32 which, at;
	void *inner;

	if (!set || !peer || !finding)
		return 0;
	which = number;
	inner = bpf_map_lookup_elem(&listed_addresses4, &which);
	if (!inner || !set->buckets4)
		return 0;
	at = listed_bucket(listed_hash4(set->seed, peer->address[3]), set->buckets4);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed4 *slot = &bucket->slots[i];

			if (!(slot->flags & LISTED_USED))
				return 0;
			if (slot->address == peer->address[3] && (!slot->port || slot->port == peer->port) &&
			    !is_over(slot->expires_at))
				note(finding, slot->indicator, slot->flags & LISTED_REPORT_ONLY);
		}
		at = at + 1 == set->buckets4 ? 0 : at + 1;
	}
	return 0;
}

__noinline int find_address6(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	struct bucket6 *bucket;
	__u32 which, at;
	void *inner;

	if (!set || !peer || !finding)
		return 0;
	which = number;
	inner = bpf_map_lookup_elem(&listed_addresses6, &which);
	if (!inner || !set->buckets6)
		return 0;
	at = listed_bucket(listed_hash6(set->seed, peer->address), set->buckets6);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed6 *slot = &bucket->slots[i];

			if (!(slot->flags & LISTED_USED))
				return 0;
			if (slot->address[0] == peer->address[0] && slot->address[1] == peer->address[1] &&
			    slot->address[2] == peer->address[2] && slot->address[3] == peer->address[3] &&
			    (!slot->port || slot->port == peer->port) && !is_over(slot->expires_at))
				note(finding, slot->indicator, slot->flags & LISTED_REPORT_ONLY);
		}
		at = at + 1 == set->buckets6 ? 0 : at + 1;
	}
	return 0;
}

static __always_inline void look_in_network(void *trie, const void *key, struct finding *finding)
{
	struct network_value *value = bpf_map_lookup_elem(trie, key);

	if (value && !is_over(value->expires_at))
		note(finding, value->indicator, value->flags & LISTED_REPORT_ONLY);
}

#define FIND_NETWORK(outer, key_type, bits, source, with_ports)                                                        \
	({                                                                                                             \
		void *trie = bpf_map_lookup_elem(&(outer), &which);                                                    \
		if (trie) {                                                                                            \
			struct key_type key = { .prefix_length = 16 + (bits) };                                        \
			__builtin_memcpy(key.address, source, (bits) / 8);                                             \
			look_in_network(trie, &key, finding);                                                          \
			if (with_ports) {                                                                              \
				key.port = peer->port;                                                                 \
				look_in_network(trie, &key, finding);                                                  \
			}                                                                                              \
		}                                                                                                      \
	})

__noinline int find_networks(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	__u32 which = number;

	if (!set || !peer || !finding)
		return 0;
	if (peer->family == AF_INET && set->networks4)
		FIND_NETWORK(listed_networks4, network4_key, 32, &peer->address[3], set->ports4);
	if (peer->family == AF_INET6 && set->networks6)
		FIND_NETWORK(listed_networks6, network6_key, 128, peer->address, set->ports6);
	return 0;
}

__noinline int find_allowed(struct listed_set *set, struct peer *peer, __u32 number, struct finding *finding)
{
	__u32 which = number;

	if (!set || !peer || !finding)
		return 0;
	if (peer->family == AF_INET && set->allowed4)
		FIND_NETWORK(allowed_networks4, network4_key, 32, &peer->address[3], 0);
	if (peer->family == AF_INET6 && set->allowed6)
		FIND_NETWORK(allowed_networks6, network6_key, 128, peer->address, 0);
	return 0;
}

static __always_inline void look_up_single(struct single_key *key, struct finding *finding)
{
	struct single_value *value = bpf_map_lookup_elem(&listed_singles, key);

	if (value && !is_over(value->expires_at))
		note(finding, value->indicator, false);
}

__noinline int find_single(struct peer *peer, __u64 cgroup_id, struct finding *finding)
{
	struct single_key key = { .cgroup_id = cgroup_id };

	if (!peer || !finding)
		return 0;
	__builtin_memcpy(key.address, peer->address, sizeof(key.address));
	look_up_single(&key, finding);
	if (peer->port) {
		key.port = peer->port;
		look_up_single(&key, finding);
	}
	return 0;
}

static __always_inline struct listed_set *current_set(const struct settings *settings, __u32 *number)
{
	*number = settings->set & 1;
	return bpf_map_lookup_elem(&listed_sets, number);
}

__noinline int find_peer(struct peer *peer, __u64 cgroup_id, struct finding *finding)
{
	struct settings *settings = current_settings();
	struct finding allowed = {};
	struct listed_set *set;
	__u32 number;

	if (!settings || !peer || !finding)
		return 0;
	if (settings->singles)
		find_single(peer, cgroup_id, finding);
	finding->ordered = finding->listed;
	if (finding->listed)
		return 0;
	set = current_set(settings, &number);
	if (!set)
		return 0;
	if (settings->singles)
		find_single(peer, 0, finding);
	if (peer->family == AF_INET)
		find_address4(set, peer, number, finding);
	else
		find_address6(set, peer, number, finding);
	if (!finding->listed || finding->report_only)
		find_networks(set, peer, number, finding);
	if (!finding->listed)
		return 0;
	find_allowed(set, peer, number, &allowed);
	if (!allowed.listed)
		return 0;
	if (allowed.report_only)
		finding->report_only = 1;
	else
		finding->listed = 0;
	return 0;
}

/* The IPv4 address that an IPv6 one stands for. */
__noinline int embedded4(const struct peer *peer, __u32 *address)
{
	const __u32 *a;

	if (!peer || !address)
		return 0;
	a = peer->address;
	*address = a[3];
	if (!a[0] && !a[1] && (a[2] == bpf_htonl(0xffff) || (!a[2] && bpf_ntohl(a[3]) > 1)))
		return 1; /* mapped, and the older compatible form */
	if (a[0] == bpf_htonl(0x0064ff9b) && !a[1] && !a[2])
		return 1; /* NAT64, RFC 6052 */
	if (a[0] == bpf_htonl(0x0064ff9b) && (a[1] & bpf_htonl(0xffff0000)) == bpf_htonl(0x00010000))
		return 1; /* NAT64 of one's own, RFC 8215, with prefixes of 96 bits */
	if (a[0] == bpf_htonl(0x20010000)) {
		*address = ~a[3]; /* Teredo, RFC 4380 */
		return 1;
	}
	if ((a[0] & bpf_htonl(0xffff0000)) == bpf_htonl(0x20020000)) {
		*address = bpf_htonl(bpf_ntohl(a[0]) << 16 | bpf_ntohl(a[1]) >> 16); /* 6to4, RFC 3056 */
		return 1;
	}
	return 0;
}

static __always_inline void set_address4(struct peer *peer, __u32 address)
{
	peer->family = AF_INET;
	peer->address[0] = 0;
	peer->address[1] = 0;
	peer->address[2] = bpf_htonl(0xffff);
	peer->address[3] = address;
}

static __always_inline void set_number(struct number_section *section, __u16 tag, __u64 value)
{
	section->tag = tag;
	section->length = sizeof(value);
	__builtin_memcpy(section->value, &value, sizeof(value));
}

static __always_inline bool may_tell(struct told_key *key, __u64 now, __u64 *left_out)
{
	struct told *last = bpf_map_lookup_elem(&channel_told, key);
	struct told first = { .at_ns = now };

	*left_out = 0;
	if (!last) {
		bpf_map_update_elem(&channel_told, key, &first, BPF_ANY);
		return true;
	}
	if (now - last->at_ns < RECORD_GAP_NS) {
		__sync_fetch_and_add(&last->left_out, 1);
		return false;
	}
	*left_out = last->left_out;
	last->at_ns = now;
	last->left_out = 0;
	return true;
}

struct telling {
	__u64 cgroup_id;
	__u32 indicator;
	__u16 flags;
	__u16 with_name;
};

__noinline int tell(const struct peer *peer, const struct telling *telling)
{
	struct told_key key = {};
	struct channel_record *record;
	struct scratch *scratch = channel_scratch();
	__u64 now = bpf_ktime_get_boot_ns(), left_out;
	__u32 length = 0, padded, size;

	if (!peer || !telling || !scratch)
		return 0;
	key.cgroup_id = telling->cgroup_id;
	key.indicator = telling->indicator;
	key.hook = peer->hook;
	if (!may_tell(&key, now, &left_out))
		return 0;
	record = &scratch->record;
	record->head.kind = WIRE_CHANNEL;
	record->head.flags = telling->flags;
	record->head.time_ns = now;
	record->head.cgroup_id = telling->cgroup_id;
	record->head.result = 0;
	record->head.pid = peer->thread >> 32;
	record->head.tid = peer->thread;
	record->head.ppid = 0;
	record->head.cpu = bpf_get_smp_processor_id();
	set_number(&record->indicator, WIRE_NUMBER0, telling->indicator);
	set_number(&record->hook, WIRE_NUMBER1, peer->hook);
	set_number(&record->left_out, WIRE_NUMBER2, left_out);
	record->remote.tag = WIRE_REMOTE;
	record->remote.length = sizeof(record->remote.value);
	record->remote.value.family = peer->family;
	record->remote.value.port = peer->port;
	record->remote.value.protocol = peer->protocol;
	record->remote.value.type = peer->protocol == IPPROTO_TCP ? 1 : peer->protocol == IPPROTO_UDP ? 2 : 3;
	__builtin_memset(record->remote.value.address, 0, 16);
	if (peer->family == AF_INET)
		__builtin_memcpy(record->remote.value.address, &peer->address[3], 4);
	else
		__builtin_memcpy(record->remote.value.address, peer->address, 16);
	if (telling->with_name)
		length = (scratch->name.length - (scratch->name.first & 1)) & (NAME_BYTES - 1);
	record->tag = WIRE_TEXT;
	record->length = length;
	bpf_probe_read_kernel(record->text, length, scratch->name.bytes + (scratch->name.first & 1));
	padded = (length + 3) & ~3u;
	*(__u32 *)(record->text + (padded & 508)) = WIRE_TEXT2;
	size = (__builtin_offsetof(struct channel_record, text) + padded + 7) & ~7u;
	record->head.size = size;
	if (size > sizeof(*record))
		return 0;
	if (bpf_ringbuf_output(&prevented, record, size, 0))
		count(COUNT_RECORD_LOST);
	return 0;
}

/* 1 where it may pass. */
__noinline int judge(struct peer *peer, const struct policy *policy, struct finding *finding, __u32 with_name)
{
	struct settings *settings = current_settings();
	struct telling telling = {};
	bool enforced;

	if (!peer || !policy || !finding || !settings)
		return 1;
	if (!finding->listed)
		return 1;
	enforced = finding->ordered || (policy->channel >= CHANNEL_ENFORCE && !finding->report_only);
	telling.cgroup_id = peer->cgroup_id;
	telling.indicator = finding->indicator;
	telling.with_name = with_name;
	if (enforced)
		telling.flags = settings->channel_dry_run && !finding->ordered ? WIRE_DRY_RUN : WIRE_PREVENTED;
	tell(peer, &telling);
	if (telling.flags != WIRE_PREVENTED)
		return 1;
	count(peer->hook == WIRE_HOOK_EGRESS  ? COUNT_EGRESS_DROPPED :
	      peer->hook == WIRE_HOOK_INGRESS ? COUNT_INGRESS_DROPPED :
	      peer->hook >= WIRE_HOOK_NAME    ? COUNT_NAME_DROPPED :
						COUNT_CONNECT_DENIED);
	return 0;
}

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

/* Names. */

struct naming {
	struct name *name;
	__u64 hash;
	__u32 left; /* bytes of the label that is being read */
	__u32 start;
	__u32 done;
	__u32 base; /* how much of the name is read */
	__u32 pointer; /* where in the message it goes on; 0: nowhere */
};

static __always_inline __u8 lower(__u8 byte)
{
	return byte >= 'A' && byte <= 'Z' ? byte + 32 : byte;
}

static __always_inline void note_label(struct name *name, __u32 at)
{
	name->starts[name->labels & 15] = at;
	name->labels++;
}

/* Turns a name of a question, length before each label, into one with dots, in its place. */
static long read_label_byte(__u32 i, void *context)
{
	struct naming *naming = context;
	struct name *name = naming->name;
	__u32 place = naming->base + i, at = place & (NAME_BYTES - 1);
	__u8 byte = name->bytes[at];

	if (place >= NAME_BYTES - 1)
		return 1;
	if (naming->left) {
		name->bytes[at] = lower(byte);
		naming->left--;
		return 0;
	}
	if (byte == 0 || byte > 63) {
		naming->done = byte == 0;
		/* No client needs a pointer in a question, and resolvers follow it. */
		naming->pointer = byte >= 0xc0 ? (__u32)(byte & 0x3f) << 8 | (__u8)name->bytes[at + 1] : 0;
		name->length = place;
		return 1;
	}
	name->bytes[at] = '.';
	naming->left = byte;
	note_label(name, place + 1);
	return 0;
}

static long read_plain_byte(__u32 i, void *context)
{
	struct name *name = *(struct name **)context;
	__u32 at = i & (NAME_BYTES - 1);
	__u8 byte = lower(name->bytes[at]);

	name->bytes[at] = byte;
	if (i == 0 || name->bytes[(i - 1) & (NAME_BYTES - 1)] == '.')
		note_label(name, i);
	return 0;
}

static long hash_name_byte(__u32 i, void *context)
{
	struct naming *naming = context;

	naming->hash = (naming->hash ^ (__u8)naming->name->bytes[(naming->start + i) & (NAME_BYTES - 1)]) * FNV_PRIME;
	return 0;
}

__noinline int find_name(__u64 hash, __u32 number, __u32 allowed, struct finding *finding)
{
	__u32 which = number, at, buckets;
	struct listed_set *set = bpf_map_lookup_elem(&listed_sets, &which);
	struct bucket_name *bucket;
	void *inner;

	if (!set || !finding)
		return 0;
	buckets = allowed ? set->allowed_names : set->bucket_names;
	inner = allowed ? bpf_map_lookup_elem(&allowed_names, &which) : bpf_map_lookup_elem(&listed_names, &which);
	if (!inner || !buckets)
		return 0;
	at = listed_bucket(listed_hash_name(set->seed, hash), buckets);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		bucket = bpf_map_lookup_elem(inner, &at);
		if (!bucket)
			return 0;
		for (int i = 0; i < LISTED_SLOTS; i++) {
			if (!bucket->slots[i].hash)
				return 0;
			if (bucket->slots[i].hash == hash && !is_over(bucket->slots[i].expires_at))
				note(finding, bucket->slots[i].indicator,
				     allowed && bucket->slots[i].indicator == LISTED_NAME_REPORTED);
		}
		at = at + 1 == buckets ? 0 : at + 1;
	}
	return 0;
}

struct labels {
	struct name *name;
	__u32 number;
	struct finding listed, allowed;
};

static long find_label(__u32 i, void *context)
{
	struct labels *labels = context;
	struct name *name = labels->name;
	struct naming naming = { .name = name, .hash = FNV_START };
	__u32 start;

	if (i >= name->labels)
		return 1;
	start = name->starts[(name->labels - 1 - i) & 15];
	if (start >= name->length)
		return 0;
	naming.start = start;
	bpf_loop((name->length - start) & (NAME_BYTES - 1), hash_name_byte, &naming, 0);
	find_name(naming.hash, labels->number, 0, &labels->listed);
	find_name(naming.hash, labels->number, 1, &labels->allowed);
	return 0;
}

__noinline int check_name(struct peer *peer, const struct policy *policy)
{
	struct settings *settings = current_settings();
	struct scratch *scratch = channel_scratch();
	struct labels labels = {};
	struct name *name;

	if (!settings || !peer || !policy || !scratch)
		return 1;
	name = &scratch->name;
	if (name->length && name->bytes[(name->length - 1) & (NAME_BYTES - 1)] == '.')
		name->length--;
	labels.name = name;
	labels.number = settings->set & 1;
	/* The name and what it lies below, from the last label on. */
	bpf_loop(MAX_LABELS, find_label, &labels, 0);
	if (labels.allowed.listed && labels.allowed.report_only)
		labels.listed.report_only = 1;
	else if (labels.allowed.listed)
		labels.listed.listed = 0;
	/* A question begins with the dot of its first label. */
	name->first = name->bytes[0] == '.';
	return judge(peer, policy, &labels.listed, 1);
}

static __always_inline int load_name(struct __sk_buff *skb, struct name *name, __u32 at, __u32 length)
{
	if (length == 0)
		return -1;
	if (length > NAME_BYTES - 1)
		length = NAME_BYTES - 1;
	name->length = length;
	name->labels = 0;
	/* The verifier has to see that it is more than nothing. */
	length--;
	barrier_var(length);
	return bpf_skb_load_bytes(skb, at, name->bytes, (length & (NAME_BYTES - 1)) + 1);
}

/* Appends to a name what a message has of it at a place. */
static __always_inline int load_name_part(struct __sk_buff *skb, struct naming *naming, __u32 at)
{
	__u32 base = naming->base, length;

	if (at >= skb->len || base >= NAME_BYTES - 1)
		return -1;
	length = skb->len - at;
	if (length > NAME_BYTES - 1)
		length = NAME_BYTES - 1;
	/* The verifier has to see that it is more than nothing. */
	length--;
	barrier_var(length);
	barrier_var(base);
	return bpf_skb_load_bytes(skb, at, naming->name->bytes + (base & (NAME_BYTES - 1)),
				  (length & (NAME_BYTES - 1)) + 1);
}

/* Reads a name of a question, and says where in the packet the question goes on; 0 where it is none. */
__noinline int read_question_name(struct __sk_buff *skb, __u32 message, __u32 at)
{
	struct scratch *scratch = channel_scratch();
	struct naming naming = {};
	__u32 after = 0;

	if (!scratch)
		return 0;
	naming.name = &scratch->name;
	scratch->name.length = 0;
	scratch->name.labels = 0;
	for (int hop = 0; hop <= MAX_POINTERS; hop++) {
		if (load_name_part(skb, &naming, at))
			return 0;
		bpf_loop(NAME_BYTES, read_label_byte, &naming, 0);
		if (!after)
			after = at + scratch->name.length + (naming.done ? 1 : 2);
		if (naming.done)
			return after & 0xffff;
		if (!naming.pointer)
			return 0;
		at = message + naming.pointer;
		naming.base = scratch->name.length;
		naming.pointer = 0;
	}
	return 0;
}

__noinline int check_question(struct __sk_buff *skb, struct peer *peer, const struct policy *policy,
				     __u32 message)
{
	__u8 header[12];
	__u32 at = message + sizeof(header), questions;

	if (!peer || !policy)
		return 1;
	if (at + 5 > skb->len || bpf_skb_load_bytes(skb, message, header, sizeof(header)))
		return 1;
	questions = (__u32)header[4] << 8 | header[5];
	if (header[2] & 0x80)
		return 1;
	peer->hook = WIRE_HOOK_NAME;
	for (__u32 i = 0; i < MAX_QUESTIONS; i++) {
		if (i >= questions)
			return 1;
		at = read_question_name(skb, message, at);
		if (!at)
			return 1;
		if (!check_name(peer, policy))
			return 0;
		at += 4;
	}
	return 1;
}

/* Several questions may follow each other in a segment. One may also begin after the length that another segment had. */
__noinline int check_stream(struct __sk_buff *skb, struct peer *peer, const struct policy *policy, __u32 at)
{
	__u8 bytes[2];

	if (!peer || !policy)
		return 1;
	if (!check_question(skb, peer, policy, at))
		return 0;
	for (int i = 0; i < MAX_MESSAGES; i++) {
		if (at + 2 > skb->len || bpf_skb_load_bytes(skb, at, bytes, sizeof(bytes)))
			return 1;
		if (!check_question(skb, peer, policy, at + 2))
			return 0;
		at += 2 + ((__u32)bytes[0] << 8 | bytes[1]);
	}
	return 1;
}

struct hello {
	struct __sk_buff *skb;
	__u32 at, name_at, name_length;
};

static long read_extension(__u32 i, void *context)
{
	struct hello *hello = context;
	__u8 header[9];

	if (bpf_skb_load_bytes(hello->skb, hello->at, header, sizeof(header))) {
		return 1;
	}
	/* server_name, RFC 6066: the list's length, the kind of name 0, the name's length. */
	if (!header[0] && !header[1]) {
		hello->name_length = (__u32)header[7] << 8 | header[8];
		hello->name_at = hello->at + sizeof(header);
		return 1;
	}
	hello->at += 4 + ((__u32)header[2] << 8 | header[3]);
	return 0;
}

/* The name in a ClientHello that lies in one segment, RFC 8446 section 4.1.2. */
__noinline int check_hello(struct __sk_buff *skb, struct peer *peer, const struct policy *policy, __u32 at)
{
	struct scratch *scratch = channel_scratch();
	struct hello hello = {};
	struct name *name;
	__u8 bytes[6];

	if (!peer || !policy || !scratch || at + 48 > skb->len)
		return 1;
	if (bpf_skb_load_bytes(skb, at, bytes, 6) || bytes[0] != 22 || bytes[1] != 3 || bytes[5] != 1)
		return 1;
	at += 5 + 4 + 2 + 32;
	if (bpf_skb_load_bytes(skb, at, bytes, 1))
		return 1;
	at += 1 + bytes[0];
	if (bpf_skb_load_bytes(skb, at, bytes, 2))
		return 1;
	at += 2 + ((__u32)bytes[0] << 8 | bytes[1]);
	if (bpf_skb_load_bytes(skb, at, bytes, 1))
		return 1;
	at += 1 + bytes[0] + 2;
	hello.skb = skb;
	hello.at = at;
	bpf_loop(MAX_EXTENSIONS, read_extension, &hello, 0);
	if (!hello.name_at || load_name(skb, &scratch->name, hello.name_at, hello.name_length))
		return 1;
	name = &scratch->name;
	bpf_loop(name->length, read_plain_byte, &name, 0);
	peer->hook = WIRE_HOOK_SNI;
	return check_name(peer, policy);
}

/* Packets. */

struct packet {
	struct peer peer;
	__u32 transport; /* where it begins; 0: unknown */
	__u16 local_port;
};

static __noinline int read_packet4(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u8 header[20];
	__u32 address;

	if (!packet || bpf_skb_load_bytes(skb, 0, header, sizeof(header)))
		return -1;
	__builtin_memcpy(&address, header + (ingress ? 12 : 16), 4);
	set_address4(&packet->peer, address);
	packet->peer.protocol = header[9];
	/* What is not the first fragment has no ports. */
	if (!((header[6] & 0x1f) | header[7]))
		packet->transport = (header[0] & 15) * 4;
	return 0;
}

static __noinline int read_packet6(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u8 header[40], next[8];
	__u32 at = sizeof(header);

	if (!packet || bpf_skb_load_bytes(skb, 0, header, sizeof(header)))
		return -1;
	packet->peer.family = AF_INET6;
	if (ingress)
		__builtin_memcpy(packet->peer.address, header + 8, 16);
	else
		__builtin_memcpy(packet->peer.address, header + 24, 16);
	packet->peer.protocol = header[6];
	for (int i = 0; i < MAX_HEADERS; i++) {
		__u8 kind = packet->peer.protocol;

		/* Hop-by-hop, routing, destination options; fragment. */
		if (kind != 0 && kind != 43 && kind != 60 && kind != 44)
			break;
		if (bpf_skb_load_bytes(skb, at, next, sizeof(next)))
			return 0;
		if (kind == 44 && ((next[2] << 8 | next[3]) & 0xfff8))
			return 0;
		packet->peer.protocol = next[0];
		at += kind == 44 ? 8 : (next[1] + 1) * 8;
	}
	packet->transport = at;
	return 0;
}

__noinline int read_packet(struct __sk_buff *skb, struct packet *packet, __u32 ingress)
{
	__u16 ports[2];
	int error;

	if (!packet)
		return -1;
	if (skb->protocol == bpf_htons(0x0800))
		error = read_packet4(skb, packet, ingress);
	else if (skb->protocol == bpf_htons(0x86dd))
		error = read_packet6(skb, packet, ingress);
	else
		return -1;
	if (error || !packet->transport)
		return error;
	if (packet->peer.protocol != IPPROTO_TCP && packet->peer.protocol != IPPROTO_UDP) {
		packet->transport = 0;
		return 0;
	}
	if (bpf_skb_load_bytes(skb, packet->transport, ports, sizeof(ports))) {
		packet->transport = 0;
		return 0;
	}
	packet->peer.port = bpf_ntohs(ports[!ingress]);
	packet->local_port = bpf_ntohs(ports[!!ingress]);
	return 0;
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
