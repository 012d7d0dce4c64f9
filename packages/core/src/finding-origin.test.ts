import { describe, expect, it } from "vitest";
import { type Digest, parseDigest } from "./digest.ts";
import { explainFindings, layersOfBase, originOf } from "./finding-origin.ts";

const [one, two, three] = ["1", "2", "3"].map((digit) => parseDigest(`sha256:${digit.repeat(64)}`)) as [
  Digest,
  Digest,
  Digest,
];
const target = {
  reference: "shop:1",
  layers: [one, two, three],
  instructions: ["ADD file:1 in /", "", "COPY . /app"],
};

describe("the origin of a layer", () => {
  it("is of the base, or not, where the base's layers are known", () => {
    const based = { ...target, base: { layers: 2 } };
    expect(originOf(based, one)).toEqual({ layer: one, instruction: "ADD file:1 in /", fromBase: true });
    expect(originOf(based, two)).toEqual({ layer: two, fromBase: true });
    expect(originOf(based, three)).toEqual({ layer: three, instruction: "COPY . /app", fromBase: false });
  });

  it("is not known where the base is only claimed, or the layer is none of the image", () => {
    const claimed = { ...target, base: { name: "debian:12" } };
    expect(originOf(claimed, one).fromBase).toBe("unknown");
    expect(originOf({ reference: "dir:/" }, one)).toEqual({ fromBase: "unknown" });
    expect(originOf(target)).toEqual({ fromBase: "unknown" });
  });

  it("is the first of two places of one layer", () => {
    const twice = { ...target, layers: [one, two, one], base: { layers: 1 } };
    expect(originOf(twice, one).fromBase).toBe(true);
  });
});

it.each([
  ["the lowest layers", [one], 1],
  ["all but the last", [one, two], 2],
  ["all of them", [one, two, three], undefined],
  ["none", [], undefined],
  ["others", [two], undefined],
  ["more", [one, two, three, one], undefined],
])("an image is built on %s", (_, base, expected) => {
  expect(layersOfBase(target.layers, base)).toBe(expected);
});

it("explains each finding by the layer of its package", () => {
  const report = explainFindings(
    {
      schemaVersion: 1,
      scannedAt: "2026-01-01T00:00:00Z",
      target: { ...target, base: { layers: 1 } },
      assessment: { state: "complete", reasons: [], advisories: [] },
      rootAccounts: [],
      packages: [
        { id: "a", type: "npm", name: "a", version: "1", purl: "pkg:npm/a@1", layer: three, paths: [] },
      ],
      findings: [
        {
          id: "CVE-1",
          aliases: [],
          packageId: "a",
          severity: "high",
          status: "affected",
          knownExploited: false,
          source: "osv",
          advisory: "GHSA-1",
        },
      ],
    },
    (id) => (id === "a" ? { use: "executed" } : {}),
  );
  expect(report.findings[0]).toMatchObject({
    layer: three,
    instruction: "COPY . /app",
    fromBase: false,
    risk: { score: 40 },
  });
});
