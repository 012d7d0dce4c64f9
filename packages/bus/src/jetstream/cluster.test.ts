import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import { type NatsServer, natsUnavailable, startNatsCluster, tempDirectory } from "@pratique/testkit";
import { describe, expect, it, vi } from "vitest";
import { JetStreamBus } from "../index.ts";
import { chain, hashOf } from "../testdata/chain.ts";
import { RecordTable } from "../testdata/record-table.ts";

const unavailable = natsUnavailable();
/** Members agree on another leader within some ten seconds. */
const ELECTED = { timeout: 40_000, interval: 100 };

describe.skipIf(unavailable !== undefined)(`records on three members of a NATS ${unavailable ?? ""}`, () => {
  it("outlive each member, and are not acknowledged by one alone", { timeout: 120_000 }, async () => {
    await using cleanUp = new AsyncDisposableStack();
    const members = await startNatsCluster(3);
    for (const member of members) cleanUp.use(member);
    const table = cleanUp.use(new RecordTable(cleanUp.use(tempDirectory()).at("table.sqlite")));
    const settings = { servers: members.map(({ url }) => url), replicas: 3, timeoutMs: 2000 };
    const open = async () =>
      await JetStreamBus.open({
        settings,
        headInStore: async (logId) => table.head(logId),
        elapsedMs: () => performance.now(),
        onTrouble: () => undefined,
        onSetAside: async () => expect.unreachable("nothing is to be set aside"),
        retryMs: 1,
      });
    const bus = cleanUp.use(await vi.waitFor(open, ELECTED));
    const ended = new AbortController();
    const consuming = bus.consume(async (batch) => table.append(batch), ended.signal);
    cleanUp.defer(async () => {
      ended.abort();
      await consuming;
    });
    let sent = 0;
    const send = async () => {
      const answer = await bus.publish({ logId: "log-1", host: "web-1", records: chain(sent + 1, sent + 1) });
      expect(answer).toEqual({ kind: "stored", acknowledged: sent + 1 });
      sent += 1;
    };
    const sendSoon = () => vi.waitFor(send, ELECTED);
    const arrived = () => vi.waitFor(() => expect(table.head("log-1")?.acknowledged).toBe(sent), ELECTED);
    const leaderOf = async (alive: readonly NatsServer[]) => {
      const connection = await connect({ servers: alive.map(({ url }) => url) });
      const { cluster } = await (await jetstreamManager(connection)).streams.info("pratique-records");
      await connection.close();
      const leader = alive.find(({ name }) => name === cluster?.leader);
      if (leader === undefined) throw new Error("nobody leads");
      return leader;
    };

    for (let count = 0; count < 20; count += 1) await send();
    const first = await leaderOf(members);
    await first.kill();
    await sendSoon();
    for (let count = 0; count < 20; count += 1) await sendSoon();
    await arrived();

    const rest = members.filter((member) => member !== first);
    const second = await vi.waitFor(() => leaderOf(rest), ELECTED);
    await second.kill();
    await expect(send()).rejects.toMatchObject({ code: "BUS_UNAVAILABLE" });
    await first.start();
    await sendSoon();
    await second.start();
    for (let count = 0; count < 20; count += 1) await sendSoon();
    await arrived();
    expect(table.hashes("log-1")).toEqual(chain(1, sent).map(({ hash }) => hash));
    expect(await bus.head("log-1")).toMatchObject({ acknowledged: sent, lastHash: hashOf(sent) });
  });
});
