import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from "vitest";
import type { WireRecord } from "../wire/record-reader.ts";
import { packetDirections, wireKinds, wireTags } from "../wire/wire-format.ts";
import { Cell } from "./testdata/cell.ts";
import { buildNativeTools, type NativeTools, nativeUnavailable } from "./testdata/native-tools.ts";
import { far, Network } from "./testdata/network.ts";
import { WatchingSensor } from "./testdata/watched-acts.ts";

const unavailable = nativeUnavailable();
const [v4] = far.v4;
const [v6] = far.v6;

describe.skipIf(unavailable !== undefined)(`packets of containers ${unavailable ?? ""}`, () => {
  let tools: NativeTools;
  let network: Network;
  let cell: Cell;
  let other: Cell;
  let sensor: WatchingSensor;

  beforeAll(async () => {
    tools = buildNativeTools();
    network = await Network.start("p", tools.talk);
    cell = new Cell("packets", { network: network.near, programs: [tools.talk] });
    other = new Cell("quiet", { network: network.near, programs: [tools.talk] });
    sensor = await WatchingSensor.start(tools.sensor);
    // What is no container's is nobody's packet: these two are told to be containers.
    const set = [cell, other].map(({ cgroupId }) => ({ cgroupId, container: "", policy: {} }));
    await sensor.process.command("containers", { set });
  });

  afterAll(async () => {
    await sensor[Symbol.asyncDispose]();
    await cell[Symbol.asyncDispose]();
    await other[Symbol.asyncDispose]();
    await network[Symbol.asyncDispose]();
    tools[Symbol.dispose]();
  });

  beforeEach(() => {
    sensor.records.length = 0;
  });

  afterEach(async () => {
    await sensor.process.command("packets", { on: false });
  });

  const of = ({ cgroupId }: Cell) => sensor.records.filter((record) => isPacketOf(record, cgroupId));

  it.each([
    ["udp", v4, 17],
    ["tcp", v4, 6],
    ["udp", v6, 17],
    ["tcp", v6, 6],
    ["raw", v4, 1],
  ])("are told from their IP header on: %s to %s", async (how, address = "", protocol) => {
    await sensor.process.command("packets", { on: true, snapLength: 256 });
    await cell.run("/bin/talk", how, address);
    const isIt = (record: WireRecord) => destinationOf(record) === address;
    const sent = await sensor.until(() => of(cell).find(isIt));
    const bytes = bytesOf(sent);
    expect([sent.number(wireTags.number1), protocolOf(bytes)]).toEqual([packetDirections.sent, protocol]);
    expect(sent.number(wireTags.number0)).toBe(lengthOf(bytes));
    expect(bytes.length).toBe(Math.min(256, lengthOf(bytes)));
    expect(of(other)).toEqual([]);
  });

  it.each([[v4], [v6]])("are told when they are received, too: from %s", async (address = "") => {
    await sensor.process.command("packets", { on: true });
    await cell.run("/bin/talk", "tcp", address);
    const isReceived = (record: WireRecord) => record.number(wireTags.number1) === packetDirections.received;
    await sensor.until(() => of(cell).find((record) => isReceived(record) && sourceOf(record) === address));
    expect(of(cell).filter(isReceived).map(destinationOf)).toContain(
      address === v4 ? "10.91.0.1" : "fd91::1",
    );
  });

  it("are cut to what is wanted, and tell how long they were", async () => {
    await sensor.process.command("packets", { on: true, snapLength: 64 });
    await cell.run("/bin/busybox", "ping", "-c", "1", "-W", "1", "-s", "1000", v4 ?? "");
    const sent = await sensor.until(() => of(cell).find((record) => destinationOf(record) === v4));
    expect([sent.number(wireTags.number0), bytesOf(sent).length]).toEqual([1028, 64]);
  });

  it("are told where another program refuses them, too", async () => {
    await sensor.process.command("prevent", { mode: "enforce", survive: false });
    const policy = { channel: "quarantine" };
    await sensor.process.command("containers", { set: [{ cgroupId: cell.cgroupId, container: "", policy }] });
    await sensor.process.command("packets", { on: true });
    const { stdout } = await cell.run("/bin/talk", "raw", v4 ?? "");
    await sensor.process.command("containers", { remove: [cell.cgroupId] });
    expect(stdout).toBe("EPERM");
    await sensor.until(() => of(cell).find((record) => destinationOf(record) === v4));
  });

  it("that are too many cost no other container any, and are counted", async () => {
    await sensor.process.command("packets", { on: true, perContainerPerSecond: 5, burst: 10 });
    const flood = "i=0; while [ $i -lt 60 ]; do /bin/talk udp 10.91.0.2 >/dev/null; i=$((i+1)); done";
    await cell.run("/bin/sh", "-c", flood);
    await other.run("/bin/talk", "udp", v4 ?? "");
    await sensor.until(() => of(other).find((record) => destinationOf(record) === v4));
    await sensor.until(() => of(cell).length + leftOutOf(sensor, cell) >= 60 || undefined);
    expect(of(cell).length).toBeLessThan(60);
    expect(leftOutOf(sensor, other)).toBe(0);
    // They are no events that nobody told.
    expect(await sensor.process.command("counters")).toMatchObject({
      events: { suppressed: 0 },
      packets: { told: expect.any(Number) },
    });
  });

  it("are looked at by no program while nobody wants them", async () => {
    expect(heldPrograms(sensor)).toEqual([]);
    await sensor.process.command("packets", { on: true });
    expect(heldPrograms(sensor)).toEqual(["packet_received", "packet_sent"]);
    await sensor.process.command("packets", { on: false });
    expect(heldPrograms(sensor)).toEqual([]);
  });

  it.each([
    [{}, "packets has on"],
    [{ on: "yes" }, "packets has on"],
    [{ on: true, every: 1 }, "packets has on"],
    [{ on: true, snapLength: 63 }, "snapLength is from 64 to 1536"],
    [{ on: true, snapLength: 65_535 }, "snapLength is from 64 to 1536"],
    [{ on: true, perContainerPerSecond: -1 }, "perContainerPerSecond and burst are numbers"],
  ])("are refused in words: %j", async (fields, why) => {
    await expect(sensor.process.command("packets", fields)).rejects.toThrow(`packets: ${why}`);
    expect(heldPrograms(sensor)).toEqual([]);
  });
});

function isPacketOf({ kind, cgroupId }: WireRecord, wanted: string): boolean {
  return kind === wireKinds.packet && String(cgroupId) === wanted;
}

function bytesOf(record: WireRecord): Buffer {
  return record.bytes(wireTags.data) ?? Buffer.alloc(0);
}

function protocolOf(bytes: Buffer): number {
  return bytes.readUInt8(isV4(bytes) ? 9 : 6);
}

/** As the packet itself says. */
function lengthOf(bytes: Buffer): number {
  return isV4(bytes) ? bytes.readUInt16BE(2) : 40 + bytes.readUInt16BE(4);
}

function sourceOf(record: WireRecord): string {
  return addressAt(bytesOf(record), 12, 8);
}

function destinationOf(record: WireRecord): string {
  return addressAt(bytesOf(record), 16, 24);
}

function isV4(bytes: Buffer): boolean {
  return bytes.readUInt8(0) >> 4 === 4;
}

/** As the network of these tests writes them: `fd91::2`. */
function addressAt(bytes: Buffer, at4: number, at6: number): string {
  if (isV4(bytes)) return [...bytes.subarray(at4, at4 + 4)].join(".");
  return `${bytes.readUInt16BE(at6).toString(16)}::${bytes.readUInt16BE(at6 + 14).toString(16)}`;
}

function leftOutOf(sensor: WatchingSensor, { cgroupId }: Cell): number {
  return sensor.records
    .filter((record) => record.kind === wireKinds.suppressed && String(record.cgroupId) === cgroupId)
    .filter((record) => record.number(wireTags.number1) === wireKinds.packet)
    .reduce((sum, record) => sum + (record.number(wireTags.number0) ?? 0), 0);
}

/** The programs for packets that the process has descriptors of. */
function heldPrograms(sensor: WatchingSensor): readonly string[] {
  const fdinfo = `/proc/${sensor.process.counters.pid}/fdinfo`;
  const held = new Set(
    readdirSync(fdinfo).map(
      (name) => /^prog_id:\t(\d+)$/mu.exec(readFileSync(`${fdinfo}/${name}`, "utf8"))?.[1],
    ),
  );
  const { stdout } = spawnSync("bpftool", ["--json", "prog", "list"], { encoding: "utf8" });
  const programs: readonly { readonly id: number; readonly name?: string }[] = JSON.parse(stdout);
  return programs
    .flatMap(({ id, name = "" }) => (held.has(String(id)) && name.startsWith("packet_") ? [name] : []))
    .toSorted();
}
