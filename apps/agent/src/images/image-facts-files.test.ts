import { writeFileSync } from "node:fs";
import path from "node:path";
import { parseDigest } from "@pratique/core";
import { type ImageFacts, imageFactsOf } from "@pratique/policy";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { ImageFactsFiles } from "./image-facts-files.ts";

const imageId = parseDigest(`sha256:${"ab".repeat(32)}`);
const facts: ImageFacts = imageFactsOf({
  schemaVersion: 1,
  scannedAt: "2026-01-01T00:00:00.000Z",
  target: { reference: "shop:1", imageId },
  assessment: { state: "complete", reasons: [], advisories: [] },
  rootAccounts: [],
  packages: [],
  findings: [],
});

it("gives the same object until the file changes", async () => {
  using directory = tempDirectory();
  const files = new ImageFactsFiles(directory.path);
  expect(files.get(imageId)).toBeUndefined();
  files.put(imageId, facts);
  const first = files.get(imageId);
  expect(first).toEqual(facts);
  expect(files.get(imageId)).toBe(first);
  files.put(imageId, { ...facts, packageCount: 7 });
  expect(files.get(imageId)?.packageCount).toBe(7);
});

it.each([
  ["cut short", JSON.stringify(facts).slice(0, -5)],
  ["about another image", JSON.stringify({ ...facts, imageId: `sha256:${"cd".repeat(32)}` })],
])("does not know an image whose file is %s", async (_, text) => {
  using directory = tempDirectory();
  writeFileSync(path.join(directory.path, `${"ab".repeat(32)}.json`), text);
  expect(new ImageFactsFiles(directory.path).get(imageId)).toBeUndefined();
});
