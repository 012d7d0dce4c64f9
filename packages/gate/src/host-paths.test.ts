import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, describe, expect, it } from "vitest";
import { hostPaths } from "./host-paths.ts";

const directory = mkdtempSync(path.join(tmpdir(), "paths-"));
symlinkSync("/proc/self", path.join(directory, "link"));
symlinkSync("loop", path.join(directory, "loop"));

afterAll(() => {
  rmSync(directory, { recursive: true });
});

it.each([
  ["/", "/"],
  ["/tmp/../tmp/", "/tmp"],
  [`${directory}/link/cwd/../..`, directory],
  [`${directory}/gone/deeper`, `${directory}/gone/deeper`],
  [`${directory}/loop/x`, `${directory}/loop/x`],
  ["/nowhere/at/all/", "/nowhere/at/all"],
  ["relative", "relative"],
  ["", "."],
])("resolves %j to %j", (hostPath, resolved) => {
  expect(hostPaths.resolve(hostPath)).toBe(resolved);
});

it("follows symlinks, also to what is not there", () => {
  symlinkSync("deeper/../gone", path.join(directory, "dangling"));
  symlinkSync(directory, path.join(directory, "own"));
  expect(hostPaths.resolve(`${directory}/own/own/dangling/x`)).toBe(`${directory}/gone/x`);
});

it("tells what is there by itself", () => {
  const kinds = [directory, `${directory}/loop`, `${directory}/gone`].map((at) => hostPaths.kind(at));
  expect(kinds).toEqual(["other", "symlink", "nothing"]);
});

const isRoot = process.getuid?.() === 0;

describe.runIf(isRoot)("whether others than root can change where a path leads", () => {
  const place = (name: string, { mode = 0o755, uid = 0 } = {}): string => {
    const at = path.join(directory, name);
    mkdirSync(at);
    chmodSync(at, mode);
    chownSync(at, uid, 0);
    return at;
  };
  /** A directory of anybody's hands below one that is root's alone. */
  const below = (name: string, options: { mode?: number; uid?: number }): string => {
    const at = place(name, options);
    mkdirSync(path.join(at, "roots"));
    mkdirSync(path.join(at, "theirs"));
    chownSync(path.join(at, "theirs"), 1000, 0);
    return at;
  };

  it.each<[string, { mode?: number; uid?: number }, readonly string[], boolean]>([
    ["no, by a directory that is root's alone", {}, ["theirs", "gone", ""], false],
    ["no, by one that the group of root may write to", { mode: 0o775 }, ["roots"], false],
    ["yes, by one of another user", { uid: 1000 }, ["roots", "theirs", "gone"], true],
    ["yes, by one that all may write to", { mode: 0o777 }, ["roots", "theirs"], true],
    ["no, by what is root's in a sticky one", { mode: 0o1777 }, ["roots", "roots/deeper"], false],
    ["yes, by what is theirs there, or not there", { mode: 0o1777 }, ["theirs", "gone"], true],
  ])("says %s", (name, options, names, expected) => {
    const at = below(name, options);
    expect(names.map((entry) => hostPaths.isExchangeable(path.join(at, entry)))).toEqual(
      names.map(() => expected),
    );
  });

  it("looks at the way of each symlink", () => {
    const at = place("links");
    symlinkSync(below("theirs", { uid: 1000 }), path.join(at, "to-theirs"));
    symlinkSync("/usr/bin", path.join(at, "to-roots"));
    expect(hostPaths.isExchangeable(`${at}/to-theirs/roots`)).toBe(true);
    expect(hostPaths.isExchangeable(`${at}/to-theirs`)).toBe(false);
    expect(hostPaths.isExchangeable(`${at}/to-roots`)).toBe(false);
  });

  it("takes what is no path of the host for theirs", () => {
    expect(hostPaths.isExchangeable("relative")).toBe(true);
  });
});

it.each(["/proc/self/cwd", "/proc/thread-self/root/etc", "/proc/1/root", "/proc/self/fd/977", "/dev/fd/0"])(
  "refuses what leads each process elsewhere: %s",
  (hostPath) => {
    expect(() => hostPaths.resolve(hostPath)).toThrow(/expected a path that leads every process/u);
  },
);

it("refuses a symlink to what leads each process elsewhere", () => {
  expect(() => hostPaths.resolve(`${directory}/link/cwd`)).toThrow(/leads every process/u);
});

it("keeps files of the process that looks under the name that they have for all", () => {
  expect(hostPaths.resolve("/proc/mounts")).toBe("/proc/self/mounts");
  expect(hostPaths.resolve(`${directory}/link`)).toBe("/proc/self");
});
