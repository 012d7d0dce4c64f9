import { linkSync, mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { TextInspector } from "@pratique/core";
import { layerOf, type TarItem, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { seekableFile } from "../files/seekable-bytes.ts";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import type { ImageTree, OpenOptions } from "../source.ts";

const MAX_BYTES = 1_000_000;
let written = 0;

/** Keeps what stands behind a mark, and gives up what begins with a minus. */
const inspector: TextInspector = {
  revision: 1,
  accepts: ({ length }) => length === 1,
  maxBytes: MAX_BYTES,
  wantsName: (name) => !name.endsWith(".bin"),
  inspect: () => {
    let text = "";
    return {
      get wantsMore() {
        return !text.startsWith("-");
      },
      write(bytes) {
        written += bytes.length;
        text += Buffer.from(bytes).toString("latin1");
      },
      finish() {
        // However much of it has come in one piece.
        const found = text.startsWith("-") ? undefined : /MARK(?<mark>.)/u.exec(text)?.groups?.mark;
        return found === undefined ? undefined : Buffer.from(found);
      },
    };
  },
};

const patterns = [{ texts: inspector }, { basenames: ["wanted"] }];

const lower: readonly TarItem[] = [
  { path: "srv/gone", content: "MARK1" },
  { path: "srv/replaced", content: "MARK2" },
  { path: "srv/stays", content: `${"x".repeat(300_000)}MARK3` },
  { path: "srv/none", content: "nothing" },
  { path: "srv/a.bin", content: "MARK4" },
  { path: "srv/minus", content: `-${"x".repeat(500_000)}MARK5` },
  { path: "srv/long", content: `MARK6${"x".repeat(MAX_BYTES)}` },
  { path: "srv/empty", content: "" },
  { path: "srv/again", kind: "hardlink", target: "srv/stays" },
  { path: "wanted", content: "MARK7" },
];
const upper: readonly TarItem[] = [
  { path: "srv/.wh.gone", content: "" },
  { path: "srv/replaced", content: "no more" },
  { path: "srv/new", content: "MARK8" },
];

const inLower = {
  "srv/again": "3",
  "srv/gone": "1",
  "srv/replaced": "2",
  "srv/stays": "3",
  wanted: "7",
};

function excerptsOf(tree: ImageTree) {
  expect(tree.failures).toEqual([]);
  return [...tree.textExcerpts(inspector)].map(({ path, position, isLeft, excerpt }) => ({
    path,
    position,
    isLeft,
    mark: Buffer.from(excerpt).toString(),
  }));
}

function marksOf(tree: ImageTree): Record<string, string> {
  return Object.fromEntries(excerptsOf(tree).map(({ path, mark }) => [path, mark]));
}

function imageOf(layers: readonly (readonly TarItem[])[], options: OpenOptions = {}) {
  const sources = layers.map((items) => {
    const { blob, diffId } = layerOf(items, "gzip");
    return tarLayer({ facts: { diffId }, open: () => pieces(blob) });
  });
  return openLayers({ facts: { reference: "test" }, layers: sources, options });
}

async function* pieces(bytes: Buffer): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 700) yield bytes.subarray(at, at + 700);
}

it("shows texts of all layers that stream, and which of them are left", async () => {
  const tree = await imageOf([lower, upper]).readTree(patterns);
  const gone = ["srv/gone", "srv/replaced"];
  expect(excerptsOf(tree)).toEqual([
    ...["srv/gone", "srv/replaced", "srv/stays", "srv/again", "wanted"].map((path) => ({
      path,
      position: 0,
      isLeft: !gone.includes(path),
      mark: { ...inLower }[path],
    })),
    { path: "srv/new", position: 1, isLeft: true, mark: "8" },
  ]);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["wanted"]);
  expect(Buffer.from(await tree.read("wanted")).toString()).toBe("MARK7");
  await expect(tree.read("srv/stays")).rejects.toThrow("only excerpts");
});

it("reads no more of a plain layer than it is asked for", async () => {
  using directory = tempDirectory();
  const { blob } = layerOf(lower);
  writeFileSync(directory.at("layer.tar"), blob);
  const layer = tarLayer({
    facts: {},
    open: () => pieces(blob),
    openSeekable: () => seekableFile(directory.at("layer.tar")),
  });
  const image = openLayers({
    facts: { reference: "test" },
    layers: [layer],
    options: { verifyPlainLayers: false },
  });
  written = 0;
  expect(marksOf(await image.readTree(patterns))).toEqual(inLower);
  // All that is looked into, but of the one that is given up no more than its first piece.
  expect(written).toBeLessThan(700_000);
});

it("finds the same in a directory, which can be read whole", async () => {
  using directory = tempDirectory();
  for (const { path, content, target } of lower) {
    const file = directory.at(String(path));
    mkdirSync(dirname(file), { recursive: true });
    if (target !== undefined) linkSync(directory.at(String(target)), file);
    else writeFileSync(file, content ?? "");
  }
  const image = openLayers({
    facts: { reference: "test" },
    layers: [directoryLayer({ directory: directory.path, overlay: false })],
    options: {},
    unlayered: true,
  });
  written = 0;
  const tree = await image.readTree(patterns);
  expect(marksOf(tree)).toEqual(inLower);
  expect(Buffer.from(await tree.read("srv/gone")).toString()).toBe("MARK1");
  expect(written).toBeLessThan(900_000);
});

it("says where there is no more room for excerpts", async () => {
  const tree = await imageOf([lower], { limits: { heldBytes: 6 } }).readTree(patterns);
  expect(tree.failures.map(({ code }) => code)).toContain("LIMIT_REACHED");
});
