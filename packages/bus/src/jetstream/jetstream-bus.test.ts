import { spawn } from "node:child_process";
import { once } from "node:events";
import { createServer, connect as openSocket, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { jetstreamManager } from "@nats-io/jetstream";
import { connect } from "@nats-io/transport-node";
import {
  type NatsServer,
  natsUnavailable,
  startNats,
  type TempDirectory,
  tempDirectory,
} from "@pratique/testkit";
import { afterEach, beforeEach, describe, expect, it, vi } from "vitest";
import {
  BusError,
  type BusTrouble,
  JetStreamBus,
  type JetStreamBusOptions,
  type RecordBatch,
  type RecordHandler,
  type RecordsSetAside,
} from "../index.ts";
import { chain, hashOf } from "../testdata/chain.ts";
import { RecordTable } from "../testdata/record-table.ts";

const unavailable = natsUnavailable();
const WAIT = { timeout: 15_000, interval: 20 };

describe.skipIf(unavailable !== undefined)(`records over a real NATS ${unavailable ?? ""}`, () => {
  let nats: NatsServer;
  let directory: TempDirectory;
  let table: RecordTable;
  let troubles: BusTrouble[];
  let setAside: RecordsSetAside[];
  let cleanUp: AsyncDisposableStack;
  /** By how much the clock of the bus is ahead, in milliseconds. */
  let aheadMs: number;

  beforeEach(async () => {
    cleanUp = new AsyncDisposableStack();
    nats = cleanUp.use(await startNats());
    directory = cleanUp.use(tempDirectory());
    table = cleanUp.use(new RecordTable(directory.at("table.sqlite")));
    [troubles, setAside, aheadMs] = [[], [], 0];
  });
  afterEach(() => cleanUp.disposeAsync());

  async function openBus(more: Partial<JetStreamBusOptions> = {}): Promise<JetStreamBus> {
    return cleanUp.use(
      await JetStreamBus.open({
        settings: { servers: [nats.url] },
        headInStore: async (logId) => table.head(logId),
        elapsedMs: () => performance.now() + aheadMs,
        onTrouble: (trouble) => void troubles.push(trouble),
        onSetAside: async (records) => void setAside.push(records),
        retryMs: 1,
        ...more,
      }),
    );
  }

  function consume(
    bus: JetStreamBus,
    handler: RecordHandler = async (batch) => table.append(batch),
  ): AbortController {
    const ended = new AbortController();
    const consuming = bus.consume(handler, ended.signal);
    cleanUp.defer(async () => {
      ended.abort();
      await consuming;
    });
    return ended;
  }

  const batch = (records: RecordBatch["records"], logId = "log-1"): RecordBatch => ({
    logId,
    host: "web-1",
    records,
  });
  /** The batches whose copies were kept. */
  async function refused(logId: string): Promise<readonly RecordBatch[]> {
    const connection = await connect({ servers: nats.url });
    cleanUp.defer(() => connection.close());
    const manager = await jetstreamManager(connection);
    const kept: RecordBatch[] = [];
    for (let seq = 1; ; seq += 1) {
      const message = await manager.streams.getMessage("pratique-records-refused", { seq });
      if (message === null) return kept;
      if (message.subject === `records-refused.${logId}`) kept.push(message.json());
    }
  }
  const arrives = (count: number, logId = "log-1") =>
    vi.waitFor(() => {
      expect(table.hashes(logId)).toEqual(chain(1, count).map(({ hash }) => hash));
    }, WAIT);

  it("acknowledges as the store does, before the store has anything", async () => {
    const bus = await openBus();
    expect(await bus.head("log-1")).toBeUndefined();
    expect(await bus.publish(batch(chain(1, 3)))).toEqual({ kind: "stored", acknowledged: 3 });
    expect(await bus.publish(batch(chain(2, 5)))).toEqual({ kind: "stored", acknowledged: 5 });
    expect(await bus.publish(batch(chain(1, 5)))).toEqual({ kind: "stored", acknowledged: 5 });
    expect(await bus.publish(batch(chain(7, 8)))).toEqual({ kind: "gap", acknowledged: 5 });
    expect(await bus.publish(batch(chain(6, 8, "other")))).toEqual({ kind: "forked", acknowledged: 5 });
    expect(await bus.publish(batch(chain(1, 2)))).toEqual({ kind: "stored", acknowledged: 5 });
    expect(await bus.publish(batch(chain(1, 2, "other")))).toEqual({ kind: "forked", acknowledged: 5 });
    expect(await bus.head("log-1")).toEqual({ acknowledged: 5, lastHash: hashOf(5), host: "web-1" });
    expect(await bus.lag()).toBe(2);
    expect(table.hashes("log-1")).toEqual([]);
    consume(bus);
    await arrives(5);
    await vi.waitFor(async () => expect(await bus.lag()).toBe(0), WAIT);
  });

  it("goes on from what the store holds where the bus is new", async () => {
    table.append(batch(chain(1, 4)));
    const bus = await openBus();
    expect(await bus.head("log-1")).toMatchObject({ acknowledged: 4 });
    expect(await bus.publish(batch(chain(6, 7)))).toEqual({ kind: "gap", acknowledged: 4 });
    expect(await bus.publish(batch(chain(5, 5, "other")))).toEqual({ kind: "forked", acknowledged: 4 });
    expect(await bus.publish(batch(chain(5, 7)))).toEqual({ kind: "stored", acknowledged: 7 });
  });

  it("lets two servers write one log, and neither of them fork it", async () => {
    const [left, right] = [await openBus(), await openBus()];
    for (let from = 1; from < 40; from += 4) {
      // Each sends the same, and one of them an other branch.
      const answers = await Promise.all([
        left.publish(batch(chain(from, from + 3))),
        right.publish(batch(chain(from, from + 3))),
        right.publish(batch(chain(from + 4, from + 6, "other"))),
      ]);
      expect(answers.map(({ kind }) => kind)).toEqual(["stored", "stored", "forked"]);
    }
    const forks = await Promise.all([
      left.publish(batch(chain(1, 3, "left"), "log-2")),
      right.publish(batch(chain(1, 3, "right"), "log-2")),
    ]);
    expect(forks.map(({ kind }) => kind).sort()).toEqual(["forked", "stored"]);
    consume(left);
    consume(right);
    await arrives(40);
    await vi.waitFor(() => expect(table.hashes("log-2")).toHaveLength(3), WAIT);
    expect(troubles).toEqual([]);
  });

  it("keeps everything while nobody takes it in, and gives it in order to several", async () => {
    const bus = await openBus();
    for (let at = 1; at <= 300; at += 1) await bus.publish(batch(chain(at, at), "long"));
    for (let at = 1; at <= 60; at += 1) {
      for (const log of ["a", "b", "c"]) await bus.publish(batch(chain(at, at), log));
    }
    let handled = 0;
    const count: RecordHandler = async (each) => {
      handled += 1;
      return table.append(each);
    };
    consume(bus, count);
    consume(await openBus(), count);
    for (const log of ["a", "b", "c"]) await arrives(60, log);
    await arrives(300, "long");
    // They wait for each other where one has what the other needs, and are not asked again and again for all of it.
    expect(handled).toBeLessThan(2 * 480);
    expect(troubles).toEqual([]);
  }, 60_000);

  it("loses nothing that it acknowledged when NATS is killed again and again", async () => {
    const bus = await openBus({ settings: { servers: [nats.url], timeoutMs: 1000 } });
    consume(bus);
    let acknowledged = 0;
    let sending = true;
    const sends = (async () => {
      while (sending || acknowledged < 40) {
        try {
          const answer = await bus.publish(batch(chain(acknowledged + 1, acknowledged + 3)));
          acknowledged = answer.acknowledged;
        } catch (thrown) {
          if (!(thrown instanceof BusError) || thrown.code !== "BUS_UNAVAILABLE") throw thrown;
          acknowledged = await bus.head("log-1").then(
            (head) => head?.acknowledged ?? 0,
            () => acknowledged,
          );
        }
      }
    })();
    for (let round = 0; round < 3; round += 1) {
      const before = acknowledged;
      await vi.waitFor(() => expect(acknowledged).toBeGreaterThan(before + 9), WAIT);
      await nats.kill();
      await nats.start();
    }
    sending = false;
    await sends;
    await arrives(acknowledged);
  });

  it("loses nothing when the consumer is killed again and again", async () => {
    const bus = await openBus({ settings: { servers: [nats.url], ackWaitMs: 1000 } });
    const program = fileURLToPath(new URL("../testdata/consume-until-killed.ts", import.meta.url));
    let published = 0;
    for (let round = 0; round < 3; round += 1) {
      const child = spawn(process.execPath, [program, nats.url, directory.at("table.sqlite")], {
        stdio: ["ignore", "pipe", "inherit"],
      });
      const closed = once(child, "close");
      await once(child.stdout, "data");
      const had = table.hashes("log-1").length;
      for (const until = published + 50; published < until; published += 1) {
        await bus.publish(batch(chain(published + 1, published + 1)));
      }
      await vi.waitFor(() => expect(table.hashes("log-1").length).toBeGreaterThan(had + 5), WAIT);
      child.kill("SIGKILL");
      await closed;
    }
    consume(bus);
    // What was in the killed one's hands comes again when its time to finish is over.
    await arrives(150);
  }, 80_000);

  it("asks for what NATS has lost with its disk", async () => {
    const bus = await openBus();
    const consuming = consume(bus);
    await bus.publish(batch(chain(1, 4)));
    await arrives(4);
    consuming.abort();
    await bus.publish(batch(chain(5, 9)));
    await nats.kill();
    await nats.start({ empty: true });
    consume(bus);
    await vi.waitFor(async () => {
      expect(await bus.publish(batch(chain(10, 11)))).toEqual({ kind: "gap", acknowledged: 4 });
    }, WAIT);
    expect(await bus.publish(batch(chain(5, 11)))).toEqual({ kind: "stored", acknowledged: 11 });
    await arrives(11);
  });

  it("asks again for what the store has lost", async () => {
    const bus = await openBus({ gapPatienceMs: 300 });
    consume(bus);
    for (let at = 1; at <= 6; at += 1) await bus.publish(batch(chain(at, at)));
    await arrives(6);
    table.forgetAfter("log-1", 2);
    expect(await bus.publish(batch(chain(7, 7)))).toEqual({ kind: "stored", acknowledged: 7 });
    await vi.waitFor(() => {
      expect(setAside).toMatchObject([
        { logId: "log-1", reason: "records before it are missing", records: { from: 3, to: 7 }, messages: 5 },
      ]);
    }, WAIT);
    expect(await bus.publish(batch(chain(8, 8)))).toEqual({ kind: "gap", acknowledged: 2 });
    expect(await bus.publish(batch(chain(3, 8)))).toEqual({ kind: "stored", acknowledged: 8 });
    await arrives(8);
  });

  it("asks seldom for many logs that miss records, and gives each of them up in its time", async () => {
    const logs = Array.from({ length: 100 }, (_, at) => `log-${at}`);
    const bus = await openBus({ gapPatienceMs: 3000 });
    for (const log of logs) {
      table.append(batch(chain(1, 3), log));
      for (const at of [4, 5]) await bus.publish(batch(chain(at, at), log));
      table.forgetAfter(log, 1);
    }
    let handled = 0;
    consume(bus, async (each) => {
      handled += 1;
      return table.append(each);
    });
    await bus.publish(batch(chain(1, 2), "whole"));
    await arrives(2, "whole");
    await vi.waitFor(() => expect(setAside).toHaveLength(logs.length), WAIT);
    expect(new Set(setAside.map(({ logId }) => logId))).toEqual(new Set(logs));
    for (const { records } of setAside) expect(records).toEqual({ host: "web-1", from: 4, to: 5 });
    expect(handled).toBeLessThan(15 * logs.length);
    for (const log of logs) expect(await bus.head(log)).toMatchObject({ acknowledged: 1 });
    expect(await bus.publish(batch(chain(2, 6), "log-7"))).toEqual({ kind: "stored", acknowledged: 6 });
    await arrives(6, "log-7");
  }, 60_000);

  it("goes on soon after a server that died with the earlier part of a log has had its time", async () => {
    const settings = { servers: [nats.url], ackWaitMs: 1000 };
    const dying = await openBus({ settings });
    const taken = Promise.withResolvers<void>();
    const never = Promise.withResolvers<never>();
    consume(dying, async () => {
      taken.resolve();
      return never.promise;
    });
    cleanUp.defer(() => never.reject(new Error("it has died")));
    await dying.publish(batch(chain(1, 1)));
    await taken.promise;
    await dying[Symbol.asyncDispose]();
    const bus = await openBus({ settings });
    for (let at = 2; at <= 50; at += 1) await bus.publish(batch(chain(at, at)));
    consume(bus);
    await arrives(50);
    expect(setAside).toEqual([]);
  }, 60_000);

  it("says what is missing of a log of which nothing more comes", async () => {
    const bus = await openBus();
    const consuming = consume(bus);
    for (let at = 1; at <= 6; at += 1) await bus.publish(batch(chain(at, at)));
    await arrives(6);
    await vi.waitFor(async () => expect(await bus.lag()).toBe(0), WAIT);
    table.forgetAfter("log-1", 2);
    expect(await bus.head("log-1")).toMatchObject({ acknowledged: 2, lastHash: hashOf(2) });
    expect(await bus.publish(batch(chain(3, 6)))).toEqual({ kind: "stored", acknowledged: 6 });
    await arrives(6);
    consuming.abort();
    await bus.publish(batch(chain(7, 9)));
    expect(await bus.head("log-1")).toMatchObject({ acknowledged: 9 });
    await nats.kill();
    await nats.start({ empty: true });
    consume(bus);
    await vi.waitFor(async () => expect(await bus.head("log-1")).toMatchObject({ acknowledged: 6 }), WAIT);
  });

  it("keeps what follows a batch that is set aside, says which records, and asks for them again", async () => {
    let deaf = true;
    const bus = await openBus({
      settings: { servers: [nats.url], ackWaitMs: 500 },
      onSetAside: async (records) => {
        if (deaf) throw new Error("it cannot be recorded");
        setAside.push(records);
      },
    });
    let failing = true;
    const consuming = consume(bus, async (each) => {
      if (failing && each.logId === "bad" && each.records[0]?.sequence === 3)
        throw new Error("it cannot be read");
      return table.append(each);
    });
    for (const [from, to] of [
      [1, 2],
      [3, 4],
      [5, 8],
      [9, 9],
    ] as const) {
      expect(await bus.publish(batch(chain(from, to), "bad"))).toEqual({ kind: "stored", acknowledged: to });
    }
    const isRefused = () => troubles.some(({ cause }) => String(cause).includes("cannot be recorded"));
    for (let at = 1; !isRefused() && at < 3000; at += 1) await bus.publish(batch(chain(at, at)));
    // What nobody was told of is still there.
    expect(await bus.head("bad")).toMatchObject({ acknowledged: 9 });
    deaf = false;
    await vi.waitFor(() => expect(setAside).toHaveLength(1), WAIT);
    expect(setAside).toMatchObject([
      { logId: "bad", messages: 3, records: { host: "web-1", from: 3, to: 9 } },
    ]);
    consuming.abort();
    await vi.waitFor(async () => expect(await bus.head("bad")).toMatchObject({ acknowledged: 2 }), WAIT);
    expect(await bus.publish(batch(chain(10, 10), "bad"))).toEqual({ kind: "gap", acknowledged: 2 });
    const kept = await refused("bad");
    expect(new Set(kept.flatMap(({ records }) => records.map(({ sequence }) => sequence)))).toEqual(
      new Set([3, 4, 5, 6, 7, 8, 9]),
    );
    failing = false;
    consume(bus);
    expect(await bus.publish(batch(chain(3, 10), "bad"))).toEqual({ kind: "stored", acknowledged: 10 });
    await arrives(10, "bad");
  }, 60_000);

  it("takes nothing of a log with a message that is none of its own", async () => {
    const bus = await openBus();
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    let away = true;
    consume(bus, async (each) => {
      if (away) throw new Error("the store is away");
      return table.append(each);
    });
    await bus.publish(batch(chain(1, 2)));
    await raw.request("records.log-1", "{");
    await vi.waitFor(() => expect(setAside).toHaveLength(1), WAIT);
    away = false;
    await arrives(2);
  });

  it("sets a batch aside that is none, and goes on", async () => {
    const bus = await openBus();
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    for (const text of [
      "",
      "{",
      '{"logId":"log-2","host":"web-1","records":[]}',
      JSON.stringify(batch(chain(1, 1))),
    ]) {
      await raw.request("records.log-2", text);
    }
    consume(bus);
    await bus.publish(batch(chain(1, 3)));
    await arrives(3);
    await vi.waitFor(() => expect(setAside).toHaveLength(4), WAIT);
    for (const each of setAside)
      expect(each).toEqual({ logId: "log-2", reason: "it is no batch of records", messages: 1 });
    expect(await bus.publish(batch(chain(1, 1), "log-2"))).toEqual({ kind: "stored", acknowledged: 1 });
    await arrives(1, "log-2");
  });

  it("sets a batch aside that fails while others are taken in, and its host sends it again", async () => {
    const bus = await openBus();
    let failing = true;
    consume(bus, async (each) => {
      if (failing && each.logId === "bad") throw new Error("it cannot be read");
      return table.append(each);
    });
    await bus.publish(batch(chain(1, 2), "bad"));
    for (let at = 1; setAside.length === 0 && at < 3000; at += 1) {
      await bus.publish(batch(chain(at, at)));
    }
    expect(setAside).toMatchObject([{ logId: "bad", records: { host: "web-1", from: 1, to: 2 } }]);
    expect(await bus.head("bad")).toBeUndefined();
    failing = false;
    expect(await bus.publish(batch(chain(1, 2), "bad"))).toEqual({ kind: "stored", acknowledged: 2 });
    await arrives(2, "bad");
  }, 60_000);

  it("sets nothing aside while nothing can be stored", async () => {
    const bus = await openBus();
    let away = true;
    consume(bus, async (each) => {
      if (away) throw new Error("the store is away");
      return table.append(each);
    });
    await bus.publish(batch(chain(1, 2)));
    await bus.publish(batch(chain(1, 2), "log-2"));
    await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(16), WAIT);
    away = false;
    await arrives(2);
    await arrives(2, "log-2");
    expect(setAside).toEqual([]);
    expect(troubles.filter(({ kind }) => kind !== "failed")).toEqual([]);
  });

  it("loses nothing of a log that missed records before the store was away, and still does", async () => {
    const bus = await openBus();
    let store: "locked" | "away" | "there" = "locked";
    let gaps = 0;
    consume(bus, async (each) => {
      if (store === "away") throw new Error("the store is away");
      if (store === "locked" && each.records[0]?.sequence === 1) throw new Error("the first batch is locked");
      const answer = table.append(each);
      if (answer.kind === "gap") gaps += 1;
      return answer;
    });
    await bus.publish(batch(chain(1, 2)));
    await bus.publish(batch(chain(3, 4)));
    await vi.waitFor(() => expect(gaps).toBeGreaterThan(2), WAIT);
    const failsAgain = async () => {
      const failed = troubles.length;
      await vi.waitFor(() => expect(troubles.length).toBeGreaterThan(failed + 1), WAIT);
    };
    // While the earlier one fails, it is no fault of those that follow it.
    for (let round = 0; round < 3; round += 1) {
      aheadMs += 60_000;
      await failsAgain();
    }
    store = "away";
    await failsAgain();
    aheadMs += 3_600_000;
    [store, gaps] = ["locked", 0];
    await vi.waitFor(() => expect(gaps).toBeGreaterThan(2), WAIT);
    store = "there";
    await arrives(4);
    expect(setAside).toEqual([]);
    expect(troubles.filter(({ kind }) => kind !== "failed")).toEqual([]);
  });

  it("refuses when no more can wait, and loses nothing of what it took", async () => {
    const bus = await openBus({ settings: { servers: [nats.url], maxBytes: 20_000 } });
    let acknowledged = 0;
    const fill = async () => {
      for (;;) ({ acknowledged } = await bus.publish(batch(chain(acknowledged + 1, acknowledged + 5))));
    };
    await expect(fill()).rejects.toMatchObject({ code: "BUS_FULL" });
    expect(acknowledged).toBeGreaterThan(10);
    consume(bus);
    await arrives(acknowledged);
  });

  it("keeps only the last message of a log once all are stored", async () => {
    const bus = await openBus({ clearEveryMs: 20 });
    consume(bus);
    for (let at = 1; at <= 20; at += 1) await bus.publish(batch(chain(at, at)));
    await arrives(20);
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    await vi.waitFor(async () => {
      const reply = await raw.request("$JS.API.STREAM.INFO.pratique-records");
      expect(reply.json()).toMatchObject({ state: { messages: 1 } });
    }, WAIT);
    expect(await (await openBus()).head("log-1")).toMatchObject({
      acknowledged: 20,
      lastHash: hashOf(20),
    });
  });

  it("keeps the first message that a stream has while it is the last of its log", async () => {
    const bus = await openBus({ clearEveryMs: 20 });
    consume(bus);
    await bus.publish(batch(chain(1, 1)));
    await arrives(1);
    // Clears go on while another log's messages come and go.
    for (let at = 1; at <= 3; at += 1) {
      await bus.publish(batch(chain(at, at), "log-2"));
      await arrives(at, "log-2");
    }
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    await vi.waitFor(async () => {
      const reply = await raw.request("$JS.API.STREAM.INFO.pratique-records");
      expect(reply.json()).toMatchObject({ state: { messages: 2, first_seq: 1 } });
    }, WAIT);
  });

  it("clears away later what it could not while NATS did not answer", async () => {
    const line = cleanUp.use(await startLine(Number(new URL(nats.url).port)));
    const settings = { servers: [line.url], timeoutMs: 300 };
    const bus = await openBus({ settings, clearEveryMs: 1000 });
    consume(bus);
    for (const log of ["log-1", "log-2"]) {
      for (let at = 1; at <= 3; at += 1) await bus.publish(batch(chain(at, at), log));
      await arrives(3, log);
    }
    await vi.waitFor(async () => expect(await bus.lag()).toBe(0), WAIT);
    line.hold();
    await vi.waitFor(() => {
      expect(troubles).toMatchObject([{ reason: "what is stored cannot be cleared away" }]);
    }, WAIT);
    line.goOn();
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    await vi.waitFor(async () => {
      const reply = await raw.request("$JS.API.STREAM.INFO.pratique-records");
      expect(reply.json()).toMatchObject({ state: { messages: 2 } });
    }, WAIT);
  });

  it("says why a stream that was lost cannot be made again, and goes on once it can", async () => {
    const bus = await openBus();
    consume(bus);
    await bus.publish(batch(chain(1, 2)));
    await arrives(2);
    const raw = await connect({ servers: nats.url });
    cleanUp.defer(() => raw.close());
    const manager = await jetstreamManager(raw);
    await manager.streams.delete("pratique-records");
    await manager.streams.add({ name: "other", subjects: ["records.>"] });
    await vi.waitFor(
      () => expect(troubles.map(({ cause }) => String(cause)).join()).toMatch(/overlap/u),
      WAIT,
    );
    await manager.streams.delete("other");
    await vi.waitFor(async () => {
      expect(await bus.publish(batch(chain(3, 4)))).toEqual({ kind: "stored", acknowledged: 4 });
    }, WAIT);
    await arrives(4);
  });

  it("carries batches that are larger than a message may be", async () => {
    const bus = await openBus();
    const records = chain(1, 30).map((record) => ({ ...record, data: { text: "x".repeat(200_000) } }));
    expect(await bus.publish(batch(records))).toEqual({ kind: "stored", acknowledged: 30 });
    consume(bus);
    await arrives(30);
  });
});

interface Line extends AsyncDisposable {
  readonly url: string;
  /** Carries no answer of the server any more, until it is to go on. */
  hold(): void;
  goOn(): void;
}

/** A connection to a server, which may be held. */
async function startLine(port: number): Promise<Line> {
  const answers: Socket[] = [];
  const line = createServer((asking) => {
    const answering = openSocket(port, "127.0.0.1");
    answers.push(answering);
    asking.on("close", () => answering.destroy()).pipe(answering);
    answering.on("close", () => asking.destroy()).pipe(asking);
    for (const socket of [asking, answering]) socket.on("error", () => socket.destroy());
  });
  line.listen(0, "127.0.0.1");
  await once(line, "listening");
  const address = line.address();
  return {
    url: `nats://127.0.0.1:${address !== null && typeof address === "object" ? address.port : 0}`,
    hold: () => {
      for (const answering of answers) answering.pause();
    },
    goOn: () => {
      for (const answering of answers) answering.resume();
    },
    [Symbol.asyncDispose]: async () => {
      for (const answering of answers) answering.destroy();
      line.close();
      await once(line, "close");
    },
  };
}
