import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { AuditLog } from "@pratique/audit";
import { MiB } from "@pratique/core";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { Fleet, FleetServer, type Machine } from "./agent-harness.ts";
import { until } from "./until.ts";

let fleet: Fleet;
let server: FleetServer;

beforeAll(async () => {
  fleet = new Fleet();
  server = await FleetServer.start(fleet);
});
afterAll(async () => {
  await fleet[Symbol.asyncDispose]();
});

const join = (machine: Machine, token: string, ...more: readonly string[]) =>
  machine.command(["agent", "join", server.agentsUrl, "--token", token, ...more]);

interface HeldRecord {
  readonly sequence: number;
  readonly hash: string;
}

function recordsOf(machine: Machine): readonly HeldRecord[] {
  using log = new AuditLog({ directory: machine.data("audit"), now: () => new Date() });
  const records: HeldRecord[] = [];
  for (;;) {
    const page = log.read({ after: records.length, limit: 5000 });
    if (page.length === 0) return records;
    records.push(...page.map(({ sequence, hash }) => ({ sequence, hash })));
  }
}

function shippedOf(machine: Machine): readonly HeldRecord[] {
  using log = new AuditLog({ directory: machine.data("audit"), now: () => new Date() });
  return server
    .rows("SELECT sequence, hash FROM records WHERE log_id = ? ORDER BY sequence", log.logId)
    .map(({ sequence, hash }) => ({ sequence: Number(sequence), hash: String(hash) }));
}

function append(machine: Machine, count: number): void {
  using log = new AuditLog({ directory: machine.data("audit"), now: () => new Date() });
  for (let index = 0; index < count; index += 1) {
    log.append({ class: "launch", action: "launch.test", actor: "test", data: { index } });
  }
}

/** Gives all that fitted. */
function appendUntilFull(machine: Machine, maxBytes: number): readonly HeldRecord[] {
  using log = new AuditLog({ directory: machine.data("audit"), now: () => new Date(), maxBytes });
  const data = { text: "x".repeat(1000) };
  const isFull = expect.objectContaining({ code: "DISK_FULL" });
  expect(() => {
    for (;;) log.append({ class: "launch", action: "launch.test", actor: "test", data });
  }).toThrow(isFull);
  return recordsOf(machine);
}

/** Stops the agents' own records by waiting until nothing is missing at the server. */
const allShipped = (machine: Machine) =>
  until(`all records of ${machine.name} are with the server`, 60_000, () => {
    const own = recordsOf(machine);
    return shippedOf(machine).length >= own.length;
  });

describe("joining", () => {
  let machine: Machine;
  beforeAll(() => {
    machine = fleet.machine("joining");
  });

  it("is refused with a wrong token, a wrong fingerprint, an expired token, and under another name", () => {
    const good = server.token();
    const [secret = "", fingerprint = ""] = [good.slice(5, 48), good.slice(49)];
    const wrong = "A".repeat(43);
    expect(join(machine, `prqj_${wrong}_${fingerprint}`)).toMatchObject({ code: 1 });
    expect(join(machine, `prqj_${secret}_${wrong}`).stderr).toContain("fingerprint");
    expect(join(machine, secret, "--ca-fingerprint", `sha256:${"0".repeat(64)}`).stderr).toContain(
      "fingerprint",
    );
    expect(join(machine, secret).stderr).toContain("prqj_");
    const named = server.token(["--host", "another"]);
    expect(join(machine, named).stderr).toMatch(
      /does not let "joining" join: .* for another host.*, for a host of this name$/mu,
    );
    const old = server.token(["--minutes", "1"]);
    server.run("UPDATE join_tokens SET expires_at = '2020-01-01T00:00:00.000Z' WHERE expires_at < ?", soon());
    expect(join(machine, old).stderr).toContain("expired");
    expect(server.identity("joining")).toBeUndefined();
  });

  it("happens once with a token, with the fingerprint beside it too", () => {
    const token = server.token(["--label", "env=test"]);
    const hex = Buffer.from(token.slice(49), "base64url").toString("hex");
    expect(join(machine, token.slice(5, 48), "--ca-fingerprint", `sha256:${hex}`)).toMatchObject({ code: 0 });
    expect(server.identity("joining")).toMatchObject({ state: "valid" });
    const other = fleet.machine("second");
    expect(join(other, token).stderr).toContain("used");
    expect(join(machine, server.token())).toMatchObject({ code: 1 });
    expect(join(machine, server.token(["--host", "joining"]), "--force")).toMatchObject({ code: 0 });
  });
});

const soon = () => new Date(Date.now() + 120_000).toISOString();

describe("two agents of one server", () => {
  let one: Machine;
  let two: Machine;
  beforeAll(async () => {
    [one, two] = [fleet.machine("one"), fleet.machine("two")];
    for (const machine of [one, two]) {
      await server.join(machine);
      await machine.start("agent");
    }
  });

  it("are both heard", async () => {
    await until("both report", 10_000, () =>
      ["one", "two"].every((name) => String(server.identity(name)?.heard ?? "") !== ""),
    );
    const status = one.command(["agent", "status", "--json"]);
    expect(JSON.parse(status.stdout)).toMatchObject({ running: true, host: "one", server: server.agentsUrl });
  });

  it("lose no record, and none is counted twice, while the server is killed again and again", async () => {
    for (let round = 0; round < 4; round += 1) {
      append(one, 400);
      append(two, 400);
      await until("some have come", 20_000, () => shippedOf(one).length > round * 400);
      await server.machine.signal("server", "SIGKILL");
      append(one, 100);
      await server.machine.start("server");
    }
    for (const machine of [one, two]) {
      await allShipped(machine);
      const own = recordsOf(machine);
      expect(shippedOf(machine).slice(0, own.length)).toEqual(own.slice(0, shippedOf(machine).length));
      expect(shippedOf(machine).length).toBeGreaterThanOrEqual(1600);
    }
  });

  it("lose no record while the agent is killed again and again, which is no clone", async () => {
    for (let round = 0; round < 4; round += 1) {
      append(one, 400);
      await one.signal("agent", "SIGKILL");
      await one.start("agent");
    }
    await allShipped(one);
    const own = recordsOf(one);
    expect(shippedOf(one).slice(0, own.length)).toEqual(own.slice(0, shippedOf(one).length));
    expect(server.identity("one")).toMatchObject({ state: "valid" });
  });

  it("go on alone while the server does not answer, and catch up", async () => {
    const isWell = () => two.command(["agent", "status"]).code === 0;
    await until("the agent is well", 30_000, isWell);
    await server.machine.signal("server", "SIGSTOP");
    append(two, 300);
    await until("the agent says so", 60_000, () => {
      const { stdout } = two.command(["agent", "status", "--json"]);
      return String(JSON.parse(stdout).problem) !== "";
    });
    expect(two.command(["agent", "status"]).code).toBe(3);
    await server.machine.signal("server", "SIGCONT");
    await allShipped(two);
    await until("the agent is well again", 30_000, isWell);
    expect(server.identity("two")).toMatchObject({ state: "valid" });
  });

  it("keep the record within its bound: what the server has goes, what it has not stays", async () => {
    const full = fleet.machine("full", { PRATIQUE_SPOOL_LIMIT_MIB: "1" });
    await server.join(full);
    await server.machine.signal("server", "SIGSTOP");
    const held = appendUntilFull(full, MiB);
    await full.start("agent");
    expect(full.command(["agent", "status"])).toMatchObject({ code: 3 });
    expect(full.command(["agent", "status"]).stdout).toContain(
      "when the record is full, launches are refused",
    );
    expect(full.command(["doctor"]).stdout).toMatch(/fail {2}server .*is nearly full/u);
    await server.machine.signal("server", "SIGCONT");
    await until("the server has what it had not", 60_000, () => shippedOf(full).length >= held.length);
    const verified = () => full.command(["audit", "verify"]);
    await until("the record has room again", 60_000, () =>
      /The first \d+ of them are no longer here: the server keeps them/u.test(verified().stdout),
    );
    expect(verified().code).toBe(0);
    expect(full.command(["agent", "status"]).code).toBe(0);
    expect(shippedOf(full).slice(0, held.length)).toEqual(held);
    append(full, 50);
    await until(
      "what came since is with the server",
      60_000,
      () => shippedOf(full).length >= held.length + 50,
    );
    await full.signal("agent", "SIGTERM");
  });

  it("are cut off within two seconds when they are revoked, the other not", async () => {
    const reply = await server.call("POST", "/api/v1/hosts/two/revoke", { reason: "stolen" });
    expect(reply.status).toBe(204);
    const took = await until("the agent hears it", 10_000, () =>
      two.said.includes("does not hear this host"),
    );
    console.info(`revocation was felt by the agent after ${Math.round(took)} ms`);
    expect(took).toBeLessThan(2000);
    const before = shippedOf(two).length;
    append(two, 10);
    append(one, 10);
    await allShipped(one);
    expect(shippedOf(two).length).toBe(before);
  });
});

it("notices that a key was copied, and goes on hearing both", async () => {
  const [original, copy] = [fleet.machine("original"), fleet.machine("copy")];
  await server.join(original);
  cpSync(original.data("agent"), copy.data("agent"), { recursive: true });
  await original.start("agent");
  await until("the first is heard", 10_000, () => String(server.identity("original")?.heard ?? "") !== "");
  await original.signal("agent", "SIGTERM");
  await original.start("agent");
  expect(server.identity("original")).toMatchObject({ state: "valid" });
  await copy.start("agent");
  const took = await until("it is noticed", 40_000, () => server.identity("original")?.state === "cloned");
  console.info(`a copied key was noticed after ${Math.round(took)} ms`);
  append(original, 5);
  await allShipped(original);
});

describe.skipIf(process.getuid?.() !== 0)("a host whose disk is full", () => {
  let machine: Machine;
  beforeAll(() => {
    machine = fleet.machine("small");
    mkdirSync(machine.data(), { recursive: true });
    const mounted = spawnSync("mount", ["-t", "tmpfs", "-o", "size=32m", "none", machine.data()]);
    expect(mounted.status).toBe(0);
  });
  afterAll(async () => {
    await machine.end();
    spawnSync("umount", ["-l", machine.data()]);
  });

  it("says so, goes on with what was in force, and takes the rest when there is room", async () => {
    await server.join(machine);
    await machine.start("agent");
    const state = () => readFileSync(machine.data("gate", "state.json"), "utf8");
    const before = state();
    const gate = machine.processes("gate-process");
    fill(machine.data("filler"));
    const text =
      'apiVersion: pratique/v1\nkind: Policy\nmetadata: { name: later }\nspec:\n  rules:\n    - { name: r, deny: "false", message: m, value: "x", fix: f }\n';
    const put = await server.call(
      "PUT",
      "/api/v1/policies/later",
      { text, scope: {}, enabled: true },
      {
        "if-none-match": "*",
      },
    );
    expect(put.status).toBe(200);
    await until("the status names it", 20_000, () =>
      /no space left/u.test(machine.command(["agent", "status"]).stdout),
    );
    expect(machine.command(["agent", "status"]).code).toBe(3);
    expect([state(), machine.processes("gate-process")]).toEqual([before, gate]);
    rmSync(machine.data("filler"));
    await until("the policy is in force", 30_000, () => state().includes("later"));
    await until("all is well", 30_000, () => machine.command(["agent", "status"]).code === 0);
  });

  function fill(file: string): void {
    for (const size of [1_048_576, 4096, 1]) {
      try {
        for (;;) writeFileSync(file, Buffer.alloc(size), { flag: "a" });
      } catch {
        // Smaller pieces still find room.
      }
    }
  }
});

describe("certificates that live shortly", () => {
  let short: FleetServer;
  let shortFleet: Fleet;
  beforeAll(async () => {
    shortFleet = new Fleet();
    // Nine seconds.
    short = await FleetServer.start(shortFleet, { PRATIQUE_AGENT_CERTIFICATE_HOURS: "0.0025" });
  });
  afterAll(async () => {
    await shortFleet[Symbol.asyncDispose]();
  });

  it("are renewed while the agent runs, and let in nobody when they have expired", async () => {
    const machine = shortFleet.machine("short");
    await short.join(machine);
    const first = short.identity("short")?.serial;
    await machine.start("agent");
    await until("a second certificate", 20_000, () => short.identity("short")?.serial !== first);
    const second = short.identity("short")?.serial;
    await until("a third certificate", 20_000, () => short.identity("short")?.serial !== second);
    expect(JSON.parse(machine.command(["agent", "status", "--json"]).stdout)).toMatchObject({ problem: "" });
    expect(short.identity("short")).toMatchObject({ state: "valid" });
    await machine.signal("agent", "SIGTERM");
    const { expiresAt } = JSON.parse(machine.command(["agent", "status", "--json"]).stdout).joined;
    await until("it has expired", 20_000, () => Date.now() > Date.parse(expiresAt) + 1000);
    await machine.start("agent");
    await until("it says so", 10_000, () => machine.said.includes("does not hear this host"));
    await short.join(shortFleet.machine("short2"));
  });
});
