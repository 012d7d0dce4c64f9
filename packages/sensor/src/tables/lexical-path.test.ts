import { describe, expect, it } from "vitest";
import { cleanPath, joinPath } from "./lexical-path.ts";

describe("cleanPath", () => {
  it.each([
    ["/etc/shadow", "/etc/shadow"],
    ["/etc/../etc/../etc/shadow", "/etc/shadow"],
    ["//etc///shadow", "/etc/shadow"],
    ["/etc/./shadow/", "/etc/shadow"],
    ["/../../etc", "/etc"],
    ["/a/..", "/"],
    ["/", "/"],
    ["/a/...", "/a/..."],
    ["/.hidden/..x", "/.hidden/..x"],
  ])("makes %s to %s", (path, clean) => {
    expect(cleanPath(path)).toBe(clean);
  });
});

describe("joinPath", () => {
  it.each([
    ["/work", "a", "/work/a"],
    ["/", "a", "/a"],
    ["/work", "/a", "/a"],
  ])("joins %s and %s to %s", (directory, path, joined) => {
    expect(joinPath(directory, path)).toBe(joined);
  });
});
