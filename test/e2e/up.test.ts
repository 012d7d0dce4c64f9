import { existsSync, readFileSync } from "node:fs";
import { DatabaseSync } from "node:sqlite";
import { setTimeout as sleep } from "node:timers/promises";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { importDebian, repaired, vulnerable } from "./debian-root.ts";
import { type Answer, Pratique } from "./pratique.ts";
import { engineUnavailable } from "./private-engine.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: up.test.ts ${unavailable}`);

describe.skipIf(unavailable !== undefined)("pratique up with an engine of its own", () => {
  let pratique: Pratique;

  beforeAll(async () => {
    pratique = new Pratique();
    await pratique.up(["--private-engine"]);
    importDebian(pratique.engineHost, "shop:bad", vulnerable);
    importDebian(pratique.engineHost, "shop:good", repaired);
  });
  afterAll(async () => {
    await pratique[Symbol.asyncDispose]();
  });

  const runGood = () => pratique.docker(["run", "--rm", "--user", "1000", "shop:good", "echo", "ran"]);
  const runBad = () => pratique.docker(["run", "--rm", "--user", "1000", "shop:bad", "echo", "ran"]);

  it("gives a sign-in link, and says how to use the engine", () => {
    expect(pratique.said).toMatch(/https:\/\/127\.0\.0\.1:\d+\/signin#[\w-]{20,}/u);
    expect(pratique.said).toContain(`export DOCKER_HOST=${pratique.engineHost}`);
  });

  it("says nothing of a server that cannot be reached: it starts beside the agent", async () => {
    await pratique.until("the agent has reached the server", 10_000, () => {
      const { code, stdout } = pratique.command(["agent", "status", "--json"]);
      return code === 0 && JSON.parse(stdout).reachedAt !== null;
    });
    expect(pratique.said).not.toMatch(/cannot be (?:reached|sent|reported)/u);
  });

  it("refuses a vulnerable image, and says what, why and how to mend it", () => {
    const { code, stdout, stderr } = runBad();
    expect(code).toBe(125);
    expect(stdout).toBe("");
    expect(stderr).toContain("CVE-2023-4911 in glibc 2.36-9+deb12u1");
    expect(stderr).toContain("fix:   update glibc to 2.36-9+deb12u3");
    expect(stderr).toContain("pratique policy exception grant --rule images/no-known-exploited");
  });

  it("allows its repaired version", () => {
    expect(runGood()).toEqual({ code: 0, stdout: "ran\n", stderr: "" });
  });

  it.each([
    ["root", [], /no-root-user/u],
    ["privileged", ["--user", "1000", "--privileged"], /no-privileged/u],
    ["the host's processes", ["--user", "1000", "--pid", "host"], /host-namespace/u],
    ["the engine's socket", ["--user", "1000", "-v", "/run/docker.sock:/s"], /socket/u],
    ["the socket's directory", ["--user", "1000", "-v", "/run:/r"], /socket|mount/u],
    ["a capability", ["--user", "1000", "--cap-add", "SYS_ADMIN"], /capabilit/u],
  ])("refuses a launch with %s", (_, flags, reason) => {
    const { code, stderr } = pratique.docker(["run", "--rm", ...flags, "shop:good", "echo", "ran"]);
    expect(code).toBe(125);
    expect(stderr).toMatch(reason);
  });

  it("lets an exception pass, and holds again when it is revoked", () => {
    const grant = [
      "policy",
      "exception",
      "grant",
      "--rule",
      "containers/no-root-user",
      "--image",
      "shop:good",
    ];
    const { stdout: id, code } = pratique.command([
      ...grant,
      "--reason",
      "test",
      "--owner",
      "ann",
      "--expires",
      "1h",
    ]);
    expect(code).toBe(0);
    expect(pratique.docker(["run", "--rm", "shop:good", "echo", "ran"])).toMatchObject({
      code: 0,
      stdout: "ran\n",
    });
    expect(pratique.command(["policy", "exception", "revoke", id.trim()]).code).toBe(0);
    expect(pratique.docker(["run", "--rm", "shop:good", "echo", "ran"]).code).toBe(125);
  });

  // The engine asks again for some fifteen seconds, so a launch waits for the new gate rather than failing.
  it.each(["gate-process", "agent", "server"])(
    "holds while its %s is killed again and again",
    async (part) => {
      const outcomes: { good: number; bad: number }[] = [];
      for (let round = 0; round < 3; round += 1) {
        for (const pid of pratique.processes(part)) process.kill(pid, "SIGKILL");
        outcomes.push({ good: runGood().code, bad: runBad().code });
      }
      expect(outcomes).toEqual(Array.from({ length: 3 }, () => ({ good: 0, bad: 125 })));
      await pratique.until(`one ${part} is back`, 10_000, () => pratique.processes(part).length === 1);
    },
  );

  it("lets nothing slip while all parts are killed during launches, and records what ran", async () => {
    expect([runGood().code, runBad().code]).toEqual([0, 125]);
    const before = count(pratique, "launch.allowed");
    // Not --rm: a client waits for ever for the removal of a container whose start was refused.
    const launch = (image: string) => pratique.dockerLater(["run", "--user", "1000", image, "echo", "ran"]);
    const launches: Promise<Answer>[] = [];
    for (const part of ["gate-process", "agent", "server", "gate-process", "agent", "gate-process"]) {
      launches.push(launch("shop:bad"), launch("shop:good"), launch("shop:good"));
      await sleep(250);
      for (const pid of pratique.processes(part)) process.kill(pid, "SIGKILL");
    }
    launches.push(launch("shop:bad"), launch("shop:good"), launch("shop:good"));
    const answers = await Promise.all(launches);
    const [bad, good] = [0, 1].map((rest) => answers.filter((_, index) => Math.min(index % 3, 1) === rest));
    expect(bad?.every(({ code, stdout }) => code === 125 && stdout === "")).toBe(true);
    const ran = good?.filter(({ stdout }) => stdout === "ran\n").length ?? 0;
    expect(ran).toBeGreaterThan(0);
    // Each launch that ran was allowed twice: when it was created, and when it was started.
    expect(count(pratique, "launch.allowed") - before).toBeGreaterThanOrEqual(2 * ran);
  });

  it("brings a killed gate back within a second, and says so in the record", async () => {
    const [before = 0] = pratique.processes("gate-process");
    process.kill(before, "SIGKILL");
    await pratique.until("a new gate", 1000, () => {
      const [now] = pratique.processes("gate-process");
      return now !== undefined && now !== before;
    });
    await pratique.until("the gate answers", 5000, () => pratique.command(["gate", "status"]).code === 0);
    expect(actions(pratique.data("audit", "log.sqlite"))).toEqual(
      expect.arrayContaining(["gate.died", "gate.started"]),
    );
  });

  it("has every verdict on record, whole, and every record at the server", async () => {
    const { code, stdout } = pratique.command(["audit", "verify", "--json"]);
    expect(code).toBe(0);
    const { records } = JSON.parse(stdout);
    expect(actions(pratique.data("audit", "log.sqlite"))).toEqual(
      expect.arrayContaining(["launch.denied", "launch.allowed", "exception.granted", "exception.revoked"]),
    );
    await pratique.until("the server holds the whole record", 15_000, () => {
      const status = pratique.command(["audit", "verify", "--json"]);
      return JSON.parse(status.stdout).records >= records && shipped(pratique) >= records;
    });
  });

  it("comes to the same verdicts again, from the record alone", () => {
    const { code, stdout } = pratique.command(["policy", "replay", "--json"]);
    const { verdicts, different } = JSON.parse(stdout);
    expect(different).toEqual([]);
    expect(verdicts).toBeGreaterThan(20);
    expect(code).toBe(0);
  });

  it("gives a new link to whoever may use its socket", () => {
    expect(pratique.command(["server", "link"]).stdout).toMatch(
      /^https:\/\/127\.0\.0\.1:\d+\/signin#[\w-]+\n$/u,
    );
  });

  it("refuses to run twice on the same host", () => {
    const { code, stderr } = pratique.command(["up", "--private-engine"]);
    expect(code).toBe(1);
    expect(stderr).toMatch(/^pratique: pratique is running already/mu);
  });

  it("leaves nothing running after Ctrl-C, and keeps its data", async () => {
    const network = pratique.docker(["network", "create", "mesh"]).stdout.slice(0, 12);
    const bridge = `/sys/class/net/br-${network}`;
    expect(existsSync(bridge)).toBe(true);
    await pratique.down();
    expect(pratique.leftovers()).toBe("");
    expect(existsSync(`/run/docker/plugins/${pratique.plugin}.sock`)).toBe(false);
    expect(existsSync(bridge)).toBe(false);
    await pratique.up(["--private-engine"]);
    expect(existsSync(bridge)).toBe(true);
    expect(pratique.docker(["images", "--format", "{{.Repository}}:{{.Tag}}"]).stdout).toContain("shop:good");
    expect(runBad().code).toBe(125);
    expect(runGood().code).toBe(0);
    await pratique.down();
    // The engine would have waited for somebody who goes on listening to it.
    const said = readFileSync(pratique.data("engine/dockerd.log"), "utf8");
    expect(said).toContain("Daemon shutdown complete");
    expect(said).not.toContain("Error shutting down http server");
  });
});

function actions(file: string): readonly string[] {
  using database = new DatabaseSync(file, { readOnly: true });
  return database
    .prepare("SELECT DISTINCT action FROM record")
    .all()
    .map(({ action }) => String(action));
}

function count(pratique: Pratique, action: string): number {
  using database = new DatabaseSync(pratique.data("audit", "log.sqlite"), { readOnly: true });
  return Number(database.prepare("SELECT count(*) AS n FROM record WHERE action = ?").get(action)?.n ?? 0);
}

/** The last record of the host's log that the server's own database holds. */
function shipped(pratique: Pratique): number {
  using database = new DatabaseSync(pratique.data("server", "pratique.sqlite"), { readOnly: true });
  const row = database.prepare("SELECT max(sequence) AS last FROM records").get();
  return Number(row?.last ?? 0);
}
