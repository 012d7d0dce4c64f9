import { readdirSync, readFileSync, truncateSync, writeFileSync } from "node:fs";
import type { FilePattern, FileTree, ProgramInspector, TextInspector } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import {
  type BuiltLayer,
  configOf,
  type LoopbackRegistry,
  layerOf,
  manifestOf,
  startRegistry,
  tempDirectory,
} from "@pratique/testkit";
import { expect, it } from "vitest";
import { registrySource } from "../sources/registry/registry-source.ts";
import { FileLayerIndexCache } from "./file-layer-index-cache.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const manifestType = "application/vnd.oci.image.manifest.v1+json";

/** Keeps the fifth byte of each program. */
const inspector: ProgramInspector = {
  inspect: (head) => ({
    next: Number.POSITIVE_INFINITY,
    write: () => undefined,
    finish: () => Uint8Array.of(head[4] ?? 0),
  }),
};
const patterns: readonly FilePattern[] = [
  { under: ["etc"], paths: ["opt/link"] },
  { programs: inspector },
  { suffixes: [".long"], condense: (_, content) => content.slice(0, 3) },
];

/** Keeps as many letters of each text as its revision says. */
function lettersOf(revision: number): TextInspector {
  return {
    revision,
    maxBytes: 100,
    wantsName: () => true,
    inspect: () => {
      let text = "";
      return {
        wantsMore: true,
        write: (bytes) => {
          text += Buffer.from(bytes).toString();
        },
        finish: () => Buffer.from(text.slice(0, revision)),
      };
    },
    accepts: ({ length }) => length <= revision,
  };
}

const program = Buffer.alloc(8192, 7);
program.set([0x7f, 0x45, 0x4c, 0x46]);
const base = layerOf(
  [
    { path: "etc/", kind: "directory" },
    { path: "etc/kept", content: "lower" },
    { path: "etc/gone", content: "lower" },
    { path: "usr/bin/tool", content: program, mode: 0o755 },
    { path: "usr/a.long", content: "a long text" },
    { path: "usr/shadow/etc.conf", content: "target" },
    { path: "usr/plain", content: "nobody wants it" },
    { path: "opt/link", kind: "symlink", target: "../usr/shadow/etc.conf" },
  ],
  "gzip",
);
const upper = layerOf(
  [
    { path: "etc/.wh.gone", content: "" },
    { path: "etc/hard", content: "same" },
    { path: "etc/twin", kind: "hardlink", target: "etc/hard" },
    // A file where a directory was: it hides what is below.
    { path: "usr/shadow", content: "a file" },
  ],
  "zstd",
);
const other = layerOf([{ path: "etc/other", content: "other" }], "gzip");

function cacheIn(directory: string, { revision = "1", memoryBytes = 0 } = {}) {
  return FileLayerIndexCache.open(directory, { revision, memoryBytes, now: () => 0 });
}

async function treeOf(
  registry: LoopbackRegistry,
  name: string,
  layerIndexes?: FileLayerIndexCache,
  wanted = patterns,
) {
  const opened = await registrySource({ http }).open(`${registry.host}/${name}`, {});
  return await opened.readTree(wanted, { layerIndexes });
}

async function contentsOf(tree: FileTree): Promise<readonly unknown[]> {
  const found: unknown[] = [...tree.excerpts(inspector)].map(({ path, excerpt }) => [path, [...excerpt]]);
  for (const { path, kind, mode, layer } of tree.files()) {
    const text =
      kind === "file" && !path.startsWith("usr/bin/") ? Buffer.from(await tree.read(path)).toString() : "";
    found.push([path, kind, mode, layer, text]);
  }
  return found;
}

/** How often the bytes of a layer were asked for. */
function readsOf(registry: LoopbackRegistry, { digest }: BuiltLayer): number {
  return registry.requests.filter(({ target }) => target.endsWith(`/blobs/${digest}`)).length;
}

it.each([0, 1_000_000])(
  "gives the tree that reading gives, and reads a shared layer once (memory %i)",
  async (memoryBytes) => {
    await using registry = await startRegistry();
    using directory = tempDirectory();
    registry.push("a", "1", { layers: [base, upper] });
    registry.push("b", "1", { layers: [base, other] });
    const fresh = await contentsOf(await treeOf(registry, "a:1"));
    const freshOther = await contentsOf(await treeOf(registry, "b:1"));
    const before = readsOf(registry, base);
    for (const cache of [
      cacheIn(directory.path, { memoryBytes }),
      cacheIn(directory.path, { memoryBytes }),
    ]) {
      const [tree, otherTree] = await Promise.all([
        treeOf(registry, "a:1", cache),
        treeOf(registry, "b:1", cache),
      ]);
      expect(await contentsOf(tree)).toEqual(fresh);
      expect(await contentsOf(otherTree)).toEqual(freshOther);
      expect([tree.failures, tree.facts.layersVerified]).toEqual([[], true]);
    }
    // Once with what is always wanted, and once more for what the link of the other image leads to.
    expect(readsOf(registry, base) - before).toBe(2);
    expect(readsOf(registry, upper)).toBe(2);
    await treeOf(registry, "a:1", cacheIn(directory.path, { revision: "2" }));
    expect(readsOf(registry, upper)).toBe(3);
  },
);

it("believes in what was made of a file for as long as the same is made of it", async () => {
  await using registry = await startRegistry();
  using directory = tempDirectory();
  const cache = cacheIn(directory.path);
  registry.push("a", "1", { layers: [base] });
  const kept: string[] = [];
  for (const condenseRevision of [2, 2, 3]) {
    const condense = (_: string, content: Uint8Array) => content.slice(0, condenseRevision);
    const tree = await treeOf(registry, "a:1", cache, [{ suffixes: [".long"], condense, condenseRevision }]);
    kept.push(Buffer.from(await tree.read("usr/a.long")).toString());
  }
  expect(kept).toEqual(["a ", "a ", "a l"]);
  expect(readsOf(registry, base)).toBe(2);
});

it("keeps what was found in texts, deleted ones included, for as long as the same is found", async () => {
  await using registry = await startRegistry();
  using directory = tempDirectory();
  registry.push("a", "1", { layers: [base, upper] });
  registry.push("b", "1", { layers: [base, other] });
  const found: unknown[] = [];
  for (const revision of [1, 1, 2]) {
    const texts = lettersOf(revision);
    for (const name of ["a:1", "b:1"]) {
      const tree = await treeOf(registry, name, cacheIn(directory.path), [...patterns, { texts }]);
      const excerpts = [...tree.textExcerpts(texts)];
      const gone = excerpts.find(({ path }) => path === "etc/gone");
      found.push([
        revision,
        name,
        excerpts.length,
        gone?.isLeft,
        Buffer.from(gone?.excerpt ?? []).toString(),
      ]);
    }
  }
  expect(found).toEqual([
    [1, "a:1", 8, false, "l"],
    [1, "b:1", 6, true, "l"],
    [1, "a:1", 8, false, "l"],
    [1, "b:1", 6, true, "l"],
    [2, "a:1", 8, false, "lo"],
    [2, "b:1", 6, true, "lo"],
  ]);
  // For each revision once, and once more for what the link of the other image leads to.
  expect([base, upper, other].map((layer) => readsOf(registry, layer))).toEqual([4, 2, 2]);
});

it("keeps nothing of a layer that is not what its digests say, and believes in one that was kept only with both", async () => {
  await using registry = await startRegistry();
  using directory = tempDirectory();
  const cache = cacheIn(directory.path);
  registry.push("good", "1", { layers: [other] });
  registry.faults.lies.set(other.digest, upper.blob);
  await expect(treeOf(registry, "good:1", cache)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  expect(readdirSync(directory.path)).toEqual(["key"]);
  registry.faults.lies.clear();
  await treeOf(registry, "good:1", cache);
  expect(readdirSync(directory.path)).toHaveLength(2);

  // The configuration names the good layer, and the manifest ships another one.
  const config = configOf({ layers: [other] });
  registry.putBlob(config);
  registry.putBlob(upper.blob);
  registry.putManifest("evil", "1", { bytes: manifestOf(config, [upper]), mediaType: manifestType });
  await expect(treeOf(registry, "evil:1", cache)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  // And the other way around.
  const claim = configOf({ layers: [upper] });
  registry.putBlob(claim);
  registry.putManifest("evil", "2", { bytes: manifestOf(claim, [other]), mediaType: manifestType });
  await expect(treeOf(registry, "evil:2", cache)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("reads a layer again whose file is cut short or was changed, or whose secret is another", async () => {
  await using registry = await startRegistry();
  using directory = tempDirectory();
  registry.push("a", "1", { layers: [other] });
  const fresh = await contentsOf(await treeOf(registry, "a:1", cacheIn(directory.path)));
  const [name = ""] = readdirSync(directory.path).filter((file) => file !== "key");
  const file = directory.at(name);
  const damages: readonly (() => void)[] = [
    () => truncateSync(file, 50),
    () => truncateSync(file, 0),
    () => {
      const bytes = readFileSync(file);
      bytes[bytes.length - 1] = (bytes.at(-1) ?? 0) ^ 1;
      writeFileSync(file, bytes);
    },
    () => writeFileSync(directory.at("key"), "short"),
  ];
  for (const [index, damage] of damages.entries()) {
    damage();
    expect(await contentsOf(await treeOf(registry, "a:1", cacheIn(directory.path)))).toEqual(fresh);
    expect(readsOf(registry, other)).toBe(index + 2);
    await treeOf(registry, "a:1", cacheIn(directory.path));
    expect(readsOf(registry, other)).toBe(index + 2);
  }
});

it("forgets first what was not asked for the longest", async () => {
  await using registry = await startRegistry();
  using directory = tempDirectory();
  registry.push("a", "1", { layers: [base, upper, other] });
  await treeOf(registry, "a:1", cacheIn(directory.path));
  FileLayerIndexCache.open(directory.path, { revision: "1", maxBytes: 0, now: () => 0 });
  expect(readdirSync(directory.path)).toEqual(["key"]);
});
