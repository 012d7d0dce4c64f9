import { once } from "node:events";
import { connect } from "node:net";
import { listAuditEntries, listLaunches } from "@pratique/api";
import { type NatsServer, natsUnavailable, startNats } from "@pratique/testkit";
import { describe, expect, it, vi } from "vitest";
import { chainOf, launchData } from "../testdata/samples.ts";
import { testServer } from "../testdata/test-server.ts";

const unavailable = natsUnavailable();
const WAIT = { timeout: 15_000, interval: 50 };

describe.skipIf(unavailable !== undefined)(`records over NATS ${unavailable ?? ""}`, () => {
  it("acknowledges what NATS has, shows what the store has, and says when neither can", async () => {
    await using nats = await startNats();
    await using server = await testServer({ bus: { nats: { servers: [nats.url], timeoutMs: 1000 } } });
    const headers = { cookie: await server.signIn() };
    const all = chainOf(["one:1", "two:2", "three:3"].map((image) => launchData(image)));
    const send = (from: number, to: number) =>
      server.agent("/agent/v1/records", {
        method: "POST",
        body: { logId: "log-1", host: "web-1", records: all.slice(from, to) },
      });
    const shown = async () =>
      listLaunches.reply.parse((await server.call("/api/v1/launches", { headers })).json).total;

    expect((await send(0, 1)).json).toEqual({ acknowledged: 1 });
    await vi.waitFor(async () => expect(await shown()).toBe(1), WAIT);
    expect(await send(2, 3)).toMatchObject({ status: 409, json: { code: "RECORDS_GAP", acknowledged: 1 } });

    await nats.kill();
    expect(await send(1, 2)).toMatchObject({ status: 503, json: { code: "STORE_UNAVAILABLE" } });
    await nats.start();
    await vi.waitFor(async () => expect((await send(1, 3)).json).toEqual({ acknowledged: 3 }), WAIT);
    await vi.waitFor(async () => expect(await shown()).toBe(3), WAIT);
    const reply = await server.agent("/agent/v1/acknowledged?logId=log-1");
    expect(reply.json).toEqual({ acknowledged: 3 });
  });

  it("says in the audit log, and to people, which records were set aside", async () => {
    await using nats = await startNats();
    await using server = await testServer({ bus: { nats: { servers: [nats.url] } } });
    const headers = { cookie: await server.signIn() };
    const records = chainOf([launchData("one:1")]);
    const batch = { logId: "log-1", host: "web-1", records };
    const forked = records.map((record) => ({ ...record, hash: "f".repeat(64) }));
    const reply = await server.agent("/agent/v1/records", { method: "POST", body: batch });
    expect(reply.json).toEqual({ acknowledged: 1 });
    await putInto(nats, "records.log-1", JSON.stringify({ ...batch, records: forked }));
    await putInto(nats, "records.log-2", "{");
    const found = async () => {
      const { json } = await server.call("/api/v1/audit?text=records.set-aside", { headers });
      return listAuditEntries.reply.parse(json).items.map(({ subject, data }) => ({ subject, data }));
    };
    await vi.waitFor(async () => expect(await found()).toHaveLength(2), WAIT);
    expect(await found()).toEqual(
      expect.arrayContaining([
        {
          subject: { kind: "record", id: "log-1" },
          data: {
            reason: "it contradicts the records that are held",
            messages: 1,
            host: "web-1",
            from: 1,
            to: 1,
          },
        },
        {
          subject: { kind: "record", id: "log-2" },
          data: { reason: "it is no batch of records", messages: 1 },
        },
      ]),
    );
  });

  it("does not start without the NATS that it is told of", async () => {
    await expect(testServer({ bus: { nats: { servers: ["nats://127.0.0.1:1"] } } })).rejects.toMatchObject({
      code: "BUS_UNAVAILABLE",
    });
  });
});

/** Puts a message into NATS past the bus. */
async function putInto({ url }: NatsServer, subject: string, text: string): Promise<void> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.write(
    `CONNECT {"verbose":false}\r\nPUB ${subject} ${Buffer.byteLength(text)}\r\n${text}\r\nPING\r\n`,
  );
  let heard = "";
  while (!heard.includes("PONG")) heard += String((await once(socket, "data"))[0]);
  socket.destroy();
}
