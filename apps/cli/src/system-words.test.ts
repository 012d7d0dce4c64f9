import { readdirSync, readFileSync, renameSync } from "node:fs";
import { expect, it } from "vitest";
import { inPlainWords, isDiskFull, isSystemError, systemHint } from "./system-words.ts";

it.each([
  [
    "a path that was not named yet",
    "ENOENT: no such file or directory, open '/a b'",
    '"/a b": no such file or directory',
  ],
  [
    "a path that was named",
    "\"/a\" cannot be read: ENOENT: no such file or directory, open '/a'",
    '"/a" cannot be read: no such file or directory',
  ],
  ["a path with a quote in it", "EACCES: permission denied, open '/it's'", '"/it\'s": permission denied'],
  [
    "two paths",
    "x: EXDEV: cross-device link not permitted, rename '/a' -> '/b'",
    'x: "/a": cross-device link not permitted',
  ],
  [
    "no path",
    "x cannot be read: EISDIR: illegal operation on a directory, read",
    "x cannot be read: it is a directory",
  ],
  [
    "a closed port",
    'cannot reach "http://a": connect ECONNREFUSED 127.0.0.1:1',
    'cannot reach "http://a": nothing listens there',
  ],
  ["a name of nobody", "getaddrinfo ENOTFOUND a.invalid", "the name does not resolve"],
  ["a code that we know nothing of", "EWEIRD: strange thing, open '/a'", '"/a": strange thing'],
  ["a connection with such a code", "connect EWEIRD 1.2.3.4:5", "connect EWEIRD 1.2.3.4:5"],
  ["nothing of the system", 'expected "a", found "b"', 'expected "a", found "b"'],
])("says in plain words: %s", (_, message, expected) => {
  expect(inPlainWords(message)).toBe(expected);
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
  } catch (thrown) {
    return thrown;
  }
  return undefined;
}

it.each<[string, () => unknown, RegExp]>([
  ["a missing file", () => readFileSync("/absent"), /^"\/absent": no such file or directory$/u],
  ["a directory", () => readFileSync("/"), /^it is a directory$/u],
  [
    "a file as a directory",
    () => readdirSync("/dev/null"),
    /^"\/dev\/null": a part of the path is no directory$/u,
  ],
  ["a rename", () => renameSync("/absent", "/absent2"), /^"\/absent": no such file or directory$/u],
])("knows what Node really throws for %s", (_, work, expected) => {
  const thrown = thrownBy(work);
  expect(isSystemError(thrown)).toBe(true);
  expect(inPlainWords(thrown instanceof Error ? thrown.message : "")).toMatch(expected);
  expect(systemHint(thrown)).toBe("check the path");
});

it("looks for advice among the causes", () => {
  const full = Object.assign(new Error("full"), { code: "ENOSPC", syscall: "write" });
  const outer = new Error("outer", { cause: new Error("middle", { cause: full }) });
  expect(systemHint(outer)).toMatch(/free some space/u);
  expect([isDiskFull(outer), isDiskFull(new Error("outer"))]).toEqual([true, false]);
});

it("ends where causes go in a circle", () => {
  const circle = new Error("circle");
  circle.cause = circle;
  expect(systemHint(circle)).toBe(undefined);
});

it("does not take a defect for the system's refusal", () => {
  expect(isSystemError(new TypeError("x is not a function"))).toBe(false);
  expect(isSystemError(Object.assign(new Error("bad argument"), { code: "ERR_INVALID_ARG_TYPE" }))).toBe(
    false,
  );
});
