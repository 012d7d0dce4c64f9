import type { BootClock, SensorPacket } from "@pratique/sensor";
import { array, assert, constantFrom, integer, property, record, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { PacketRecorder, type PacketRecorderOptions } from "./packet-recorder.ts";
import { readPcap } from "./testdata/read-pcap.ts";

/** Booted at 1,700,000,000.25 seconds since 1970. */
const clock: BootClock = { wallMs: (bootNs) => 1_700_000_000_250 + bootNs / 1e6, nowNs: () => 0 };

function packet(text: string, change: Partial<SensorPacket> = {}): SensorPacket {
  const bytes = Buffer.from(text);
  return { containerId: "web", timeNs: 1, direction: "sent", length: bytes.length, bytes, ...change };
}

function recorder(change: Partial<PacketRecorderOptions> = {}): PacketRecorder {
  return new PacketRecorder({ clock, snapLength: 256, forMs: 60_000, ...change });
}

function readBack(from: PacketRecorder, containerId = "web", sinceNs = 0) {
  return readPcap(Buffer.concat([...from.file(containerId, sinceNs)]));
}

describe("PacketRecorder", () => {
  it("gives the packets of a container as a file that says when, to the nanosecond, and how long they were", () => {
    const packets = recorder();
    packets.keep(packet("first", { timeNs: 750_000_001, length: 65_535 }));
    packets.keep(packet("others", { containerId: "db" }));
    packets.keep(packet("second", { timeNs: 2_000_000_000, direction: "received" }));
    expect(readBack(packets)).toEqual({
      snapLength: 256,
      packets: [
        { seconds: 1_700_000_001, nanoseconds: 1, length: 65_535, bytes: Buffer.from("first") },
        { seconds: 1_700_000_002, nanoseconds: 250_000_000, length: 6, bytes: Buffer.from("second") },
      ],
    });
    expect(readBack(packets, "nobody").packets).toEqual([]);
  });

  it("gives back the latest of whatever it is given, within its bounds", () => {
    const kept = record({
      containerId: constantFrom("a", "b", "c"),
      bytes: uint8Array({ minLength: 1, maxLength: 300 }),
      length: integer({ min: 300, max: 70_000 }),
    });
    assert(
      property(array(kept, { maxLength: 300 }), (given) => {
        const packets = recorder({ maxBytes: 32_768, maxTotalBytes: 65_536 });
        for (const [timeNs, { bytes, ...rest }] of given.entries()) {
          packets.keep({ ...rest, timeNs, direction: "sent", bytes: Buffer.from(bytes) });
        }
        expect(packets.bytes).toBeLessThanOrEqual(65_536);
        for (const id of ["a", "b", "c"]) {
          const own = given.filter(({ containerId }) => containerId === id);
          const read = readBack(packets, id).packets.map(({ length, bytes }) => [length, [...bytes]]);
          const latest = own.slice(own.length - read.length);
          expect(read).toEqual(latest.map(({ length, bytes }) => [length, [...bytes.subarray(0, 256)]]));
          expect(read.length).toBeGreaterThanOrEqual(Math.min(own.length, 1));
        }
      }),
    );
  });

  it("does not look at memory that is used again", () => {
    const packets = recorder();
    const bytes = Buffer.from("as it was");
    packets.keep(packet("", { bytes }));
    bytes.fill(0);
    expect(readBack(packets).packets.map((each) => each.bytes.toString())).toEqual(["as it was"]);
  });

  it("tells what a container says to itself once, and what it sends twice twice", () => {
    const packets = recorder();
    for (const text of ["hello", "hello", "other"]) packets.keep(packet(text));
    for (const text of ["hello", "hello", "answer"])
      packets.keep(packet(text, { timeNs: 2, direction: "received" }));
    packets.keep(packet("hello", { timeNs: 3, direction: "received" }));
    expect(readBack(packets).packets.map(({ bytes }) => bytes.toString())).toEqual([
      "hello",
      "hello",
      "other",
      "answer",
      "hello",
    ]);
  });

  it("gives them by time, those of lately alone where that is asked for", () => {
    const packets = recorder();
    for (const timeNs of [5, 3, 9, 1]) packets.keep(packet(`at ${timeNs}`, { timeNs }));
    expect(readBack(packets, "web", 4).packets.map(({ bytes }) => bytes.toString())).toEqual([
      "at 5",
      "at 9",
    ]);
  });

  it("lets a flood push out its own packets, and no others", () => {
    const packets = recorder({ maxBytes: 64 * 1024, maxTotalBytes: 128 * 1024 });
    packets.keep(packet("quiet", { containerId: "quiet" }));
    for (let at = 0; at < 10_000; at += 1) {
      packets.keep(packet(`flood ${at}`, { timeNs: at, containerId: at % 2 === 0 ? "loud" : "louder" }));
    }
    expect(readBack(packets, "quiet").packets).toHaveLength(1);
    expect(readBack(packets, "loud").packets.at(-1)?.bytes.toString()).toBe("flood 9998");
    expect(packets.bytes).toBeLessThanOrEqual(128 * 1024);
  });

  it("counts what was left out, by container", () => {
    const packets = recorder();
    packets.leaveOut("web", 3);
    packets.leaveOut("web", 4);
    expect([packets.leftOut("web"), packets.leftOut("db")]).toEqual([7, 0]);
  });
});
