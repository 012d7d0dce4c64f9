import { expect, it } from "vitest";
import { isGoProgram } from "./go-note.ts";

const name = [0x47, 0x6f, 0, 0];

it.each<[string, readonly number[], boolean]>([
  ["in the order of small ends", [1, 2, 3, 4, 0, 0, 0, ...name], true],
  ["in the order of great ends", [1, 2, 3, 0, 0, 0, 4, ...name, 9], true],
  ["of another kind", [3, 0, 0, 0, ...name], false],
  ["after another of its name", [3, 0, 0, 0, ...name, 4, 0, 0, 0, ...name], true],
  ["that nothing precedes", [...name, 4, 0, 0, 0], false],
  ["that is cut off", [4, 0, 0, 0, 0x47, 0x6f, 0], false],
  ["that is not there", [0x7f, 0x45, 0x4c, 0x46], false],
])("finds a note %s", (_, bytes, expected) => {
  expect(isGoProgram(Uint8Array.from(bytes))).toBe(expected);
});
