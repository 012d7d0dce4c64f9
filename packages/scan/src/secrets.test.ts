import { generateKeyPairSync } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { type AdvisoryIndex, parseImageTarget, type ScanReport, soughtRevisions } from "@pratique/core";
import { localSources } from "@pratique/oci";
import {
  archiveOf,
  dockerArchiveOf,
  layerOf,
  ociLayoutOf,
  tempDirectory,
  writeFiles,
} from "@pratique/testkit";
import { expect, it } from "vitest";
import { FileInventoryCache } from "./inventory-cache.ts";
import { type ScanOptions, scanImage } from "./scan-image.ts";

const advisories: AdvisoryIndex = {
  revision: "1",
  sources: [],
  coverage: () => "none",
  lookUp: () => [],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};

const PASSWORD = "hunter22-and-more";
const key = generateKeyPairSync("ed25519").privateKey.export({ type: "pkcs8", format: "pem" }).toString();

const config = {
  config: { Env: ["PATH=/bin", `DB_PASSWORD=${PASSWORD}`] },
  history: [
    { created_by: "ADD rootfs.tar /" },
    { created_by: `RUN |1 REPO_TOKEN=${PASSWORD} /bin/sh -c make`, empty_layer: true },
    { comment: "no step" },
  ],
};

const expected = [
  { rule: "private-key", where: "layer", path: "root/.ssh/id", deleted: true },
  { rule: "private-key", category: "key", where: "layer", path: "srv/key.pem" },
  { rule: "secret-variable", where: "history", line: 2 },
  { rule: "secret-variable", category: "password", where: "environment", line: 2 },
];

function imageOf(packed: "none" | "gzip") {
  const layers = [
    layerOf(
      [
        { path: "root/.ssh/id", content: key },
        { path: "srv/key.pem", content: key },
      ],
      packed,
    ),
    layerOf([{ path: "root/.ssh/.wh.id", content: "" }], packed),
  ];
  return { layers, config };
}

function scan(target: string, options: ScanOptions, cache?: FileInventoryCache): Promise<ScanReport> {
  return scanImage(
    parseImageTarget(target),
    { sources: localSources, advisories, cache, now: () => new Date(0) },
    options,
  );
}

it.each([
  ["none", true],
  ["none", false],
  ["gzip", true],
] as const)("finds secrets in all layers, packed as %s, verified: %s", async (packed, verifyPlainLayers) => {
  using directory = tempDirectory();
  const { layers } = imageOf(packed);
  writeFileSync(directory.at("image.tar"), archiveOf(dockerArchiveOf(imageOf(packed))));
  writeFiles(directory.at("layout"), ociLayoutOf(imageOf(packed)));
  for (const target of ["docker-archive:image.tar", "oci-dir:layout"]) {
    const [scheme, name = ""] = target.split(":");
    const report = await scan(`${scheme}:${directory.at(name)}`, { secrets: true, verifyPlainLayers });
    expect(report.secrets).toMatchObject(expected);
    expect(report.secrets?.map(({ layer }) => layer)).toEqual([
      layers[0]?.diffId,
      layers[0]?.diffId,
      undefined,
      undefined,
    ]);
    expect(report.secrets?.[1]).not.toHaveProperty("deleted");
    const told = JSON.stringify(report);
    expect(told).not.toContain(PASSWORD);
    expect(told).not.toContain(key.split("\n")[1]);
  }
});

it("says nothing of secrets where nobody asked, and tells none by the way", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("image.tar"), archiveOf(dockerArchiveOf(imageOf("none"))));
  const report = await scan(`docker-archive:${directory.at("image.tar")}`, {});
  expect(report).not.toHaveProperty("secrets");
  expect(report).not.toHaveProperty("rules");
  expect(report.config?.environment).toEqual(["PATH=/bin", "DB_PASSWORD=… (17 characters)"]);
});

it("tells what kept the search from being whole to who asked for it, and to nobody else", async () => {
  using directory = tempDirectory();
  const target = `docker-archive:${directory.at("image.tar")}`;
  const hostile = layerOf([{ path: "srv/a", content: "-----BEGIN PRIVATE KEY-----".repeat(20_000) }]);
  writeFileSync(directory.at("image.tar"), archiveOf(dockerArchiveOf({ layers: [hostile] })));
  const listed = ({ assessment }: ScanReport) => assessment.reasons.filter(({ list }) => list !== undefined);
  const asked = await scan(target, { secrets: true });
  expect(listed(asked)).toMatchObject([{ code: "LIMIT_REACHED", list: "secrets", path: "srv/a" }]);
  expect(asked.rules).toEqual({ secrets: soughtRevisions.secrets });
  expect(listed(await scan(target, { licenses: {} }))).toEqual([]);
});

it("reads an image again whose secrets are not known, and then no more", async () => {
  using directory = tempDirectory();
  const file = directory.at("image.tar");
  const target = `docker-archive:${file}`;
  const image = dockerArchiveOf({
    ...imageOf("none"),
    layers: [
      ...imageOf("none").layers,
      layerOf([
        { path: "etc/os-release", content: "ID=debian\nVERSION_ID=12\n" },
        { path: "var/lib/dpkg/status", content: "Package: a\nStatus: install ok installed\nVersion: 1\n\n" },
      ]),
    ],
  });
  writeFileSync(file, archiveOf(image));
  const cache = new FileInventoryCache(directory.at("cache"), "1");
  await scan(target, {}, cache);
  expect(cache.get(image.imageId)).not.toHaveProperty("secrets");
  const { secrets } = await scan(target, { secrets: true }, cache);
  expect(secrets).toMatchObject(expected);
  // What is left of the archive names the image, and has no layer.
  const files = new Map([...image.files].filter(([path]) => !path.endsWith("layer.tar")));
  for (const [path] of image.files) if (path.endsWith("layer.tar")) files.set(path, Buffer.alloc(1024));
  rmSync(file);
  writeFileSync(file, archiveOf({ files }));
  expect((await scan(target, { secrets: true }, cache)).secrets).toEqual(secrets);
  expect(await scan(target, {}, cache)).not.toHaveProperty("secrets");
});
