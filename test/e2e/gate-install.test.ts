import { existsSync, readFileSync } from "node:fs";
import { chown, mkdtemp, rm, symlink } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired, vulnerable } from "./debian-root.ts";
import { Pratique } from "./pratique.ts";
import { engineUnavailable, type PrivateEngine, startPrivateEngine } from "./private-engine.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: gate-install.test.ts ${unavailable}`);

/** Somebody's own engine, with a configuration of theirs. */
const ownConfig = { "log-level": "info", labels: ["owner=somebody"] } as const;

describe.skipIf(unavailable !== undefined)("the gate and somebody's own engine", () => {
  let pratique: Pratique;
  let engine: PrivateEngine;

  beforeAll(async () => {
    engine = await startPrivateEngine({ daemonConfig: ownConfig });
    importDebian(engine.host, "shop:bad", vulnerable);
    importDebian(engine.host, "shop:good", repaired);
    pratique = new Pratique();
    await pratique.up(["--engine", engine.host]);
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
    await engine[Symbol.asyncDispose]();
  });

  const config = () => JSON.parse(readFileSync(path.join(engine.directory, "daemon.json"), "utf8"));
  const run = (image: string) =>
    pratique.docker(["run", "--rm", "--user", "1000", image, "echo", "ran"], engine.host);
  const gate = (action: string) => pratique.command(["gate", action, "--engine", engine.host]);

  it("only observes until it is installed", () => {
    expect(pratique.said).toContain("It is only watched");
    expect(run("shop:bad")).toMatchObject({ code: 0, stdout: "ran\n" });
    expect(config()).toEqual(ownConfig);
  });

  it("ends nothing until it is installed, wherever mounts lead that others can exchange", async () => {
    const theirs = await mkdtemp(path.join(tmpdir(), "theirs-"));
    await chown(theirs, 1000, 1000);
    await symlink(engine.socketPath, path.join(theirs, "link"));
    const launch = ["run", "-d", "--user", "1000", "-v", `${theirs}/link:/s`, "shop:good", "sleep", "600"];
    const id = pratique.docker(launch, engine.host).stdout.trim();
    const state = () => pratique.docker(["inspect", "-f", "{{.State.Status}}", id], engine.host).stdout;
    // What is done about a start is done before later containers have come and gone.
    for (const _ of [1, 2, 3]) expect(run("shop:good").code).toBe(0);
    expect(state()).toBe("running\n");
    pratique.docker(["rm", "-f", id], engine.host);
    await rm(theirs, { recursive: true });
  });

  it("is installed by a live reload, with a backup, while containers keep running", () => {
    const started = pratique.docker(["run", "-d", "--user", "1000", "shop:bad", "sleep", "600"], engine.host);
    expect(gate("install")).toMatchObject({ code: 0 });
    expect(config()).toEqual({ ...ownConfig, "authorization-plugins": [pratique.plugin] });
    expect(
      JSON.parse(readFileSync(path.join(engine.directory, "daemon.json.before-pratique"), "utf8")),
    ).toEqual(ownConfig);
    const running = pratique.docker(
      ["inspect", "-f", "{{.State.Running}}", started.stdout.trim()],
      engine.host,
    );
    expect(running.stdout).toBe("true\n");
    expect(run("shop:bad").code).toBe(125);
    expect(run("shop:good").code).toBe(0);
  });

  it("does not lock out what ran before the policy", () => {
    const [id = ""] = pratique.docker(["ps", "-q"], engine.host).stdout.split("\n");
    expect(pratique.docker(["restart", "-t", "0", id], engine.host)).toMatchObject({ code: 0 });
  });

  it("comes back with the engine when the engine is restarted", async () => {
    await engine.restart();
    expect(run("shop:bad").code).toBe(125);
    expect(run("shop:good").code).toBe(0);
  });

  it("leaves the engine usable when pratique stops, and guards it again when it starts", async () => {
    await pratique.down();
    expect(config()).toEqual(ownConfig);
    expect(run("shop:bad").code).toBe(0);
    await pratique.up(["--engine", engine.host]);
    await pratique.until("the gate is armed", 15_000, () => "authorization-plugins" in config());
    await pratique.until("the gate decides", 15_000, () => run("shop:bad").code === 125);
  });

  it("is taken out again, and leaves the configuration as it was", () => {
    expect(gate("uninstall")).toMatchObject({ code: 0 });
    expect(config()).toEqual(ownConfig);
    expect(run("shop:bad").code).toBe(0);
    expect(gate("uninstall")).toMatchObject({ code: 1 });
  });

  it("leaves nothing for an engine to wait for when it was killed", async () => {
    const socket = `/run/docker/plugins/${pratique.plugin}.sock`;
    expect(gate("install")).toMatchObject({ code: 0 });
    for (const part of ["agent", "gate-process"]) {
      for (const pid of pratique.processes(part)) process.kill(pid, "SIGKILL");
    }
    await pratique.down();
    expect(existsSync(socket)).toBe(true);
    expect(gate("uninstall")).toMatchObject({ code: 0 });
    expect(existsSync(socket)).toBe(false);
  });

  it("is not installed where no gate answers", async () => {
    await pratique.down();
    const { code, stderr } = gate("install");
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pratique: no gate answers at [^\n]+start it with pratique up\n$/u);
    expect(config()).toEqual(ownConfig);
    expect(existsSync(`/run/docker/plugins/${pratique.plugin}.sock`)).toBe(false);
  });
});
