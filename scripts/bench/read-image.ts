import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { engineUnavailable, startPrivateEngine, succeed } from "../../test/e2e/private-engine.ts";
import type { Bench, Row } from "./bench.ts";
import { type LargeImage, largeImage } from "./large-image.ts";
import { buildAdvisories, peakMemory, pratique } from "./product.ts";
import { run } from "./run.ts";
import { median, spread } from "./statistics.ts";

const ROUNDS = 5;
const GB = 1e9;

interface Case {
  readonly what: string;
  readonly image: string;
  /** In several, files of packages lie above the record that tells of them: whoever put them there, they are told. */
  readonly layers: "one" | "several";
  readonly flags: readonly string[];
  readonly targetSecondsPerGb?: number;
  /** Nothing may be kept of it, so it is read whole each time. */
  readonly readAnew?: boolean;
  /** A shell command that does the least that has to be done. */
  readonly floor: string;
  readonly floorName: string;
}

export const readImage: Bench = {
  name: "read-image",
  description: "a large image, read whole, in each form that images come in",
  unavailable: () => undefined,
  async run(say) {
    const image = await largeImage(say);
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    await using engine = engineUnavailable() === undefined ? await startPrivateEngine() : undefined;
    try {
      await buildAdvisories(directory);
      const cases = casesOf(image);
      if (engine !== undefined) {
        say("loading it into an engine …");
        succeed(await engine.docker(["load", "--input", image.plainLayers]));
        const flags = [`--engine=${engine.host}`];
        const floor = countFiles(image.root);
        cases.unshift({ ...inPlace, image: "docker:large:1", layers: "several", flags, floor });
      }
      return await measure(cases, { directory, gigabytes: image.contentBytes / GB, say });
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

const inPlace = {
  what: "engine's layers read in place (overlay2, four layers)",
  targetSecondsPerGb: 0.7,
  floorName: "find -type f -size +0",
};

function countFiles(root: string): string {
  return `find '${root}' -type f -size +0 | wc -l`;
}

function casesOf({ root, plain, gzip, gzipLayers, tar, tarGz }: LargeImage): Case[] {
  const list = { floor: `tar -tf '${tar}' >/dev/null`, floorName: "tar -tf" };
  const inflate = { floor: `gzip -dc '${tarGz}' >/dev/null`, floorName: "gzip -dc" };
  const flags: readonly string[] = [];
  const layers = "one";
  return [
    {
      ...inPlace,
      what: "directory",
      readAnew: true,
      image: `dir:${root}`,
      layers,
      flags,
      floor: countFiles(root),
    },
    { what: "plain tar", image: `docker-archive:${plain}`, layers, flags, targetSecondsPerGb: 0.5, ...list },
    {
      what: "plain tar, every digest verified",
      image: `docker-archive:${plain}`,
      layers,
      flags: ["--verify-layers"],
      readAnew: true,
      floor: `sha256sum '${tar}'`,
      floorName: "sha256sum",
    },
    {
      what: "gzip, one layer",
      image: `docker-archive:${gzip}`,
      layers,
      flags,
      targetSecondsPerGb: 2.5,
      ...inflate,
    },
    {
      what: "gzip, four layers",
      image: `docker-archive:${gzipLayers}`,
      layers: "several",
      flags,
      targetSecondsPerGb: 2.5,
      ...inflate,
    },
  ];
}

interface Setting {
  readonly directory: string;
  readonly gigabytes: number;
  readonly say: (text: string) => void;
}

interface Samples {
  readonly whole: number[];
  readonly cached: number[];
  readonly floor: number[];
  readonly memory: number[];
}

/** All cases in turn in each round, so that what disturbs the machine disturbs them alike. */
async function measure(cases: readonly Case[], setting: Setting): Promise<readonly Row[]> {
  const { directory, say } = setting;
  const samples = new Map(cases.map(({ what }) => [what, newSamples()]));
  const packages = new Map<Case["layers"], number>();
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(round === 0 ? "warming up …" : `round ${round} of ${ROUNDS} …`);
    for (const measured of cases) {
      const { what, image, layers, flags, floor } = measured;
      const output = path.join(directory, "report.json");
      const args = [
        "image",
        "scan",
        image,
        ...flags,
        `--data=${directory}`,
        "--format=json",
        `--output=${output}`,
      ];
      const whole = await pratique([...args, "--no-cache"]);
      const found = countPackages(output);
      const expected = packages.get(layers) ?? found;
      packages.set(layers, expected);
      if (found !== expected)
        throw new Error(`${what}: found ${found} packages where others found ${expected}`);
      await pratique(args);
      const cached = await pratique(args);
      const started = performance.now();
      await run("sh", ["-c", floor]);
      const floorMs = performance.now() - started;
      const memory = round % 3 === 1 ? await peakMemory([...args, "--no-cache"]) : undefined;
      // The first round fills the page cache.
      if (round === 0) continue;
      const kept = samples.get(what) ?? newSamples();
      kept.whole.push(whole.ms / 1000);
      kept.cached.push(cached.ms);
      kept.floor.push(floorMs / 1000);
      if (memory !== undefined) kept.memory.push(memory / 2 ** 20);
    }
  }
  say(`${[...packages.values()].join(" or ")} packages were found each time, in one layer or in several`);
  return cases.flatMap((measured) => rowsOf(measured, samples.get(measured.what) ?? newSamples(), setting));
}

function newSamples(): Samples {
  return { whole: [], cached: [], floor: [], memory: [] };
}

function countPackages(report: string): number {
  return JSON.parse(readFileSync(report, "utf8")).packages.length;
}

function rowsOf(
  { what, targetSecondsPerGb, readAnew, floorName }: Case,
  { whole, cached, floor, memory }: Samples,
  { gigabytes }: Setting,
): readonly Row[] {
  const perGb = (median(whole) / gigabytes).toFixed(2);
  const rows = [
    {
      what: `${what}: ${gigabytes.toFixed(2)} GB scanned, whole process`,
      target: targetSecondsPerGb === undefined ? "" : `≤ ${targetSecondsPerGb} s per GB`,
      result: `${perGb} s per GB: ${spread(whole, "s", 2)}`,
      peer: `${floorName}: ${spread(floor, "s", 2)}`,
    },
    { what: `${what}: peak memory`, target: "≤ 250 MB", result: spread(memory, "MiB"), peer: "" },
  ];
  if (readAnew === true) return rows;
  return [
    ...rows,
    { what: `${what}: scanned again`, target: "≤ 150 ms", result: spread(cached, "ms"), peer: "" },
  ];
}
