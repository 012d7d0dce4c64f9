import { existsSync } from "node:fs";
import { readFile } from "node:fs/promises";
import path from "node:path";
import { EngineScratch } from "@pratique/engine";
import { builtinRuleFiles } from "@pratique/rules";
import { type Attack, attacks, type Coverage, runSelftest } from "@pratique/selftest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { CgroupHost, type CgroupLayout, cgroupLayouts } from "./cgroup-host.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine, succeed } from "./private-engine.ts";
import { WatchedDetections } from "./watched-detections.ts";

const native = path.resolve(import.meta.dirname, "../../dist/sensor");
const sensor = path.join(native, "pratique-sensor");
const program = path.join(native, "pratique-attacks");

/** Rows of the table of detections in docs/reference/default-rules.md. */
const preventable = new Set([1, 3, 4, 5, 6, 7, 11, 12, 14, 20, 21, 22, 23, 25, 26, 27, 28, 29, 31, 35, 37]);

function unavailable(): string | undefined {
  if (!existsSync(sensor) || !existsSync(program)) return "needs what is written in C: npm run build";
  return engineUnavailable();
}

const reason = unavailable();

const what = `the default rules with a real sensor ${reason ?? ""}`;

describe.skipIf(reason !== undefined).each(cgroupLayouts)(`${what}, groups %s`, (layout) => {
  let host: CgroupHost;
  let engine: PrivateEngine;
  let watched: WatchedDetections;

  beforeAll(async () => {
    host = await CgroupHost.start(layout);
    engine = await startPrivateEngine({ enter: host.enter });
    await engine.busyboxImage("busybox:test");
    const binary = await host.program(sensor);
    watched = new WatchedDetections({ binary, engineHost: engine.host, rules: builtinRuleFiles });
    await watched.start();
  });

  afterAll(async () => {
    await watched[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
    await host[Symbol.asyncDispose]();
  });

  it("tell of each attack that takes effect, by the rule that is there for it", async () => {
    const run = "selftest-watched";
    const table = await runSelftest(
      {
        engine: new EngineScratch({ address: { kind: "unix", socketPath: engine.socketPath }, run }),
        engineSocket: engine.socketPath,
        detections: watched,
        host: undefined,
        program: { path: program, bytes: await readFile(program) },
        run,
      },
      { only: namesOfOurs(layout), signal: AbortSignal.timeout(290_000) },
    );
    expect(table.length).toBeGreaterThan(layout === "as this host has them" ? 100 : 70);
    const missed = table.filter(({ tookEffect }) => tookEffect).filter((coverage) => !isToldByOurs(coverage));
    // Opens may be lost in a flood of opens of the same container, but never in silence.
    const excused = (await watched.lostOpens()) > 0 ? ["read-after-flood"] : [];
    const silent = missed.filter(({ id }) => !excused.includes(id));
    expect(silent.map(({ id, detectedBy }) => [id, detectedBy])).toEqual([]);
  });

  it("say nothing of what containers do all day", async () => {
    const before = new Set((await docker("ps", "-aq", "--no-trunc")).split("\n"));
    await docker("run", "-d", "--name=web", "busybox:test", "/bin/sleep", "300");
    for (let round = 0; round < 5; round += 1) {
      await docker("run", "busybox:test", "/bin/echo", "hello");
      await docker("exec", "web", "/bin/sh", "-c", "/bin/ls / && /bin/cat /etc/passwd");
    }
    await docker(
      "run",
      "-d",
      "--privileged",
      "--pid=host",
      "--name=agent",
      "busybox:test",
      "/bin/sleep",
      "300",
    );
    const checked = ["--health-cmd=/bin/true", "--health-interval=1s", "--user=1000", "--read-only"];
    await docker("run", "-d", "--name=app", ...checked, "--tmpfs=/tmp", "busybox:test", "/bin/sleep", "300");
    await engine.imageFromDockerfile(
      "FROM busybox:test\nRUN /bin/rm /bin/touch\nRUN /bin/busybox adduser -D x || true\nCOPY a/b /etc/\n",
      "built:test",
      { "a/b": "content" },
    );
    await docker("restart", "-t=0", "web");
    await expect.poll(() => docker("inspect", "-f", "{{.State.Health.Status}}", "app")).toBe("healthy\n");
    await docker("kill", "web", "agent", "app");
    const ids = (await docker("ps", "-aq", "--no-trunc"))
      .split("\n")
      .filter((id) => id !== "" && !before.has(id));
    expect(ids.length).toBeGreaterThan(7);
    const said = await Promise.all(ids.map((containerId) => watched.collect({ containerId })));
    expect(said.flat().map(({ rule }) => rule)).toEqual([]);
  });

  async function docker(...args: readonly string[]): Promise<string> {
    return succeed(await engine.docker(args)).stdout;
  }
});

/** Under version 2 alone those that can be prevented, by what hangs on control groups or on the file that is run. */
function namesOfOurs(layout: CgroupLayout): readonly string[] {
  const isTried = ({ row }: Attack) =>
    layout === "as this host has them" || (row !== undefined && preventable.has(row));
  return attacks
    .filter((attack) => attack.place === undefined && attack.rules.length > 0 && isTried(attack))
    .map(({ id }) => id);
}

function isToldByOurs({ id, detectedBy }: Coverage): boolean {
  return attacks.some((attack) => attack.id === id && attack.rules.some((rule) => detectedBy.includes(rule)));
}
