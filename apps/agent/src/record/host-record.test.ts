import type { AuditRecord } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { HostRecord } from "./host-record.ts";
import type { ShipperOptions } from "./record-shipper.ts";

const KIB = 1024;

function start(directory: string, limitBytes = 2048 * KIB) {
  const warnings: string[] = [];
  let changes = 0;
  const clock = { elapsedMs: 0 };
  const record = new HostRecord({
    directory,
    evidenceDirectory: `${directory}/evidence`,
    hostName: "host",
    limitBytes,
    now: () => new Date(1e12),
    elapsedMs: () => clock.elapsedMs,
    onChanged: () => {
      changes += 1;
    },
    log: { info: () => undefined, warn: (_, message) => void warnings.push(message) },
  });
  return { record, warnings, clock, changes: () => changes };
}

/** A server that takes up to a number of records, and says then that it has `holds`. */
function serverOf({
  takes = Number.POSITIVE_INFINITY,
  holds = 0,
}): ShipperOptions["server"] & { sent: AuditRecord[] } {
  const sent: AuditRecord[] = [];
  const acknowledged = () => Math.min(Math.max(holds, sent.length), takes);
  return {
    sent,
    acknowledged: async () => acknowledged(),
    sendRecords: async ({ records }) => {
      sent.push(...records.slice(0, takes - sent.length));
      return { acknowledged: acknowledged(), collectMs: 0 };
    },
  };
}

/** Sends on until nothing more is to be sent. */
async function ship(record: HostRecord, server: ShipperOptions["server"]): Promise<void> {
  const end = new AbortController();
  await record.ship({
    server,
    signal: end.signal,
    sleep: async () => end.abort(),
    random: () => 0,
    onError: () => undefined,
  });
}

it("says how much waits for the server, until it has all", async () => {
  using directory = tempDirectory();
  using host = start(directory.path).record;
  const server = serverOf({});
  expect(host.state.waiting).toBeUndefined();
  host.add("agent", "agent.started", {});
  await ship(host, server);
  expect(host.state).toMatchObject({ waiting: 0, problem: "", unsendable: "" });
  host.add("agent", "agent.stopped", {});
  expect(host.state.waiting).toBe(1);
  await host.shipRest(server);
  expect(server.sent.map(({ action }) => action)).toEqual(["agent.started", "agent.stopped"]);
});

it("asks for a new status when the server has more of it, or cannot be sent it", async () => {
  using directory = tempDirectory();
  const { record, changes } = start(directory.path);
  using host = record;
  host.add("agent", "agent.tested", {});
  await ship(host, serverOf({}));
  expect(changes()).toBe(1);
  await ship(host, serverOf({ holds: 9 }));
  expect([host.state.unsendable, changes()]).toEqual([expect.stringContaining("backup"), 2]);
  await ship(host, serverOf({ takes: 0 }));
  expect([host.state.unsendable, changes()]).toEqual([expect.stringContaining("record 1"), 3]);
});

it("tells in its state what could not be recorded, and goes on when there is room", async () => {
  using directory = tempDirectory();
  const { record, warnings, changes } = start(directory.path, 256 * KIB);
  using host = record;
  for (let number = 0; host.state.problem === "" && number < 1000; number += 1) {
    host.add("agent", "agent.tested", { text: "x".repeat(4 * KIB) });
  }
  expect(host.state.problem).toContain("full");
  expect(changes()).toBeGreaterThan(0);
  expect(warnings).toContain("an event could not be recorded");
  await ship(host, serverOf({}));
  expect(host.state.waiting).toBe(0);
});

it("makes room by what the server has, and by nothing else", async () => {
  using directory = tempDirectory();
  const { record, warnings, clock } = start(directory.path, 512 * KIB);
  using host = record;
  const fill = () => {
    for (let number = 0; number < 25; number += 1) {
      host.add("agent", "agent.tested", { text: "x".repeat(16 * KIB) });
    }
  };
  fill();
  clock.elapsedMs += 60_000;
  expect(host.state.isNearlyFull).toBe(true);
  expect([host.log.forgotten(), warnings]).toEqual([0, ["the record waits for a server that is away"]]);
  await ship(host, serverOf({}));
  clock.elapsedMs += 60_000;
  expect(host.state.isNearlyFull).toBe(false);
  expect(host.log.forgotten()).toBeGreaterThan(0);
  expect(host.log.readNewest(1).map(({ action }) => action)).toEqual(["record.shortened"]);
});
