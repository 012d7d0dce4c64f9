import type { Package } from "@pratique/core";
import { expect, it } from "vitest";
import { match } from "./match.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

const owner: Package = {
  id: "pkg:apk/wolfi/py3-pip@24.0-r0",
  purl: "pkg:apk/wolfi/py3-pip@24.0-r0",
  type: "apk",
  name: "py3-pip",
  version: "24.0-r0",
  paths: ["lib/apk/db/installed"],
};
const owned: Package = {
  id: "pkg:pypi/pip@24.0",
  purl: "pkg:pypi/pip@24.0",
  type: "pypi",
  name: "pip",
  version: "24.0",
  paths: ["usr/lib/python3.12/site-packages/pip-24.0.dist-info/METADATA"],
  ownedBy: owner.id,
};

function find(source: string, words: readonly string[]) {
  const pypi = advisory({ ecosystem: "PyPI", package: "pip", source: "osv", ranges: [{ fixed: "25" }] });
  const never = words.map((ecosystem) => advisory({ ecosystem, package: "py3-pip", source, ranges: [] }));
  const index = new MemoryIndex({ advisories: [pypi, ...never] });
  return match({ distro: { id: source.split("-")[0] ?? "", version: "" }, packages: [owner, owned] }, index)
    .findings;
}

it.each([
  ["wolfi-secdb", "Wolfi"],
  ["chainguard-secdb", "Chainguard"],
])(
  "%s silences advisories of a language about files of apk that were never affected",
  (source, ecosystem) => {
    expect(find(source, [ecosystem])).toEqual([]);
    expect(find(source, [])).toMatchObject([{ packageId: owned.id, confidence: "low" }]);
  },
);
