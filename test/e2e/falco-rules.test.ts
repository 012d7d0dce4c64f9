import { existsSync, globSync, readFileSync } from "node:fs";
import path from "node:path";
import { EngineScratch } from "@pratique/engine";
import { attacks, runSelftest } from "@pratique/selftest";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { upstreamRulesWithoutAttack } from "../../packages/selftest/src/testdata/upstream-rules-without-attack.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "./private-engine.ts";
import { WatchedDetections } from "./watched-detections.ts";

const published = path.resolve(import.meta.dirname, "../../../shared/data/falco-rules/rules");
const native = path.resolve(import.meta.dirname, "../../dist/sensor");
const IMAGE = "busybox:upstream";
const sensor = path.join(native, "pratique-sensor");
const program = path.join(native, "pratique-attacks");

function unavailable(): string | undefined {
  if (!existsSync(published)) return "needs the rules that Falco's project publishes";
  if (!existsSync(sensor) || !existsSync(program)) return "needs what is written in C: npm run build";
  return engineUnavailable();
}

const reason = unavailable();
if (reason !== undefined) console.warn(`SKIPPED: falco-rules.test.ts ${reason}`);

/** Rules that no action in a container fires on this kind of host, and why. */
const cannotFireHere: Readonly<Record<string, string>> = {
  "Change namespace privileges via unshare":
    "it asks for the capabilities before the call, and a sensor at the end of the call has those after it",
  "Java Process Class File Download":
    "it asks for what is received on a connected TCP socket, which no rule that is on by default looks at",
  ...upstreamRulesWithoutAttack,
};

/** What no program does, but whoever starts it: a directory of the host is mounted into a container. */
const SENSITIVE_MOUNT = "Launch Sensitive Mount Container";

describe.skipIf(reason !== undefined)(`the rules that Falco's project publishes ${reason ?? ""}`, () => {
  let engine: PrivateEngine;
  let watched: WatchedDetections;

  beforeAll(async () => {
    engine = await startPrivateEngine();
    const rules = globSync("*.yaml", { cwd: published })
      .toSorted()
      .map((name) => ({ name, text: readFileSync(path.join(published, name), "utf8") }));
    await engine.busyboxImage(IMAGE);
    watched = new WatchedDetections({ binary: sensor, engineHost: engine.host, rules });
    await watched.start();
  });

  afterAll(async () => {
    await watched[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  it("each fire by an action in a real container, or the table says why not here", async () => {
    const run = "selftest-upstream";
    const meant = attacks.filter(
      ({ place, upstreamRules }) => place === undefined && upstreamRules.length > 0,
    );
    const table = await runSelftest(
      {
        engine: new EngineScratch({ address: { kind: "unix", socketPath: engine.socketPath }, run }),
        engineSocket: engine.socketPath,
        detections: watched,
        host: undefined,
        program: { path: program, bytes: readFileSync(program) },
        run,
      },
      { only: meant.map(({ id }) => id), signal: AbortSignal.timeout(290_000) },
    );
    const started = await engine.docker(["run", "-d", "-v", "/proc:/host/proc:ro", IMAGE, "/bin/true"]);
    const said = await watched.collect({ containerId: started.stdout.trim() });
    expect(said.map(({ rule }) => rule)).toContain(SENSITIVE_MOUNT);
    const fired = new Set([SENSITIVE_MOUNT, ...table.flatMap(({ detectedBy }) => detectedBy)]);
    const refused = new Set(table.filter(({ tookEffect }) => !tookEffect).flatMap(({ id }) => rulesOf(id)));
    const expected = new Set(meant.flatMap(({ upstreamRules }) => upstreamRules));
    const silent = [...expected].filter((rule) => !fired.has(rule));
    // What the kernel of this machine refuses even without anybody's help cannot be seen to happen.
    const unexplained = silent.filter((rule) => !(rule in cannotFireHere) && !refused.has(rule));
    expect(unexplained).toEqual([]);
    expect(fired.size).toBeGreaterThan(80);
  });
});

function rulesOf(id: string): readonly string[] {
  return attacks.find((attack) => attack.id === id)?.upstreamRules ?? [];
}
