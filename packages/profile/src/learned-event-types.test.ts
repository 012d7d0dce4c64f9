import { isEventType } from "@pratique/core";
import { expect, it } from "vitest";
import { learnedEventTypes } from "./learned-event-types.ts";
import { dangerousCalls } from "./system-calls.ts";

it("holds every call that an export takes away where it was not seen", () => {
  expect(dangerousCalls.filter((name) => isEventType(name) && !learnedEventTypes.includes(name))).toEqual([]);
});

it("holds what shows files, programs and peers, and nothing that shows none", () => {
  expect(learnedEventTypes).toEqual(expect.arrayContaining(["openat", "execve", "connect", "dns", "chown"]));
  expect(learnedEventTypes).not.toEqual(expect.arrayContaining(["clone"]));
  expect(learnedEventTypes).not.toEqual(expect.arrayContaining(["recvfrom"]));
});
