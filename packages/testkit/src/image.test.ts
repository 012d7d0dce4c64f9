import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { archiveOf, digestOf, dockerArchiveOf, layerOf, ociLayoutOf, writeFiles } from "./image.ts";
import { tempDirectory } from "./temp-directory.ts";

const layer = layerOf([{ path: "a", content: "1" }], "gzip");

it("names blobs of a layout by their digests", () => {
  using directory = tempDirectory();
  const image = ociLayoutOf({ layers: [layer], tags: ["latest"] });
  writeFiles(directory.path, image);
  const manifest = readFileSync(directory.at("blobs/sha256", image.digest.slice(7)));
  expect(digestOf(manifest)).toBe(image.digest);
  expect(manifest.toString()).toContain(layer.digest);
  expect(archiveOf(image).length % 512).toBe(0);
});

it("lists every image of a docker archive", () => {
  const { files, imageId } = dockerArchiveOf([
    { layers: [layer], tags: ["a:1"] },
    { layers: [], tags: ["b:2"] },
  ]);
  const manifest = files.get("manifest.json")?.toString() ?? "";
  expect(manifest).toContain("a:1");
  expect(manifest).toContain("b:2");
  expect(manifest).toContain(imageId.slice(7));
});
