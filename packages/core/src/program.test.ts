import { array, assert, integer, property } from "fast-check";
import { expect, it } from "vitest";
import { mayBeProgram, PROGRAM_HEAD_BYTES, type ProgramInspector, ProgramReading } from "./program.ts";

it.each([
  ["usr/bin with the right to execute", "tool", 0o755, 4096, true],
  ["a name with dots", "python3.12", 0o755, 9000, true],
  ["a library", "libssl.so", 0o644, 9000, true],
  ["a library with a version", "libssl.so.3", 0o644, 9000, true],
  ["an addon of Node.js", "addon.node", 0o644, 9000, true],
  ["a program for Windows", "tool.exe", 0o644, 9000, true],
  ["one that nobody may execute", "tool", 0o644, 9000, false],
  ["a short one", "tool", 0o755, 4095, false],
  ["a script", "tool.py", 0o755, 9000, false],
  ["a page of Ruby's documentation", "sort-i.ri", 0o755, 9000, false],
  ["a hidden file without an ending", ".js", 0o755, 9000, true],
])("tells %s", (_, name, mode, size, expected) => {
  expect(mayBeProgram(name, { mode, size })).toBe(expected);
});

/** Wants 100 bytes from each of two places, and gives what it was given. */
const picky: ProgramInspector = {
  inspect: (head) => {
    const seen: number[] = [head.length];
    const places = [50, 6000].flatMap((start) => Array.from({ length: 100 }, (_, index) => start + index));
    return {
      get next() {
        return places[seen.length - 1] ?? Number.POSITIVE_INFINITY;
      },
      write(bytes, offset) {
        bytes.forEach((byte, index) => {
          if (offset + index === places[seen.length - 1]) seen.push(byte);
        });
      },
      finish: () => Uint8Array.from(seen.slice(1)),
    };
  },
};

const program = Uint8Array.from({ length: 10_000 }, (_, index) => index % 251);
program.set([0x7f, 0x45, 0x4c, 0x46]);

function readIn(pieces: readonly number[], { passes }: { passes: boolean }) {
  const reading = new ProgramReading({ path: "x", size: program.length }, [picky]);
  for (let at = 0, turn = 0; at < program.length; turn += 1) {
    if (passes) {
      const passable = Math.min(reading.passable, program.length - at);
      reading.skip(passable);
      at += passable;
    }
    const end = at + (pieces[turn % pieces.length] ?? 1);
    reading.write(program.subarray(at, end));
    at = end;
  }
  return reading.finish().get(picky);
}

it("gives inspectors the same, in whatever pieces a program comes and whether or not the rest is passed over", () => {
  const expected = readIn([program.length], { passes: false });
  expect(expected).toEqual(Uint8Array.from([...program.subarray(50, 150), ...program.subarray(6000, 6100)]));
  assert(
    property(array(integer({ min: 1, max: 5000 }), { minLength: 1, maxLength: 6 }), (pieces) => {
      expect(readIn(pieces, { passes: false })).toEqual(expected);
      expect(readIn(pieces, { passes: true })).toEqual(expected);
    }),
  );
});

it("passes over the rest of what is no program", () => {
  const text = new ProgramReading({ path: "x", size: 1_000_000 }, [picky]);
  expect(text.passable).toBe(0);
  text.write(Buffer.from("#!/bin/sh"));
  expect(text.passable).toBe(Number.POSITIVE_INFINITY);
  expect(text.finish().size).toBe(0);
});

it("has the head whole before anybody sees it", () => {
  const heads: number[] = [];
  const inspector: ProgramInspector = {
    inspect: (head) => {
      heads.push(head.length);
      return undefined;
    },
  };
  const reading = new ProgramReading({ path: "x", size: program.length }, [inspector]);
  for (let at = 0; at < 5000; at += 1000) reading.write(program.subarray(at, at + 1000));
  expect(heads).toEqual([PROGRAM_HEAD_BYTES]);
});
