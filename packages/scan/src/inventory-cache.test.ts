import { createHash } from "node:crypto";
import { readdirSync, statSync, utimesSync } from "node:fs";
import path from "node:path";
import { type Digest, KiB, parseDigest } from "@pratique/core";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { type CachedInventory, FileInventoryCache } from "./inventory-cache.ts";

const entry = (instruction: string): CachedInventory => ({
  inventory: { packages: [], rootAccounts: [], failures: [] },
  layers: [],
  instructions: [instruction],
  sizeBytes: 1,
});

const image = (number: number): Digest =>
  parseDigest(`sha256:${createHash("sha256").update(String(number)).digest("hex")}`);

function filesBelow(directory: string): readonly string[] {
  return readdirSync(directory, { recursive: true, withFileTypes: true })
    .filter((found) => found.isFile())
    .map(({ parentPath, name }) => path.join(parentPath, name));
}

it("gives what was put, under the same revision of the catalogers", () => {
  using directory = tempDirectory();
  new FileInventoryCache(directory.path, "1").put(image(1), entry("a"));
  expect(new FileInventoryCache(directory.path, "1").get(image(1))?.instructions).toEqual(["a"]);
  expect(new FileInventoryCache(directory.path, "2").get(image(1))).toBeUndefined();
});

it("takes no more room than it may, and drops what was put the longest ago", () => {
  using directory = tempDirectory();
  const cache = new FileInventoryCache(directory.path, "1", { maxTotalBytes: 256 * 4 * KiB });
  const put = (from: number, to: number) => {
    for (let number = from; number < to; number += 1) cache.put(image(number), entry("x".repeat(KiB)));
  };
  put(0, 750);
  // However coarse the clock of the file system is.
  for (const file of filesBelow(directory.path)) utimesSync(file, 1, 1);
  put(750, 1500);
  const bytes = filesBelow(directory.path).reduce((sum, file) => sum + statSync(file).size, 0);
  expect(bytes).toBeLessThanOrEqual(256 * 4 * KiB);
  const held = (from: number) =>
    Array.from({ length: 750 }, (_, at) => cache.get(image(from + at))).filter(
      (found) => found !== undefined,
    );
  expect(held(750).length).toBeGreaterThan(2 * held(0).length);
  expect(cache.get(image(1499))).toBeDefined();
});

it("keeps what is larger than its share until something else is put there", () => {
  using directory = tempDirectory();
  const cache = new FileInventoryCache(directory.path, "1", { maxTotalBytes: 256 });
  cache.put(image(1), entry("x".repeat(10 * KiB)));
  expect(cache.get(image(1))).toBeDefined();
});
