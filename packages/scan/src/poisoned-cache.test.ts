import { writeFileSync } from "node:fs";
import { type AdvisoryIndex, type Digest, parseImageTarget } from "@pratique/core";
import { localSources } from "@pratique/oci";
import { archiveOf, dockerArchiveOf, layerOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { FileInventoryCache } from "./inventory-cache.ts";
import { type ScanOptions, scanImage } from "./scan-image.ts";

const status = "Package: bash\nStatus: install ok installed\nVersion: VERSION\nArchitecture: amd64\n";
const good = layerWith("5.2");
const evil = layerWith("4.0");

const advisories: AdvisoryIndex = {
  revision: "1",
  sources: [],
  coverage: () => "none",
  lookUp: () => [],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};

function layerWith(version: string, compression: "none" | "gzip" = "none") {
  return layerOf(
    [
      { path: "etc/os-release", content: "ID=debian\nVERSION_ID=12\n" },
      { path: "var/lib/dpkg/status", content: status.replace("VERSION", version) },
    ],
    compression,
  );
}

function scanner(directory: string) {
  const cache = new FileInventoryCache(directory, "1");
  const dependencies = { sources: localSources, advisories, cache, now: () => new Date(0) };
  return {
    cache,
    scan: (file: string, options: ScanOptions = {}) =>
      scanImage(parseImageTarget(`docker-archive:${file}`), dependencies, options),
  };
}

/** An archive with the configuration of the good image, and so its id, and another layer under the good one's name. */
function forgedArchive(): { readonly bytes: Buffer; readonly imageId: Digest } {
  const { files, imageId } = dockerArchiveOf({ layers: [good] });
  const forged = new Map(files).set(`${good.diffId.slice(7)}/layer.tar`, evil.blob);
  return { bytes: archiveOf({ files: forged }), imageId };
}

it("never keeps, under the id of an image, what a forged archive holds", async () => {
  using directory = tempDirectory();
  const { cache, scan } = scanner(directory.at("cache"));
  const { bytes, imageId } = forgedArchive();
  writeFileSync(directory.at("forged.tar"), bytes);
  writeFileSync(directory.at("good.tar"), archiveOf(dockerArchiveOf({ layers: [good] })));

  const unverified = await scan(directory.at("forged.tar"), { verifyPlainLayers: false });
  expect(unverified.target).toMatchObject({ imageId, layersVerified: false });
  expect(unverified.packages.map(({ version }) => version)).toEqual(["4.0"]);
  expect(cache.get(imageId)).toBeUndefined();

  for (const options of [{}, { verifyPlainLayers: true }]) {
    const verified = scan(directory.at("forged.tar"), options);
    await expect(verified).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    expect(cache.get(imageId)).toBeUndefined();
  }

  const honest = await scan(directory.at("good.tar"));
  expect(honest.target.imageId).toBe(imageId);
  expect(honest.target).not.toHaveProperty("layersVerified");
  expect(honest.packages.map(({ version }) => version)).toEqual(["5.2"]);
  expect(cache.get(imageId)?.inventory.packages.map(({ version }) => version)).toEqual(["5.2"]);
});

it("keeps nothing of an honest archive that it did not verify, and says so", async () => {
  using directory = tempDirectory();
  const { cache, scan } = scanner(directory.at("cache"));
  const { imageId, files } = dockerArchiveOf({ layers: [good] });
  writeFileSync(directory.at("good.tar"), archiveOf({ files }));
  const { target } = await scan(directory.at("good.tar"), { verifyPlainLayers: false });
  expect(target).toMatchObject({ imageId, layers: [good.diffId], layersVerified: false });
  expect(cache.get(imageId)).toBeUndefined();
});

it("verifies compressed layers in any case, and reads an image once", async () => {
  using directory = tempDirectory();
  const { cache, scan } = scanner(directory.at("cache"));
  const layer = layerWith("5.2", "gzip");
  const { imageId, files } = dockerArchiveOf({ layers: [layer] });
  writeFileSync(directory.at("good.tar"), archiveOf({ files }));
  const { target } = await scan(directory.at("good.tar"), { verifyPlainLayers: false });
  expect(target).not.toHaveProperty("layersVerified");
  expect(cache.get(imageId)?.layers).toEqual([layer.diffId]);
  const blank = new Map(files).set(`${layer.diffId.slice(7)}/layer.tar`, Buffer.alloc(0));
  writeFileSync(directory.at("unread.tar"), archiveOf({ files: blank }));
  expect((await scan(directory.at("unread.tar"))).packages.map(({ name }) => name)).toEqual(["bash"]);
});
