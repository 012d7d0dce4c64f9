import { writeFileSync } from "node:fs";
import type { FilePattern } from "@pratique/core";
import { layerOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import { tarLayer } from "../layers/tar-layer.ts";
import { condensersOf } from "./condensers.ts";
import type { LayerSource } from "./layer-source.ts";
import { compileMatcher } from "./matcher.ts";
import type { ReadLimits } from "./read-limits.ts";

const condense = (path: string, content: Uint8Array): Uint8Array =>
  Buffer.from(`${path}: ${Buffer.from(content).toString("latin1").charAt(0)}`);
const jars: FilePattern = { suffixes: [".jar"], condense };

async function read(
  layer: LayerSource,
  limits: Partial<ReadLimits>,
  patterns: readonly FilePattern[] = [jars],
) {
  const image = openLayers({ facts: { reference: "test" }, layers: [layer], options: { limits } });
  const tree = await image.readTree(patterns);
  const contents: Record<string, string> = {};
  for (const { path, size } of tree.files()) {
    contents[`${path} ${size}`] = Buffer.from(await tree.read(path)).toString("latin1");
  }
  return { contents, failures: tree.failures };
}

function streamed(items: Readonly<Record<string, string>>): LayerSource {
  const { blob } = layerOf(
    Object.entries(items).map(([path, content]) => ({ path, content })),
    "gzip",
  );
  return tarLayer({
    facts: {},
    open: async function* () {
      yield blob;
    },
  });
}

it("keeps of a file in a stream what its reader needs, however many such files there are", async () => {
  const names = ["a", "b", "c", "d", "e"];
  const layer = streamed(Object.fromEntries(names.map((name) => [`${name}.jar`, name.repeat(1000)])));
  const { contents, failures } = await read(layer, { heldBytes: 1100 });
  expect(failures).toEqual([]);
  expect(contents).toEqual(
    Object.fromEntries(names.map((name) => [`${name}.jar 1000`, `${name}.jar: ${name}`])),
  );
});

it("takes longer files of that kind, up to a limit of their own", async () => {
  const layer = streamed({ "a.jar": "a".repeat(50), "b.jar": "b".repeat(51), "c.txt": "c".repeat(11) });
  const { contents, failures } = await read(layer, { fileBytes: 10, condensedBytes: 50 }, [
    jars,
    { basenames: ["c.txt"] },
  ]);
  expect(contents).toEqual({ "a.jar 50": "a.jar: a" });
  expect(failures.map(({ code, path }) => [code, path])).toEqual([
    ["LIMIT_REACHED", "b.jar"],
    ["LIMIT_REACHED", "c.txt"],
  ]);
});

it("keeps a file whole that somebody else wants as well", async () => {
  const { contents } = await read(streamed({ "a.jar": "hello" }), {}, [jars, { basenames: ["a.jar"] }]);
  expect(contents).toEqual({ "a.jar 5": "hello" });
});

it("gives a file on disk as it is, by the longer limit", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.jar"), "a".repeat(50));
  writeFileSync(directory.at("b.jar"), "b".repeat(51));
  const layer = directoryLayer({ directory: directory.path, overlay: false });
  const { contents, failures } = await read(layer, { fileBytes: 10, condensedBytes: 50 });
  expect(contents).toEqual({ "a.jar 50": "a".repeat(50) });
  expect(failures.map(({ path }) => path)).toEqual(["b.jar"]);
});

it("finds no condenser where no pattern has one, or none wants the file", () => {
  expect(condensersOf(compileMatcher([{ suffixes: [".jar"] }]))("a.jar")).toBeUndefined();
  expect(condensersOf(compileMatcher([jars]))("a.war")).toBeUndefined();
  expect(condensersOf(compileMatcher([jars]))("a.jar")).toBe(condense);
  expect(condensersOf(compileMatcher([jars, { basenames: ["b.jar"] }]))("a.jar")).toBe(condense);
});
