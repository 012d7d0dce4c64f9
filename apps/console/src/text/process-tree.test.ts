import { array, assert, integer, property, record } from "fast-check";
import { expect, it } from "vitest";
import { treeOf } from "./process-tree.ts";

const startedAt = "2026-11-24T12:00:00.000Z";
const process = (pid: number, ppid: number) => ({ pid, ppid, startedAt });
const linesOf = (processes: Parameters<typeof treeOf>[0]) =>
  treeOf(processes).map(({ process: { pid }, depth }) => `${" ".repeat(depth)}${pid}`);

it("puts children below their parents", () => {
  expect(linesOf([process(9, 7), process(1, 0), process(7, 1), process(8, 1)])).toEqual([
    "1",
    " 7",
    "  9",
    " 8",
  ]);
});

it("takes what was started from outside for a root", () => {
  expect(linesOf([process(5, 4), process(6, 5)])).toEqual(["5", " 6"]);
});

it("leaves nothing out, whatever a host says of parents", () => {
  const some = array(
    record({ pid: integer({ min: 0, max: 6 }), ppid: integer({ min: 0, max: 6 }) }).map(({ pid, ppid }) =>
      process(pid, ppid),
    ),
  );
  assert(property(some, (processes) => treeOf(processes).length === processes.length));
});
