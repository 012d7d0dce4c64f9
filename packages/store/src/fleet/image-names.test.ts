import type { Visibility } from "@pratique/access";
import { afterEach, beforeEach, expect, it } from "vitest";
import { openStore, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, reportOf } from "../testdata/samples.ts";

const NOW = "2026-11-25T12:00:00.000Z";
const image = digestOf(1);
const layers = [digestOf(100)];
const OURS = "ghcr.io/acme/app:1";
const THEIRS = "quay.io/other/app:1";
const theirTeam: Visibility = [[{ registries: ["quay.io/*"] }]];
const theirHosts: Visibility = [[{ hosts: ["bad"] }]];

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  const put = async (host: string, reference: string, listed = layers, platform?: string) => {
    const report = reportOf(reference, ["high"]);
    const asIndex = platform === undefined ? {} : { platform, digest: image };
    const target = { ...report.target, imageId: image, layers: listed, ...asIndex };
    await store.images.put(image, { ...report, target }, { host, at: NOW });
    await store.fleet.locations.note({ host, imageId: image, reference, seenAt: NOW });
  };
  const runs = async (host: string, reference: string) => {
    const container = { id: "c", name: "c", image: reference, imageId: image, state: "running" };
    await store.fleet.containers.replace({
      host,
      takenAt: NOW,
      containers: [{ ...container, document: {} }],
    });
  };
  const shown = async (seen: Visibility) =>
    (await store.images.list({ seen, sort: "severity", order: "desc", limit: 9 })).total;
  const names = async () => await store.fleet.locations.names(image, 9);

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
    for (const host of ["good", "bad", "mirror"]) {
      await store.fleet.identities.put({
        host,
        serial: host,
        previousSerial: null,
        joinedAt: NOW,
        expiresAt: NOW,
        labels: {},
      });
    }
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it.each<[string, () => Promise<void>]>([
    ["runs it under their name", async () => await runs("bad", THEIRS)],
    ["reports on it, and makes layers up", async () => await put("bad", THEIRS, [digestOf(666)])],
    ["reports on it, and lists no layers", async () => await put("bad", THEIRS, [])],
    [
      "reports on it for another platform",
      async () => await put("bad", THEIRS, [digestOf(666)], "linux/arm64"),
    ],
  ])("shows an image to nobody because a host that does not have it says that it %s", async (_, lie) => {
    await put("good", OURS);
    await lie();
    expect([await shown(theirTeam), await shown(theirHosts)]).toEqual([0, 0]);
    expect(await names()).toEqual([{ repository: "ghcr.io/acme/app", hosts: ["good"] }]);
  });

  it("forgets what a host said of it before another one reported on it", async () => {
    await runs("bad", THEIRS);
    await runs("good", OURS);
    await put("good", OURS);
    expect([await shown(theirTeam), await shown(theirHosts)]).toEqual([0, 0]);
  });

  it("believes a host that lists its layers, also in what its containers said before", async () => {
    await put("good", OURS);
    await runs("mirror", THEIRS);
    await put("mirror", image);
    expect(await shown(theirTeam)).toBe(1);
    expect(await names()).toEqual([
      { repository: "ghcr.io/acme/app", hosts: ["good"] },
      { repository: "quay.io/other/app", hosts: ["mirror"] },
    ]);
  });

  it("believes a host of another platform, where an id may stand for an image of each", async () => {
    await put("good", THEIRS, layers, "linux/amd64");
    await put("mirror", THEIRS, [digestOf(200)], "linux/arm64");
    await put("bad", THEIRS, [digestOf(666)], "linux/amd64");
    expect((await names()).map(({ hosts }) => hosts)).toEqual([["good", "mirror"]]);
  });

  it("forgets the names that a host gave that is revoked, and keeps those of others", async () => {
    await put("good", OURS);
    await put("bad", OURS);
    await put("bad", THEIRS);
    await store.fleet.identities.revoke("bad");
    expect(await names()).toEqual([{ repository: "ghcr.io/acme/app", hosts: ["good"] }]);
    expect(await store.fleet.locations.repositories(image)).toEqual(["ghcr.io/acme/app"]);
  });

  it("believes those that are left, when the host is revoked whose layers were believed", async () => {
    await put("bad", THEIRS, [digestOf(666)]);
    await put("good", OURS);
    expect(await names()).toEqual([{ repository: "quay.io/other/app", hosts: ["bad"] }]);
    await store.fleet.identities.revoke("bad");
    await put("good", OURS);
    expect(await names()).toEqual([{ repository: "ghcr.io/acme/app", hosts: ["good"] }]);
  });
});
