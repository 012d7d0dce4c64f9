import { once } from "node:events";
import { mkdirSync, writeFileSync } from "node:fs";
import { setFlagsFromString } from "node:v8";
import { Worker } from "node:worker_threads";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, expect, it } from "vitest";
import type { CrowdedImage, CrowdedTree } from "./testdata/read-crowded.ts";

const NAMES = 100_000;
/** The heap of the thread that reads: less than 2 kB for each name, of which about one is needed where it is kept. */
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

/** Reads in a thread that ends when it needs more memory than it may. */
async function readIn(heapMib: number, image: Partial<CrowdedImage>): Promise<CrowdedTree> {
  const wanted: CrowdedImage = {
    kind: "tar",
    names: NAMES,
    path: disk.path,
    under: "",
    limits: { steps: STEPS },
    ...image,
  };
  // Node's own value. What another test of this process has set holds for all threads, and where rooms for new objects do
  // not grow, want of memory ends the process and not the thread.
  setFlagsFromString("--semi-space-growth-factor=2");
  const worker = new Worker(new URL("./testdata/read-crowded.ts", import.meta.url), {
    workerData: wanted,
    resourceLimits: { maxOldGenerationSizeMb: heapMib, maxYoungGenerationSizeMb: 16 },
  });
  try {
    const [tree]: CrowdedTree[] = await once(worker, "message");
    if (tree === undefined) throw new Error("the thread said nothing");
    return tree;
  } finally {
    await worker.terminate();
  }
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
  await expect(readIn(HEAP_MIB, { kind, limits })).rejects.toMatchObject({ code: "LIMIT_REACHED" });
});

it("would end where memory did not suffice", async () => {
  await expect(readIn(12, { under: "d" })).rejects.toMatchObject({ code: "ERR_WORKER_OUT_OF_MEMORY" });
});
