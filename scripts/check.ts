// Runs every check that has to be green before a commit, side by side, and prints the output of those that fail.
import { spawn } from "node:child_process";
import process from "node:process";

interface Check {
  readonly name: string;
  readonly command: string;
  readonly args: readonly string[];
}

interface Outcome {
  readonly check: Check;
  readonly passed: boolean;
  readonly output: string;
  readonly seconds: number;
}

const checks: readonly Check[] = [
  { name: "types", command: "tsc", args: ["-b"] },
  { name: "format and lint (biome)", command: "biome", args: ["check", "--error-on-warnings", "."] },
  { name: "lint (oxlint)", command: "oxlint", args: ["--deny-warnings"] },
  { name: "dead code (knip)", command: "knip", args: ["--no-progress"] },
  {
    name: "exports that only tests use (knip)",
    command: "knip",
    args: ["--production", "--no-progress", "--config", "knip.production.json", "--include", "exports"],
  },
  { name: "architecture and unit tests", command: "vitest", args: ["run"] },
];

if (process.argv.length > 2) {
  console.error(
    "check: takes no arguments, and looks at all there is; tests of one file: npx vitest run FILE",
  );
  process.exit(1);
}
const outcomes: Outcome[] = [];
// The tests come last and alone: they use both cores themselves.
for (const group of [checks.slice(0, -1), checks.slice(-1)]) {
  outcomes.push(...(await Promise.all(group.map(run))));
}
for (const { check, passed, output, seconds } of outcomes) {
  console.log(`${passed ? "ok    " : "FAILED"} ${check.name} (${seconds.toFixed(1)} s)`);
  if (!passed || check.command === "vitest") console.log(output.trimEnd());
}
process.exitCode = outcomes.every(({ passed }) => passed) ? 0 : 1;

async function run(check: Check): Promise<Outcome> {
  const started = performance.now();
  const child = spawn(`node_modules/.bin/${check.command}`, check.args, {
    stdio: ["ignore", "pipe", "pipe"],
  });
  let output = "";
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8");
    stream.on("data", (text: string) => {
      output += text;
    });
  }
  const code = await new Promise<number>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (status) => resolve(status ?? 1));
  });
  return { check, passed: code === 0, output, seconds: (performance.now() - started) / 1000 };
}
