import { writeFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import { tempDirectory } from "../../../testkit/src/temp-directory.ts";
import type { MessageBody } from "../sensor-message.ts";
import { readAddress } from "../wire/structures.ts";
import { channelHooks, recordFlags, wireTags } from "../wire/wire-format.ts";
import { Cell } from "./testdata/cell.ts";
import { NativeSensor } from "./testdata/native-sensor.ts";
import { buildNativeTools, type NativeTools, nativeUnavailable } from "./testdata/native-tools.ts";
import { far, Network } from "./testdata/network.ts";
import { type SnapshotRows, snapshotOf, writeSnapshot } from "./testdata/snapshot-file.ts";

const unavailable = nativeUnavailable();
const [good4, bad4] = far.v4;
const [good6, bad6] = far.v6;
const IN_2100 = 4_102_444_800;

describe.skipIf(unavailable !== undefined)(`the channel in the kernel ${unavailable ?? ""}`, () => {
  const directory = tempDirectory();
  let tools: NativeTools;
  let network: Network;
  let cell: Cell;
  let other: Cell;
  let sensor: NativeSensor;

  beforeAll(async () => {
    tools = buildNativeTools();
    network = await Network.start("c", tools.talk);
    cell = new Cell("channel", { network: network.near, programs: [tools.talk] });
    other = new Cell("other", { network: network.near, programs: [tools.talk] });
    sensor = await NativeSensor.start(tools.sensor);
  });

  afterAll(async () => {
    await sensor[Symbol.asyncDispose]();
    await cell[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
    tools[Symbol.dispose]();
    directory[Symbol.dispose]();
  });

  beforeEach(() => {
    network.forget();
    sensor.records.length = 0;
  });

  afterEach(async () => {
    await sensor.command("containers", { remove: [cell.cgroupId, other.cgroupId] });
    await list({});
  });

  async function list(rows: SnapshotRows, more: MessageBody = {}): Promise<MessageBody> {
    const set = directory.at("set.bin");
    writeSnapshot(set, rows);
    return sensor.command("channel", { mode: "enforce", set, ...more });
  }

  async function setChannel(channel: string, which = cell): Promise<void> {
    await sensor.command("containers", { set: [{ cgroupId: which.cgroupId, policy: { channel } }] });
  }

  async function talk(...words: readonly string[]): Promise<string> {
    return (await cell.run("/bin/talk", ...words)).stdout;
  }

  it.each([
    ["tcp", bad4, good4],
    ["udp", bad4, good4],
    ["connected", bad4, good4],
    ["raw", bad4, good4],
    ["header", bad4, good4],
    ["fastopen", bad4, good4],
    ["tcp", bad6, good6],
    ["udp", bad6, good6],
    ["connected", bad6, good6],
    ["raw", bad6, good6],
    ["tcp", `::ffff:${bad4}`, `::ffff:${good4}`],
    ["udp", `::ffff:${bad4}`, `::ffff:${good4}`],
    ["connected", `::ffff:${bad4}`, `::ffff:${good4}`],
  ])("lets no packet out by %s to %s", async (way, listed, unlisted) => {
    await list({ v4: [{ address: bad4 }], v6: [{ address: bad6 }] });
    await setChannel("enforce");
    expect(await talk(way, listed)).toBe("EPERM");
    expect(["ok", "EINPROGRESS"]).toContain(await talk(way, unlisted));
    const seen = await network.seenBefore(unlisted.replace("::ffff:", ""));
    expect(seen).not.toContain(listed.replace("::ffff:", ""));
  });

  it.each([
    ["NAT64", "64:ff9b::a5b:3", "64:ff9b::a5b:2"],
    ["NAT64 of one's own", "64:ff9b:1::a5b:3", "64:ff9b:1::a5b:2"],
    ["6to4", "2002:a5b:3::1", "2002:a5b:2::1"],
    ["Teredo", "2001:0:1:2:3:4:f5a4:fffc", "2001:0:1:2:3:4:f5a4:fffd"],
  ])("finds a listed IPv4 address in one of %s", async (_, listed, unlisted) => {
    await list({ v4: [{ address: bad4 }] });
    await setChannel("enforce");
    expect(await talk("udp", listed)).toBe("EPERM");
    expect(await talk("udp", unlisted)).toBe("ok");
  });

  it.each<[string, SnapshotRows, MessageBody]>([
    ["a network", { v4: [{ address: "10.91.0.2", prefixLength: 31 }] }, {}],
    ["its port", { v4: [{ address: bad4, port: 7000 }] }, {}],
    ["a network with its port", { v4: [{ address: "10.91.0.2", prefixLength: 31, port: 7000 }] }, {}],
    ["an entry that ends in 2100", { v4: [{ address: bad4, expiresAt: IN_2100 }] }, {}],
    ["a softer and a harder row", { v4: [{ address: bad4, reportOnly: true }, { address: bad4 }] }, {}],
    ["an allow-list of others", { v4: [{ address: bad4 }] }, { allow: ["10.91.0.2", "192.0.2.0/24"] }],
  ])("refuses by %s", async (_, rows, more) => {
    await list(rows, more);
    await setChannel("enforce");
    expect(await talk("tcp", bad4)).toBe("EPERM");
  });

  it.each<[string, SnapshotRows, MessageBody]>([
    ["another port is listed", { v4: [{ address: bad4, port: 7001 }] }, {}],
    ["the entry has expired", { v4: [{ address: bad4, expiresAt: 1 }] }, {}],
    ["the row is to be reported only", { v4: [{ address: bad4, reportOnly: true }] }, {}],
    ["the address is allowed", { v4: [{ address: bad4 }] }, { allow: [bad4] }],
    ["a network around it is allowed", { v4: [{ address: bad4 }] }, { allow: ["10.88.0.0/13"] }],
    ["it is a dry run", { v4: [{ address: bad4 }] }, { mode: "dry-run" }],
    ["the set is empty", {}, {}],
  ])("lets through where %s", async (_, rows, more) => {
    await list(rows, more);
    await setChannel("enforce");
    expect(await talk("tcp", bad4)).toBe("ok");
  });

  // Records of one indicator come once a second, so each has its own.
  it.each<[string, MessageBody, number]>([
    ["what is to be told only", { report: [bad4] }, 71],
    ["a network of it", { report: ["10.88.0.0/13"] }, 72],
    [
      "what is to be told only, in a network that is allowed",
      { allow: ["10.88.0.0/13"], report: [bad4] },
      73,
    ],
  ])("lets through and tells %s", async (_, more, indicator) => {
    await list({ v4: [{ address: bad4, indicator }] }, more);
    await setChannel("enforce");
    expect(await talk("tcp", bad4)).toBe("ok");
    const told = await sensor.record((record) => record.number(wireTags.number0) === indicator);
    expect(told.flags).toBe(0);
  });

  it("neither refuses nor tells what is allowed as well as told", async () => {
    const v4 = [
      { address: bad4, indicator: 74 },
      { address: good4, indicator: 75 },
    ];
    await list({ v4 }, { allow: [bad4], report: [bad4, good4] });
    await setChannel("enforce");
    expect(await talk("tcp", bad4)).toBe("ok");
    expect(await talk("tcp", good4)).toBe("ok");
    await sensor.record((record) => record.number(wireTags.number0) === 75);
    expect(sensor.records.map((record) => record.number(wireTags.number0))).not.toContain(74);
  });

  it("lets a question through, and tells it, for a name that is to be told only", async () => {
    const names = [{ name: "evil.example", indicator: 76 }];
    await list({ names }, { reportNames: ["told.evil.example"] });
    await setChannel("enforce");
    expect(await talk("dns", "www.told.evil.example", good4)).toBe("ok");
    const told = await sensor.record((record) => record.number(wireTags.number0) === 76);
    expect([told.flags, told.text(wireTags.text)]).toEqual([0, "www.told.evil.example"]);
    expect(await talk("dns", "evil.example", good4)).not.toBe("ok");
  });

  it("concerns only the container whose policy says so", async () => {
    await list({ v4: [{ address: bad4 }] });
    await setChannel("enforce");
    expect(await talk("tcp", bad4)).toBe("EPERM");
    expect((await other.run("/bin/talk", "tcp", bad4)).stdout).toBe("ok");
    await setChannel("report", other);
    expect((await other.run("/bin/talk", "tcp", bad4)).stdout).toBe("ok");
    const reported = await sensor.record((record) => String(record.cgroupId) === other.cgroupId);
    expect(reported.flags).toBe(0);
  });

  it("tells who reached out, whereto and why", async () => {
    await list({ v4: [{ address: bad4, indicator: 4711 }] });
    await setChannel("enforce");
    await talk("tcp", bad4);
    const record = await sensor.record(() => true);
    expect(record.flags).toBe(recordFlags.prevented);
    expect(String(record.cgroupId)).toBe(cell.cgroupId);
    expect(record.pid).toBeGreaterThan(0);
    expect(record.number(wireTags.number0)).toBe(4711);
    expect(record.number(wireTags.number1)).toBe(channelHooks.connect);
    expect(readAddress(record, wireTags.remote)).toMatchObject({ address: bad4, port: 7000 });
  });

  // Records of one indicator come once a second, so each has its own.
  it.each([
    ["dns", "evil.example", 81, "evil.example"],
    ["dns", "a.b.EvIl.eXample", 82, "a.b.evil.example"],
    ["hello", "www.evil.example", 83, "www.evil.example"],
    ["dns-tcp", "evil.example", 84, "evil.example"],
    ["dns-pointer", "www.evil.example", 85, "www.evil.example"],
    ["dns-second", "evil.example", 86, "evil.example"],
    ["dns-tcp-second", "evil.example", 87, "evil.example"],
    ["dns-tcp-late", "evil.example", 88, "evil.example"],
  ])("drops what asks by %s for %s", async (way, name, indicator, told) => {
    await list({ names: [{ name: "evil.example", indicator }] });
    await setChannel("enforce");
    expect(await talk(way, name, good4)).not.toBe("ok");
    const record = await sensor.record((each) => each.number(wireTags.number0) === indicator);
    expect(record.text(wireTags.text)).toBe(told);
  });

  it.each([
    ["dns", "notevil.example"],
    ["dns", "example"],
    ["dns", "x.good.evil.example"],
    ["hello", "notevil.example"],
    ["dns-tcp", "good.evil.example"],
    ["dns-pointer", "good.evil.example"],
    ["dns-second", "notevil.example"],
    ["dns-tcp-second", "notevil.example"],
    ["dns-tcp-late", "notevil.example"],
  ])("lets through what asks by %s for %s", async (way, name) => {
    await list({ names: [{ name: "evil.example" }] }, { allowNames: ["good.evil.example"] });
    await setChannel("enforce");
    expect(await talk(way, name, good4)).toBe("ok");
  });

  it("forgets what was listed for a container that is gone, and nothing else", async () => {
    const gone = new Cell("gone", { network: network.near, programs: [tools.talk] });
    const of = ({ cgroupId }: Cell) => [{ address: bad4, cgroupId }];
    await sensor.command("channel", { add: [...of(gone), ...of(cell), { address: bad6 }] });
    await gone[Symbol.asyncDispose]();
    await sensor.command("containers", { remove: [gone.cgroupId] });
    expect(await sensor.command("channel", { remove: of(gone) })).toMatchObject({ removed: 0 });
    const remove = [...of(cell), { address: bad6 }];
    expect(await sensor.command("channel", { remove })).toMatchObject({ removed: 2 });
  });

  it("ends a live flow when its address is listed, and no other", async () => {
    await setChannel("enforce");
    const flows = [cell.converse("/bin/talk", "stay", bad4), cell.converse("/bin/talk", "stay", bad6)];
    const bystander = other.converse("/bin/talk", "stay", bad4);
    const all = [...flows, bystander];
    expect(await Promise.all(all.map((flow) => flow.hear()))).toEqual(["ok", "ok", "ok"]);
    const reply = await sensor.command("cut", { cgroupId: cell.cgroupId, remotes: [{ address: bad4 }] });
    expect(reply).toMatchObject({
      denied: true,
      namespaces: 1,
      sockets: 1,
      destroyed: 1,
      failed: 0,
      left: 0,
      flows: [{ table: "tcp", remoteAddress: bad4, remotePort: 7000, state: 1 }],
    });
    const answers = await Promise.all(all.map((flow) => flow.say("again")));
    expect(answers).toEqual(["ECONNABORTED", "ok", "ok"]);
    expect(await talk("tcp", bad4)).toBe("EPERM");
    await Promise.all(all.map((flow) => flow.end()));
    await sensor.command("channel", { remove: [{ address: bad4, cgroupId: cell.cgroupId }] });
    expect(await talk("tcp", bad4)).toBe("ok");
  });

  it("tells whom processes talk to, and not whom they did", async () => {
    await setChannel("enforce");
    await setChannel("off", other);
    const flows = [cell.converse("/bin/talk", "stay", bad4), other.converse("/bin/talk", "stay", bad6)];
    expect(await Promise.all(flows.map((flow) => flow.hear()))).toEqual(["ok", "ok"]);
    const to = (address: string) => ({ pid: expect.any(Number), protocol: 6, address, port: 7000 });
    const told = await sensor.command("flows");
    expect(told).toMatchObject({ flows: expect.arrayContaining([to(bad4), to(bad6)]), cut: false });
    await Promise.all(flows.map((flow) => flow.end()));
    const after = JSON.stringify(await sensor.command("flows"));
    expect([bad4, bad6].filter((address) => after.includes(address))).toEqual([]);
  });

  it("lets no packet of a live flow out once its address is in the set", async () => {
    await setChannel("enforce");
    const flow = cell.converse("/bin/talk", "stay", bad4);
    expect(await flow.hear()).toBe("ok");
    await list({ v4: [{ address: bad4 }] });
    network.forget();
    expect(await flow.say("again")).toBe("EAGAIN");
    expect(await talk("udp", good4)).toBe("ok");
    expect(await network.seenBefore(good4)).not.toContain(bad4);
    await flow.end();
  });

  it("leaves a container in quarantine nothing but itself", async () => {
    const flow = cell.converse("/bin/talk", "stay", good4);
    expect(await flow.hear()).toBe("ok");
    const reply = await sensor.command("cut", { cgroupId: cell.cgroupId });
    expect(reply).toMatchObject({ denied: true, failed: 0, left: 0 });
    expect(await flow.say("again")).toBe("ECONNABORTED");
    expect(await talk("tcp", good4)).toBe("EPERM");
    expect(await talk("udp", good6)).toBe("EPERM");
    expect(await talk("udp", "127.0.0.11")).toBe("EPERM");
    expect(await talk("udp", "127.0.0.1")).toBe("ok");
    expect(await talk("udp", "::1")).toBe("ok");
    await flow.end();
  });

  it("refuses at every instant while one set follows another", async () => {
    await list({ v4: [{ address: bad4 }] });
    await setChannel("enforce");
    const script = "i=0; while [ $i -lt 300 ]; do talk udp $1; i=$((i+1)); done";
    let ended = false;
    const loop = cell.run("/bin/sh", "-c", script, "sh", bad4).finally(() => {
      ended = true;
    });
    let swaps = 0;
    while (!ended) {
      await list({ v4: [{ address: bad4 }, { address: `192.0.2.${swaps % 200}` }] });
      swaps += 1;
    }
    expect(new Set((await loop).stdout.split("\n"))).toEqual(new Set(["EPERM"]));
    expect(swaps).toBeGreaterThan(1);
  });

  it.each<[string, () => Buffer]>([
    ["nothing", () => Buffer.alloc(0)],
    ["another version", () => changed((bytes) => bytes.writeUInt32LE(2, 8))],
    ["another magic", () => changed((bytes) => bytes.write("X"))],
    ["a digest of something else", () => changed((bytes) => bytes.writeUInt8(9, 100))],
    ["more rows than it has", () => changed((bytes) => bytes.writeBigUInt64LE(3n, 16))],
    ["a count that overflows", () => changed((bytes) => bytes.writeBigUInt64LE(2n ** 60n, 16))],
    ["an offset outside", () => changed((bytes) => bytes.writeBigUInt64LE(2n ** 63n, 40))],
    ["a row in its header", () => changed((bytes) => bytes.writeBigUInt64LE(8n, 40))],
    ["the network of all", () => snapshotOf({ v4: [{ address: "0.0.0.0", prefixLength: 0 }] })],
    ["a prefix that is too long", () => snapshotOf({ v4: [{ address: "1.2.3.4", prefixLength: 33 }] })],
  ])("keeps what is in force where a snapshot has %s", async (_, bytes) => {
    await list({ v4: [{ address: bad4 }] });
    await setChannel("enforce");
    const set = directory.at("malformed.bin");
    writeFileSync(set, bytes());
    await expect(sensor.command("channel", { mode: "enforce", set })).rejects.toMatchObject({
      code: "COMMAND_REFUSED",
    });
    expect(await talk("tcp", bad4)).toBe("EPERM");
  });

  it.each<[string, MessageBody]>([
    ["no mode", { set: null }],
    ["a set that is a number", { set: 1, mode: "enforce" }],
    ["an allowed text that is no network", { set: null, mode: "enforce", allow: ["10.0.0.0/33"] }],
    ["an added text that is no address", { add: [{ address: "example.com" }] }],
    ["an unknown member", { add: [{ address: bad4, colour: 1 }] }],
    ["a port that is none", { add: [{ address: bad4, port: 65_536 }] }],
  ])("refuses a command with %s", async (_, fields) => {
    await expect(sensor.command("channel", fields)).rejects.toMatchObject({ code: "COMMAND_REFUSED" });
  });
});

/** A snapshot that was sound before. */
function changed(change: (bytes: Buffer) => void): Buffer {
  const bytes = snapshotOf({ v4: [{ address: "1.2.3.4" }, { address: "1.2.3.5" }] });
  change(bytes);
  return bytes;
}
