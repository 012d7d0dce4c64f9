import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import type { PolicyException } from "@pratique/core";
import { defaultPolicies, loadPolicies } from "@pratique/policy";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { type GatedEngine, IMAGE, startGatedEngine } from "./gate-harness.ts";
import { engineUnavailable } from "./private-engine.ts";

const noCompose = spawnSync("which", ["docker-compose"]).status === 0 ? undefined : "needs docker-compose";
const unavailable = engineUnavailable() ?? noCompose;
if (unavailable !== undefined) console.warn(`SKIPPED: gate-compose.test.ts ${unavailable}`);

const PROJECT = `
services:
  first: { image: "${IMAGE}", command: sleep 600, user: "1000", network_mode: none, init: true }
  second: { image: "${IMAGE}", command: sleep 600, network_mode: none, init: true, depends_on: [first] }
`;
const DEADLINE_MS = 60_000;

describe.skipIf(unavailable !== undefined)("a project of which one service is refused", () => {
  let exceptions: readonly PolicyException[] = [];
  const directory = mkdtempSync(path.join(tmpdir(), "prq-compose-"));
  const policies = loadPolicies(defaultPolicies);
  const host = { name: "test", labels: {}, kernel: "", engineVersion: "" };
  let gated: GatedEngine;

  beforeAll(async () => {
    writeFileSync(path.join(directory, "compose.yaml"), PROJECT);
    gated = await startGatedEngine({
      policies: { policies: () => policies, exceptions: () => exceptions, host: () => host },
    });
  });

  afterAll(async () => {
    await gated[Symbol.asyncDispose]();
    rmSync(directory, { recursive: true });
  });

  /** Beside this thread, which answers the engine. */
  const compose = async (...args: readonly string[]) => {
    const child = spawn("docker-compose", ["--project-name", "day", ...args], {
      cwd: directory,
      env: { PATH: process.env.PATH, HOME: directory, DOCKER_HOST: gated.engine.host },
      timeout: DEADLINE_MS,
    });
    let said = "";
    for (const stream of [child.stdout, child.stderr]) {
      stream.setEncoding("utf8").on("data", (text: string) => {
        said += text;
      });
    }
    const [code] = await once(child, "close");
    return { code, said };
  };

  it("starts nothing, and says which rule, what was found, the fix and the way to an exception", async () => {
    const { code, said } = await compose("up", "--detach");
    expect(code).toBe(1);
    expect(said).toContain(
      "  containers/no-root-user: the container would run as root\n    found: no user is set\n",
    );
    expect(said).toContain(`exception grant --rule containers/no-root-user --image ${IMAGE} --expires 7d`);
    const { stdout } = await gated.engine.docker(["ps", "--all", "--format", "{{.Names}} {{.State}}"]);
    expect(stdout).toBe("day-first-1 created\n");
  });

  it("goes on from there with the next try after an exception", async () => {
    exceptions = [
      {
        id: "ex-1",
        rules: ["containers/no-root-user"],
        scope: { images: [IMAGE] },
        reason: "test",
        owner: "ann",
        expires: "2999-01-01T00:00:00.000Z",
      },
    ];
    const { code, said } = await compose("up", "--detach");
    expect([code, said]).toEqual([0, expect.stringContaining("Started")]);
    const { stdout } = await gated.engine.docker(["ps", "--format", "{{.Names}}"]);
    expect(stdout.trim().split("\n").sort()).toEqual(["day-first-1", "day-second-1"]);
  });

  it("runs and ends its commands as without a gate", async () => {
    expect((await compose("exec", "-T", "first", "echo", "inside")).said).toBe("inside\n");
    expect((await compose("run", "--rm", "--no-deps", "-T", "first", "sh", "-c", "exit 7")).code).toBe(7);
    expect(await compose("down", "--timeout", "0")).toMatchObject({ code: 0 });
    expect((await gated.engine.docker(["ps", "--all", "--quiet"])).stdout).toBe("");
  });
});
