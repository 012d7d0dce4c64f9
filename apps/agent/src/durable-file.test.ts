import { execFileSync, spawnSync } from "node:child_process";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { replaceFile } from "./durable-file.ts";

/** Tried in a name space of its own, which leaves nothing behind. */
const canMount = spawnSync("unshare", ["--mount", "mount", "-t", "tmpfs", "tmpfs", tmpdir()]).status === 0;

it("replaces a file as a whole, for its owner only, and leaves nothing beside it", () => {
  using directory = tempDirectory();
  const file = path.join(directory.path, "deep", "state.json");
  replaceFile(file, "old");
  replaceFile(file, "new");
  expect(readFileSync(file, "utf8")).toBe("new");
  expect(statSync(file).mode & 0o777).toBe(0o600);
  expect(readdirSync(path.dirname(file))).toEqual(["state.json"]);
});

it.skipIf(!canMount)(
  "keeps the old file where the disk is full (skipped where no file system can be mounted)",
  () => {
    using directory = tempDirectory();
    execFileSync("mount", ["-t", "tmpfs", "-o", "size=64k", "tmpfs", directory.path]);
    try {
      const file = path.join(directory.path, "daemon.json");
      replaceFile(file, "old");
      expect(() => replaceFile(file, "x".repeat(100_000))).toThrow("ENOSPC");
      expect(readFileSync(file, "utf8")).toBe("old");
      expect(readdirSync(directory.path)).toEqual(["daemon.json"]);
    } finally {
      execFileSync("umount", [directory.path]);
    }
  },
);
