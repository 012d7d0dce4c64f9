import type { FilePattern } from "@pratique/core";
import { layerOf, type TarItem, tarEntryOf, tarOf } from "@pratique/testkit";
import { array, assert, asyncProperty, constantFrom, nat, oneof, tuple } from "fast-check";
import { expect, it } from "vitest";
import type { ReadLimits } from "../layer-index/read-limits.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import type { ImageTree } from "../source.ts";

const patterns: readonly FilePattern[] = [
  { basenames: ["f", "g"] },
  { paths: ["db/status"], under: ["list"] },
];

async function treeOf(
  layers: readonly (readonly TarItem[] | Buffer)[],
  wanted = patterns,
  limits: Partial<ReadLimits> = {},
): Promise<ImageTree> {
  const image = openLayers({
    facts: { reference: "test" },
    layers: layers.map((items) => {
      const { blob, diffId } = layerOf(items);
      return tarLayer({ facts: { diffId }, open: () => pieces(blob) });
    }),
    options: { limits },
  });
  return image.readTree(wanted);
}

/** Pieces of an odd length for small layers, so that headers and contents are cut everywhere. */
async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  const length = bytes.length > 1_000_000 ? 65_536 : 700;
  for (let at = 0; at < bytes.length; at += length) yield bytes.subarray(at, at + length);
}

async function contents(tree: ImageTree): Promise<Record<string, string>> {
  const found: Record<string, string> = {};
  for (const { path, kind, linkTarget } of tree.files()) {
    found[path] = kind === "file" ? Buffer.from(await tree.read(path)).toString() : `-> ${linkTarget}`;
  }
  return found;
}

const file = (path: string, content = "1"): TarItem => ({ path, content });
const link = (path: string, target: string): TarItem => ({ path, kind: "symlink", target });
const hard = (path: string, target: string): TarItem => ({ path, kind: "hardlink", target });

it.each<[string, TarItem[][], Record<string, string>]>([
  ["a file of an upper layer", [[file("a/f")], [file("a/f", "2")]], { "a/f": "2" }],
  ["a whiteout", [[file("a/f"), file("a/g")], [file("a/.wh.f", "")]], { "a/g": "1" }],
  ["a whiteout of a directory", [[file("a/b/f"), file("g")], [file(".wh.a", "")]], { g: "1" }],
  ["a whiteout, then the file again", [[file("f")], [file(".wh.f", ""), file("f", "2")]], { f: "2" }],
  ["the file again, then a whiteout", [[file("f")], [file("f", "2"), file(".wh.f", "")]], { f: "2" }],
  ["a whiteout in the lowest layer", [[file(".wh.f", ""), file("f")]], { f: "1" }],
  [
    "a directory that becomes a symlink between two of its files",
    [[file("b/g"), file("a/f"), link("a", "b"), file("a/f", "2")]],
    { "b/g": "1", "b/f": "2" },
  ],
  [
    "a directory that goes, and comes back, between two of its files",
    [[file("a/b/f"), file("a", "x"), file("a/b/g", "2")]],
    { "a/b/g": "2" },
  ],
  [
    "a directory that an upper layer takes away before more of it comes",
    [[file("a/f")], [file(".wh.a", ""), file("a/g", "2")]],
    { "a/g": "2" },
  ],
  ["a whiteout of nothing", [[file("f")], [file("a/.wh.f", "")]], { f: "1" }],
  [
    "an opaque directory",
    [
      [file("a/f"), file("a/b/g")],
      [{ path: "a/" }, file("a/.wh..wh..opq", ""), file("a/g")],
    ],
    { "a/g": "1" },
  ],
  [
    "an opaque mark after the new files",
    [[file("a/f")], [file("a/g"), file("a/.wh..wh..opq", "")]],
    { "a/g": "1" },
  ],
  [
    "an opaque root, of which overlayfs takes no notice",
    [
      [file("f"), file("a/f")],
      [file(".wh..wh..opq", ""), file("g")],
    ],
    { f: "1", "a/f": "1", g: "1" },
  ],
  [
    "a directory in the place of its own whiteout, in which overlayfs shows the lower one",
    [
      [file("a/f"), file("b/f")],
      [file(".wh.a", ""), { path: "a/" }, file("a/g"), file(".wh.b", "")],
    ],
    { "a/f": "1", "a/g": "1" },
  ],
  [
    "a wanted path behind a symlink of its own layer",
    [[{ path: "db/" }, file("v/x"), link("v", "db"), file("v/status")]],
    { "db/status": "1" },
  ],
  [
    "a wanted path behind symlinks of symlinks",
    [
      [file("db/status"), file("list/x")],
      [
        link("a/v", "/b/w"),
        hard("c", "a/v"),
        link("b/w", ".././/./"),
        file("c/db/status", "2"),
        file("a/v/list/x", "3"),
      ],
    ],
    { "db/status": "2", "list/x": "3" },
  ],
  [
    "a file behind what is no symlink any more",
    [
      [
        link("v", "db"),
        { path: "v/" },
        file("v/status"),
        link("w", "db"),
        file("w", "x"),
        { path: "w/" },
        file("w/status"),
      ],
    ],
    {},
  ],
  [
    "an opaque mark over a symlink, which keeps what the symlink leads to",
    [
      [file("b/f"), link("a", "b")],
      [file("a/.wh..wh..opq", ""), file("a/g")],
    ],
    { "a/g": "1", "b/f": "1" },
  ],
  [
    "an opaque mark behind a symlink, which leads nowhere else",
    [[file("b/c/f"), link("a", "b")], [file("a/c/.wh..wh..opq", "")]],
    { "b/c/f": "1" },
  ],
  [
    "a whiteout behind a symlink, which leads nowhere else",
    [[file("b/f"), link("a", "b")], [file("a/.wh.f", "")]],
    { "b/f": "1" },
  ],
  ["a directory that becomes a file", [[file("a/f")], [file("a")]], {}],
  ["a directory that becomes a symlink", [[file("a/f"), file("b/f", "2")], [link("a", "b")]], { "b/f": "2" }],
  ["a directory that becomes a device", [[file("a/f")], [{ path: "a", kind: "char" }]], {}],
  [
    "a symlink that becomes a directory",
    [
      [file("b/f"), link("a", "b")],
      [{ path: "a/" }, file("a/g")],
    ],
    { "a/g": "1", "b/f": "1" },
  ],
  ["a file that becomes a directory", [[file("f")], [{ path: "f/" }, file("f/g")]], { "f/g": "1" }],
  ["a directory that becomes a file in its own layer", [[file("a/f"), file("a")]], {}],
  [
    "a directory that becomes a symlink in its own layer",
    [[file("b/g"), file("a/f"), link("a", "b")]],
    { "b/g": "1" },
  ],
  [
    "a file that becomes a directory in its own layer",
    [[file("a"), { path: "a/" }, file("a/g")]],
    { "a/g": "1" },
  ],
  [
    "a symlink that becomes a file in its own layer",
    [[file("b/f"), link("a", "b"), file("a")]],
    { "b/f": "1" },
  ],
  ["a file that comes twice", [[file("f"), file("f", "2")]], { f: "2" }],
  ["a file that comes again as a device", [[file("f"), { path: "f", kind: "char" }]], {}],
  [
    "a file below a symlink of a lower layer",
    [[file("usr/lib/f"), link("lib", "usr/lib")], [file("lib/f", "2")]],
    { "lib/f": "2", "usr/lib/f": "1" },
  ],
  [
    "a file below a symlink that a layer brings again",
    [
      [file("usr/lib/f"), link("lib", "usr/lib")],
      [link("lib", "usr/lib"), file("lib/f", "2")],
    ],
    { "usr/lib/f": "2" },
  ],
  [
    "a file below a symlink of its own layer",
    [[link("lib", "usr/lib"), file("lib/f")]],
    { "usr/lib/f": "1" },
  ],
  ["a file below a symlink out of the root", [[link("out", "../../etc"), file("out/f")]], { "etc/f": "1" }],
  [
    "names with dots and slashes",
    [[file("./a/./b//f"), file("/g"), file("a/../a/g")]],
    { "a/b/f": "1", "a/g": "1", g: "1" },
  ],
  [
    "what aufs leaves behind",
    [[file("a/f")], [file(".wh..wh.plnk/f"), file(".wh..wh.aufs", "")]],
    { "a/f": "1", ".wh..wh.plnk/f": "1" },
  ],
  [
    "devices and pipes under wanted names",
    [
      [
        { path: "f", kind: "char" },
        { path: "g", kind: "fifo" },
      ],
    ],
    {},
  ],
  ["a hard link to a file before it", [[file("g"), hard("a/f", "g")]], { "a/f": "1", g: "1" }],
  ["a hard link to a file after it", [[hard("a/f", "g"), file("g")]], { "a/f": "1", g: "1" }],
  [
    "a hard link to a file that nobody wants",
    [[file("store/1234"), hard("a/f", "store/1234")]],
    { "a/f": "1" },
  ],
  [
    "a hard link to a hard link that nobody wants",
    [[file("s/1"), hard("s/2", "s/1"), hard("f", "s/2")]],
    { f: "1" },
  ],
  ["a hard link to a file of a lower layer", [[file("g")], [hard("f", "g")]], { f: "1", g: "1" }],
  ["a hard link to a symlink", [[file("g"), link("a", "g"), hard("f", "a")]], { f: "-> g", g: "1" }],
  [
    "a hard link that keeps the first of two",
    [[file("g"), hard("f", "g"), file("g", "2")]],
    { f: "1", g: "2" },
  ],
  [
    "a wanted file behind a symlinked directory",
    [[link("db", "data"), file("data/status")]],
    { "db/status": "1" },
  ],
  [
    "a wanted directory behind a symlink",
    [[{ path: "data/" }, file("data/x"), link("list", "/data")]],
    { "list/x": "1" },
  ],
  ["a wanted symlink to a file that nobody asked for", [[file("x"), link("f", "x")]], { f: "-> x" }],
  ["a name that is not UTF-8", [[{ path: Buffer.from([0xe9, 0x2f, 0x66]), content: "1" }]], { "é/f": "1" }],
  [
    "a whiteout of a name that is not UTF-8",
    [
      [{ path: Buffer.from([0xe9, 0x2f, 0x66]), content: "1" }],
      [{ path: Buffer.from([0x2e, 0x77, 0x68, 0x2e, 0xe9]) }],
    ],
    {},
  ],
])("squashes %s", async (_, layers, expected) => {
  const tree = await treeOf(layers);
  expect(await contents(tree)).toEqual(expected);
  expect(tree.failures).toEqual([]);
});

it.each<[string, TarItem[][], string]>([
  ["a path above the root", [[file("../f")]], "PATH_UNSAFE"],
  ["a path above the root, from further down", [[file("a/../../f")]], "PATH_UNSAFE"],
  ["a hard link to a file above the root", [[hard("f", "../../etc/shadow")]], "PATH_UNSAFE"],
  ["a hard link to nothing", [[hard("f", "none")]], "FILE_UNREADABLE"],
  ["a hard link to itself", [[hard("f", "f")]], "FILE_UNREADABLE"],
  ["a whiteout of the directory above", [[file("a/f")], [file("a/.wh...", "")]], "PATH_UNSAFE"],
  ["a whiteout of the directory itself", [[file("a/f")], [file("a/.wh..", "")]], "PATH_UNSAFE"],
  ["a whiteout of nothing at all", [[file("a/f")], [file("a/.wh.", "")]], "PATH_UNSAFE"],
  [
    "a directory in the place of a file of its own layer, in which overlayfs shows the lower one",
    [[file("a/f")], [file("a"), { path: "a/" }]],
    "PATH_UNSAFE",
  ],
  [
    "a directory in the place of a symlink of its own layer, in which overlayfs shows the lower one",
    [[file("a/f")], [link("a", "b"), { path: "a/" }]],
    "PATH_UNSAFE",
  ],
  [
    "a directory that overlayfs takes for another one",
    [[file("x/f")], [{ path: "a/", pax: { "SCHILY.xattr.trusted.overlay.redirect": "/x" } }]],
    "PATH_UNSAFE",
  ],
  ["parents that are a loop of symlinks", [[link("a", "b"), link("b", "a"), file("a/f")]], "PATH_UNSAFE"],
  ["a name that no file system takes", [[file(`${"n".repeat(256)}/f`)]], "LIMIT_REACHED"],
  ["a path that no file system takes", [[file(`${"n/".repeat(3000)}f`)]], "LIMIT_REACHED"],
  ["a symlink that no file system takes", [[link("f", "x".repeat(5000))]], "LIMIT_REACHED"],
])("records %s as a failure, and hides nothing for it", async (_, layers, code) => {
  const tree = await treeOf([[file("keep/g")], ...layers]);
  expect(tree.failures.map((failure) => failure.code)).toEqual([code]);
  expect(await contents(tree)).toHaveProperty("keep/g", "1");
});

it("follows symlinks like a process whose root is the image", async () => {
  const tree = await treeOf([
    [
      file("a/b/f"),
      link("abs", "/a/b"),
      link("rel", "a/b/../b"),
      link("up", "../../../a"),
      link("a/b/self", "."),
      link("f", "abs/self/self/f"),
      link("loop", "loop"),
      link("one", "two"),
      link("two", "one"),
      link("dangling", "none/f"),
    ],
  ]);
  for (const path of ["abs/f", "rel/f", "up/b/f", "/a//b/./f", "f", "a/b/../b/f"]) {
    expect(tree.stat(path)).toMatchObject({ path: "a/b/f", kind: "file" });
  }
  for (const path of ["loop", "one", "dangling", "a/b/f/x", "a/none/../b/f", "none"]) {
    expect(tree.stat(path)).toBeUndefined();
    await expect(tree.read(path)).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  }
  expect(tree.stat("abs")).toMatchObject({ path: "a/b", kind: "directory" });
});

it("follows forty symlinks and no more", async () => {
  const chain = (length: number) =>
    Array.from({ length }, (_, index) => link(`l${index}`, index === 0 ? "f" : `l${index - 1}`));
  const tree = await treeOf([[file("f"), ...chain(41)]]);
  expect(tree.stat("l39")?.path).toBe("f");
  expect(tree.stat("l40")).toBeUndefined();
});

it("reads what a wanted symlink leads to, though nobody asked for it by name", async () => {
  const tree = await treeOf([[file("deep/x", "there"), link("y", "deep/x")], [link("f", "/y")]]);
  expect(Buffer.from(await tree.read("f")).toString()).toBe("there");
});

it("refuses an image whose symlinks would take hours to follow", async () => {
  const slowly = "d/../".repeat(800);
  const chain = Array.from({ length: 38 }, (_, index) => link(`d/l${index}`, `${slowly}l${index + 1}`));
  const items = [{ path: "d/d/" }, { path: "d/l38/" }, ...chain, link("f", "d/l0/none")];
  expect((await treeOf([items])).failures).toEqual([]);
  await expect(treeOf([items], patterns, { steps: 10_000 })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
});

it("gives each layer's version of a file, lowest first", async () => {
  const layers = [[file("a/f", "one")], [file("a/g")], [file("a/f", "two")], [hard("b/f", "a/f")]];
  const tree = await treeOf(layers);
  const versions = tree.history("a/f");
  expect(versions.map(({ layer }) => layer)).toEqual([
    layerOf(layers[0] ?? []).diffId,
    layerOf(layers[2] ?? []).diffId,
  ]);
  expect(await Promise.all(versions.map(async (one) => Buffer.from(await one.read()).toString()))).toEqual([
    "one",
    "two",
  ]);
  expect(tree.stat("a/f")?.layer).toBe(layerOf(layers[2] ?? []).diffId);
  expect(tree.history("none")).toEqual([]);
});

it("makes the same of files and directories in one layer as of each in its own", async () => {
  const path = array(constantFrom("a", "b", "f"), { minLength: 1, maxLength: 4 }).map((names) =>
    names.join("/"),
  );
  const item = oneof(
    tuple(path, nat(9)).map(([at, content]) => file(`${at}/g`, String(content))),
    path.map((at) => ({ path: `${at}/` })),
  );
  await assert(
    asyncProperty(array(item, { maxLength: 12 }), async (items) => {
      const together = await treeOf([items]);
      const apart = await treeOf(items.map((one) => [one]));
      expect(await contents(together)).toEqual(await contents(apart));
    }),
    { numRuns: 100 },
  );
});

it("lists paths as their bytes are ordered, whatever alphabet they are in", async () => {
  for (const names of [
    ["list/b", "list/a", "list/aa", "list/a-", "list/\u00e9", "list/\uffee"],
    ["list/\uffee", "list/\u{1f433}", "list/b", "list/a\u{1f433}b", "list/a"],
  ]) {
    const tree = await treeOf([names.map((name) => file(name))]);
    const sorted = names.toSorted((left, right) => Buffer.compare(Buffer.from(left), Buffer.from(right)));
    expect([...tree.files()].map(({ path }) => path)).toEqual(sorted);
  }
});

it("matches by the patterns that it was opened with", async () => {
  const tree = await treeOf([[file("a/f"), file("a/g"), file("list/deep/er/x"), file("other")]]);
  expect([...tree.match({ basenames: ["f"] })].map(({ path }) => path)).toEqual(["a/f"]);
  expect([...tree.match({ under: ["list"] })].map(({ path }) => path)).toEqual(["list/deep/er/x"]);
  expect([...tree.files()].map(({ path }) => path)).not.toContain("other");
});

it("reads a layer of a hundred thousand files without keeping them", async () => {
  // One entry many times over: making a hundred thousand headers would be the longest part of the test.
  const entries = Array.from({ length: 1000 }, (_, index) => tarEntryOf(file(`d/n${index}`, "")));
  const block = Buffer.concat(entries);
  const blocks = Array.from({ length: 100 }, () => block);
  const lower = Buffer.concat([...blocks, tarEntryOf(file("d/f")), Buffer.alloc(1024)]);
  const tree = await treeOf([lower, [file("d/.wh.f", "")]]);
  expect([...tree.files()]).toEqual([]);
  expect(tree.failures).toEqual([]);
});

it("keeps what came before a damage, says so, and still checks the digest", async () => {
  const good = tarOf([file("f"), file("g")]);
  const damaged = Buffer.from(good);
  damaged.fill(0x41, 1024, 1536);
  const tree = await treeOf([damaged]);
  expect(await contents(tree)).toEqual({ f: "1" });
  expect(tree.failures.map(({ code }) => code)).toEqual(["ARCHIVE_DAMAGED"]);
  const image = openLayers({
    facts: { reference: "test" },
    layers: [tarLayer({ facts: { diffId: layerOf(good).diffId }, open: () => pieces(damaged) })],
    options: {},
  });
  await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("does not give half of a file that a damage has cut", async () => {
  const cut = tarOf([file("f"), file("g", "x".repeat(2000))]).subarray(0, 2500);
  const tree = await treeOf([[file("g", "old")], cut]);
  expect(await contents(tree)).toEqual({ f: "1" });
  expect(tree.failures).toMatchObject([{ code: "ARCHIVE_DAMAGED", path: "g" }]);
});

it.each([
  ["one file", { fileBytes: 3 }],
  ["all files together", { heldBytes: 6 }],
])("leaves out what is longer than the limit of %s, and says so", async (_, limits) => {
  const blob = tarOf([file("f", "123"), file("g", "1234")]);
  const image = openLayers({
    facts: { reference: "test" },
    layers: [tarLayer({ facts: {}, open: () => pieces(blob) })],
    options: { limits },
  });
  const tree = await image.readTree(patterns);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["f"]);
  expect(tree.failures).toMatchObject([{ code: "LIMIT_REACHED", path: "g" }]);
});

it.each([
  ["entries", { layerEntries: 1 }],
  ["entries that matter", { keptEntries: 1 }],
  ["layers", { layers: 0 }],
  ["bytes", { layerBytes: 1000 }],
])("refuses an image with more %s than the limit", async (_, limits) => {
  const blob = tarOf([file("a/f"), file("b/g")]);
  const image = openLayers({
    facts: { reference: "test" },
    layers: [tarLayer({ facts: {}, open: () => pieces(blob) })],
    options: { limits },
  });
  await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "LIMIT_REACHED" });
});
