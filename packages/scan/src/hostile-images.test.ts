import { readdirSync, writeFileSync } from "node:fs";
import { type AdvisoryIndex, parseImageTarget } from "@pratique/core";
import { localSources } from "@pratique/oci";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { scanImage } from "./scan-image.ts";
import { hostileImages, SECRET } from "./testdata/hostile-images.ts";

const advisories: AdvisoryIndex = {
  revision: "1",
  sources: [],
  coverage: () => "none",
  lookUp: () => [],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};

/** What a link that climbs out of the image would find there: a package by the name of the secret. */
const strangeStatus = `Package: ${SECRET}\nStatus: install ok installed\nArchitecture: amd64\nVersion: 1\n`;

it.each(hostileImages)("$taughtBy", async ({ make, refused, packages, reasons = [] }) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("secret"), `${SECRET}:x:0:0::/:/bin/sh\n`);
  writeFileSync(directory.at("status"), strangeStatus);
  const target = parseImageTarget(make(directory));
  const before = readdirSync(directory.path);

  const scan = scanImage(target, { sources: localSources, advisories, now: () => new Date(0) });
  const report = await scan.catch((thrown: unknown) => thrown);

  expect(readdirSync(directory.path)).toEqual(before);
  expect(`${report} ${JSON.stringify(report)}`).not.toContain(SECRET);
  if (refused === undefined) {
    expect(report).toMatchObject({ packages: packages?.map((name) => ({ name })) });
    const codes = (await scan).assessment.reasons.map(({ code }) => code);
    expect(codes).toEqual(expect.arrayContaining([...reasons]));
  } else {
    expect(report).toMatchObject({ code: refused });
  }
});
