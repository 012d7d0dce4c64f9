import { createServer, type Server } from "node:http";
import path from "node:path";
import { AuditLog } from "@pratique/audit";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { ServerClient } from "../server/server-client.ts";
import { shipRecords } from "./record-shipper.ts";

interface Held {
  readonly sequence: number;
}

/** A server that holds what it is sent, and can be made to fail at the worst moment: after it has stored. */
async function startServer(socketPath: string, behaviour: { loseReplies: number }) {
  const held: Held[] = [];
  const server: Server = createServer(async (request, response) => {
    let body = "";
    for await (const chunk of request.setEncoding("utf8")) body += chunk;
    if (request.method === "POST") {
      const { records } = JSON.parse(body);
      for (const record of records) if (record.sequence === held.length + 1) held.push(record);
      if (behaviour.loseReplies > 0) {
        behaviour.loseReplies -= 1;
        response.destroy();
        return;
      }
    }
    response.setHeader("content-type", "application/json");
    response.end(JSON.stringify({ acknowledged: held.length }));
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return { held, close: () => server.close() };
}

it("ships every record once, although replies are lost and the server was down", async () => {
  using directory = tempDirectory();
  const socketPath = path.join(directory.path, "server.sock");
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  const add = () => log.append({ class: "launch", action: "launch.allowed", actor: "gate", data: {} });
  for (let index = 0; index < 1200; index += 1) add();

  const stop = new AbortController();
  let server: Awaited<ReturnType<typeof startServer>> | undefined;
  let waits = 0;
  let errors = 0;
  let shipments = 0;
  await shipRecords({
    log,
    server: new ServerClient({ kind: "socket", path: socketPath }, "0".repeat(32)),
    random: () => 0.5,
    host: "test",
    signal: stop.signal,
    onShipped: () => {
      shipments += 1;
    },
    onError: () => {
      errors += 1;
    },
    sleep: async () => {
      waits += 1;
      if (waits === 2) server = await startServer(socketPath, { loseReplies: 2 });
      if (waits === 6) add();
      if (server?.held.length === 1201) stop.abort();
    },
  });
  server?.close();
  expect(server?.held.map(({ sequence }) => sequence)).toEqual(
    Array.from({ length: 1201 }, (_, index) => index + 1),
  );
  expect(errors).toBeGreaterThan(0);
  expect(shipments).toBeGreaterThan(0);
});

it("collects what nobody waits for as long as the server asks, and sends at once what somebody does", async () => {
  using directory = tempDirectory();
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  const add = (action: string) => log.append({ class: "launch", action, actor: "gate", data: {} });
  add("launch.allowed");
  const stop = new AbortController();
  const sent: { readonly waits: number; readonly last: number }[] = [];
  let waits = 0;
  await shipRecords({
    log,
    server: {
      acknowledged: async () => 0,
      sendRecords: async ({ records }) => {
        const acknowledged = records.at(-1)?.sequence ?? 0;
        sent.push({ waits, last: acknowledged });
        return { acknowledged, collectMs: 4000 };
      },
    },
    random: () => 0.5,
    host: "test",
    signal: stop.signal,
    onShipped: () => undefined,
    onError: () => undefined,
    sleep: async () => {
      waits += 1;
      if (waits === 1 || waits === 4 || waits === 9) add("launch.allowed");
      if (waits === 10) add("launch.denied");
      if (waits === 12) stop.abort();
    },
  });
  expect(sent).toEqual([
    { waits: 0, last: 1 },
    { waits: 8, last: 3 },
    { waits: 10, last: 5 },
  ]);
});

it("ends when it is told to, however much is left to send", async () => {
  using directory = tempDirectory();
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  for (let index = 0; index < 601; index += 1)
    log.append({ class: "launch", action: "launch.denied", actor: "gate", data: {} });
  const stop = new AbortController();
  const acknowledged: number[] = [];
  await shipRecords({
    log,
    server: {
      acknowledged: async () => 0,
      sendRecords: async ({ records }) => {
        stop.abort();
        return { acknowledged: records.at(-1)?.sequence ?? 0, collectMs: 0 };
      },
    },
    random: () => 0.5,
    host: "test",
    signal: stop.signal,
    onShipped: () => undefined,
    onAcknowledged: (sequence) => acknowledged.push(sequence),
    onError: () => undefined,
    sleep: async () => undefined,
  });
  expect(acknowledged).toEqual([200]);
});

/** Ships to a server that holds nothing but a number, until `each` has been called so often as it wants. */
async function shipTo(
  log: AuditLog,
  held: { acknowledged: number; compared?: number; lost?: string },
  each: (waits: number) => boolean,
): Promise<readonly string[]> {
  const stop = new AbortController();
  const errors = new Set<string>();
  let waits = 0;
  await shipRecords({
    log,
    server: {
      acknowledged: async () => held.acknowledged,
      sendRecords: async ({ records }) => {
        const last = records.at(-1)?.sequence ?? 0;
        if (last < held.acknowledged) held.compared = last;
        else if ((records.at(0)?.sequence ?? 0) <= held.acknowledged + 1) held.acknowledged = last;
        return { acknowledged: held.acknowledged, collectMs: 0 };
      },
    },
    random: () => 0.5,
    host: "test",
    signal: stop.signal,
    onShipped: () => undefined,
    onLost: (lost) => {
      held.lost = `${lost.held} of ${lost.acknowledged}`;
    },
    onUnsendable: (why) => errors.add(why),
    onError: () => undefined,
    sleep: async () => {
      waits += 1;
      if (!each(waits)) stop.abort();
    },
  });
  return [...errors];
}

it("sends again what a server has lost, although nothing more happens on the host", async () => {
  using directory = tempDirectory();
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  for (let index = 0; index < 9; index += 1)
    log.append({ class: "launch", action: "launch.allowed", actor: "gate", data: {} });
  const held: { acknowledged: number; lost?: string } = { acknowledged: 0 };
  const seen: number[] = [];
  const errors = await shipTo(log, held, (waits) => {
    seen.push(held.acknowledged);
    // Brought back from a backup.
    if (waits === 2) held.acknowledged = 4;
    return waits < 610;
  });
  expect([seen[0], seen[2], seen.at(-1), errors]).toEqual([9, 4, 9, [""]]);
  expect(held.lost).toBe("4 of 9");
});

it.each([
  [4, "the server holds the record up to 4 and lacks what this host has forgotten up to 6"],
  [
    12,
    "the record of this host ends at 9 and the server holds it up to 12: it was brought back from a backup",
  ],
])("says so where a server that holds %i does not fit a host that has 7 to 9", async (acknowledged, why) => {
  using directory = tempDirectory();
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  for (let index = 0; index < 9; index += 1)
    log.append({ class: "launch", action: "launch.allowed", actor: "gate", data: {} });
  log.forget(6);
  const held: { acknowledged: number; compared?: number } = { acknowledged };
  expect(await shipTo(log, held, () => false)).toEqual([why]);
  // It is for the server to see whether the newest is the same there.
  expect(held.compared).toBe(acknowledged > 9 ? 9 : undefined);
});
