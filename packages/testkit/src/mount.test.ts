import { closeSync, existsSync, openSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { mountAt } from "./mount.ts";
import { tempDirectory } from "./temp-directory.ts";

it("mounts a file system of a size, and is rid of it at once, although a file in it is open", ({ skip }) => {
  using directory = tempDirectory();
  const file = directory.at("disk", "file");
  let open: number;
  {
    using mounted = mountAt(directory.at("disk"), { type: "tmpfs", options: "size=64k" });
    if (mounted === undefined) return skip("no file system can be mounted here");
    expect(() => writeFileSync(file, "x".repeat(100_000))).toThrow("ENOSPC");
    open = openSync(file, "r");
  }
  expect(existsSync(file)).toBe(false);
  closeSync(open);
});

it("says where it cannot", () => {
  using directory = tempDirectory();
  expect(mountAt(directory.at("disk"), { type: "no-such-file-system" })).toBeUndefined();
});
