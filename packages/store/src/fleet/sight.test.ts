import { shows, type Visibility } from "@pratique/access";
import type { Resource, Scope } from "@pratique/core";
import {
  array,
  assert,
  asyncProperty,
  constantFrom,
  dictionary,
  record,
  subarray,
  uniqueArray,
} from "fast-check";
import { expect, it } from "vitest";
import { openStore, repositoryOf, type Store } from "../index.ts";
import { describeOnEach } from "../testdata/databases.ts";
import { deniedLaunch, digestOf, everything, recordsOf, reportOf } from "../testdata/samples.ts";

// Few names that are easily mistaken for each other: by case, by the databases' own special characters, by prefix.
const hostNames = ["web-1", "web-10", "WEB-1", "w_b-1", "web%1", "we?-1", "we[b]-1", "äb\\1"];
const values = ["test", "Test", "t*st", "production", "t_st", ""];
const references = [
  "nginx:1",
  "ghcr.io/acme/app:1",
  "ghcr.io/acme/app2:1",
  "ghcr.io/acme_x/app:1",
  "localhost:5000/a/b",
];
const patterns = [
  ...hostNames,
  "*",
  "web-*",
  "*1",
  "w*-1",
  "w?b-*",
  "we[*",
  "w_*",
  "web%*",
  "*\\*",
  "WEB*",
  "**0",
  "",
];
const registryPatterns = [
  "*",
  "ghcr.io/acme/*",
  "ghcr.io/*/app",
  "GHCR.io/*",
  "ghcr.io/acme_*",
  "docker.io/library/nginx",
  "localhost:5000/*",
  "ghcr.io/acme/app",
];

interface Fleet {
  readonly hosts: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  readonly images: readonly { readonly reference: string; readonly on: readonly number[] }[];
  readonly placed: readonly { readonly on: number; readonly reference: string }[];
}

const labels = dictionary(constantFrom("env", "team", "Env"), constantFrom(...values), { maxKeys: 2 });
const fleets = record<Fleet>({
  hosts: uniqueArray(record({ name: constantFrom(...hostNames), labels }), {
    selector: ({ name }) => name,
    minLength: 1,
    maxLength: 5,
  }),
  images: array(
    record({ reference: constantFrom(...references, "sha256 none"), on: subarray([0, 1, 2, 3]) }),
    {
      maxLength: 4,
    },
  ),
  placed: array(
    record({ on: constantFrom(0, 1, 2, 3), reference: constantFrom(...references, "no name!") }),
    {
      maxLength: 5,
    },
  ),
});

const listOf = (all: readonly string[]) => array(constantFrom(...all), { minLength: 1, maxLength: 2 });
const scopes = record<Scope>(
  {
    hosts: listOf(patterns),
    labels: dictionary(constantFrom("env", "team"), listOf([...values, "t*", "*"]), { maxKeys: 2 }),
    registries: listOf(registryPatterns),
  },
  { requiredKeys: [] },
);
const visibilities = array(array(scopes, { maxLength: 2 }), { minLength: 1, maxLength: 2 });

async function fill(store: Store, { hosts, images, placed }: Fleet): Promise<void> {
  for (const { name, labels: own } of hosts) {
    await store.hosts.put({
      name,
      logId: name,
      heardAt: "2026-11-25T10:00:00.000Z",
      status: {},
      labels: own,
    });
  }
  for (const [index, { reference, on }] of images.entries()) {
    const imageId = digestOf(index);
    await store.images.put(imageId, reportOf(reference, ["high"]));
    await store.fleet.locations.noteName(imageId, reference);
    for (const place of on) {
      const host = hosts[place]?.name;
      if (host === undefined) continue;
      await store.fleet.locations.note({ host, imageId, reference, seenAt: "2026-11-25T10:00:00.000Z" });
    }
  }
  for (const [place, { name: host }] of hosts.entries()) {
    await store.runtime.profiles.put({
      host,
      takenAt: "2026-11-25T10:00:00.000Z",
      known: [digestOf(0)],
      leftOut: 1,
      profiles: [{ image: digestOf(0), names: [], mode: "learn", deviations: 0, summary: {}, document: {} }],
    });
    await store.runtime.reports.put({
      host,
      takenAt: "2026-11-25T10:00:00.000Z",
      sensor: { state: "running", events: 0, dropped: 0, suppressed: 0, unattributed: 0 },
      rules: [{ rule: "a" }],
      containers: [],
    });
    const here = placed.flatMap(({ on, reference }, index) => (on === place ? [{ index, reference }] : []));
    const containers = here.map(({ index, reference }) => ({
      id: `c${index}`,
      name: `c${index}`,
      image: reference,
      state: "running",
      document: {},
    }));
    await store.fleet.containers.replace({ host, takenAt: "2026-11-25T10:00:00.000Z", containers });
    if (here.length === 0) continue;
    const records = recordsOf(1, here.length);
    const project = ({ sequence }: { readonly sequence: number }) =>
      deniedLaunch(here[sequence - 1]?.reference ?? "");
    await store.records.append({ logId: host, host, records, project });
  }
}

function resourcesIn({ hosts, images, placed }: Fleet) {
  const ofImages = images.map(({ reference, on }, index): readonly [string, Resource] => [
    digestOf(index),
    { hosts: on.flatMap((place) => hosts[place] ?? []), repositories: repositoriesOf(reference) },
  ]);
  const ofPlaced = placed.flatMap(({ on, reference }, index): (readonly [string, Resource])[] => {
    const host = hosts[on];
    return host === undefined
      ? []
      : [[`c${index}`, { hosts: [host], repositories: repositoriesOf(reference) }]];
  });
  const ofHosts = hosts.map((host): readonly [string, Resource] => [host.name, { hosts: [host] }]);
  return { ofHosts, ofImages, ofPlaced };
}

function repositoriesOf(reference: string): readonly string[] {
  return [repositoryOf(reference)].filter((name) => name !== undefined);
}

const namesOf = (all: readonly (readonly [string, Resource])[], seen: Visibility) =>
  all
    .filter(([, resource]) => shows(seen, resource))
    .map(([name]) => name)
    .sort();

describeOnEach((make) => {
  it("lists exactly what the caller's scopes cover, whatever the fleet and the scopes", async () => {
    await assert(
      asyncProperty(fleets, array(visibilities, { minLength: 4, maxLength: 8 }), async (fleet, all) => {
        await using database = await make();
        const store = await openStore(database.options);
        try {
          await fill(store, fleet);
          const { ofHosts, ofImages, ofPlaced } = resourcesIn(fleet);
          for (const seen of [everything, [[]], ...all]) {
            const list = { seen, limit: 100 };
            const hosts = await store.hosts.list({ ...list, silentBefore: "" });
            expect(hosts.items.map(({ name }) => name).sort()).toEqual(namesOf(ofHosts, seen));
            expect(hosts.total).toBe(hosts.items.length);
            const images = await store.images.list({ ...list, sort: "scanned", order: "desc" });
            expect(images.items.map(({ imageId }) => imageId).sort()).toEqual(namesOf(ofImages, seen));
            const findings = await store.findings.list({ ...list, sort: "id", order: "asc" });
            expect(findings.items.map(({ imageId }) => imageId).sort()).toEqual(namesOf(ofImages, seen));
            const vulnerabilities = await store.vulnerabilities.list({ ...list, sort: "id", order: "asc" });
            const counted = vulnerabilities.items.reduce((sum, item) => sum + item.images, 0);
            expect(counted).toBe(namesOf(ofImages, seen).length);
            const containers = await store.fleet.containers.list(list);
            expect(containers.items.map(({ id }) => id).sort()).toEqual(namesOf(ofPlaced, seen));
            expect((await store.launches.list(list)).total).toBe(namesOf(ofPlaced, seen).length);
            const profiles = await store.runtime.profiles.list(list);
            expect(profiles.items.map(({ host }) => host).sort()).toEqual(namesOf(ofHosts, seen));
            expect(await store.runtime.profiles.leftOut(seen)).toBe(namesOf(ofHosts, seen).length);
            const told = await store.runtime.reports.rules(list);
            expect(told.flatMap(({ hosts: tell }) => tell).sort()).toEqual(namesOf(ofHosts, seen));
            expect((await store.statistics.images(seen)).total).toBe(namesOf(ofImages, seen).length);
            expect((await store.statistics.hosts(seen, "")).total).toBe(namesOf(ofHosts, seen).length);
            expect((await store.statistics.containers(seen)).running).toBe(namesOf(ofPlaced, seen).length);
          }
        } finally {
          await store.close();
        }
      }),
      { numRuns: 12 },
    );
  }, 120_000);
});
