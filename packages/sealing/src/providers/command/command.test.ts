import { existsSync, readFileSync, rmSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { openCommandKey } from "./command.ts";

const key = Buffer.alloc(32, 9);
const node = (script: string) => [process.execPath, "-e", script];

/** Whether a process is there and no zombie, by proc_pid_stat(5). */
function isRunning(pid: string): boolean {
  try {
    return !readFileSync(`/proc/${pid}/stat`, "latin1").includes(") Z ");
  } catch {
    return false;
  }
}

it.each([
  ["is not there", ["/no/such/program"]],
  ["fails", node("process.exit(3)")],
  ["is killed", node("process.kill(process.pid, 'SIGKILL')")],
  ["prints nothing", node("")],
  ["prints no base64", node("console.log('ERROR: not logged in')")],
  ["prints two lines", node("console.log('AAAA\\nAAAA')")],
  ["prints without end", node("setInterval(() => process.stdout.write('A'.repeat(65536)), 1)")],
])("is unavailable when the program %s", async (_name, wrap) => {
  using provider = await openCommandKey({ keyId: "k", wrap, unwrap: wrap });
  await expect(provider.wrap("a", key)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
  await expect(provider.unwrap("a", key)).rejects.toMatchObject({ code: "KEY_PROVIDER_UNAVAILABLE" });
});

it("is unavailable when the program does not answer in time, and ends it with what it started", async () => {
  using directory = tempDirectory();
  const file = directory.at("pid");
  const waits = `require("fs").writeFileSync(${JSON.stringify(file)}, String(process.pid)); setInterval(() => 0, 1000)`;
  const starts = `require("child_process").spawn(process.execPath, ["-e", ${JSON.stringify(waits)}], { stdio: "inherit" })`;
  for (const script of [waits, starts]) {
    rmSync(file, { force: true });
    using provider = await openCommandKey({
      keyId: "k",
      wrap: node(script),
      unwrap: node(script),
      timeoutMs: 2000,
    });
    await expect(provider.wrap("a", key)).rejects.toThrow("it did not answer within 2000 ms");
    const pid = readFileSync(file, "utf8");
    await expect.poll(() => isRunning(pid)).toBe(false);
  }
});

it("gives the program no shell, no environment and no key in its arguments", async () => {
  using directory = tempDirectory();
  const script =
    "process.stdout.write(Buffer.from(JSON.stringify([process.argv.slice(1), process.env])).toString('base64'))";
  const wrap = [...node(script), `; touch ${directory.at("pwned")}`, "$(id)"];
  using provider = await openCommandKey({ keyId: "k", wrap, unwrap: wrap, environment: { REGION: "eu" } });
  const seen = Buffer.from(await provider.wrap("a", key)).toString();
  expect(JSON.parse(seen)).toEqual([[`; touch ${directory.at("pwned")}`, "$(id)"], { REGION: "eu" }]);
  expect(existsSync(directory.at("pwned"))).toBe(false);
});

it("does not take for a data key what is none", async () => {
  const echo = node("process.stdin.pipe(process.stdout)");
  using provider = await openCommandKey({ keyId: "k", wrap: echo, unwrap: echo });
  await expect(provider.unwrap("a", Buffer.alloc(65, 2))).rejects.toMatchObject({ code: "KEY_WRONG" });
  await expect(provider.unwrap("a", key)).rejects.toMatchObject({ code: "KEY_WRONG" });
  await expect(provider.wrap("a", Buffer.alloc(16))).rejects.toMatchObject({ code: "SEAL_MALFORMED" });
});

it.each([
  ["a program by name alone", { wrap: ["kms"] }],
  ["no program", { unwrap: [] }],
  ["a key id with spaces", { keyId: "a b" }],
  ["an endless deadline", { timeoutMs: Number.POSITIVE_INFINITY }],
])("refuses %s", async (_name, change) => {
  const options = { keyId: "k", wrap: ["/bin/true"], unwrap: ["/bin/true"], ...change };
  await expect(openCommandKey(options)).rejects.toMatchObject({ code: "KEY_PROVIDER_SETTINGS" });
});
