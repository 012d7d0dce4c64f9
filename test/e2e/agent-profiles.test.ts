import { setTimeout as sleep } from "node:timers/promises";
import { listProfiles, showProfile } from "@pratique/api";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import type { FleetServer, Machine } from "./agent-harness.ts";
import { importDebian, repaired } from "./debian-root.ts";
import { succeed } from "./private-engine.ts";
import { until } from "./until.ts";
import { WatchedMachine, watchedMachineUnavailable } from "./watched-machine.ts";

const unavailable = watchedMachineUnavailable();
if (unavailable !== undefined) console.warn(`SKIPPED: agent-profiles.test.ts ${unavailable}`);

const HOST = "worker-1";
const IMAGE = "shop:good";
/** An agent tells of what it learned every half minute. */
const TOLD_MS = 75_000;
const READ_PAUSE_MS = 500;

describe.skipIf(unavailable !== undefined)("what a host learned, at its server", () => {
  let machine: WatchedMachine;
  let server: FleetServer;
  let host: Machine;
  let image: string;

  beforeAll(async () => {
    machine = await WatchedMachine.start({ name: HOST });
    ({ server, host } = machine);
    importDebian(host.engine, IMAGE, repaired);
  });
  afterAll(async () => {
    await machine?.[Symbol.asyncDispose]();
  });

  function run(script: string): void {
    succeed(host.docker(["run", "--rm", "--network=none", "--volume=/data", IMAGE, "sh", "-c", script]));
  }

  /** The server answers one person so often a minute and no more. */
  async function read(at: string): Promise<unknown> {
    await sleep(READ_PAUSE_MS);
    return (await server.call("GET", at)).json;
  }

  const listed = async () => listProfiles.reply.parse(await read(`/api/v1/profiles?host=${HOST}`)).items;
  const place = () => `/api/v1/hosts/${HOST}/profiles/${encodeURIComponent(image)}`;
  const shown = async () => showProfile.reply.parse(await read(place()));

  async function ask(what: string, body: object): Promise<void> {
    const asked = await server.call("POST", `${place()}/${what}`, { ...body, reason: "for a test" });
    expect([asked.status, asked.json]).toMatchObject([200, { commandId: expect.any(String) }]);
    await until("the agent has done it", 20_000, () => {
      const [row] = server.rows(
        "SELECT state, detail FROM agent_commands WHERE id = ?",
        String(asked.json.commandId),
      );
      if (row?.state === "failed") throw new Error(String(row.detail));
      return row?.state === "done";
    });
  }

  it("is shown there, goes on as its people say, and what is new is told and decided", async () => {
    run("echo kept > /data/kept");
    const took = await until("the server shows it", TOLD_MS, async () => (await listed()).length === 1);
    console.info(`a profile was at the server after ${Math.round(took)} ms`);
    const [entry] = await listed();
    expect(entry).toMatchObject({ names: [IMAGE], mode: "learn", host: HOST });
    image = String(entry?.image);
    // What waits to be learned is learned at once when somebody has it watched.
    await ask("mode", { mode: "watch", watchMs: 7_200_000, afterWatch: "stay" });
    await until("the server shows the mode", 20_000, async () => (await shown()).mode === "watch");
    const known = await shown();
    expect(known.settings).toMatchObject({ watchMs: 7_200_000, afterWatch: "stay" });
    expect(known.learned.map(({ name }) => name)).toEqual(
      expect.arrayContaining(["executable:/bin/busybox=image", "write:/data/kept"]),
    );
    expect(host.command(["profile", "list"]).stdout).toContain("watch");
    run("echo other > /etc/crontab");
    const isOpen = async () => (await shown()).open.some(({ name }) => name === "write:/etc/crontab");
    await until("the server shows what is new", TOLD_MS, isOpen);
    await ask("decisions", { item: "write:/etc/crontab", verdict: "rejected" });
    await until("it is decided", 20_000, async () => !(await isOpen()));
    expect((await shown()).decisions).toMatchObject([
      { name: "write:/etc/crontab", verdict: "rejected", by: expect.stringMatching(/^account:/u) },
    ]);
    const exported = await server.call("GET", `${place()}/export?format=compose&name=shop`);
    expect(exported.json).toMatchObject({
      fileName: "shop.compose.yaml",
      text: expect.stringContaining("cap_drop:"),
    });
    await ask("mode", { mode: "learn", afresh: true });
    await until("it begins afresh", 20_000, async () => (await shown()).learned.length === 0);
    expect((await shown()).decisions).toHaveLength(1);
  });

  it("cannot be changed where the agent says no, and that is said", async () => {
    const asked = await server.call("POST", `${place()}/mode`, { mode: "enforce", reason: "for a test" });
    const command = String(asked.json.commandId);
    await until("it is refused", 20_000, () => {
      const [row] = server.rows("SELECT state, detail FROM agent_commands WHERE id = ?", command);
      return row?.state === "failed" && String(row.detail).includes("expected a profile with programs");
    });
    expect((await shown()).mode).toBe("learn");
  });
});
