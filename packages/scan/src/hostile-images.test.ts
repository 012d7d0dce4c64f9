import { readdirSync, writeFileSync } from "node:fs";
import { type AdvisoryIndex, parseImageTarget } from "@pratique/core";
import { localSources, OciError } from "@pratique/oci";
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

it.each(hostileImages)("$taughtBy", async ({ make, refused, packages = [], reasons = [] }) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("secret"), `${SECRET}:x:0:0::/:/bin/sh\n`);
  writeFileSync(directory.at("status"), strangeStatus);
  const target = make(directory);
  const before = readdirSync(directory.path);

  const { text, ...outcome } = await outcomeOf(target);

  expect(readdirSync(directory.path)).toEqual(before);
  expect(text).not.toContain(SECRET);
  expect(outcome).toEqual({ refused, packages, reasons: expect.arrayContaining([...reasons]) });
});

/** How a scan ends, and all that it says. */
async function outcomeOf(target: string) {
  try {
    const dependencies = { sources: localSources, advisories, now: () => new Date(0) };
    const report = await scanImage(parseImageTarget(target), dependencies);
    return {
      refused: undefined,
      packages: report.packages.map(({ name }) => name),
      reasons: report.assessment.reasons.map(({ code }) => code),
      text: JSON.stringify(report),
    };
  } catch (thrown) {
    if (!(thrown instanceof OciError)) throw thrown;
    return { refused: thrown.code, packages: [], reasons: [], text: String(thrown) };
  }
}
