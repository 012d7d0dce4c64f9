// SPDX-License-Identifier: Apache-2.0
#include "listed.h"

#include "cgroups.h"
#include "fields.h"
#include "load.h"
#include "module.h"
#include "policies.h"
#include "snapshot.h"

#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <errno.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#define BATCH 4096
#define MAX_ALLOWED 65536
#define MAX_BUILDS 8
#define GRACE_NS 100000000l

static const char *const outer_maps[] = { "listed_addresses4", "listed_addresses6", "listed_names",	 "listed_networks4",
					  "listed_networks6",  "allowed_networks4", "allowed_networks6", "allowed_names" };
enum outer { ADDRESSES4, ADDRESSES6, NAMES, NETWORKS4, NETWORKS6, ALLOWED4, ALLOWED6, ALLOWED_NAMES, OUTERS };

/* What is being built: the maps that come into the set that is not in force. */
struct building {
	struct listed_set set;
	int inner[OUTERS]; /* -1: none */
	uint32_t now;
};

struct network4 {
	struct network4_key key;
	struct network_value value;
};

struct network6 {
	struct network6_key key;
	struct network_value value;
};

static bool has_expired(const struct building *building, uint32_t expires_at)
{
	return expires_at && expires_at <= building->now;
}

static uint32_t later(uint32_t left, uint32_t right)
{
	return left == 0 || right == 0 ? 0 : left > right ? left : right;
}

/* Enough that a bucket is seldom full; each build that fails is followed by a larger one. */
static uint32_t buckets_for(uint64_t rows, int build)
{
	return (uint32_t)((rows * 5 / (LISTED_SLOTS * 3) + 1) * (uint64_t)(4 + build) / 4) + 1;
}

static int make_table(uint32_t buckets, uint32_t size, void **memory)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_MMAPABLE | BPF_F_INNER_MAP);
	int fd = bpf_map_create(BPF_MAP_TYPE_ARRAY, NULL, sizeof(uint32_t), size, buckets, &options);

	if (fd < 0)
		return -errno;
	*memory = mmap(NULL, (size_t)buckets * size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (*memory == MAP_FAILED) {
		close(fd);
		return -ENOMEM;
	}
	return fd;
}

static void merge(uint8_t *flags, uint32_t *expires_at, uint8_t more_flags, uint32_t more_expires_at)
{
	if (!(more_flags & LISTED_REPORT_ONLY))
		*flags &= (uint8_t)~LISTED_REPORT_ONLY;
	*expires_at = later(*expires_at, more_expires_at);
}

static bool put4(struct bucket4 *table, uint32_t buckets, uint64_t seed, const struct snapshot_v4 *row)
{
	struct listed4 entry = { .indicator = row->indicator, .port = row->port, .expires_at = row->expires_at };
	uint32_t at;

	memcpy(&entry.address, row->address, sizeof(entry.address));
	entry.flags = (row->flags & LISTED_REPORT_ONLY) | LISTED_USED;
	at = listed_bucket(listed_hash4(seed, entry.address), buckets);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed4 *slot = &table[at].slots[i];

			if (!(slot->flags & LISTED_USED)) {
				*slot = entry;
				return true;
			}
			if (slot->address == entry.address && slot->port == entry.port) {
				merge(&slot->flags, &slot->expires_at, entry.flags, entry.expires_at);
				return true;
			}
		}
		at = at + 1 == buckets ? 0 : at + 1;
	}
	return false;
}

static bool put6(struct bucket6 *table, uint32_t buckets, uint64_t seed, const struct snapshot_v6 *row)
{
	struct listed6 entry = { .indicator = row->indicator, .port = row->port, .expires_at = row->expires_at };
	uint32_t at;

	memcpy(entry.address, row->address, sizeof(entry.address));
	entry.flags = (row->flags & LISTED_REPORT_ONLY) | LISTED_USED;
	at = listed_bucket(listed_hash6(seed, entry.address), buckets);
	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed6 *slot = &table[at].slots[i];

			if (!(slot->flags & LISTED_USED)) {
				*slot = entry;
				return true;
			}
			if (memcmp(slot->address, entry.address, sizeof(entry.address)) == 0 && slot->port == entry.port) {
				merge(&slot->flags, &slot->expires_at, entry.flags, entry.expires_at);
				return true;
			}
		}
		at = at + 1 == buckets ? 0 : at + 1;
	}
	return false;
}

static bool put_name(struct bucket_name *table, uint32_t buckets, uint64_t seed, const struct snapshot_name *row)
{
	uint32_t at = listed_bucket(listed_hash_name(seed, row->hash), buckets);

	for (int probe = 0; probe < LISTED_MAX_PROBES; probe++) {
		for (int i = 0; i < LISTED_SLOTS; i++) {
			struct listed_name *slot = &table[at].slots[i];

			if (slot->hash == row->hash) {
				slot->expires_at = later(slot->expires_at, row->expires_at);
				return true;
			}
			if (!slot->hash) {
				*slot = (struct listed_name){ row->hash, row->indicator, row->expires_at };
				return true;
			}
		}
		at = at + 1 == buckets ? 0 : at + 1;
	}
	return false;
}

/* Builds a table of the rows that wanted lets in; larger until all find room. Gives how many rows there are in *rows. */
#define BUILD_TABLE(building, which, bucket_type, rows_of, row_count, wanted, put, buckets_field, rows)                \
	({                                                                                                             \
		const char *failed = NULL;                                                                             \
		uint64_t many = 0;                                                                                     \
		for (uint64_t i = 0; i < (row_count); i++)                                                             \
			many += wanted(building, &(rows_of)[i]);                                                       \
		for (int build = 0; many; build++) {                                                                   \
			uint32_t buckets = buckets_for(many, build);                                                   \
			struct bucket_type *table;                                                                     \
			bool whole = true;                                                                             \
			int fd = make_table(buckets, sizeof(*table), (void **)&table);                                 \
			if (fd < 0) {                                                                                  \
				failed = "the kernel has no room for the set";                                         \
				break;                                                                                 \
			}                                                                                              \
			for (uint64_t i = 0; whole && i < (row_count); i++)                                            \
				whole = !wanted(building, &(rows_of)[i]) ||                                            \
					put(table, buckets, (building)->set.seed, &(rows_of)[i]);                      \
			munmap(table, (size_t)buckets * sizeof(*table));                                               \
			if (whole) {                                                                                   \
				(building)->inner[which] = fd;                                                         \
				(building)->set.buckets_field = buckets;                                               \
				break;                                                                                 \
			}                                                                                              \
			close(fd);                                                                                     \
			if (build == MAX_BUILDS) {                                                                     \
				failed = "one address has more rows than a set can hold";                              \
				break;                                                                                 \
			}                                                                                              \
		}                                                                                                      \
		*(rows) = many;                                                                                        \
		failed;                                                                                                \
	})

static bool is_address4(const struct building *building, const struct snapshot_v4 *row)
{
	return row->prefix_length == 32 && !has_expired(building, row->expires_at);
}

static bool is_network4(const struct building *building, const struct snapshot_v4 *row)
{
	return row->prefix_length != 32 && !has_expired(building, row->expires_at);
}

static bool is_address6(const struct building *building, const struct snapshot_v6 *row)
{
	return row->prefix_length == 128 && !has_expired(building, row->expires_at);
}

static bool is_network6(const struct building *building, const struct snapshot_v6 *row)
{
	return row->prefix_length != 128 && !has_expired(building, row->expires_at);
}

static bool is_name(const struct building *building, const struct snapshot_name *row)
{
	return row->hash && !has_expired(building, row->expires_at);
}

struct batch {
	int fd;
	uint32_t key_size, count;
	char keys[BATCH * sizeof(struct network6_key)];
	struct network_value values[BATCH];
};

static bool flush_batch(struct batch *batch)
{
	uint32_t count = batch->count;

	batch->count = 0;
	if (count == 0 || bpf_map_update_batch(batch->fd, batch->keys, batch->values, &count, NULL) == 0)
		return true;
	/* Kernels before 5.16 take no batch here; count tells how many have been taken. */
	for (uint32_t i = 0; i < BATCH && count; i++, count--) {
		if (bpf_map_update_elem(batch->fd, batch->keys + i * batch->key_size, &batch->values[i], BPF_ANY) < 0)
			return false;
	}
	return true;
}

static bool add_to_batch(struct batch *batch, const void *key, struct network_value value)
{
	memcpy(batch->keys + batch->count * batch->key_size, key, batch->key_size);
	batch->values[batch->count++] = value;
	return batch->count < BATCH || flush_batch(batch);
}

static struct batch *make_trie(uint32_t key_size, uint64_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	struct batch *batch = calloc(1, sizeof(*batch));

	if (!batch)
		return NULL;
	batch->key_size = key_size;
	batch->fd = bpf_map_create(BPF_MAP_TYPE_LPM_TRIE, NULL, key_size, sizeof(struct network_value),
				   (uint32_t)entries, &options);
	if (batch->fd >= 0)
		return batch;
	free(batch);
	return NULL;
}

/* Takes the batch; the trie's descriptor, or -1. */
static int finish_trie(struct batch *batch, bool whole)
{
	int fd = batch->fd;

	whole = whole && flush_batch(batch);
	free(batch);
	if (whole)
		return fd;
	close(fd);
	return -1;
}

static const char *build_networks4(struct building *building, const struct snapshot *snapshot)
{
	uint64_t count = 0;
	struct batch *batch;
	bool whole = true;

	for (uint64_t i = 0; i < snapshot->header->count_v4; i++) {
		if (snapshot->v4[i].prefix_length == 0 || snapshot->v4[i].prefix_length > 32)
			return "a row has a prefix of no IPv4 network";
		count += is_network4(building, &snapshot->v4[i]);
	}
	building->set.networks4 = (uint32_t)count;
	if (count == 0)
		return NULL;
	batch = count <= LISTED_MAX_NETWORKS ? make_trie(sizeof(struct network4_key), count) : NULL;
	if (!batch)
		return "the kernel has no room for the networks";
	for (uint64_t i = 0; whole && i < snapshot->header->count_v4; i++) {
		const struct snapshot_v4 *row = &snapshot->v4[i];
		struct network4_key key = { .prefix_length = 16u + row->prefix_length, .port = row->port };

		if (!is_network4(building, row))
			continue;
		building->set.ports4 += row->port != 0;
		memcpy(key.address, row->address, sizeof(key.address));
		whole = add_to_batch(batch, &key,
				     (struct network_value){ row->indicator, row->expires_at, row->flags & LISTED_REPORT_ONLY });
	}
	building->inner[NETWORKS4] = finish_trie(batch, whole);
	return building->inner[NETWORKS4] < 0 ? "the kernel has no room for the networks" : NULL;
}

static const char *build_networks6(struct building *building, const struct snapshot *snapshot)
{
	uint64_t count = 0;
	struct batch *batch;
	bool whole = true;

	for (uint64_t i = 0; i < snapshot->header->count_v6; i++) {
		if (snapshot->v6[i].prefix_length == 0 || snapshot->v6[i].prefix_length > 128)
			return "a row has a prefix of no IPv6 network";
		count += is_network6(building, &snapshot->v6[i]);
	}
	building->set.networks6 = (uint32_t)count;
	if (count == 0)
		return NULL;
	batch = count <= LISTED_MAX_NETWORKS ? make_trie(sizeof(struct network6_key), count) : NULL;
	if (!batch)
		return "the kernel has no room for the networks";
	for (uint64_t i = 0; whole && i < snapshot->header->count_v6; i++) {
		const struct snapshot_v6 *row = &snapshot->v6[i];
		struct network6_key key = { .prefix_length = 16u + row->prefix_length, .port = row->port };

		if (!is_network6(building, row))
			continue;
		building->set.ports6 += row->port != 0;
		memcpy(key.address, row->address, sizeof(key.address));
		whole = add_to_batch(batch, &key,
				     (struct network_value){ row->indicator, row->expires_at, row->flags & LISTED_REPORT_ONLY });
	}
	building->inner[NETWORKS6] = finish_trie(batch, whole);
	return building->inner[NETWORKS6] < 0 ? "the kernel has no room for the networks" : NULL;
}

/* "ADDRESS" or "ADDRESS/LENGTH". */
static bool read_network(const char *text, uint8_t address[16], uint32_t *length, bool *is_v4)
{
	char copy[64];
	char *slash, *end = NULL;

	if (!text || strlen(text) >= sizeof(copy))
		return false;
	strcpy(copy, text);
	slash = strchr(copy, '/');
	if (slash)
		*slash++ = '\0';
	if (!read_address(copy, address, is_v4))
		return false;
	*length = slash ? (uint32_t)strtoul(slash, &end, 10) : *is_v4 ? 32 : 128;
	return (!slash || (*slash >= '0' && *slash <= '9' && *end == '\0')) && *length <= (*is_v4 ? 32u : 128u);
}

/* What is allowed, or with LISTED_REPORT_ONLY what is told and not refused. */
static const char *add_allowed(struct building *building, const struct json *list, uint32_t flags,
			       struct batch *batch4, struct batch *batch6)
{
	for (const struct json *entry = json_elements(list); entry; entry = entry->next) {
		struct network_value value = { .flags = flags };
		struct network4_key key4 = { 0 };
		struct network6_key key6 = { 0 };
		uint32_t length;
		bool is_v4;

		if (!read_network(json_text(entry, NULL), key6.address, &length, &is_v4))
			return "allow and report have addresses and networks";
		key4.prefix_length = key6.prefix_length = 16 + length;
		memcpy(key4.address, key6.address + 12, sizeof(key4.address));
		building->set.allowed4 += is_v4;
		building->set.allowed6 += !is_v4;
		if (!(is_v4 ? add_to_batch(batch4, &key4, value) : add_to_batch(batch6, &key6, value)))
			return "the kernel has no room for the allow-list";
	}
	return NULL;
}

static const char *build_allowed(struct building *building, const struct json *exempt)
{
	struct batch *batch4 = make_trie(sizeof(struct network4_key), MAX_ALLOWED);
	struct batch *batch6 = make_trie(sizeof(struct network6_key), MAX_ALLOWED);
	const char *error = batch4 && batch6 ? NULL : "the kernel has no room for the allow-list";

	/* What is allowed comes last: of the same network it is what counts. */
	if (!error)
		error = add_allowed(building, json_get(exempt, "report"), LISTED_REPORT_ONLY, batch4, batch6);
	if (!error)
		error = add_allowed(building, json_get(exempt, "allow"), 0, batch4, batch6);
	building->inner[ALLOWED4] = batch4 ? finish_trie(batch4, !error) : -1;
	building->inner[ALLOWED6] = batch6 ? finish_trie(batch6, !error) : -1;
	return error;
}

static const char *add_allowed_names(struct snapshot_name *rows, uint64_t *count, const struct json *list,
				     uint32_t indicator)
{
	for (const struct json *entry = json_elements(list); entry; entry = entry->next) {
		if (!json_text(entry, NULL) || *count == MAX_ALLOWED)
			return "allowNames and reportNames have names, and not too many";
		rows[*count].indicator = indicator;
		rows[(*count)++].hash = hash_text(entry->text, entry->length);
	}
	return NULL;
}

static const char *build_allowed_names(struct building *building, const struct json *exempt)
{
	struct snapshot_name *rows = calloc(MAX_ALLOWED, sizeof(*rows));
	const char *error;
	uint64_t count = 0;

	if (!rows)
		return "out of memory";
	/* Of one name the first row counts. */
	error = add_allowed_names(rows, &count, json_get(exempt, "allowNames"), LISTED_NAME_ALLOWED);
	if (!error)
		error = add_allowed_names(rows, &count, json_get(exempt, "reportNames"), LISTED_NAME_REPORTED);
	if (!error)
		error = BUILD_TABLE(building, ALLOWED_NAMES, bucket_name, rows, count, is_name, put_name, allowed_names,
				    &count);
	free(rows);
	return error;
}

/* As the kernel charges it. */
static uint64_t bytes_of_map(int fd)
{
	char path[64], line[128];
	unsigned long long bytes = 0;
	FILE *file;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	file = fd < 0 ? NULL : fopen(path, "re");
	while (file && fgets(line, sizeof(line), file) && sscanf(line, "memlock: %llu", &bytes) != 1)
		;
	if (file)
		fclose(file);
	return bytes;
}

static const char *build(struct building *building, const struct snapshot *snapshot, struct listed_figures *figures)
{
	const struct snapshot_header *header = snapshot->header;
	const char *error;

	if ((error = build_networks4(building, snapshot)) || (error = build_networks6(building, snapshot)))
		return error;
	if ((error = BUILD_TABLE(building, ADDRESSES4, bucket4, snapshot->v4, header->count_v4, is_address4, put4, buckets4,
				 &figures->v4)) ||
	    (error = BUILD_TABLE(building, ADDRESSES6, bucket6, snapshot->v6, header->count_v6, is_address6, put6, buckets6,
				 &figures->v6)) ||
	    (error = BUILD_TABLE(building, NAMES, bucket_name, snapshot->names, header->count_names, is_name, put_name,
				 bucket_names, &figures->names)))
		return error;
	figures->networks = building->set.networks4 + building->set.networks6;
	figures->expired = header->count_v4 + header->count_v6 + header->count_names - figures->v4 - figures->v6 -
			   figures->names - figures->networks;
	for (int i = 0; i < OUTERS; i++)
		figures->bytes += bytes_of_map(building->inner[i]);
	return NULL;
}

/* Until no program runs any more that began before. */
static void wait_for_programs(void)
{
	struct timespec grace = { 0, GRACE_NS };

	if (syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0) < 0)
		nanosleep(&grace, NULL);
}

/* The maps that the sets lie in. They are found on the main loop, which may be loading others into the list of maps. */
struct set_maps {
	int sets, outer[OUTERS];
};

static struct set_maps find_set_maps(void)
{
	struct set_maps maps = { .sets = shared_map("listed_sets") };

	for (int i = 0; i < OUTERS; i++)
		maps.outer[i] = shared_map(outer_maps[i]);
	return maps;
}

static bool fill_set(const struct set_maps *maps, uint32_t number, const struct building *building)
{
	for (int i = 0; i < OUTERS; i++) {
		if (building->inner[i] >= 0 && bpf_map_update_elem(maps->outer[i], &number, &building->inner[i], BPF_ANY) < 0)
			return false;
	}
	return bpf_map_update_elem(maps->sets, &number, &building->set, BPF_ANY) == 0;
}

static void empty_set(const struct set_maps *maps, uint32_t number)
{
	static const struct listed_set none;

	bpf_map_update_elem(maps->sets, &number, &none, BPF_ANY);
	for (int i = 0; i < OUTERS; i++)
		bpf_map_delete_elem(maps->outer[i], &number);
}

/* A set that is in force no more, until nobody can be reading it: on a thread of its own, as that takes the kernel a while. */
static struct {
	pthread_t thread;
	bool running;
	struct set_maps maps;
	uint32_t number;
} sweep;

static void *run_sweep(void *context)
{
	(void)context;
	wait_for_programs();
	empty_set(&sweep.maps, sweep.number);
	return NULL;
}

static void finish_sweep(void)
{
	if (sweep.running)
		pthread_join(sweep.thread, NULL);
	sweep.running = false;
}

static bool start_thread(pthread_t *thread, void *(*run)(void *))
{
	sigset_t all, old;
	bool started;

	/* Signals are the main loop's. */
	sigfillset(&all);
	pthread_sigmask(SIG_BLOCK, &all, &old);
	started = pthread_create(thread, NULL, run, NULL) == 0;
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	return started;
}

static void sweep_set(const struct set_maps *maps, uint32_t number)
{
	sweep.maps = *maps;
	sweep.number = number;
	sweep.running = start_thread(&sweep.thread, run_sweep);
	if (!sweep.running)
		run_sweep(NULL);
}

static const char *put_in_force(const struct building *building)
{
	struct settings *settings = prevent_settings();
	struct set_maps maps = find_set_maps();
	uint32_t old = settings->set & 1, number = !old;

	if (!fill_set(&maps, number, building)) {
		empty_set(&maps, number);
		return "the kernel does not take the set";
	}
	__atomic_store_n(&settings->set, number, __ATOMIC_SEQ_CST);
	sweep_set(&maps, old);
	return NULL;
}

static struct {
	pthread_t thread;
	bool busy;
	int finished; /* an eventfd */
	char path[4096];
	bool empty;
	struct building building;
	struct listed_figures figures;
	const char *error;
	void (*done)(const char *error, const struct listed_figures *figures);
} job = { .finished = -1 };

static void *run_job(void *context)
{
	struct snapshot snapshot;
	uint64_t one = 1;

	(void)context;
	job.error = open_snapshot(job.empty ? NULL : job.path, &snapshot);
	if (!job.error) {
		job.error = build(&job.building, &snapshot, &job.figures);
		close_snapshot(&snapshot);
	}
	if (write(job.finished, &one, sizeof(one)) < 0)
		job.error = "the main loop cannot be told";
	return NULL;
}

static void close_building(struct building *building)
{
	for (int i = 0; i < OUTERS; i++) {
		if (building->inner[i] >= 0)
			close(building->inner[i]);
		building->inner[i] = -1;
	}
}

static void finish_job(int fd, uint32_t events, void *context)
{
	uint64_t count;

	(void)events, (void)context;
	if (read(fd, &count, sizeof(count)) < 0 || !job.busy)
		return;
	pthread_join(job.thread, NULL);
	job.busy = false;
	finish_sweep();
	if (!job.error)
		job.error = put_in_force(&job.building);
	close_building(&job.building);
	job.done(job.error, &job.figures);
}

static const char *prepare_building(struct building *building, const struct json *exempt)
{
	const char *error;

	memset(building, 0, sizeof(*building));
	building->now = (uint32_t)time(NULL);
	for (int i = 0; i < OUTERS; i++)
		building->inner[i] = -1;
	if (getrandom(&building->set.seed, sizeof(building->set.seed), 0) != sizeof(building->set.seed))
		return "no random numbers";
	error = build_allowed(building, exempt);
	return error ? error : build_allowed_names(building, exempt);
}

const char *begin_set(const char *path, const struct json *exempt,
		      void (*done)(const char *error, const struct listed_figures *figures))
{
	const char *error;

	if (job.busy)
		return "another set is being read";
	if (path && strlen(path) >= sizeof(job.path))
		return "the path of the set is too long";
	error = prepare_building(&job.building, exempt);
	if (error) {
		close_building(&job.building);
		return error;
	}
	job.empty = !path;
	if (path)
		strcpy(job.path, path);
	memset(&job.figures, 0, sizeof(job.figures));
	job.done = done;
	job.busy = start_thread(&job.thread, run_job);
	if (job.busy)
		return NULL;
	close_building(&job.building);
	return "no thread can be started";
}

int start_listing(void)
{
	job.finished = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	return job.finished < 0 ? -errno : watch(job.finished, EPOLLIN, finish_job, NULL);
}

void forget_gone_singles(void)
{
	int fd = shared_map("listed_singles");
	struct single_key keys[2], *last = NULL;
	bool is_gone = false;
	uint64_t asked = 0;
	char path[4096];

	if (!prevent_settings() || !prevent_settings()->singles)
		return;
	for (size_t i = 0; bpf_map_get_next_key(fd, last, &keys[i & 1]) == 0; i++) {
		/* Only now: the next one of a key that is gone would be the first of all. */
		if (last && is_gone)
			unlist_single(last);
		last = &keys[i & 1];
		if (last->cgroup_id != asked)
			is_gone = last->cgroup_id && !cgroup_path(last->cgroup_id, path, sizeof(path));
		asked = last->cgroup_id;
	}
	if (last && is_gone)
		unlist_single(last);
}

void stop_listing(void)
{
	finish_sweep();
	if (job.busy) {
		pthread_join(job.thread, NULL);
		close_building(&job.building);
		job.busy = false;
	}
	if (job.finished < 0)
		return;
	unwatch(job.finished);
	close(job.finished);
	job.finished = -1;
}

static void count_singles(int change)
{
	struct settings *settings = prevent_settings();

	__atomic_fetch_add(&settings->singles, (uint32_t)change, __ATOMIC_SEQ_CST);
}

bool list_single(const struct single_key *key, const struct single_value *value)
{
	int fd = shared_map("listed_singles");

	if (bpf_map_update_elem(fd, key, value, BPF_NOEXIST) == 0) {
		count_singles(1);
		return true;
	}
	return errno == EEXIST && bpf_map_update_elem(fd, key, value, BPF_EXIST) == 0;
}

bool unlist_single(const struct single_key *key)
{
	if (bpf_map_delete_elem(shared_map("listed_singles"), key) < 0)
		return false;
	count_singles(-1);
	return true;
}
