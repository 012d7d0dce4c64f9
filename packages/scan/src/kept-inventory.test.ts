import { writeFileSync } from "node:fs";
import { type AdvisoryIndex, parseImageTarget } from "@pratique/core";
import { localSources } from "@pratique/oci";
import { archiveOf, dockerArchiveOf, layerOf, tempDirectory, zipOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { FileInventoryCache } from "./inventory-cache.ts";
import { scanImage } from "./scan-image.ts";

const advisories: AdvisoryIndex = {
  revision: "1",
  sources: [],
  coverage: () => "full",
  lookUp: () => [],
  details: () => undefined,
  enrichment: () => ({ knownExploited: false }),
};
const debian = { path: "etc/os-release", content: "ID=debian\nVERSION_ID=12\n" };
const record = (more: string) => ({
  path: "var/lib/dpkg/status",
  content: `Package: bash\nStatus: install ok installed\nArchitecture: amd64\n${more}\n`,
});
const jar = { path: "app/a.jar", content: zipOf([{ name: "A.class", content: "x" }]) };

it.each([
  ["nothing is wrong", [debian, record("Version: 5.2")], []],
  [
    "a record is malformed",
    [debian, record("Version: 5.2\n\nPackage: dash\nStatus: install ok installed\nArchitecture: amd64")],
    ["PACKAGE_RECORD_MALFORMED"],
  ],
  [
    "nothing tells what an archive of Java is",
    [debian, record("Version: 5.2"), jar],
    ["PACKAGE_UNIDENTIFIED"],
  ],
])("reads an image once where %s, and says so again", async (_, files, codes) => {
  using directory = tempDirectory();
  const image = dockerArchiveOf({ layers: [layerOf(files)] });
  writeFileSync(directory.at("image.tar"), archiveOf(image));
  const cache = new FileInventoryCache(directory.at("cache"), "1");
  const scan = () =>
    scanImage(parseImageTarget(`docker-archive:${directory.at("image.tar")}`), {
      sources: localSources,
      advisories,
      cache,
      now: () => new Date(0),
    });
  const first = await scan();
  expect(first.assessment.reasons.map(({ code }) => code)).toEqual(expect.arrayContaining(codes));
  expect(cache.get(image.imageId)?.inventory.failures.map(({ code }) => code)).toEqual(codes);
  expect(await scan()).toEqual(first);
});
