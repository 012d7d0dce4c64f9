import { readdirSync } from "node:fs";
import path from "node:path";
import { assert, asyncProperty, constantFrom, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { enrichers } from "./enrichers/enrichers.ts";
import { AdvisoryError } from "./errors.ts";
import { providers } from "./providers/providers.ts";
import { findReader, readers } from "./readers.ts";
import { collect } from "./testdata/collect.ts";
import { dsaList, osvRecord, trackerJson } from "./testdata/feeds.ts";
import {
  amazonXml,
  azureFeed,
  fedoraUpdate,
  oracleFeed,
  photonFeed,
  redhatFeed,
  suseFeed,
} from "./testdata/rpm-feeds.ts";

it.each([
  ["providers", providers],
  ["enrichers", enrichers],
])("%s: each folder is in the list, by its name and in order", (folder, list) => {
  const folders = readdirSync(path.join(import.meta.dirname, folder), { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  expect(list.map(({ name }) => name)).toEqual(folders);
});

it("finds readers by name, and names the ones there are", () => {
  expect(findReader("osv").name).toBe("osv");
  expect(() => findReader("redhat")).toThrow(/expected one of alpine-secdb, alpine-tracker, amazon-alas/u);
});

const seeds = [
  dsaList,
  trackerJson,
  JSON.stringify(osvRecord()),
  "distroversion: v3.11\npackages:\n  - pkg:\n      name: a\n      secfixes:\n        1.0-r0:\n          - CVE-2020-0001\n",
  '{"id":"CVE-2019-1003051","state":[{"fixed":false,"published":true,"repo":"edge-main","packageName":"a","packageVersion":"1-r0"}]}',
  'gem: a\ncve: 2020-0001\npatched_versions:\n  - "~> 1.0, >= 1.0.2"\n',
  "reference: composer://a/b\nbranches:\n  1.x:\n    versions: ['>=1.0', '<1.2']\n",
  '{"vulnerabilities":[{"cveID":"CVE-2014-6271"}]}',
  '{"vulnerabilities":[{"cve":{"id":"CVE-2021-23017","configurations":[{"nodes":[{"cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:f5:nginx:*:*:*:*:*:*:*:*"}]}]}]}}]}',
  "cve,epss,percentile\nCVE-2021-44228,0.5,1\n",
  amazonXml("ALAS2-2024-0001", [["kernel", "0", "4.14.243", "185.amzn2", "x86_64"]]),
  azureFeed,
  JSON.stringify(fedoraUpdate()),
  oracleFeed,
  photonFeed,
  redhatFeed,
  suseFeed,
];

it.each(readers.map(({ name }) => [name]))(
  "%s raises nothing but our error, whatever it reads",
  async (name) => {
    await assert(
      asyncProperty(constantFrom(...seeds), uint8Array({ maxLength: 40 }), async (seed, noise) => {
        const at = noise.length === 0 ? 0 : ((noise[0] ?? 0) * 7) % seed.length;
        const text = Buffer.concat([Buffer.from(seed.slice(0, at)), noise, Buffer.from(seed.slice(at))]);
        const thrown = await collect(name, text, { chunkBytes: 13 }).then(
          () => undefined,
          (error: unknown) => error,
        );
        expect(thrown === undefined || thrown instanceof AdvisoryError).toBe(true);
      }),
      { numRuns: 150 },
    );
  },
);

it.each(readers.map(({ name }) => [name]))(
  "%s gives the same for the same bytes, however they arrive",
  async (name) => {
    for (const seed of seeds) {
      const outcome = async (chunkBytes: number): Promise<unknown> => {
        try {
          return await collect(name, seed, { chunkBytes });
        } catch (thrown) {
          return thrown instanceof AdvisoryError ? thrown.code : thrown;
        }
      };
      expect(await outcome(3)).toEqual(await outcome(100_000));
    }
  },
);
