import { createHash } from "node:crypto";
import type { FilePattern, ProgramInspector } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import { type LoopbackRegistry, layerOf, startRegistry, type TarItem } from "@pratique/testkit";
import { array, assert, asyncProperty, nat, tuple } from "fast-check";
import { expect, it } from "vitest";
import { OciError } from "../errors.ts";
import type { ReadOptions } from "../source.ts";
import { registrySource } from "../sources/registry/registry-source.ts";
import { type ChunkedBlob, type ChunkedOptions, stargzOf, zstdChunkedOf } from "../testdata/chunked-blobs.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const noise = (seed: string, bytes: number) =>
  createHash("shake256", { outputLength: bytes }).update(seed).digest();

const big = noise("big", 900_000);
const items: readonly TarItem[] = [
  { path: "etc/" },
  { path: "etc/a", content: "first" },
  { path: "usr/lib/big.so", content: big },
  { path: "etc/b", content: "second" },
  { path: "etc/empty", content: "" },
  { path: "etc/link", kind: "symlink", target: "a" },
  { path: "etc/hard", kind: "hardlink", target: "usr/lib/hidden" },
  { path: "usr/lib/hidden", content: "behind a hard link" },
  { path: "etc/large", content: noise("large", 30_000) },
  { path: "usr/lib/more.so", content: noise("more", 300_000) },
];
const hidden = layerOf(
  [
    { path: "etc/b", content: "below" },
    { path: "etc/c", content: "below" },
  ],
  "gzip",
);
const upper: readonly TarItem[] = [...items, { path: "etc/.wh.c", content: "" }];

const kinds: readonly (readonly [
  string,
  (items: readonly TarItem[], options?: ChunkedOptions) => ChunkedBlob,
])[] = [
  ["eStargz", stargzOf],
  ["zstd:chunked", zstdChunkedOf],
];
const etc: readonly FilePattern[] = [{ under: ["etc"] }];

async function read(
  registry: LoopbackRegistry,
  layer: ChunkedBlob,
  options: ReadOptions = {},
  patterns = etc,
) {
  registry.push("app", "1", { layers: [hidden, layer] });
  registry.requests.length = 0;
  const opened = await registrySource({ http }).open(`${registry.host}/app:1`, {});
  const tree = await opened.readTree(patterns, { byRange: true, ...options });
  const files: Record<string, string> = {};
  for (const { path, kind } of tree.files()) {
    files[path] =
      kind === "file"
        ? createHash("sha256")
            .update(await tree.read(path))
            .digest("hex")
        : kind;
  }
  const ranges = registry.requests.flatMap(({ target, range }) =>
    target.includes(layer.digest) ? [range] : [],
  );
  return { files, verified: tree.facts.layersVerified, ranges, failures: tree.failures };
}

it.each(kinds)(
  "fetches of a layer in %s what is wanted, and says that it is not verified",
  async (_, build) => {
    await using registry = await startRegistry();
    const layer = build(upper);
    const whole = await read(registry, layer, { byRange: false });
    expect(whole).toMatchObject({ verified: true, failures: [] });
    expect(new Set(whole.ranges)).toEqual(new Set([undefined]));
    expect(Object.keys(whole.files)).toEqual([
      "etc/a",
      "etc/b",
      "etc/empty",
      "etc/hard",
      "etc/large",
      "etc/link",
    ]);
    const part = await read(registry, layer);
    expect(part).toMatchObject({ files: whole.files, verified: false, failures: [] });
    expect(part.ranges).not.toContain(undefined);
    const fetched = part.ranges.map(
      (range = "") => /^bytes=(?<from>\d+)-(?<to>\d+)$/u.exec(range)?.groups ?? {},
    );
    const bytes = fetched.reduce((sum, { from, to }) => sum + Number(to) - Number(from) + 1, 0);
    expect(bytes).toBeLessThan(layer.blob.length / 2);
  },
);

it.each(kinds)("puts the chunks of a file in %s together", async (_, build) => {
  await using registry = await startRegistry();
  const layer = build(upper, { chunkBytes: 10_000 });
  const part = await read(registry, layer);
  expect(part.verified).toBe(false);
  expect(part.files).toEqual((await read(registry, layer, { byRange: false })).files);
});

it("reads whole what is wanted for the most part, and says that it is verified", async () => {
  await using registry = await startRegistry();
  const { verified, ranges } = await read(registry, stargzOf(upper), {}, [{ under: ["usr"] }]);
  expect(verified).toBe(true);
  expect(ranges.at(-1)).toBeUndefined();
  const inspector: ProgramInspector = { inspect: () => undefined };
  const programs = upper.map((item) => ({ ...item, mode: 0o755 }));
  const inspected = await read(registry, stargzOf(programs), {}, [{ programs: inspector }]);
  expect(inspected.verified).toBe(true);
});

type Change = NonNullable<ChunkedOptions["change"]>;

const lies: readonly (readonly [string, Change])[] = [
  [
    "says that a file is another",
    (list) => list.map((entry) => (entry.name === "etc/a" ? { ...entry, digest: list[3]?.digest } : entry)),
  ],
  [
    "says that a file is longer",
    (list) => list.map((entry) => (entry.name === "etc/a" ? { ...entry, size: 10_000 } : entry)),
  ],
  [
    "gives a file another's place",
    (list) => list.map((entry) => (entry.name === "etc/a" ? { ...entry, offset: list[3]?.offset } : entry)),
  ],
  [
    "leads behind the layer",
    (list) => list.map((entry) => (entry.name === "etc/a" ? { ...entry, offset: 2 ** 40 } : entry)),
  ],
  ["tells no digest", (list) => list.map((entry) => ({ ...entry, digest: undefined }))],
  ["has a negative number", (list) => list.map((entry) => ({ ...entry, size: -1 }))],
  ["has kinds that nobody knows", (list) => list.map((entry) => ({ ...entry, type: "door" }))],
];

it.each(lies.flatMap(([what, change]) => kinds.map(([kind, build]) => [kind, what, change, build] as const)))(
  "reads a layer in %s whole whose table %s",
  async (_, __, change, build) => {
    await using registry = await startRegistry();
    const layer = build(upper, { change });
    const honest = await read(registry, build(upper), { byRange: false });
    const found = await read(registry, layer);
    expect(found).toMatchObject({ verified: true, failures: [], files: honest.files });
  },
);

it.each(kinds)("never calls verified what a table in %s leaves out", async (_, build) => {
  await using registry = await startRegistry();
  const layer = build(upper, { change: (list) => list.filter(({ name }) => name !== "etc/a") });
  const part = await read(registry, layer);
  expect([part.verified, part.files["etc/a"]]).toEqual([false, undefined]);
  // Those who judge read it whole, and see it.
  expect((await read(registry, layer, { byRange: false })).files["etc/a"]).toBeDefined();
});

it.each(kinds)("does not take another table in %s for that of the manifest", async (_, build) => {
  await using registry = await startRegistry();
  const layer = build(upper);
  const { annotations } = build(upper, { change: (list) => list.slice(1) });
  const checksums = Object.entries(annotations).filter(([name]) => !name.endsWith("position"));
  const found = await read(registry, {
    ...layer,
    annotations: { ...layer.annotations, ...Object.fromEntries(checksums) },
  });
  expect(found.verified).toBe(true);
});

it.each([
  ["no part", (registry: LoopbackRegistry) => (registry.faults.ignoreRange = true)],
  [
    "parts that end early",
    (registry: LoopbackRegistry) => registry.faults.truncateBlobsAfter.push(900_000, 10, 10),
  ],
])("reads whole what a registry gives %s of", async (_, spoil) => {
  await using registry = await startRegistry();
  registry.faults.truncateBlobsAfter.length = 0;
  const layer = stargzOf(upper);
  registry.push("app", "1", { layers: [layer] });
  spoil(registry);
  const opened = await registrySource({ http }).open(`${registry.host}/app:1`, {});
  const tree = await opened.readTree(etc, { byRange: true });
  expect(tree.facts.layersVerified).toBe(true);
});

it("refuses a layer of other bytes, however its table is", async () => {
  await using registry = await startRegistry();
  const layer = stargzOf(upper);
  registry.faults.lies.set(layer.digest, Buffer.concat([Buffer.from("x"), layer.blob.subarray(1)]));
  const found = read(registry, { ...layer, annotations: {} });
  await expect(found).rejects.toMatchObject({ name: "OciError" });
});

it("gives the right files or the whole layer, whatever is in the table", async () => {
  await using registry = await startRegistry();
  const honest = await read(registry, zstdChunkedOf(upper), { byRange: false });
  const change = tuple(nat(upper.length - 1), nat(3), nat(1_300_000));
  await assert(
    asyncProperty(array(change, { minLength: 1, maxLength: 4 }), async (changes) => {
      const layer = zstdChunkedOf(upper, {
        change: (list) => {
          for (const [at, member, value] of changes) {
            Object.assign(list[at] ?? {}, {
              [["offset", "endOffset", "size", "innerOffset"][member] ?? ""]: value,
            });
          }
          return list;
        },
      });
      try {
        const { files } = await read(registry, layer);
        expect(files).toEqual(honest.files);
      } catch (thrown) {
        if (!(thrown instanceof OciError)) throw thrown;
      }
    }),
    { numRuns: 15 },
  );
});
