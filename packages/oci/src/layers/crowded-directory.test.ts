import { fork } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { text } from "node:stream/consumers";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CrowdedImage, CrowdedTree } from "../testdata/read-crowded.ts";

const NAMES = 100_000;
/** The heap of the process that reads: less than 2 kB for each name, of which about one is needed where it is kept. */
const HEAP_MIB = 192;
/** Enough for so many names, each a few times; what goes through all names for each name ends long before. */
const STEPS = 10 * NAMES;

let disk: TempDirectory;
beforeAll(() => {
  disk = tempDirectory();
  mkdirSync(disk.at("d"));
  for (let index = 0; index < NAMES; index += 1) writeFileSync(disk.at("d", `name-${index}`), "");
});
afterAll(() => disk[Symbol.dispose]());

/** Reads in a process that ends when it needs more memory than it may; with a thread, so might all of its process. */
async function readIn(heapMib: number, image: Partial<CrowdedImage>): Promise<CrowdedTree> {
  const wanted: CrowdedImage = {
    kind: "tar",
    names: NAMES,
    path: disk.path,
    under: "",
    limits: { steps: STEPS },
    ...image,
  };
  const reader = fork(new URL("../testdata/read-crowded.ts", import.meta.url), [JSON.stringify(wanted)], {
    // Where a core dump would be left, if the process makes one.
    cwd: disk.path,
    execArgv: [`--max-old-space-size=${heapMib}`, "--max-semi-space-size=4"],
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  const trees: CrowdedTree[] = [];
  reader.on("message", (tree: CrowdedTree) => trees.push(tree));
  const [told] = await Promise.all([text(reader.stderr ?? Readable.from([])), once(reader, "close")]);
  const [tree] = trees;
  if (tree === undefined) throw new Error(told);
  return tree;
}

it.each<[what: string, image: Partial<CrowdedImage>, files: number]>([
  ["a tar whose names nobody asked for", {}, 0],
  ["a tar whose files are all wanted", { under: "d" }, NAMES],
  ["a layer that takes each file of the one below away", { kind: "whiteouts", under: "d" }, 0],
  ["a directory whose names nobody asked for", { kind: "directory" }, 0],
  ["a directory whose files are all wanted", { kind: "directory", under: "d" }, NAMES],
])("reads %s, in bounded memory and steps", async (_, image, files) => {
  expect(await readIn(HEAP_MIB, image)).toEqual({ files, failures: [] });
});

it.each(["tar", "directory"] as const)("ends at the limit of entries of a %s", async (kind) => {
  const limits = { layerEntries: NAMES / 2 };
  await expect(readIn(HEAP_MIB, { kind, limits })).rejects.toThrow(/code: 'LIMIT_REACHED'/u);
});

it("would end where memory did not suffice", async () => {
  await expect(readIn(24, { under: "d" })).rejects.toThrow(/heap out of memory/u);
});
