import { array, assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { decodeName, normalizeEntryPath } from "./entry-path.ts";
import { ArchiveError } from "./errors.ts";

it.each([
  ["a/b", "a/b"],
  ["/a/b", "a/b"],
  ["./a/./b/", "a/b"],
  ["//a///b//", "a/b"],
  ["a/../b", "b"],
  ["a/b/../../c", "c"],
  ["...", "..."],
  [".", ""],
  ["/", ""],
  ["", ""],
])("makes %j into %j", (name, expected) => {
  expect(normalizeEntryPath(name)).toBe(expected);
});

it.each([
  ["../a", "PATH_UNSAFE"],
  ["/..", "PATH_UNSAFE"],
  ["a/../../b", "PATH_UNSAFE"],
  ["a\0b", "PATH_UNSAFE"],
  ["x".repeat(256), "LIMIT_REACHED"],
  ["x/".repeat(2100), "LIMIT_REACHED"],
])("refuses %j", (name, code) => {
  expect(() => normalizeEntryPath(name)).toThrow(expect.objectContaining({ code }));
});

it("gives paths that stay as they are and never leave the root", () => {
  assert(
    property(array(constantFrom("a", ".", "..", "", "b.c")), (parts) => {
      const path = normalizedOr(parts.join("/"), "refused");
      expect(normalizeEntryPath(path)).toBe(path);
      expect(path.split("/")).not.toContain("..");
      expect(path.startsWith("/")).toBe(false);
    }),
  );
});

it("gives each path as its parts say, one after another", () => {
  assert(
    property(array(constantFrom("a", ".", "..", "", "b.c", "...")), (parts) => {
      const kept: string[] = [];
      let leaves = false;
      for (const part of parts) {
        if (part === "..") leaves ||= kept.pop() === undefined;
        else if (part !== "" && part !== ".") kept.push(part);
      }
      expect(normalizedOr(parts.join("/"), "refused")).toBe(leaves ? "refused" : kept.join("/"));
    }),
  );
});

it("decodes a name in the midst of other bytes", () => {
  const bytes = Buffer.from("..usr/ä..").subarray(1);
  expect(decodeName({ bytes, start: 1, end: 7 })).toBe("usr/ä");
  expect(decodeName({ bytes: new Uint8Array(bytes), start: 1, end: 7 })).toBe("usr/ä");
  expect(decodeName({ bytes: Buffer.from([0x2e, 0x61, 0xff, 0x2e]), start: 1, end: 3 })).toBe("aÿ");
});

it.each([
  [Buffer.from("ä"), "ä"],
  [Buffer.from([0xe4]), "ä"],
  [Buffer.from("\uFFFD"), "\uFFFD"],
  [Buffer.from([0x61, 0xff, 0x62]), "aÿb"],
])("decodes %j", (bytes, expected) => {
  expect(decodeName({ bytes, start: 0, end: bytes.length })).toBe(expected);
});

function normalizedOr(name: string, otherwise: string): string {
  try {
    return normalizeEntryPath(name);
  } catch (thrown) {
    if (thrown instanceof ArchiveError) return otherwise;
    throw thrown;
  }
}
