import { expect, it } from "vitest";
import { PathPrefixes } from "./path-prefixes.ts";

it.each([
  ["itself", ["/var/run"], "/var/run", true],
  ["what lies below", ["/var/run"], "/var/run/a/b", true],
  ["not what begins with the same letters", ["/var/run"], "/var/run_x", false],
  ["not what lies above", ["/var/run"], "/var", false],
  ["a prefix with a slash at its end", ["/var/run/"], "/var/run/a", true],
  ["slashes that are repeated", ["/var/run"], "/var//run/a", true],
  ["the root", ["/"], "/a", true],
  ["a shorter prefix after a longer one", ["/a/b/c", "/a"], "/a/x", true],
  ["a longer prefix after a shorter one", ["/a", "/a/b/c"], "/a/x", true],
  ["a pattern in a component", ["/home/*/.ssh"], "/home/a/.ssh/id", true],
  ["a pattern that stays in its component", ["/home/*/.ssh"], "/home/a/b/.ssh", false],
  ["a set of characters", ["/proc/[0-9]*/mem"], "/proc/12/mem", true],
  ["a pattern where an exact one leads nowhere", ["/a/b/c", "/a/*/d"], "/a/b/d", true],
  ["a relative path as an absolute one", ["/a"], "a/b", true],
  ["everything below an empty prefix", [""], "a", true],
  ["nothing by a prefix that no path can have", ["/a".repeat(100_000)], "/a".repeat(5000), false],
  ["a relative prefix", ["a/b"], "a/b/c", true],
  ["nothing where there are no prefixes", [], "/a", false],
])("matches %s", (_, prefixes, path, expected) => {
  expect(new PathPrefixes(prefixes).matches(path)).toBe(expected);
});
