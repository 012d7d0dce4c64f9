import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { text } from "node:stream/consumers";
import { EngineScratch } from "@pratique/engine";
import { attacks, type Coverage, type HostRunner, runSelftest, type SelftestPorts } from "@pratique/selftest";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";

const root = path.resolve(import.meta.dirname, "../..");
const buildScript = path.join(root, "packages/selftest/native/build.sh");

/** What a host may have nothing of. Everything else has to take effect where nobody stops it. */
const perhapsImpossible = new Set([
  "modprobe-path",
  "module",
  "module-file",
  "devices-allow",
  "release-agent",
  "performance-events",
  "page-faults",
  "ring",
  "read-by-ring",
  "connect-by-ring",
  "read-by-compat",
  "sensor-signalled",
  "sensor-signalled-by-descriptor",
  "sysrq-trigger",
]);

/** Some virtual machines keep their disk from root itself: then there is nothing to be had by these. */
const diskReaders = new Set(["raw-disk", "raw-disk-renamed"]);

const unavailable = engineUnavailable();

describe.skipIf(unavailable !== undefined)(`the attacks of the selftest ${unavailable ?? ""}`, () => {
  let engine: PrivateEngine;
  let directory: TempDirectory;
  let program: SelftestPorts["program"];

  beforeAll(async () => {
    directory = tempDirectory();
    const { status, stderr } = spawnSync(buildScript, [directory.path], { encoding: "utf8" });
    if (status !== 0) throw new Error(stderr);
    const file = path.join(directory.path, "pratique-attacks");
    program = { path: file, bytes: await readFile(file) };
    engine = await startPrivateEngine();
  });

  afterAll(async () => {
    await engine[Symbol.asyncDispose]();
    directory[Symbol.dispose]();
  });

  function portsOf(run: string): SelftestPorts {
    const scratch = new EngineScratch({ address: { kind: "unix", socketPath: engine.socketPath }, run });
    return {
      engine: scratch,
      engineSocket: engine.socketPath,
      detections: undefined,
      host: hostRunner,
      program,
      run,
    };
  }

  async function leftOf(run: string): Promise<string> {
    const filter = `label=org.pratique.scratch=${run}`;
    const { stdout: containers } = succeed(await engine.docker(["ps", "-aq", "--filter", filter]));
    const { stdout: images } = succeed(await engine.docker(["images", "-q", run]));
    return containers + images;
  }

  it("take effect where nobody stops them", async () => {
    const run = "selftest-all";
    const table = await runSelftest(portsOf(run), { signal: AbortSignal.timeout(280_000) });
    expect(table.map(({ id }) => id)).toEqual(attacks.map(({ id }) => id));
    expect(
      table.filter((coverage) => !isReal(coverage)).map(({ id, verdict, why }) => [id, verdict, why]),
    ).toEqual([]);
    expect(await leftOf(run)).toBe("");
  });

  it("leave nothing behind when they are ended", async () => {
    const run = "selftest-ended";
    const ended = new AbortController();
    const ports = { ...portsOf(run), onCoverage: () => ended.abort() };
    const selftest = runSelftest(ports, { signal: ended.signal });
    await expect(selftest).rejects.toMatchObject({ code: "ABORTED" });
    expect(await leftOf(run)).toBe("");
  });

  it("are tried by the command line, which says what became of each", async () => {
    const result = spawnSync(
      process.execPath,
      [
        "dist/pratique.js",
        "selftest",
        "--json",
        "--only=shadow,terminal-shell",
        `--engine=${engine.host}`,
        `--data=${directory.at("data")}`,
      ],
      { cwd: root, encoding: "utf8" },
    );
    const { attacks: table } = JSON.parse(result.stdout);
    expect(table).toMatchObject([
      { id: "terminal-shell", tookEffect: true, verdict: "unwatched" },
      { id: "shadow", tookEffect: true, verdict: "unwatched" },
    ]);
    expect(result.status).toBe(3);
    expect(result.stderr).toContain("no agent watches here");
  });

  it("leave the host's own settings as they were", async () => {
    const settings = ["kernel/core_pattern", "vm/swappiness"];
    const read = () => Promise.all(settings.map((name) => readFile(`/proc/sys/${name}`, "utf8")));
    const before = await read();
    const only = ["core-pattern", "kernel-setting"];
    const table = await runSelftest(portsOf("selftest-settings"), {
      only,
      signal: AbortSignal.timeout(60_000),
    });
    expect(table.every(({ tookEffect }) => tookEffect)).toBe(true);
    expect(await read()).toEqual(before);
  });
});

function isReal({ id, verdict }: Coverage): boolean {
  if (verdict === "impossible") return perhapsImpossible.has(id);
  return verdict === "unwatched" || (diskReaders.has(id) && !hostReadsDisk());
}

function hostReadsDisk(): boolean {
  const name = /^ +\d+ +\d+ +\d+ (?<disk>(?!loop|z?ram)\S+)$/mu.exec(
    readFileSync("/proc/partitions", "utf8"),
  );
  try {
    closeSync(openSync(`/dev/${name?.groups?.disk}`, "r"));
    return true;
  } catch {
    return false;
  }
}

const hostRunner: HostRunner = {
  async run([command = "", ...args], signal) {
    const child = spawn(command, args, { stdio: ["ignore", "pipe", "inherit"], signal });
    const ended = once(child, "exit");
    const said = await text(child.stdout);
    await ended;
    return { text: said, exitCode: child.exitCode ?? 255, pid: child.pid ?? 0 };
  },
};
