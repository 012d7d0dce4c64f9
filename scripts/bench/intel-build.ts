import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { Bench, Row } from "./bench.ts";
import { peakMemory, pratique, repository } from "./product.ts";
import { run } from "./run.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 5;
const data = path.resolve(repository, "../shared/data");
const trails = path.join(data, "maltrail-trails/maltrail-trails.tar.gz");
const warningLists = path.join(data, "misp-warninglists/misp-warninglists.tar.gz");

export const intelBuild: Bench = {
  name: "intel-build",
  description:
    "1.85 million indicators of Maltrail, with MISP's warning lists, into a set and the kernel's snapshot",
  unavailable: () => (existsSync(trails) && existsSync(warningLists) ? undefined : `${data} is not there`),
  async run(say) {
    const samples = newSamples();
    for (let round = 0; round <= ROUNDS; round += 1) {
      say(round === 0 ? "warming up …" : `round ${round} of ${ROUNDS} …`);
      const measured = await measureOnce();
      // The first round fills the page cache.
      if (round > 0) for (const name of names) samples[name].push(measured[name]);
    }
    return rowsOf(samples);
  },
};

const names = ["buildS", "buildMiB", "withListsS", "withListsMiB", "againS", "lookupMs", "floorS"] as const;
type Name = (typeof names)[number];

function newSamples(): Record<Name, number[]> {
  return { buildS: [], buildMiB: [], withListsS: [], withListsMiB: [], againS: [], lookupMs: [], floorS: [] };
}

async function measureOnce(): Promise<Readonly<Record<Name, number>>> {
  const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
  try {
    const place = (name: string): string => `--data=${path.join(directory, name)}`;
    const update = ["intel", "update", `--from=maltrail:${trails}`, `--run=${path.join(directory, "run")}`];
    const lists = `--warning-lists=${warningLists}`;
    const build = await pratique([...update, place("a")]);
    const withLists = await pratique([...update, lists, place("b")]);
    const again = await pratique(["intel", "update", place("b"), `--run=${path.join(directory, "run")}`]);
    const lookup = await pratique(["intel", "lookup", "nothing.example", place("b")]);
    const started = performance.now();
    await run("sh", ["-c", `tar -xOzf '${trails}' | sort -u | wc -l`]);
    const floorS = (performance.now() - started) / 1000;
    return {
      buildS: build.ms / 1000,
      withListsS: withLists.ms / 1000,
      againS: again.ms / 1000,
      lookupMs: lookup.ms,
      floorS,
      buildMiB: (await peakMemory([...update, place("c")])) / 2 ** 20,
      withListsMiB: (await peakMemory([...update, lists, place("d")])) / 2 ** 20,
    };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

function rowsOf(samples: Readonly<Record<Name, readonly number[]>>): readonly Row[] {
  const peer = `tar -xOz | sort -u: ${spread(samples.floorS, "s", 1)}`;
  const row = (what: string, target: string, result: string): Row => ({ what, target, result, peer: "" });
  return [
    {
      what: "1.85 million lines: built and in force",
      target: "≤ 20 s",
      result: spread(samples.buildS, "s", 1),
      peer,
    },
    row("the same: peak memory", "≤ 300 MB", spread(samples.buildMiB, "MiB")),
    row("with 124 warning lists: built and in force", "≤ 20 s", spread(samples.withListsS, "s", 1)),
    row("the same: peak memory", "≤ 300 MB", spread(samples.withListsMiB, "MiB")),
    row("updated again, nothing has changed", "", spread(samples.againS, "s", 1)),
    row("one look-up, whole process", "", spread(samples.lookupMs, "ms")),
  ];
}
