import { expect, it } from "vitest";
import { actsInForce } from "./acts-in-force.ts";

const told = (act: string | undefined, ...events: readonly string[]) =>
  events.map((event) => ({ event: `response.${event}`, ...(act !== undefined && { act }) }));

it.each([
  ["was done", told("a", "intended", "done", "evidence"), ["a"]],
  ["was only intended", told("a", "intended"), []],
  ["was undone, whatever the order", told("a", "released", "done"), []],
  ["ended by itself", told("a", "done", "closed"), []],
  ["failed", told("a", "intended", "failed"), []],
  ["stands beside one that was undone", [...told("a", "done", "released"), ...told("b", "done")], ["b"]],
  ["has no name", told(undefined, "done"), []],
])("knows whether what %s is in force", (_, responses, acts) => {
  expect(actsInForce(responses)).toEqual(acts);
});
