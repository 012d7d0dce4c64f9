import { generateKeyPairSync, type KeyObject } from "node:crypto";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { ecosystem } from "@pratique/core";
import { expect, it } from "vitest";
import { SCHEMA_VERSION } from "../database/schema.ts";
import { buildDatabase, openDatabase, readStatus, updateDatabase } from "../index.ts";
import { osvRecord } from "../testdata/feeds.ts";
import { workshop } from "../testdata/workshop.ts";
import { DirectoryMirror } from "./directory-mirror.ts";
import { MANIFEST_TYPE, type Manifest, parseManifest } from "./manifest.ts";
import { blobName, type Mirror } from "./mirror.ts";
import { mirrorKeyOf } from "./mirror-key.ts";
import { publishDatabase } from "./publish.ts";
import { signDocument, verifyDocument } from "./signed-document.ts";
import { type MirrorUpdateOptions, updateFromMirror } from "./update-from-mirror.ts";

const DAY_MS = 86_400_000;
const { privateKey } = generateKeyPairSync("ed25519");
const { privateKey: strangersKey } = generateKeyPairSync("ed25519");
const FEEDS = ["debian-dsa-dla:DSA.list", "debian-tracker:tracker.json", "osv:osv.json", "kev:kev.json"];

/** A publisher with a database and a mirror, and a reader with a directory. */
function scene() {
  const shop = workshop();
  const at = (name: string): string => path.join(shop.directory, name);
  const mirror = new DirectoryMirror(at("mirror"));
  const reader = at("reader");
  const publish = (more: { readonly key?: KeyObject; readonly target?: DirectoryMirror } = {}) => {
    shop.clock.advance(1000);
    return publishDatabase({
      directory: shop.databases,
      target: mirror,
      key: privateKey,
      validMs: 7 * DAY_MS,
      clock: shop.now,
      ...more,
    });
  };
  const update = (more: Partial<MirrorUpdateOptions> = {}) =>
    updateFromMirror({
      directory: reader,
      mirrors: [mirror],
      keys: [mirrorKeyOf(privateKey)],
      clock: shop.now,
      ...more,
    });
  const lookUp = (of: string, name: string, directory = reader): readonly string[] => {
    using database = openDatabase(directory, { clock: shop.now });
    return database.lookUp(ecosystem(of), name).map(({ id }) => id);
  };
  const manifest = (): Manifest =>
    parseManifest(
      verifyDocument(readFileSync(path.join(mirror.location, "manifest.json"), "utf8"), MANIFEST_TYPE, [
        mirrorKeyOf(privateKey),
      ]).payload,
    );
  const blobFile = (shard: string): string => {
    const entry = manifest().shards.find(({ name }) => name === shard);
    if (entry === undefined) throw new Error(`no shard ${shard}`);
    return path.join(mirror.location, "blobs/sha256", blobName(entry.blob.digest));
  };
  return {
    ...shop,
    at,
    mirror,
    reader,
    publish,
    update,
    lookUp,
    manifest,
    blobFile,
    [Symbol.dispose]: shop[Symbol.dispose],
  };
}

/** Many packages in one ecosystem, so that a change of one is smaller than all. */
function manyPackages(count: number, fixedOfFirst = "1.3.1"): string {
  return Array.from({ length: count }, (_, index) =>
    JSON.stringify(
      osvRecord({
        id: `GHSA-${String(index).padStart(4, "0")}-bbbb-cccc`,
        aliases: [`CVE-2023-${10_000 + ((index * 7919) % 89_999)}`],
        affected: [
          {
            package: { ecosystem: "npm", name: `pkg-${(index * 104_729) % 1_000_003}` },
            ranges: [
              {
                type: "SEMVER",
                events: [{ introduced: "0" }, { fixed: index === 0 ? fixedOfFirst : `1.${index}.1` }],
              },
            ],
          },
        ],
      }),
    ),
  ).join("\n");
}

it("gives a reader exactly the database that was published", async () => {
  using set = scene();
  set.feed(
    "ends.json",
    JSON.stringify({ result: { name: "debian", releases: [{ name: "9", eolFrom: "2020-07-18" }] } }),
  );
  set.feed("repository-to-cpe.json", JSON.stringify({ data: { "a-rpms": { cpes: ["cpe:/o:redhat:a:8"] } } }));
  const built = await set.build([...FEEDS, "eol:ends.json", "redhat-repositories:repository-to-cpe.json"]);
  const published = await set.publish();
  expect(published.shardsChanged).toBe(published.shards);
  const result = await set.update();
  expect(result).toMatchObject({ changed: true, revision: built.revision, mirror: { shardsHeld: 0 } });
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0001"]);
  expect(set.lookUp("Debian:12", "webkit2gtk")).toEqual(set.lookUp("Debian:12", "webkit2gtk", set.databases));
  using database = openDatabase(set.reader, { clock: set.now });
  expect(database.enrichment("CVE-2023-0001").knownExploited).toBe(true);
  expect(database.details("CVE-2023-0001")?.title).toBe("A name of a thing");
  expect(database.endOfLife({ id: "debian", version: "9" })).toEqual({ since: "2020-07-18", source: "eol" });
  expect(database.repositoryCpes("a-rpms")).toEqual(["cpe:/o:redhat:a:8"]);
  expect(readStatus(set.reader, { clock: set.now }).mirror).toMatchObject({
    version: published.version,
    signer: mirrorKeyOf(privateKey).id,
  });
});

it("says of its sources neither directories nor queries of addresses", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  expect(set.manifest().sources.map(({ location }) => location)).toEqual(["osv.json"]);
});

it("fetches nothing where nothing has changed, and only what has", async () => {
  using set = scene();
  await set.build(FEEDS);
  await set.publish();
  await set.update();
  expect(await set.update()).toMatchObject({ changed: false, mirror: { fetchedBytes: 0 } });
  set.feed("osv.json", JSON.stringify(osvRecord({ id: "GHSA-dddd-bbbb-cccc", aliases: ["CVE-2023-0009"] })));
  await set.build(["osv:osv.json"]);
  const again = await set.publish();
  expect(again.shardsChanged).toBeLessThan(again.shards);
  const { mirror, revision } = await set.update();
  expect(mirror.shardsFetched + mirror.shardsChanged).toBe(again.shardsChanged);
  expect(mirror.shardsHeld).toBe(again.shards - again.shardsChanged);
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0009"]);
  expect(revision).toBe(readStatus(set.databases, { clock: set.now }).revision);
});

it("follows the changes of several days, each smaller than the whole", async () => {
  using set = scene();
  const days = ["1.3.1", "1.3.2", "1.3.3"];
  for (const [day, fixed] of days.entries()) {
    set.feed("many.jsonl", manyPackages(400, fixed));
    await set.build(["osv:many.jsonl"]);
    await set.publish();
    if (day === 0) await set.update();
  }
  const whole = statSync(set.blobFile("advisories/npm")).size;
  const { mirror, revision } = await set.update();
  expect(mirror).toMatchObject({ shardsChanged: 1, shardsFetched: 0 });
  expect(mirror.fetchedBytes).toBeLessThan(whole / 10);
  expect(revision).toBe(readStatus(set.databases, { clock: set.now }).revision);
});

it("fetches the whole where a change does not lead where it should", async () => {
  using set = scene();
  set.feed("many.jsonl", manyPackages(400));
  await set.build(["osv:many.jsonl"]);
  await set.publish();
  await set.update();
  set.feed("many.jsonl", manyPackages(400, "1.3.2"));
  await set.build(["osv:many.jsonl"]);
  await set.publish();
  // A publisher's mistake: the change of another day under the name of this one.
  const manifest = set.manifest();
  const [npm, ...others] = manifest.shards;
  const [delta] = npm?.deltas ?? [];
  if (npm === undefined || delta === undefined) throw new Error("no delta");
  const wrong = { ...delta, content: { ...delta.content, bytes: delta.content.bytes + 1 } };
  resign(set.mirror, { ...manifest, shards: [{ ...npm, deltas: [wrong] }, ...others] });
  const { mirror, revision } = await set.update();
  expect(mirror).toMatchObject({ shardsChanged: 0, shardsFetched: 1 });
  expect(revision).toBe(readStatus(set.databases, { clock: set.now }).revision);
});

function resign(mirror: DirectoryMirror, manifest: Manifest, key: KeyObject = privateKey): void {
  const payload = Buffer.from(JSON.stringify({ format: 1, schema: SCHEMA_VERSION, ...manifest }));
  writeFileSync(path.join(mirror.location, "manifest.json"), signDocument(payload, MANIFEST_TYPE, key));
}

it("keeps what the reader has built of other providers, and takes over those that the mirror has", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  const own = (provider: string, name: string) => ({ provider, location: set.at(`feeds/${name}`) });
  await buildDatabase({
    directory: set.reader,
    from: [own("debian-tracker", "tracker.json"), own("osv", "osv.json")],
    clock: set.now,
  });
  const { sources } = await set.update();
  expect(sources.map(({ provider, mirrorKey }) => [provider, mirrorKey === undefined])).toEqual([
    ["debian-tracker", true],
    ["osv", false],
  ]);
  expect(set.lookUp("Debian:12", "zlib")).toEqual(["CVE-2022-37434"]);
  // A build of the reader's own leaves the mirror's part, and the next update sees that it knows its shards no more.
  await buildDatabase({ directory: set.reader, from: [own("kev", "kev.json")], clock: set.now });
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0001"]);
  expect(await set.update()).toMatchObject({ mirror: { shardsHeld: 0 } });
  expect(set.lookUp("Debian:12", "zlib")).toEqual(["CVE-2022-37434"]);
});

it("fetches the ecosystems that are asked for, with their releases", async () => {
  using set = scene();
  await set.build(FEEDS);
  await set.publish();
  await set.update({ ecosystems: ["Debian"] });
  expect([set.lookUp("npm", "left-pad"), set.lookUp("Debian:12", "zlib")]).toEqual([[], ["CVE-2022-37434"]]);
  await set.update();
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0001"]);
});

/** What an attacker, or an accident, does to a mirror between two updates. */
const attacks: Readonly<
  Record<string, readonly [string, (set: ReturnType<typeof scene>) => Promise<void> | void]>
> = {
  "signed by a stranger": ["MIRROR_UNTRUSTED", (set) => resign(set.mirror, set.manifest(), strangersKey)],
  "of which a byte was changed": [
    "MIRROR_UNTRUSTED",
    (set) => {
      const file = path.join(set.mirror.location, "manifest.json");
      const envelope = JSON.parse(readFileSync(file, "utf8"));
      const payload = Buffer.from(envelope.payload, "base64").toString().replace("npm", "nqm");
      writeFileSync(file, JSON.stringify({ ...envelope, payload: Buffer.from(payload).toString("base64") }));
    },
  ],
  "that is older than what was seen": [
    "MIRROR_ROLLBACK",
    (set) => {
      const manifest = set.manifest();
      resign(set.mirror, { ...manifest, version: manifest.version - 2 });
    },
  ],
  "that has two manifests of one version": [
    "MIRROR_ROLLBACK",
    (set) => {
      const manifest = set.manifest();
      resign(set.mirror, { ...manifest, version: manifest.version - 1, shards: [] });
    },
  ],
  "that stands still": ["MIRROR_EXPIRED", (set) => void set.clock.advance(8 * DAY_MS)],
  "with a shard cut short": ["MIRROR_DAMAGED", (set) => truncateSync(set.blobFile("advisories/npm"), 40)],
  "with a shard that is longer": [
    "MIRROR_DAMAGED",
    (set) => writeFileSync(set.blobFile("advisories/npm"), "x", { flag: "a" }),
  ],
  "with other bytes in a shard": [
    "MIRROR_DAMAGED",
    (set) => {
      const file = set.blobFile("advisories/npm");
      writeFileSync(file, Buffer.alloc(statSync(file).size));
    },
  ],
  "without a shard": [
    "MIRROR_MISSING",
    (set) => rmSync(path.dirname(set.blobFile("advisories/npm")), { recursive: true }),
  ],
  "that lies about what a shard unpacks to": [
    "MIRROR_DAMAGED",
    (set) => {
      const manifest = set.manifest();
      resign(set.mirror, {
        ...manifest,
        shards: manifest.shards.map((shard) => ({
          ...shard,
          content: { ...shard.content, bytes: shard.content.bytes - 1 },
        })),
      });
    },
  ],
  "in a format of the future": [
    "MIRROR_MALFORMED",
    (set) => {
      const payload = Buffer.from(JSON.stringify({ format: 2, schema: SCHEMA_VERSION, ...set.manifest() }));
      writeFileSync(
        path.join(set.mirror.location, "manifest.json"),
        signDocument(payload, MANIFEST_TYPE, privateKey),
      );
    },
  ],
  "that is no mirror": [
    "MIRROR_MALFORMED",
    (set) => writeFileSync(path.join(set.mirror.location, "manifest.json"), "<html>"),
  ],
};

/** So that a shard is read, and not its changes, which in so small a feed are as long, give or take a byte. */
function offerWholeShardsOnly({ mirror, manifest }: ReturnType<typeof scene>): void {
  const offered = manifest();
  resign(mirror, { ...offered, shards: offered.shards.map((shard) => ({ ...shard, deltas: [] })) });
}

it.each(Object.entries(attacks))("a mirror %s leaves the last good database", async (_, [code, attack]) => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  const { revision } = await set.update();
  set.feed("osv.json", JSON.stringify(osvRecord({ id: "GHSA-dddd-bbbb-cccc", aliases: ["CVE-2023-0009"] })));
  await set.build(["osv:osv.json"]);
  await set.publish();
  offerWholeShardsOnly(set);
  await attack(set);
  await expect(set.update()).rejects.toMatchObject({ code });
  expect(readStatus(set.reader, { clock: set.now }).revision).toBe(revision);
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0001"]);
});

it("asks the next mirror where one fails, for a manifest as for a shard", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  const copy = new DirectoryMirror(set.at("copy"));
  cpSync(set.mirror.location, copy.location, { recursive: true });
  const nowhere = new DirectoryMirror(set.at("nowhere"));
  truncateSync(set.blobFile("advisories/npm"), 10);
  const { mirror } = await set.update({ mirrors: [nowhere, set.mirror, copy] });
  expect(mirror).toMatchObject({
    location: set.mirror.location,
    left: [{ location: nowhere.location, error: { code: "MIRROR_MISSING" } }],
  });
  expect(set.lookUp("npm", "left-pad")).toEqual(["CVE-2023-0001"]);
});

it("goes on with what an update before has begun", async () => {
  using set = scene();
  set.feed("many.jsonl", manyPackages(400));
  await set.build(["osv:many.jsonl"]);
  await set.publish();
  const offsets: number[] = [];
  let breaks = true;
  const flaky: Mirror = {
    location: "flaky",
    readManifest: () => set.mirror.readManifest(),
    async readBlob(blob, options) {
      const { offset, chunks } = await set.mirror.readBlob(blob, options);
      offsets.push(offset);
      return { offset, chunks: breaks ? firstHalf(chunks, blob.bytes) : chunks };
    },
  };
  await expect(set.update({ mirrors: [flaky] })).rejects.toMatchObject({ code: "MIRROR_DAMAGED" });
  breaks = false;
  offsets.length = 0;
  await set.update({ mirrors: [flaky] });
  expect(offsets.filter((offset) => offset > 0).length).toBeGreaterThan(0);
  expect(existsSync(path.join(set.reader, "mirror-blobs"))).toBe(false);
});

async function* firstHalf(chunks: AsyncIterable<Uint8Array>, bytes: number): AsyncGenerator<Uint8Array> {
  for await (const chunk of chunks) yield chunk.subarray(0, Math.floor(bytes / 2));
}

it("publishes over nobody else's mirror, and keeps what readers of the manifest before still fetch", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  const first = set.blobFile("advisories/npm");
  await expect(set.publish({ key: strangersKey })).rejects.toMatchObject({ code: "MIRROR_UNTRUSTED" });
  for (const id of ["CVE-2023-0008", "CVE-2023-0009"]) {
    expect(existsSync(first)).toBe(true);
    set.feed("osv.json", JSON.stringify(osvRecord({ aliases: [id] })));
    await set.build(["osv:osv.json"]);
    await set.publish();
  }
  expect(existsSync(first)).toBe(false);
  expect(readdirSync(set.databases).filter((name) => name.startsWith("building-"))).toEqual([]);
});

it("takes an older state of a new key only after the one before is believed no more", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  const old = set.manifest();
  await set.publish();
  await set.update();
  resign(set.mirror, old, strangersKey);
  const both = [mirrorKeyOf(privateKey), mirrorKeyOf(strangersKey)];
  await expect(set.update({ keys: both })).rejects.toMatchObject({ code: "MIRROR_ROLLBACK" });
  const { mirror } = await set.update({ keys: both.slice(1) });
  expect([mirror.version, mirror.signer]).toEqual([old.version, both[1]?.id]);
});

it("has nothing to publish where nothing was built", async () => {
  using set = scene();
  mkdirSync(set.databases);
  await expect(set.publish()).rejects.toMatchObject({ code: "DATABASE_MISSING" });
});

it("does not read the mirror's own feeds where it updates the others", async () => {
  using set = scene();
  await set.build(["osv:osv.json"]);
  await set.publish();
  await set.update();
  const { sources, failures } = await updateDatabase({ directory: set.reader, clock: set.now });
  expect([sources.map(({ mirrorKey }) => mirrorKey !== undefined), failures]).toEqual([[true], []]);
});
