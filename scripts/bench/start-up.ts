import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import process from "node:process";
import { engineUnavailable, startPrivateEngine } from "../../test/e2e/private-engine.ts";
import type { Bench, Row } from "./bench.ts";
import { pratique, repository, startPart } from "./product.ts";
import { run } from "./run.ts";
import { spread } from "./statistics.ts";

const ROUNDS = 7;
const CHECKS = 5;

export const startUp: Bench = {
  name: "start-up",
  description: "how long one waits for the command line and for `up`",
  unavailable: () => undefined,
  async run(say) {
    const rows = [await versionRow(say)];
    if (engineUnavailable() === undefined) rows.push(...(await upRows(say)));
    else say(`SKIPPED: pratique up, ${engineUnavailable()}`);
    return rows;
  },
};

export const checks: Bench = {
  name: "check",
  description: "how long `npm run check` takes",
  unavailable: () => undefined,
  run: async (say) => [await checkRow(say)],
};

async function versionRow(say: (text: string) => void): Promise<Row> {
  say("pratique --version …");
  const [ours, node]: [number[], number[]] = [[], []];
  for (let round = 0; round <= ROUNDS * 2; round += 1) {
    const { ms } = await pratique(["--version"]);
    const started = performance.now();
    await run(process.execPath, ["--eval", "0"]);
    const nodeMs = performance.now() - started;
    if (round === 0) continue;
    ours.push(ms);
    node.push(nodeMs);
  }
  return {
    what: "pratique --version, whole process",
    target: "",
    result: spread(ours, "ms"),
    peer: `node --eval 0: ${spread(node, "ms")}`,
  };
}

/** The first start makes keys and databases; those after it are measured. */
async function upRows(say: (text: string) => void): Promise<readonly Row[]> {
  const directory = mkdtempSync(path.join(tmpdir(), "prb-"));
  const env = {
    ...process.env,
    DOCKER_HOST: "",
    PRATIQUE_DATA: path.join(directory, "data"),
    PRATIQUE_RUN: path.join(directory, "run"),
    PRATIQUE_GATE_PLUGIN: `prb-up-${process.pid}`,
    PRATIQUE_LISTEN: "127.0.0.1:0",
  };
  try {
    await using engine = await startPrivateEngine();
    const existing = await upTimes(["up", `--engine=${engine.host}`], env, say);
    const own = await upTimes(["up", "--private-engine"], env, say);
    return [
      {
        what: "pratique up beside an engine, second start",
        target: "",
        result: spread(existing, "s", 2),
        peer: "",
      },
      {
        what: "pratique up with an engine of its own, second start",
        target: "",
        result: spread(own, "s", 2),
        peer: "",
      },
    ];
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

async function upTimes(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  say: (text: string) => void,
): Promise<readonly number[]> {
  const times: number[] = [];
  for (let round = 0; round <= ROUNDS; round += 1) {
    say(`pratique ${args.join(" ")} (${round} of ${ROUNDS}) …`);
    await using up = await startPart(args, env, /Ready after/u);
    if (round > 0) times.push(up.readyAfterMs / 1000);
  }
  return times;
}

async function checkRow(say: (text: string) => void): Promise<Row> {
  const times: number[] = [];
  for (let round = 0; round < CHECKS; round += 1) {
    say(`npm run check (${round + 1} of ${CHECKS}) …`);
    const started = performance.now();
    // What fails takes its time all the same, and is said by the check itself.
    await run(process.execPath, ["scripts/check.ts"], { cwd: repository, fineCodes: [0, 1] });
    times.push((performance.now() - started) / 1000);
  }
  return { what: "npm run check", target: "", result: spread(times, "s", 1), peer: "" };
}
