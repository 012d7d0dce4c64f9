import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fleet, FleetServer, type Machine } from "./agent-harness.ts";
import { importDebian, repaired } from "./debian-root.ts";
import { engineUnavailable } from "./private-engine.ts";
import { until } from "./until.ts";

const unavailable = engineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: agent-orders.test.ts ${unavailable}`);

const HOST = "worker-1";

/** Refuses one image, and says which version of the policy did it. */
const refusing = (reference: string, version: number) => `apiVersion: pratique/v1
kind: Policy
metadata: { name: fleet }
spec:
  rules:
    - name: not-this-one
      deny: image.reference == "${reference}"
      message: version ${version} refuses it
      value: "{{ image.reference }}"
      fix: take another
`;

describe.skipIf(unavailable !== undefined)("a host with an engine, and its server", () => {
  let fleet: Fleet;
  let server: FleetServer;
  let host: Machine;

  beforeAll(async () => {
    fleet = new Fleet();
    server = await FleetServer.start(fleet);
    host = fleet.machine(HOST, { PRATIQUE_ENGINE: "" });
    await server.join(host, ["--label", "env=production"]);
    await host.start("up", ["--private-engine"]);
    importDebian(host.engine, "shop:good", repaired);
    importDebian(host.engine, "shop:other", repaired);
  });
  afterAll(async () => {
    await fleet[Symbol.asyncDispose]();
  });

  const docker = (...args: readonly string[]) => host.docker(args);
  const run = (image: string) => docker("run", "--rm", "--user", "1000", image, "echo", "ran");
  const gateState = () => readFileSync(host.data("gate", "state.json"), "utf8");

  async function putPolicy(text: string): Promise<void> {
    const held = await server.call("GET", "/api/v1/policies/fleet");
    const condition: Record<string, string> =
      held.status === 404 ? { "if-none-match": "*" } : { "if-match": `"${String(held.json.revision)}"` };
    const { status } = await server.call(
      "PUT",
      "/api/v1/policies/fleet",
      { text, scope: {}, enabled: true },
      condition,
    );
    expect(status).toBe(200);
  }

  it("has a policy of the server in force within two seconds, each time", async () => {
    const took: number[] = [];
    // Signs in, which is not what is measured.
    await server.call("GET", "/api/v1/hosts");
    for (let version = 1; version <= 6; version += 1) {
      const refused = version % 2 === 1 ? "shop:other" : "shop:good";
      const started = performance.now();
      await putPolicy(refusing(refused, version));
      await until("it is in force", 10_000, () => gateState().includes(`version ${version} refuses it`));
      took.push(performance.now() - started);
      const { code, stderr } = run(refused);
      expect(code).toBe(125);
      expect(stderr).toContain(`version ${version} refuses it`);
    }
    expect(run("shop:other")).toMatchObject({ code: 0, stdout: "ran\n" });
    console.info(`policies were in force after ${took.map(Math.round).join(", ")} ms`);
    expect(Math.max(...took)).toBeLessThan(2000);
    expect(JSON.parse(gateState()).host.labels).toMatchObject({ env: "production" });
  });

  it("decides by them while the server does not answer, and after a restart without it", async () => {
    await server.machine.signal("server", "SIGSTOP");
    await host.signal("up", "SIGTERM");
    await host.start("up", ["--private-engine"]);
    expect(run("shop:good").code).toBe(125);
    expect(run("shop:other")).toMatchObject({ code: 0, stdout: "ran\n" });
    // What the host's own people say does not wait for the server either.
    const own = host.data("policies", "own.yaml");
    mkdirSync(host.data("policies"), { recursive: true });
    writeFileSync(own, refusing("shop:other", 100).replace("name: fleet", "name: own"));
    const took = await until("it is in force", 10_000, () => gateState().includes("version 100 refuses it"));
    expect(took).toBeLessThan(5000);
    rmSync(own);
    await until("it is gone again", 10_000, () => !gateState().includes("version 100"));
    await server.machine.signal("server", "SIGCONT");
    const logId = String(host.rows(host.data("audit", "log.sqlite"), "SELECT log_id FROM log")[0]?.log_id);
    await until("the server has what happened", 60_000, () => {
      const [held] = server.rows("SELECT acknowledged FROM logs WHERE log_id = ?", logId);
      const [own] = host.rows(host.data("audit", "log.sqlite"), "SELECT sequence FROM head");
      return Number(held?.acknowledged) >= Number(own?.sequence) - 1;
    });
  });

  it("reports its containers, and kills one once when it is told to", async () => {
    const id = docker(
      "run",
      "-d",
      "--user",
      "1000",
      "--name",
      "victim",
      "shop:other",
      "sleep",
      "600",
    ).stdout.trim();
    const reported = await until("the container is reported", 10_000, () =>
      server.rows("SELECT state FROM containers WHERE host = ? AND id = ?", HOST, id).some(isRunning),
    );
    const { status, json } = await server.call("POST", `/api/v1/containers/${HOST}~${id}/respond`, {
      action: "kill",
      reason: "test",
    });
    expect(status).toBe(200);
    const killed = await until(
      "it is killed",
      10_000,
      () => !docker("ps", "-q", "--no-trunc").stdout.includes(id),
    );
    await until("the outcome is known", 10_000, () => outcomeOf(String(json.commandId)) === "done");
    await until("the server sees that it ended", 10_000, () =>
      server
        .rows("SELECT state FROM containers WHERE host = ? AND id = ?", HOST, id)
        .every((row) => !isRunning(row)),
    );
    console.info(
      `a container was reported after ${Math.round(reported)} ms, and killed after ${Math.round(killed)} ms`,
    );
    // Started again by its owner, it is not killed again.
    docker("start", "victim");
    for (const pid of host.processes("agent")) process.kill(pid, "SIGKILL");
    await until("the agent is back", 20_000, () => host.command(["agent", "status"]).code === 0);
    expect(docker("ps", "-q", "--no-trunc").stdout).toContain(id);
    docker("rm", "-f", "victim");
  });

  const isRunning = ({ state }: Record<string, unknown>) => state === "running";
  const outcomeOf = (id: string) =>
    String(server.rows("SELECT state FROM agent_commands WHERE id = ?", id)[0]?.state);

  it("says why a command failed", async () => {
    const id = docker("run", "-d", "--user", "1000", "shop:other", "sleep", "600").stdout.trim();
    await until("the container is reported", 10_000, () =>
      server.rows("SELECT state FROM containers WHERE host = ? AND id = ?", HOST, id).some(isRunning),
    );
    server.run("UPDATE containers SET id = 'gone' WHERE host = ? AND id = ?", HOST, id);
    const { json } = await server.call("POST", `/api/v1/containers/${HOST}~gone/respond`, {
      action: "kill",
      reason: "test",
    });
    await until("the outcome is known", 10_000, () => outcomeOf(String(json.commandId)) !== "queued");
    await until("the command has ended", 10_000, () => outcomeOf(String(json.commandId)) !== "delivered");
    expect(outcomeOf(String(json.commandId))).toBe("failed");
    docker("rm", "-f", id);
  });

  it("keeps the mode of its gate that the server gave, over a restart of the agent", async () => {
    expect(run("shop:good").code).toBe(125);
    const { json } = await server.call("POST", `/api/v1/hosts/${HOST}/gate`, {
      mode: "observe",
      reason: "test",
    });
    await until("the outcome is known", 10_000, () => outcomeOf(String(json.commandId)) === "done");
    await until("the gate observes", 10_000, () => run("shop:good").code === 0);
    for (const pid of host.processes("agent")) process.kill(pid, "SIGKILL");
    await until("the agent is back", 20_000, () => host.command(["agent", "status"]).code === 0);
    expect(run("shop:good").code).toBe(0);
    await server.call("POST", `/api/v1/hosts/${HOST}/gate`, { mode: "enforce", reason: "test" });
    await until("the gate enforces", 10_000, () => gateState().includes('"mode":"enforce"'));
    expect(run("shop:good").code).toBe(125);
  });
});
