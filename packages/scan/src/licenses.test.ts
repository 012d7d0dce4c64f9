import { rmSync, writeFileSync } from "node:fs";
import { type AdvisoryIndex, parseImageTarget, type ScanReport } from "@pratique/core";
import { readSbom } from "@pratique/inventory";
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
import { scanSbom } from "./scan-sbom.ts";

const advisories: AdvisoryIndex = {
  revision: "1",
  sources: [],
  coverage: () => "none",
  lookUp: () => [],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};

const FORMAT = "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n";

function imageOf(packed: "none" | "gzip") {
  const status = ["a", "b"].map((name) => `Package: ${name}\nStatus: install ok installed\nVersion: 1\n\n`);
  return {
    layers: [
      layerOf(
        [
          { path: "etc/os-release", content: "ID=debian\nVERSION_ID=12\n" },
          { path: "var/lib/dpkg/status", content: status.join("") },
          { path: "usr/share/doc/a/copyright", content: `${FORMAT}License: GPL-2+\nLicense: Expat\n` },
        ],
        packed,
      ),
      layerOf(
        [{ path: "srv/node_modules/c/package.json", content: '{"name":"c","version":"1","license":"ISC"}' }],
        packed,
      ),
    ],
  };
}

const expected = [
  ["a", "GPL-2.0-or-later", "restricted"],
  ["a", "MIT", "notice"],
  ["b", "NOASSERTION", "unknown"],
  ["c", "ISC", "notice"],
];

function told({ licenses, packages }: ScanReport): readonly unknown[] | undefined {
  const names = new Map(packages.map(({ id, name }) => [id, name]));
  return licenses?.map(({ license, category, packageId }) => [names.get(packageId), license, category]);
}

function scan(target: string, options: ScanOptions, cache?: FileInventoryCache): Promise<ScanReport> {
  const dependencies = { sources: localSources, advisories, cache, now: () => new Date(0) };
  return scanImage(parseImageTarget(target), dependencies, options);
}

it.each(["none", "gzip"] as const)("tells the licences of packages, packed as %s", async (packed) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("image.tar"), archiveOf(dockerArchiveOf(imageOf(packed))));
  writeFiles(directory.at("layout"), ociLayoutOf(imageOf(packed)));
  for (const target of [`docker-archive:${directory.at("image.tar")}`, `oci-dir:${directory.at("layout")}`]) {
    const report = await scan(target, { licenses: {} });
    expect(told(report)).toEqual(expected);
    expect(report.packages.map(({ licenses }) => licenses)).toEqual([
      ["GPL-2.0-or-later", "MIT"],
      undefined,
      ["ISC"],
    ]);
    expect(report.assessment.reasons.map(({ code }) => code)).not.toContain("FILE_UNREADABLE");
  }
});

const WTFPL = "DO WHAT THE FUCK YOU WANT TO PUBLIC LICENSE\n 0. You just DO WHAT THE FUCK YOU WANT TO.\n";

it.each(["none", "gzip"] as const)("tells licences by their texts, packed as %s", async (packed) => {
  using directory = tempDirectory();
  const items = [
    { path: "srv/node_modules/d/package.json", content: '{"name":"d","version":"1"}' },
    { path: "srv/node_modules/d/LICENSE", content: WTFPL },
    { path: "srv/node_modules/e/package.json", content: '{"name":"e","version":"1"}' },
    { path: "srv/node_modules/e/LICENSE", content: "Ask us." },
  ];
  const file = directory.at("image.tar");
  writeFileSync(file, archiveOf(dockerArchiveOf({ layers: [layerOf(items, packed)] })));
  expect(told(await scan(`docker-archive:${file}`, { licenses: {} }))).toEqual([
    ["d", "WTFPL", "forbidden"],
    ["e", "NOASSERTION", "unknown"],
  ]);
  expect(JSON.stringify(await scan(`docker-archive:${file}`, {}))).not.toContain("WTFPL");
});

it("goes by what the user says of licences", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("image.tar"), archiveOf(dockerArchiveOf(imageOf("none"))));
  const licenses = { categories: { forbidden: ["ISC"] }, ignored: ["GPL-*", "NOASSERTION"] };
  expect(told(await scan(`docker-archive:${directory.at("image.tar")}`, { licenses }))).toEqual([
    ["a", "MIT", "notice"],
    ["c", "ISC", "forbidden"],
  ]);
});

it("says the same whatever is kept of the image", async () => {
  using directory = tempDirectory();
  const file = directory.at("image.tar");
  const target = `docker-archive:${file}`;
  const image = dockerArchiveOf(imageOf("none"));
  writeFileSync(file, archiveOf(image));
  const cache = new FileInventoryCache(directory.at("cache"), "1");
  const silent = await scan(target, {}, cache);
  expect(JSON.stringify(silent)).not.toContain("icenses");
  expect(told(await scan(target, { licenses: {} }, cache))).toEqual(expected);
  // Who asks for secrets makes nobody forget the licences.
  await scan(target, { secrets: true }, cache);
  // What is left of the archive names the image, and has no layer.
  const files = new Map(
    [...image.files].map(([path, content]) => [
      path,
      path.endsWith("layer.tar") ? Buffer.alloc(1024) : content,
    ]),
  );
  rmSync(file);
  writeFileSync(file, archiveOf({ files }));
  expect(told(await scan(target, { licenses: {} }, cache))).toEqual(expected);
  expect(await scan(target, {}, cache)).toEqual(silent);
});

it("tells the licences of a bill of materials where they are asked for", () => {
  const components = [
    { type: "library", name: "c", purl: "pkg:npm/c@1", licenses: [{ license: { id: "ISC" } }] },
  ];
  const sbom = readSbom(
    Buffer.from(JSON.stringify({ bomFormat: "CycloneDX", specVersion: "1.6", components })),
  );
  const dependencies = { advisories, now: () => new Date(0) };
  expect(JSON.stringify(scanSbom("sbom:c", sbom, dependencies))).not.toContain("ISC");
  expect(told(scanSbom("sbom:c", sbom, { ...dependencies, licenses: {} }))).toEqual([["c", "ISC", "notice"]]);
});
