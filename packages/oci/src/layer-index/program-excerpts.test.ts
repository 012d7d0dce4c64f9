import { chmodSync, linkSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { ProgramInspector } from "@pratique/core";
import { layerOf, type TarItem, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { seekableFile } from "../files/seekable-bytes.ts";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import type { ImageTree, OpenOptions } from "../source.ts";

/** Keeps the ten bytes behind a mark that stands anywhere from 300,000 bytes on. */
const inspector: ProgramInspector = {
  inspect: () => {
    let next = 300_000;
    let text = "";
    return {
      get next() {
        return next;
      },
      write(bytes, offset) {
        text += Buffer.from(bytes).toString("latin1");
        next = offset + bytes.length;
      },
      finish() {
        const found = /MARK(.{10})/u.exec(text)?.[1];
        return found === undefined ? undefined : Buffer.from(found);
      },
    };
  },
};

const patterns = [{ programs: inspector }, { basenames: ["wanted"] }];

function programOf(mark: string): string {
  return `\x7fELF${"\0".repeat(400_000)}${mark === "" ? "" : `MARK${mark.padEnd(10, ".")}`}${"\0".repeat(90_000)}`;
}

const program = (path: string, mark: string): TarItem => ({ path, content: programOf(mark), mode: 0o755 });

const items: readonly TarItem[] = [
  program("usr/bin/one", "1"),
  program("usr/bin/none", ""),
  { path: "usr/bin/script", content: "#!/bin/sh\nMARK".padEnd(500_000, "x"), mode: 0o755 },
  { path: "usr/share/one.txt", content: programOf("text"), mode: 0o755 },
  { path: "usr/lib/lib.so.1", content: programOf("so"), mode: 0o644 },
  { path: "usr/lib/data", content: programOf("data"), mode: 0o644 },
  program("wanted", "both"),
  { path: "usr/bin/again", kind: "hardlink", target: "usr/bin/one" },
];

const expected = {
  "usr/bin/again": "1.........",
  "usr/bin/one": "1.........",
  "usr/lib/lib.so.1": "so........",
  wanted: "both......",
};

function excerptsOf(tree: ImageTree): Record<string, string> {
  expect(tree.failures).toEqual([]);
  const found = [...tree.excerpts(inspector)];
  expect(found.map(({ path }) => path)).toEqual(found.map(({ path }) => path).toSorted());
  return Object.fromEntries(found.map(({ path, excerpt }) => [path, Buffer.from(excerpt).toString()]));
}

function imageOf(layers: readonly (readonly TarItem[])[], options: OpenOptions = {}) {
  const sources = layers.map((layer) => {
    const { blob, diffId } = layerOf(layer, "gzip");
    return tarLayer({ facts: { diffId }, open: () => pieces(blob) });
  });
  return openLayers({ facts: { reference: "test" }, layers: sources, options });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}

it.each(["none", "gzip", "zstd"] as const)(
  "finds programs in a layer that streams, packed as %s",
  async (packed) => {
    const { blob, diffId } = layerOf(items, packed);
    const layer = tarLayer({ facts: { diffId }, open: () => pieces(blob) });
    const tree = await openLayers({ facts: { reference: "test" }, layers: [layer], options: {} }).readTree(
      patterns,
    );
    expect(excerptsOf(tree)).toEqual(expected);
    expect([...tree.files()].map(({ path }) => path)).toEqual(["wanted"]);
    expect(Buffer.from(await tree.read("wanted")).toString("latin1")).toBe(programOf("both"));
    await expect(tree.read("usr/bin/one")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  },
);

it("finds the same programs in a plain layer by seeking", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("layer"), layerOf(items).blob);
  const layer = tarLayer({
    facts: {},
    open: () => Promise.reject(new Error("is not read whole")),
    openSeekable: () => seekableFile(directory.at("layer")),
  });
  const image = openLayers({
    facts: { reference: "test" },
    layers: [layer],
    options: { verifyPlainLayers: false },
  });
  expect(excerptsOf(await image.readTree(patterns))).toEqual(expected);
});

it("finds the same programs in place", async () => {
  using directory = tempDirectory();
  for (const { path, kind, content = "", mode = 0o755, target = "" } of items) {
    const file = directory.at(String(path));
    mkdirSync(dirname(file), { recursive: true });
    if (kind === "hardlink") linkSync(directory.at(String(target)), file);
    else writeFileSync(file, content, "latin1");
    chmodSync(file, mode);
  }
  const layers = [directoryLayer({ directory: directory.path, overlay: false })];
  const image = openLayers({ facts: { reference: "test" }, layers, options: {}, unlayered: true });
  expect(excerptsOf(await image.readTree(patterns))).toEqual(expected);
});

it.each<[string, readonly (readonly TarItem[])[], Record<string, string>]>([
  ["a program of an upper layer", [[program("a", "1")], [program("a", "2")]], { a: "2........." }],
  ["no program that is taken away", [[program("a", "1")], [{ path: ".wh.a" }]], {}],
  ["no program that a text replaces", [[program("a", "1")], [{ path: "a", content: "x" }]], {}],
  ["no program that another one replaces", [[program("a", "1")], [program("a", "")]], {}],
  [
    "no program that a text of its own layer replaces",
    [[program("a", "1"), { path: "a", content: "x" }]],
    {},
  ],
  ["the later of two of one layer", [[program("a", "1"), program("a", "2")]], { a: "2........." }],
  [
    "a program behind a directory that is a link",
    [[{ path: "bin", kind: "symlink", target: "usr/bin" }, { path: "usr/bin/" }, program("bin/a", "1")]],
    { "usr/bin/a": "1........." },
  ],
])("is left with %s", async (_, layers, left) => {
  expect(excerptsOf(await imageOf(layers).readTree(patterns))).toEqual(left);
});

it("reads again a program to which a wanted link leads", async () => {
  const tree = await imageOf([
    [program("a", "1"), { path: "wanted", kind: "symlink", target: "a" }],
  ]).readTree(patterns);
  expect(excerptsOf(tree)).toEqual({ a: "1........." });
  expect((await tree.read("wanted")).length).toBe(programOf("1").length);
});

it("says which program's excerpts are too long to be held", async () => {
  const tree = await imageOf([[program("a", "1"), program("b", "2")]], {
    limits: { heldBytes: 15 },
  }).readTree(patterns);
  expect([...tree.excerpts(inspector)].map(({ path }) => path)).toEqual(["a"]);
  expect(tree.failures).toMatchObject([{ code: "LIMIT_REACHED", path: "b" }]);
});
