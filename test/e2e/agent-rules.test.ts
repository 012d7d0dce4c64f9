import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetServer, Machine } from "./agent-harness.ts";
import { importDebian, repaired } from "./debian-root.ts";
import { succeed } from "./private-engine.ts";
import { until } from "./until.ts";
import { WatchedMachine, watchedMachineUnavailable } from "./watched-machine.ts";

const unavailable = watchedMachineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: agent-rules.test.ts ${unavailable}`);

const HOST = "worker-1";
const RULE = "Paused for it";

/** Long enough that nothing ends by itself. */
const RESPONSES = `
ladders:
  - name: test
    channel: { action: report }
    ruleActions: { forMinutes: 60, evidence: none }
`;

const rules = (version: number) => `- rule: ${RULE}
  desc: version ${version}
  condition: evt.type in (execve, execveat) and container.id != host and proc.args contains pause-me-${version}
  output: it asked for it (args=%proc.args)
  priority: CRITICAL
  action: pause
`;

function putResponses(host: Machine): void {
  mkdirSync(host.data(), { recursive: true });
  writeFileSync(host.data("responses.yaml"), RESPONSES);
}

describe.skipIf(unavailable !== undefined)("rules that a server hands to a host", () => {
  let machine: WatchedMachine;
  let server: FleetServer;
  let host: Machine;

  beforeAll(async () => {
    machine = await WatchedMachine.start({ name: HOST, labels: ["env=production"], prepare: putResponses });
    ({ server, host } = machine);
    importDebian(host.engine, "shop:good", repaired);
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
  });

  const file = () => host.data("rules", "server-fleet.yaml");
  const held = () => (existsSync(file()) ? readFileSync(file(), "utf8") : "");

  const docker = (...args: readonly string[]) => succeed(host.docker(args)).stdout.trim();
  const isPaused = (name: string) => docker("inspect", "--format", "{{.State.Paused}}", name) === "true";

  async function revision(): Promise<Record<string, string>> {
    const { status, json } = await server.call("GET", "/api/v1/rule-files/fleet");
    return status === 404 ? { "if-none-match": "*" } : { "if-match": `"${String(json.revision)}"` };
  }

  async function putRules(version: number): Promise<void> {
    const body = { text: rules(version), scope: { labels: { env: ["production"] } } };
    const reply = await server.call("PUT", "/api/v1/rule-files/fleet", body, await revision());
    expect([reply.status, reply.json]).toMatchObject([200, { rules: [RULE] }]);
  }

  it("are in force within seconds, and what they ask for is done, shown and undone", async () => {
    // Signs in, which is not what is measured.
    await server.call("GET", "/api/v1/hosts");
    await putRules(1);
    const took = await until("they lie on the host", 10_000, () => held() === rules(1));
    console.info(`rules lay on the host after ${Math.round(took)} ms`);
    await until("they are in force", 20_000, () => host.command(["rules", "list"]).stdout.includes(RULE));
    const asks = "while :; do /bin/busybox true pause-me-1; sleep 1; done";
    const id = docker("run", "-d", "--user", "1000", "--name", "asks", "shop:good", "sh", "-c", asks);
    await until("it is paused", 20_000, () => isPaused("asks"));
    const place = `/api/v1/detections?host=${HOST}&rule=${encodeURIComponent(RULE)}&limit=1`;
    await until("the server shows it", 20_000, async () => {
      const { json } = await server.call("GET", place);
      return Number(json.total) > 0;
    });
    await putRules(2);
    await until("the other rule is there", 10_000, () => held() === rules(2));
    // Containers are told every two seconds, detections at once.
    await until("the server knows the container", 20_000, async () => {
      return (await server.call("GET", `/api/v1/containers/${HOST}~${id}`)).status === 200;
    });
    const asked = await server.call("POST", `/api/v1/containers/${HOST}~${id}/release-response`, {
      reason: "a false alarm",
    });
    expect(asked.status).toBe(200);
    await until("it runs again", 20_000, () => !isPaused("asks"));
    const command = String(asked.json.commandId);
    await until("the outcome is known", 20_000, () => {
      const [row] = server.rows("SELECT state, detail FROM agent_commands WHERE id = ?", command);
      if (row?.state === "failed") throw new Error(String(row.detail));
      return row?.state === "done";
    });
    await until("the server shows that it was undone", 20_000, async () => {
      const { json } = await server.call("GET", `/api/v1/responses?containerId=${id}`);
      return JSON.stringify(json).includes("response.released");
    });
    // What is not in force cannot be undone, and that is said.
    const again = await server.call("POST", `/api/v1/containers/${HOST}~${id}/release-response`, {
      act: "made-up",
      reason: "once more",
    });
    await until("it is refused", 20_000, () => {
      const [row] = server.rows(
        "SELECT detail FROM agent_commands WHERE id = ?",
        String(again.json.commandId),
      );
      return String(row?.detail).includes('no act "made-up" is in force');
    });
    docker("rm", "-f", "asks");
  });

  it("are taken beside a file of the host's own that is broken, which is told, and go when they are removed", async () => {
    const own = host.data("rules", "own.yaml");
    const listed = () => {
      const { stdout, stderr } = host.command(["rules", "list"]);
      return `${stdout}${stderr}`;
    };
    writeFileSync(own, "- rule: [");
    await until("the host says so", 20_000, () => listed().includes("own.yaml: none of its rules hold"));
    expect(listed()).toContain(RULE);
    await putRules(3);
    await until("they are taken", 20_000, () => held() === rules(3));
    rmSync(own);
    await until("nothing is wrong any more", 20_000, () => !listed().includes("own.yaml"));
    const inForce = async () => (await server.call("GET", "/api/v1/rule-files/fleet")).json.inForce;
    await expect.poll(inForce, { timeout: 20_000 }).toEqual({ hosts: 1, of: 1 });
    await server.call("DELETE", "/api/v1/rule-files/fleet", undefined, await revision());
    await until("the file is gone", 10_000, () => !existsSync(file()));
  });
});
