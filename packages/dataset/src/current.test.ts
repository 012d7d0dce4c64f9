import { mkdirSync, readdirSync, writeFileSync } from "node:fs";
import { mountAt, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readCurrent, replaceCurrent } from "./current.ts";

it("reads what was written last, and nothing where there is nothing", async () => {
  using directory = tempDirectory();
  expect(readCurrent(directory.path, 100)).toBeUndefined();
  await replaceCurrent(directory.path, "one\n");
  await replaceCurrent(directory.path, "two\n");
  expect(readCurrent(directory.path, 100)).toBe("two\n");
  expect(readdirSync(directory.path)).toEqual(["current"]);
});

it("holds no more of a pointer than it may have", () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("current"), "x".repeat(300_000));
  expect(readCurrent(directory.path, 200_000)).toBe("x".repeat(200_000));
});

it("keeps the pointer before where the disk is full, and leaves nothing beside it", async ({ skip }) => {
  using directory = tempDirectory();
  using mounted = mountAt(directory.path, { type: "tmpfs", options: "size=64k" });
  skip(mounted === undefined, "no file system can be mounted here");
  await replaceCurrent(directory.path, "one\n");
  await expect(replaceCurrent(directory.path, "x".repeat(100_000))).rejects.toThrow("ENOSPC");
  expect(readCurrent(directory.path, 100)).toBe("one\n");
  expect(readdirSync(directory.path)).toEqual(["current"]);
});

it("says what else the file system says", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("current"));
  expect(() => readCurrent(directory.path, 100)).toThrow("EISDIR");
  await expect(replaceCurrent(directory.path, "one\n")).rejects.toThrow("EISDIR");
  expect(readdirSync(directory.path)).toEqual(["current"]);
});
