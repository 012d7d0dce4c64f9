import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type FileTree, type ProgramInspector, parseDigest } from "@pratique/core";
import { layerOf, type TarItem, tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { seekableFile } from "../files/seekable-bytes.ts";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import type { ImageTree, OpenOptions } from "../source.ts";
import type { LayerIndexCache } from "./layer-index-cache.ts";
import type { LayerSource } from "./layer-source.ts";
import { PathHasher } from "./path-hashes.ts";

/** Keeps the last ten bytes of a program, and remembers which it was asked for. */
function lastBytes(mayWait: boolean): ProgramInspector & { readonly asked: string[] } {
  const asked: string[] = [];
  return {
    asked,
    mayWait,
    inspect(_, { path, size }) {
      asked.push(path);
      let next = size - 10;
      let text = "";
      return {
        get next() {
          return next;
        },
        write(bytes, offset) {
          text += Buffer.from(bytes).toString("latin1");
          next = offset + bytes.length;
        },
        finish: () => Buffer.from(text),
      };
    },
  };
}

const program = (path: string, mark: string): TarItem => ({
  path,
  content: `\x7fELF${"\0".repeat(300_000)}${mark.padEnd(10, ".")}`,
  mode: 0o755,
});

const lower = [
  program("usr/bin/one", "1"),
  program("usr/bin/two", "2"),
  program("usr/bin/gone", "gone"),
  program("usr/bin/text", "text"),
  { path: "usr/bin/script", content: "#!/bin/sh\n".padEnd(5000, "x"), mode: 0o755 },
];
const upper = [program("usr/bin/two", "new"), { path: "usr/bin/text", content: "x" }];
const hardLink: TarItem = { path: "usr/bin/again", kind: "hardlink", target: "usr/bin/one" };

function writeAll(directory: { at(path: string): string }, items: readonly TarItem[], root: string): string {
  for (const { path, content = "", mode = 0o755 } of items) {
    const file = directory.at(`${root}/${String(path)}`);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, content, { encoding: "latin1", mode });
  }
  return directory.at(root);
}

function plainLayer(file: string): LayerSource {
  const open = () => Promise.reject(new Error("is not read whole"));
  return tarLayer({ facts: {}, open, openSeekable: () => seekableFile(file) });
}

async function treeOf(
  layers: readonly LayerSource[],
  inspectors: readonly ProgramInspector[],
  options: OpenOptions = {},
): Promise<ImageTree> {
  const opened = openLayers({
    facts: { reference: "test" },
    layers,
    options: { verifyPlainLayers: false, ...options },
  });
  return await opened.readTree(inspectors.map((programs) => ({ programs })));
}

function seen(tree: FileTree, inspector: ProgramInspector, accepts?: (path: string) => boolean) {
  return [...tree.excerpts(inspector, accepts)].map(({ path, excerpt }) => [
    path,
    Buffer.from(excerpt).toString(),
  ]);
}

describe("programs that wait", () => {
  it.each([
    ["in place", [program("usr/bin/again", "1")], ["usr/bin/again", "1........."]],
    ["in a plain layer", [hardLink], ["usr/bin/again", "1........."]],
  ] as const)("are looked into when they are asked for, %s", async (where, more, again) => {
    using directory = tempDirectory();
    const items = [[...lower, ...more], upper];
    const layers = items.map((layer, number) => {
      if (where === "in place")
        return directoryLayer({ directory: writeAll(directory, layer, `${number}`), overlay: true });
      writeFileSync(directory.at(`${number}`), layerOf(layer).blob);
      return plainLayer(directory.at(`${number}`));
    });
    const [late, prompt] = [lastBytes(true), lastBytes(false)];
    const tree = await treeOf(layers, [late, prompt]);
    const expected = [again, ["usr/bin/gone", "gone......"], ["usr/bin/one", "1........."]];
    expect(late.asked).toEqual([]);
    expect(seen(tree, prompt)).toEqual([...expected, ["usr/bin/two", "new......."]]);
    expect([...tree.waiting(late)].map(({ path }) => path).toSorted()).toEqual(
      [again[0], "usr/bin/gone", "usr/bin/one", "usr/bin/two"].toSorted(),
    );
    expect([...tree.waiting(prompt)]).toEqual([]);
    expect(seen(tree, late, (path) => path !== "usr/bin/two")).toEqual(expected);
    expect(late.asked).not.toContain("usr/bin/two");
    expect(seen(tree, late)).toEqual(seen(tree, prompt));
    expect(tree.failures).toEqual([]);
  });

  it("are looked into at once where they pass by, whoever is accepted later", async () => {
    const { blob, diffId } = layerOf(lower, "gzip");
    const inspector = lastBytes(true);
    const layer = tarLayer({
      facts: { diffId },
      open: async function* () {
        yield blob;
      },
    });
    const tree = await treeOf([layer], [inspector]);
    expect([...tree.waiting(inspector)]).toEqual([]);
    expect(seen(tree, inspector, () => false)).toHaveLength(4);
  });

  it.each([
    ["usr/bin", 4],
    ["var/lib/db", 0],
  ])("wait in a directory only beside what makes it worth it: %s", async (beside, count) => {
    using directory = tempDirectory();
    const layer = directoryLayer({ directory: writeAll(directory, lower, "0"), overlay: false });
    const inspector = { ...lastBytes(true), waitsBeside: ["etc/none", beside] };
    const tree = await treeOf([layer], [inspector]);
    expect([...tree.waiting(inspector)]).toHaveLength(count);
    expect(seen(tree, inspector)).toHaveLength(4);
  });

  it("are looked into at once where the layer is kept for other images", async () => {
    using directory = tempDirectory();
    const kept: unknown[] = [];
    const cache: LayerIndexCache = {
      hasher: new PathHasher(),
      get: async () => undefined,
      put: async (_, index) => {
        kept.push(...index.entries.filter((entry) => entry.kind === "file" && entry.waiting !== undefined));
      },
      hold: async () => ({ [Symbol.dispose]: () => undefined }),
    };
    const digest = parseDigest(`sha256:${"a".repeat(64)}`);
    const facts = { digest, diffId: digest, sizeBytes: 1 };
    const layer = directoryLayer({ directory: writeAll(directory, lower, "0"), facts, overlay: false });
    const inspector = lastBytes(true);
    const tree = await treeOf([layer], [inspector], { layerIndexes: cache });
    expect([kept, [...tree.waiting(inspector)]]).toEqual([[], []]);
    expect(seen(tree, inspector)).toHaveLength(4);
  });

  it("are a failure where they have gone, or lead elsewhere by then", async () => {
    using directory = tempDirectory();
    const root = writeAll(directory, lower, "0");
    writeFileSync(directory.at("secret"), String(program("", "secret").content), "latin1");
    const inspector = lastBytes(true);
    const tree = await treeOf([directoryLayer({ directory: root, overlay: false })], [inspector]);
    rmSync(`${root}/usr/bin/one`);
    rmSync(`${root}/usr/bin/two`);
    symlinkSync(directory.at("secret"), `${root}/usr/bin/two`);
    expect(seen(tree, inspector).map(([path]) => path)).toEqual(["usr/bin/gone", "usr/bin/text"]);
    expect(tree.failures).toMatchObject([
      { code: "FILE_UNREADABLE", path: "usr/bin/one" },
      { code: "FILE_UNREADABLE", path: "usr/bin/two" },
    ]);
  });
});
