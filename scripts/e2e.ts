// Runs the end-to-end tests in lanes: what needs the machine for itself, and beside it what talks to servers only, and then
// what reads images only.
// Arguments are handed to Vitest, such as a part of a file's name.
import { spawn, spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir, uptime } from "node:os";
import path from "node:path";

interface Lane {
  readonly name: string;
  readonly passed: boolean;
  readonly output: string;
  readonly report: Report | undefined;
}

/** What is used of Vitest's report in JSON. */
interface Report {
  readonly numTotalTests: number;
  readonly testResults: readonly TestFile[];
}

interface TestFile {
  readonly name: string;
  readonly assertionResults: readonly {
    readonly status: string;
    readonly ancestorTitles: readonly string[];
    readonly title: string;
  }[];
}

/**
 * Runs its arguments in a network of its own. The engines that the other lane starts add and remove interfaces, and a
 * browser gives up what it is loading whenever it sees that. It needs an address besides loopback to count as online.
 */
const OWN_NETWORK = [
  "unshare",
  "--net",
  "sh",
  "-ec",
  `ip link set lo up
  ip link add net0 type veth peer name net1
  ip addr add 192.0.2.1/24 dev net0
  ip link set net0 up
  ip link set net1 up
  exec "$@"`,
  "sh",
];

/** Podman and Skopeo keep what they have seen here, wherever their images are. */
const SEEN_BY_OTHERS = "/var/lib/containers";

const KERNEL_LINES = /oom|out of memory|killed process|segfault|trap |bpf|BUG|WARNING|I\/O error/iu;

/** Seconds since the machine was booted. */
const STARTED_AT = uptime();

const wasSeenBefore = existsSync(SEEN_BY_OTHERS);
const directory = mkdtempSync(path.join(tmpdir(), "pratique-e2e-"));
try {
  // Three at once are more than the smallest machine carries.
  const lanes = (await Promise.all([["host"], ["services", "images"]].map(runInTurn))).flat();
  for (const lane of lanes) printSkipped(lane);
  const tests = lanes.reduce((sum, { report }) => sum + (report?.numTotalTests ?? 0), 0);
  if (tests === 0) console.error("no end-to-end test was run");
  const passed = tests > 0 && lanes.every((lane) => lane.passed);
  if (!passed) printKernelLog();
  process.exitCode = passed ? 0 : 1;
} finally {
  rmSync(directory, { recursive: true, force: true });
  if (!wasSeenBefore) rmSync(SEEN_BY_OTHERS, { recursive: true, force: true });
}

async function runInTurn(names: readonly string[]): Promise<readonly Lane[]> {
  const lanes = [];
  for (const name of names) lanes.push(await runLane(name));
  return lanes;
}

async function runLane(name: string): Promise<Lane> {
  const file = path.join(directory, `${name}.json`);
  const args = ["run", "--config", "vitest.e2e.config.ts", "--project", name, "--passWithNoTests"];
  const reporters = ["--reporter=default", "--reporter=json", `--outputFile.json=${file}`];
  const vitest = ["node_modules/.bin/vitest", ...args, ...reporters, ...process.argv.slice(2)];
  const [command = "", ...words] =
    name === "services" && ownNetworkWorks() ? [...OWN_NETWORK, ...vitest] : vitest;
  const child = spawn(command, words, { stdio: ["ignore", "pipe", "pipe"] });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
      // Several at once cannot be read: the shorter lanes are told when they have ended.
      if (name === "host") process.stdout.write(text);
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  if (name !== "host") process.stdout.write(output);
  return { name, passed: code === 0, output, report: readReport(file) };
}

/** It takes root, or a machine that lets others have namespaces. */
function ownNetworkWorks(): boolean {
  const [command = "", ...words] = [...OWN_NETWORK, "true"];
  return spawnSync(command, words, { stdio: "ignore" }).status === 0;
}

/** A Vitest that could not start leaves none. */
function readReport(file: string): Report | undefined {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch {
    return undefined;
  }
}

/** What ended a program of an engine's by force, such as a lack of memory, stands nowhere else. */
function printKernelLog(): void {
  const { stdout } = spawnSync("dmesg", ["--level=emerg,alert,crit,err,warn,info"], { encoding: "utf8" });
  const lines = (stdout ?? "").split("\n").filter((line) => isSinceStart(line) && KERNEL_LINES.test(line));
  if (lines.length > 0) console.log(["The kernel said last:", ...lines.slice(-20)].join("\n"));
}

/** Lines begin with seconds since the machine was booted: `[14120.712395] `. */
function isSinceStart(line: string): boolean {
  return Number(/^\[ *(\d+\.\d+)\]/u.exec(line)?.[1] ?? 0) >= STARTED_AT;
}

/** By file: how many tests were skipped, in which groups, and what the file says of why. */
function printSkipped({ report, output }: Lane): void {
  for (const { name, assertionResults } of report?.testResults ?? []) {
    const skipped = assertionResults.filter(({ status }) => status === "skipped");
    if (skipped.length === 0) continue;
    const file = path.basename(name);
    const groups = skipped.map(({ ancestorTitles: [group], title }) =>
      title.includes("(") ? title : (group ?? title),
    );
    const reasons = output.split("\n").filter((line) => line.includes(`SKIPPED: ${file} `));
    console.log(`skipped in ${file}: ${skipped.length}`);
    for (const line of new Set([...groups, ...reasons])) console.log(`  ${line.trim()}`);
  }
}
