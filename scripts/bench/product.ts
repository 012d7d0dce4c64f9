import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { cpSync, existsSync, rmSync } from "node:fs";
import path from "node:path";
import process from "node:process";
import { run } from "./run.ts";

export const repository = path.resolve(import.meta.dirname, "../..");
/** The bundle, as users run it; a copy, so that a build meanwhile does not pull it away. */
const copy = path.join(repository, "node_modules/.cache/pratique-bench");
export const pratiqueModule = path.join(copy, "pratique.js");
const feed = path.resolve(repository, "../shared/data/debian-dsa-dla");

const READY_DEADLINE_MS = 90_000;
/** Writes the most memory that was resident, in KiB, to the fourth stream of the process. */
const REPORT_PEAK = `data:text/javascript,${encodeURIComponent(
  'import { writeSync } from "node:fs"; process.on("exit", () => writeSync(3, String(process.resourceUsage().maxRSS)));',
)}`;

/** Builds what is to be measured. */
export async function prepareProduct(): Promise<void> {
  await run(process.execPath, ["scripts/build.ts", "--if-changed"], { cwd: repository });
  rmSync(copy, { recursive: true, force: true });
  cpSync(path.join(repository, "dist"), copy, { recursive: true });
}

/** What a run of the command line took, from its start to its end. */
export interface Timed {
  readonly ms: number;
  readonly stdout: string;
}

/** Runs the command line; exit code 3 (not fully assessed) is fine, since feeds are few here. */
export async function pratique(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<Timed> {
  const started = performance.now();
  const stdout = await run(process.execPath, [pratiqueModule, ...args], { fineCodes: [0, 3], env });
  return { ms: performance.now() - started, stdout };
}

/** The peak of resident memory of one run, in bytes; of what is measured, or of another bundle. */
export async function peakMemory(args: readonly string[], bundle = pratiqueModule): Promise<number> {
  const child = spawn(process.execPath, [`--import=${REPORT_PEAK}`, bundle, ...args], {
    stdio: ["ignore", "ignore", "ignore", "pipe"],
  });
  const reported = child.stdio[3];
  let text = "";
  reported?.on("data", (chunk: Buffer) => {
    text += chunk.toString("utf8");
  });
  await once(child, "close");
  if (!/^\d+$/u.test(text)) throw new Error("the process did not tell how much memory it used");
  return Number(text) * 1024;
}

/** A database of Debian's advisories where the feed is at hand; else the starter set answers. */
export async function buildAdvisories(dataDirectory: string): Promise<void> {
  if (!existsSync(feed)) return;
  await pratique(["advisories", "build", `--data=${dataDirectory}`, `--from=debian-dsa-dla:${feed}`]);
}

/** A long-running part of the product, ended as Ctrl-C does. */
export interface Part extends AsyncDisposable {
  readonly readyAfterMs: number;
}

/** Starts a part and waits until it says on standard error that it is ready. */
export async function startPart(
  args: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
  ready: RegExp,
): Promise<Part> {
  const started = performance.now();
  const child = spawn(process.execPath, [pratiqueModule, ...args], {
    stdio: ["ignore", "ignore", "pipe"],
    env,
  });
  try {
    await hear(child, ready);
  } catch (cause) {
    child.kill("SIGKILL");
    throw cause;
  }
  const readyAfterMs = performance.now() - started;
  return {
    readyAfterMs,
    async [Symbol.asyncDispose]() {
      if (child.exitCode !== null) return;
      const exited = once(child, "exit");
      child.kill("SIGINT");
      await exited;
    },
  };
}

async function hear(child: ChildProcess, ready: RegExp): Promise<void> {
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  let said = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    said += text;
    if (ready.test(said)) resolve();
  });
  child.once("exit", () => reject(new Error(`it ended: ${said}`)));
  const timer = setTimeout(() => reject(new Error(`it does not come up: ${said}`)), READY_DEADLINE_MS);
  try {
    await promise;
  } finally {
    clearTimeout(timer);
  }
}
