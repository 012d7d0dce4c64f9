import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import type { Bench, Row } from "./bench.ts";
import { buildAdvisories, pratique, pratiqueModule } from "./product.ts";
import { type FullRegistry, fullRegistry, fullRegistryUnavailable } from "./registry-images.ts";

const IMAGES = Number(process.env.PRATIQUE_BENCH_IMAGES ?? 1000);

export const registryScan: Bench = {
  name: "registry-scan",
  description:
    "a registry of 1,000 images that share layers, scanned, cut off and gone on with, and scanned again",
  unavailable: fullRegistryUnavailable,
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-scan-"));
    try {
      await using registry = await fullRegistry(IMAGES, say);
      const data = path.join(directory, "data");
      await buildAdvisories(data);
      const args = [
        "registry",
        "scan",
        registry.host,
        "--json",
        `--data=${data}`,
        `--run=${path.join(directory, "run")}`,
      ];
      say("scanning, and killing it half way …");
      const killed = await scanUntilHalf(args, data);
      const before = doneIn(data);
      say(`killed at ${before} of ${IMAGES}; going on …`);
      const resumed = await pratique(args);
      const reads = registry.blobReads();
      say("scanning again …");
      const again = await pratique(args);
      return rowsOf({
        registry,
        killedMs: killed,
        before,
        resumed: resumed.ms,
        again: again.ms,
        reads,
        text: resumed.stdout,
      });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

/** Runs the scan until half of the images are done, and kills it; gives how long that took. */
async function scanUntilHalf(args: readonly string[], data: string): Promise<number> {
  const started = performance.now();
  const child = spawn(process.execPath, [pratiqueModule, ...args], { stdio: "ignore" });
  const exited = once(child, "exit");
  while (doneIn(data) < IMAGES / 2 && child.exitCode === null) {
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  child.kill("SIGKILL");
  await exited;
  return performance.now() - started;
}

/** Outcomes in the journal. */
function doneIn(data: string): number {
  try {
    const directory = path.join(data, "registry-scans");
    const [scan = ""] = readdirSync(directory);
    return (
      readFileSync(path.join(directory, scan, "journal"), "utf8").split('"kind":"outcome","key"').length - 1
    );
  } catch {
    return 0;
  }
}

interface Measured {
  readonly registry: FullRegistry;
  readonly killedMs: number;
  readonly before: number;
  readonly resumed: number;
  readonly again: number;
  readonly reads: ReadonlyMap<string, number>;
  readonly text: string;
}

function rowsOf({ registry, killedMs, before, resumed, again, reads, text }: Measured): readonly Row[] {
  const images: readonly { kind: string }[] = JSON.parse(text).images;
  const scanned = images.filter(({ kind }) => kind === "scanned").length;
  const most = Math.max(...reads.values());
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`;
  const gigabytes = (registry.contentBytes / 1e9).toFixed(2);
  return [
    {
      what: `${scanned} of ${IMAGES} images, ${gigabytes} GB of different layers: from the first byte to the result`,
      target: "≤ 600 s",
      result: `${seconds(killedMs + resumed)}, of which ${seconds(killedMs)} until it was killed at ${before}`,
      peer: `${reads.size} different blobs were read, one of them ${most} times at most`,
    },
    { what: "the same again, nothing has changed", target: "", result: seconds(again), peer: "" },
  ];
}
