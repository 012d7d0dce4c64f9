import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Bench, Row } from "./bench.ts";
import { type ManyEntries, writeManyEntries } from "./many-entries.ts";
import { peakMemory } from "./product.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 3;
const MiB = 1024 * 1024;

/** As many entries as an image may have, which are more than any honest one has. */
export const hostileEntries: readonly Omit<ManyEntries, "packed">[] = [
  { count: 1_000_000, kind: "file" },
  { count: 480_000, kind: "directory" },
  { count: 480_000, kind: "symlink" },
];

export const hostileShapes: Bench = {
  name: "hostile-shapes",
  description: "the memory that images take which are made against their reader",
  unavailable: () => undefined,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      const rows: Row[] = [];
      for (const entries of hostileEntries) {
        for (const packed of [false, true]) rows.push(await measure({ ...entries, packed }, directory, say));
      }
      return rows;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

async function measure(entries: ManyEntries, directory: string, say: (text: string) => void): Promise<Row> {
  const what = `${entries.count.toLocaleString("en")} entries (${entries.kind}), ${entries.packed ? "gzip" : "plain"}`;
  say(`${what} …`);
  const layout = path.join(directory, "layout");
  await writeManyEntries(layout, entries);
  const peaks: number[] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const args = ["image", "scan", `oci-dir:${layout}`, "--no-cache", `--data=${directory}`];
    peaks.push((await peakMemory(args)) / MiB);
  }
  rmSync(layout, { recursive: true });
  return {
    what,
    target: entries.kind === "file" ? "peak memory at most 250 MB" : "none set",
    result: spread(peaks, "MiB"),
    peer: "",
  };
}
