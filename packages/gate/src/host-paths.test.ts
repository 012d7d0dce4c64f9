import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
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
