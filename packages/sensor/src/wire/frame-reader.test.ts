import { array, assert, constantFrom, property, tuple, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { SensorError } from "../errors.ts";
import { FrameReader, frameBytes } from "./frame-reader.ts";

describe("FrameReader", () => {
  it("gives the same frames however the stream is cut", () => {
    const frame = tuple(constantFrom("events" as const, "message" as const), uint8Array({ maxLength: 40 }));
    assert(
      property(
        array(frame, { maxLength: 8 }),
        array(uint8Array({ minLength: 1, maxLength: 1 })),
        (frames, cuts) => {
          const stream = Buffer.concat(frames.map(([type, payload]) => frameBytes(type, payload)));
          const reader = new FrameReader();
          const read = [];
          let at = 0;
          for (const [cut = 1] of cuts) {
            read.push(...reader.push(stream.subarray(at, at + cut)));
            at += cut;
          }
          read.push(...reader.push(stream.subarray(at)));
          expect(read.map(({ type, payload }) => [type, [...payload]])).toEqual(
            frames.map(([type, payload]) => [type, [...payload]]),
          );
          expect(reader.pendingBytes).toBe(0);
        },
      ),
    );
  });

  it("refuses a length that cannot be before it has read that much", () => {
    const bytes = frameBytes("events", Buffer.alloc(8));
    bytes.writeUInt32LE(0xffff_ffff, 0);
    expect(() => new FrameReader().push(bytes.subarray(0, 8))).toThrow(SensorError);
  });

  it("refuses a type that it does not know", () => {
    const bytes = frameBytes("events", Buffer.alloc(8));
    bytes.writeUInt16LE(9, 4);
    expect(() => new FrameReader().push(bytes)).toThrow("unknown type of frame 9");
  });
});
