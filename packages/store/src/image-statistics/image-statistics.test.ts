import type { Visibility } from "@pratique/access";
import { type Digest, parseDigest, type ScanReport, type Severity } from "@pratique/core";
import { afterEach, beforeEach, describe, expect, it } from "vitest";
import { openStore, type Store } from "../index.ts";
import { describeOnEach, type TestDatabase } from "../testdata/databases.ts";
import { digestOf, everything, reportOf } from "../testdata/samples.ts";

const NOW = Date.parse("2026-11-27T12:00:00.000Z");
const layer = (digit: string) => parseDigest(`sha256:${digit.repeat(64)}`);

interface Sketch {
  readonly image: number;
  readonly reference: string;
  readonly found?: readonly Severity[];
  readonly layers?: readonly Digest[];
  readonly created?: string;
  readonly claims?: string;
  readonly state?: "partial" | "none";
  readonly at?: string;
}

function reportFrom({ reference, found = [], layers, created, claims, state, at }: Sketch): ScanReport {
  const report = reportOf(reference, found, { scannedAt: at ?? "2026-11-24T10:00:00.000Z" });
  const config = {
    os: "linux",
    architecture: "amd64",
    ...(created !== undefined && { created }),
    user: "",
    entrypoint: [],
    command: [],
    environment: [],
    workingDirectory: "",
    exposedPorts: [],
    volumes: [],
    labels: {},
    healthcheck: [],
  };
  return {
    ...report,
    config,
    target: {
      ...report.target,
      ...(layers !== undefined && { layers }),
      ...(claims !== undefined && { base: { name: claims } }),
    },
    assessment: { state: state ?? "complete", reasons: [], advisories: [] },
  };
}

const images: readonly Sketch[] = [
  { image: 1, reference: "debian:12", found: ["low"], layers: [layer("1")], created: "2026-11-20T00:00:00Z" },
  {
    image: 2,
    reference: "ghcr.io/acme/shop:1",
    found: ["high"],
    layers: [layer("1"), layer("2")],
    created: "2026-05-01T00:00:00+02:00",
  },
  {
    image: 3,
    reference: "ghcr.io/acme/shop:2",
    found: ["medium", "medium"],
    layers: [layer("1"), layer("2"), layer("3")],
    created: "1970-01-01T00:00:00Z",
  },
  {
    image: 4,
    reference: "ghcr.io/acme/old:1",
    found: ["critical"],
    claims: "alpine:3.1",
    created: "2019-01-01T00:00:00Z",
  },
  { image: 5, reference: "registry.example/x:1", state: "none", created: "not a time" },
  {
    image: 6,
    reference: "registry.example/x:2",
    found: ["unknown"],
    state: "partial",
    created: "2027-01-01T00:00:00Z",
  },
];

describeOnEach((make) => {
  let database: TestDatabase;
  let store: Store;

  const put = async (sketch: Sketch, host: string) => {
    const imageId = digestOf(sketch.image);
    const { reference } = sketch;
    const at = "2026-11-24T10:00:00.000Z";
    await store.images.put(imageId, reportFrom(sketch), { host, at });
    await store.fleet.locations.note({ host, imageId, reference, seenAt: at });
  };

  beforeEach(async () => {
    database = await make();
    store = await openStore(database.options);
    for (const name of ["web-1", "web-2"]) {
      const labels = { team: name === "web-1" ? "blue" : "green" };
      await store.hosts.put({ name, logId: name, heardAt: "2026-11-24T10:00:00.000Z", status: {}, labels });
    }
    for (const sketch of images) await put(sketch, sketch.image < 4 ? "web-1" : "web-2");
  });

  afterEach(async () => {
    await store.close();
    await database[Symbol.asyncDispose]();
  });

  it("counts all images, and those with something in common", async () => {
    const { all, by } = await store.imageStatistics.tally(everything, NOW);
    expect(all).toEqual({ images: 6, judged: 5, high: 2, mediumOrHigh: 3 });
    const keys = Object.fromEntries(
      Object.entries(by).map(([name, groups]) => [
        name,
        groups.map(({ key, images, judged, high, mediumOrHigh }) => [
          key,
          images,
          judged,
          high,
          mediumOrHigh,
        ]),
      ]),
    );
    expect(keys).toEqual({
      registry: [
        ["ghcr.io", 3, 3, 2, 3],
        ["registry.example", 2, 1, 0, 0],
        ["docker.io", 1, 1, 0, 0],
      ],
      official: [
        ["other", 5, 4, 2, 3],
        ["official", 1, 1, 0, 0],
      ],
      age: [
        ["unknown", 3, 2, 0, 1],
        ["0 to 29", 1, 1, 0, 0],
        ["180 to 364", 1, 1, 1, 1],
        ["365 and more", 1, 1, 1, 1],
      ],
      base: [
        ["unknown", 3, 2, 0, 0],
        ["alpine:3.1", 1, 1, 1, 1],
        ["debian:12", 1, 1, 1, 1],
        ["ghcr.io/acme/shop:1", 1, 1, 0, 1],
      ],
      team: [
        ["blue", 3, 3, 1, 2],
        ["green", 3, 2, 1, 1],
      ],
    });
  });

  it("lists the images that the numbers rest on, page by page", async () => {
    const found = [];
    let cursor: string | undefined;
    do {
      const page = await store.imageStatistics.facts(
        { seen: everything, limit: 4, ...(cursor !== undefined && { cursor }) },
        NOW,
      );
      expect(page.total).toBe(6);
      found.push(...page.items);
      cursor = page.nextCursor ?? undefined;
    } while (cursor !== undefined);
    expect(found.map(({ base, baseProved, created }) => [base, baseProved, created])).toEqual([
      [null, false, "2026-11-20T00:00:00.000Z"],
      ["debian:12", true, "2026-04-30T22:00:00.000Z"],
      ["ghcr.io/acme/shop:1", true, null],
      ["alpine:3.1", false, "2019-01-01T00:00:00.000Z"],
      [null, false, null],
      [null, false, null],
    ]);
  });

  it("counts for each only what they may see, and names no base and no team that they may not", async () => {
    const shop: Visibility = [[{ registries: ["ghcr.io/acme/*"] }]];
    const { all, by } = await store.imageStatistics.tally(shop, NOW);
    expect(all.images).toBe(3);
    expect(by.base.map(({ key }) => key)).toEqual(["alpine:3.1", "ghcr.io/acme/shop:1", "unknown"]);
    expect(by.team.map(({ key }) => key)).toEqual(["unknown"]);
    const green: Visibility = [[{ hosts: ["web-2"] }]];
    expect((await store.imageStatistics.tally(green, NOW)).by.team.map(({ key }) => key)).toEqual(["green"]);
    expect((await store.imageStatistics.states({ seen: green, limit: 10 })).total).toBe(3);
    expect((await store.imageStatistics.days(green, NOW, 1))[0]?.images).toBe(3);
  });

  describe("over time", () => {
    const rescan = async (found: readonly Severity[], at: string) =>
      await store.images.put(
        digestOf(2),
        reportFrom({ image: 2, reference: "ghcr.io/acme/shop:1", found, at }),
      );

    it("counts each day as it was at its end", async () => {
      await rescan([], "2026-11-25T09:00:00.000Z");
      await rescan(["critical"], "2026-11-25T11:00:00.000Z");
      await rescan(["medium"], "2026-11-26T09:00:00.000Z");
      const days = await store.imageStatistics.days(everything, NOW, 5);
      expect(days.map(({ day, images, high, mediumOrHigh }) => [day, images, high, mediumOrHigh])).toEqual([
        ["2026-11-23", 0, 0, 0],
        ["2026-11-24", 6, 2, 3],
        ["2026-11-25", 6, 2, 3],
        ["2026-11-26", 6, 1, 3],
        ["2026-11-27", 6, 1, 3],
      ]);
      const { day: _, ...today } = days.at(-1) ?? { day: "" };
      expect((await store.imageStatistics.tally(everything, NOW)).all).toEqual(today);
    });

    it("keeps a state once, however often it is told, and lists all of them", async () => {
      await rescan(["high"], "2026-11-25T09:00:00.000Z");
      await rescan(["high"], "2026-11-26T09:00:00.000Z");
      expect((await store.imageStatistics.states({ seen: everything, limit: 100 })).total).toBe(6);
      await rescan([], "2026-11-27T09:00:00.000Z");
      const first = await store.imageStatistics.states({ seen: everything, limit: 2 });
      const { nextCursor: cursor } = first;
      const rest = await store.imageStatistics.states({
        seen: everything,
        limit: 10,
        ...(cursor && { cursor }),
      });
      expect(first.items.length + rest.items.length).toBe(7);
      expect(rest.items[0]).toMatchObject({ imageId: digestOf(2), worst: -1, assessment: "complete" });
    });
  });

  it("knows which image of the fleet another was built on", async () => {
    expect(await store.images.baseOf(digestOf(3), everything)).toEqual({
      imageId: digestOf(2),
      reference: "ghcr.io/acme/shop:1",
      layers: 2,
    });
    const withoutShop: Visibility = [[{ registries: ["docker.io/*"] }]];
    expect(await store.images.baseOf(digestOf(3), withoutShop)).toMatchObject({
      imageId: digestOf(1),
      layers: 1,
    });
    expect(await store.images.baseOf(digestOf(1), everything)).toBeUndefined();
  });

  it("lets nobody change later what an image is made of", async () => {
    const [, , third] = images;
    if (third === undefined) throw new Error("no sample");
    const at = "2026-11-25T10:00:00.000Z";
    await store.images.put(digestOf(3), reportFrom({ ...third, layers: [layer("9")], at }));
    expect(await store.images.baseOf(digestOf(3), everything)).toMatchObject({ imageId: digestOf(2) });
  });
});
