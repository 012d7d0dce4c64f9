import { spawnSync } from "node:child_process";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { DatabaseSync } from "node:sqlite";
import type { AuditRecord, Detection } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired } from "./debian-root.ts";
import { type Answer, Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const sensor = path.resolve(import.meta.dirname, "../../dist/sensor/pratique-sensor");
const unavailable =
  engineUnavailable() ?? (existsSync(sensor) ? undefined : "the native sensor has not been built");
if (unavailable !== undefined) console.warn(`SKIPPED: profile-cli.test.ts ${unavailable}`);
const composeMissing = spawnSync("which", ["docker-compose"]).status !== 0;

const IMAGE = "shop:good";
const DEVIATION = "Deviation from the learned profile";
const WORK = "echo kept > /data/kept && echo short > /tmp/short && cat /data/kept && rm /tmp/short";
const LEARNED_WITH = ["--network", "none", "--volume", "/data"];

describe.skipIf(unavailable !== undefined)("profiles of a real host", () => {
  let pratique: Pratique;

  beforeAll(async () => {
    pratique = new Pratique({ runtime: "auto" });
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, IMAGE, repaired);
    // So that they may write into their own files, and be run by what is exported.
    for (const rule of ["containers/no-root-user", "containers/custom-seccomp"]) {
      const grant = ["policy", "exception", "grant", "--rule", rule, "--image", IMAGE];
      pratique.command([...grant, "--reason", "test", "--owner", "ann", "--expires", "1h"]);
    }
    await watched();
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
  });

  async function watched(): Promise<void> {
    await pratique.until("the sensor runs", 60_000, () => profile("list").code === 0);
  }

  function profile(...words: readonly string[]): Answer {
    return pratique.command(["profile", ...words]);
  }

  function json(...words: readonly string[]): Record<string, unknown> {
    const { stdout, stderr } = profile(...words, "--json");
    if (stdout === "") throw new Error(stderr);
    return JSON.parse(stdout);
  }

  function run(name: string, script: string, flags: readonly string[] = LEARNED_WITH): Answer {
    return pratique.docker(["run", "--name", name, ...flags, IMAGE, "sh", "-c", script]);
  }

  function records(
    kind: "detection" | "settings",
  ): readonly Pick<AuditRecord, "action" | "actor" | "data">[] {
    using log = new DatabaseSync(pratique.data("audit/log.sqlite"), { readOnly: true });
    const rows = log
      .prepare("SELECT action, actor, data FROM record WHERE class = ? ORDER BY sequence")
      .all(kind);
    return rows.map(({ action, actor, data }) => ({
      action: String(action),
      actor: String(actor),
      data: JSON.parse(String(data)),
    }));
  }

  function deviationsIn(container: string): readonly Detection[] {
    const all = records("detection").map(({ data }): Detection => JSON.parse(JSON.stringify(data)));
    return all.filter(({ rule, container: found }) => rule === DEVIATION && found?.name === container);
  }

  async function deviationIn(container: string, item: string): Promise<Detection> {
    let found: Detection | undefined;
    await pratique.until(`${item} is told of ${container}`, 20_000, () => {
      found = deviationsIn(container).find(({ matched }) => matched[0]?.value === item);
      return found !== undefined;
    });
    if (found === undefined) throw new Error("no deviation");
    return found;
  }

  it("begin with the first container, and go on to watch by themselves", async () => {
    expect(run("learn1", WORK)).toMatchObject({ code: 0, stdout: "kept\n" });
    await pratique.until("it is learned", 20_000, () => profile("show", IMAGE).code === 0);
    const times = ["--learn-for", "15s", "--settle-for", "2s"];
    expect(profile("mode", IMAGE, "learn", ...times)).toMatchObject({ code: 0 });
    expect(run("learn2", WORK)).toMatchObject({ code: 0 });
    await pratique.until("it watches", 60_000, () => json("show", IMAGE).mode === "watch");
    expect(json("show", IMAGE).items).toEqual(
      expect.arrayContaining([
        expect.objectContaining({ name: "write:/data/kept" }),
        expect.objectContaining({ name: "mount:/data" }),
      ]),
    );
    const changes = records("settings").map(({ action, actor, data }) => [action, actor, data.mode, data.by]);
    expect(changes).toEqual([
      ["profile.mode-changed", "uid:0", "learn", "uid:0"],
      ["profile.mode-changed", "agent", "watch", "timer"],
    ]);
    const row = expect.stringMatching(/^watch .* shop:good$/mu);
    expect(profile("list")).toMatchObject({ code: 0, stdout: row });
  });

  it("tell what is new as a detection that explains itself, and nothing that was learned", async () => {
    expect(run("again", WORK)).toMatchObject({ code: 0 });
    expect(run("new", `${WORK}; echo x > /etc/new`)).toMatchObject({ code: 0 });
    const found = await deviationIn("new", "write:/etc/new");
    expect(found).toMatchObject({
      container: { name: "new", image: IMAGE },
      tags: expect.arrayContaining(["profile", "profile_write"]),
      outcome: "none",
      matched: [{ field: "profile.write", text: expect.stringContaining("wrote /etc/new; from ") }],
    });
    // Events come in their order: what came before would have been told before.
    expect(deviationsIn("again")).toEqual([]);
  });

  it("take a person's yes and no, and say who it was", async () => {
    const refused = profile("accept", IMAGE, "/etc/new");
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining("expected KIND:VALUE") });
    expect(profile("accept", IMAGE, "write:/etc/new")).toMatchObject({ code: 0 });
    expect(profile("reject", IMAGE, "write:/data/bad")).toMatchObject({ code: 0 });
    expect(records("settings").slice(-2)).toMatchObject([
      { action: "profile.accepted", actor: "uid:0", data: { item: { kind: "write", value: "/etc/new" } } },
      { action: "profile.rejected", actor: "uid:0", data: { item: { value: "/data/bad" } } },
    ]);
    run("decided", "echo x > /etc/new; echo x > /data/bad");
    await deviationIn("decided", "write:/data/bad");
    expect(deviationsIn("decided").map(({ matched }) => matched[0]?.value)).not.toContain("write:/etc/new");
    profile("reject", IMAGE, "write:/etc/new");
  });

  it("say what cannot be done", () => {
    expect(profile("show", "unknown:1")).toMatchObject({
      code: 1,
      stderr: expect.stringContaining("nothing was learned of an image"),
    });
    expect(profile("mode", IMAGE, "strict")).toMatchObject({ code: 1 });
    expect(profile("export", IMAGE, "--format", "rpm")).toMatchObject({ code: 1 });
  });

  it("survive an agent that is killed", async () => {
    const before = json("show", IMAGE);
    const [agent = 0] = pratique.processes("agent");
    process.kill(agent, "SIGKILL");
    await pratique.until("another agent runs", 60_000, () => {
      const [now] = pratique.processes("agent");
      return now !== undefined && now !== agent;
    });
    await watched();
    expect(json("show", IMAGE)).toMatchObject({
      mode: "watch",
      names: [IMAGE],
      decisions: before.decisions,
      items: expect.arrayContaining([expect.objectContaining({ name: "write:/data/kept" })]),
    });
    // What was done before the new agent looked is not told; what is told comes a little after it was done.
    const names: string[] = [];
    await pratique.until("what is new is told again", 60_000, () => {
      names.push(`after-${names.length}`);
      run(names.at(-1) ?? "", "echo x > /data/after");
      return names.some((name) => deviationsIn(name).length > 0);
    });
  });

  it("are enforced by the kernel, and by no more than what was learned", async () => {
    const drift = "cp /bin/busybox /tmp/busybox && /tmp/busybox true";
    expect(run("before", drift)).toMatchObject({ code: 0 });
    expect(profile("mode", IMAGE, "enforce")).toMatchObject({ code: 0 });
    const rule = expect.objectContaining({
      rule: expect.stringContaining("Program outside the learned profile of "),
      enforceability: "prevents",
    });
    const inForce = () => JSON.parse(pratique.command(["rules", "list", "--json"]).stdout).rules;
    await expect.poll(inForce, { timeout: 20_000, interval: 500 }).toContainEqual(rule);
    expect(run("enforced", drift)).toMatchObject({ code: 137 });
    expect(run("allowed", WORK)).toMatchObject({ code: 0, stdout: "kept\n" });
    expect(profile("mode", IMAGE, "watch")).toMatchObject({ code: 0 });
    await expect.poll(inForce, { timeout: 20_000, interval: 500 }).not.toContainEqual(rule);
    expect(run("released", drift)).toMatchObject({ code: 0 });
  });

  it("become flags and a seccomp profile with which the workload works, and what is new does not", () => {
    const seccomp = path.join(pratique.directory, "seccomp.json");
    const exported = profile("export", IMAGE, "--format", "seccomp", "--output", seccomp);
    expect(exported).toMatchObject({ code: 0, stdout: "" });
    expect(JSON.parse(readFileSync(seccomp, "utf8"))).toMatchObject({ defaultAction: "SCMP_ACT_ERRNO" });
    const asked = ["--format", "docker", "--name", "hard", "--seccomp-path", seccomp];
    const { code, stdout } = profile("export", IMAGE, ...asked);
    expect(code).toBe(0);
    const flags = [...stdout.trimEnd().split("\n"), "--volume", "/data"];
    expect(flags).toEqual(expect.arrayContaining(["--read-only", "--cap-drop", `seccomp=${seccomp}`]));
    expect(run("hard1", WORK, flags)).toMatchObject({ code: 0, stdout: "kept\n" });
    const outside = run("hard2", "echo x > /etc/other", flags);
    expect(outside).toMatchObject({ code: 1, stderr: expect.stringContaining("Read-only file system") });
  });

  it.skipIf(composeMissing)(
    `become a service that Compose runs${composeMissing ? " (SKIPPED: needs docker-compose)" : ""}`,
    () => {
      const file = path.join(pratique.directory, "compose.yaml");
      const seccomp = path.join(pratique.directory, "compose-seccomp.json");
      const names = ["--name", "work", "--seccomp-path", seccomp];
      const outputs = ["--output", `seccomp=${seccomp}`, "--output", `compose=${file}`];
      expect(profile("export", IMAGE, ...names, ...outputs)).toMatchObject({ code: 0 });
      const service = { services: { work: { volumes: ["/data"] } } };
      const override = path.join(pratique.directory, "override.yaml");
      writeFileSync(override, JSON.stringify(service));
      const compose = (script: string) =>
        spawnSync(
          "docker-compose",
          ["-f", file, "-f", override, "run", "--rm", "-T", "work", "sh", "-c", script],
          {
            env: { PATH: process.env.PATH, HOME: pratique.directory, DOCKER_HOST: pratique.engineHost },
            encoding: "utf8",
          },
        );
      expect(compose(WORK)).toMatchObject({ status: 0, stdout: "kept\n" });
      expect(compose("echo x > /etc/other")).toMatchObject({
        status: 1,
        stderr: expect.stringContaining("Read-only file system"),
      });
    },
  );

  it("are tried in a container that is started by them, which leaves nothing behind", () => {
    for (const rule of ["containers/no-root-user", "containers/custom-seccomp"]) {
      const grant = ["policy", "exception", "grant", "--rule", rule, "--image", "pratique-try:*"];
      pratique.command([...grant, "--reason", "test", "--owner", "ann", "--expires", "1h"]);
    }
    const before = json("show", IMAGE).items;
    const { code, stdout, stderr } = profile("try", IMAGE);
    expect([code, stdout, stderr]).toEqual([
      0,
      expect.stringMatching(/^what was learned works +(?<all>[1-9]\d*) of \k<all>$/mu),
      "",
    ]);
    expect(stdout).toMatch(/^what never was seen, refused +(?<all>[1-9]\d*) of \k<all>$/mu);
    expect(json("try", IMAGE).tried).toEqual(
      expect.arrayContaining([
        { action: "write", target: "/tmp/short", expected: "works", found: "works" },
        {
          action: "write",
          target: "/etc/pratique-replay",
          expected: "refused",
          found: "refused",
          error: "EROFS",
        },
        { action: "call", target: "ptrace", expected: "refused", found: "refused", error: "EPERM" },
      ]),
    );
    expect(json("show", IMAGE).items).toEqual(before);
    expect(pratique.docker(["ps", "--all", "--format", "{{.Names}}"]).stdout).not.toContain("pratique-try");
    expect(pratique.docker(["images", "--format", "{{.Repository}}"]).stdout).not.toContain("pratique-try");
  });
});
