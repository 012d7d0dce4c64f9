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
  const own = `/proc/${process.pid}`;
  expect(hostPaths.resolve(`${directory}/link`)).toBe(own);
  expect(hostPaths.resolve(`${directory}/link/not-there`)).toBe(`${own}/not-there`);
});
