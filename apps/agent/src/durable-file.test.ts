import { readdirSync, readFileSync, statSync } from "node:fs";
import path from "node:path";
import { mountAt, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { replaceFile } from "./durable-file.ts";

it("replaces a file as a whole, for its owner only, and leaves nothing beside it", () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "deep", "state.json");
  replaceFile(file, "old");
  replaceFile(file, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(["state.json"]);
});

it("keeps the old file where the disk is full", ({ skip }) => {
  using directory = tempDirectory();
  using mounted = mountAt(directory.path, { type: "tmpfs", options: "size=64k" });
  skip(mounted === undefined, "no file system can be mounted here");
  const file = path.join(directory.path, "daemon.json");
  replaceFile(file, "old");
  expect(() => replaceFile(file, "x".repeat(100_000))).toThrow("ENOSPC");
  expect(readFileSync(file, "utf8")).toBe("old");
  expect(readdirSync(directory.path)).toEqual(["daemon.json"]);
});
