import { readdirSync } from "node:fs";
import { assert, asyncProperty, constantFrom, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { IntelError } from "../errors.ts";
import { collect } from "../testdata/collect.ts";
import {
  abuseChCsv,
  hostsFile,
  mispEvent,
  plainList,
  stixBundle,
  threatFoxJson,
  trails,
} from "../testdata/feeds.ts";
import { feeds, findFeed } from "./feeds.ts";

it("has each folder in the list, by its name and in order", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  expect(feeds.map(({ name }) => name)).toEqual(folders);
});

it("finds feeds by name, and names the ones there are", () => {
  expect(findFeed("stix").name).toBe("stix");
  expect(() => findFeed("otx")).toThrow(/expected one of abuse-ch, list, /u);
});

const seeds = [
  abuseChCsv,
  threatFoxJson,
  plainList,
  hostsFile,
  trails,
  JSON.stringify(mispEvent()),
  JSON.stringify(stixBundle()),
  "[]",
  "{}",
  "null",
];

it.each(feeds.map(({ name }) => [name]))(
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
        expect(thrown === undefined || thrown instanceof IntelError).toBe(true);
      }),
      { numRuns: 150 },
    );
  },
);

it.each(feeds.map(({ name }) => [name]))(
  "%s gives the same for the same bytes, however they arrive",
  async (name) => {
    for (const seed of seeds) {
      const outcome = async (chunkBytes: number): Promise<unknown> => {
        try {
          return await collect(name, seed, { chunkBytes });
        } catch (thrown) {
          return thrown instanceof IntelError ? thrown.code : thrown;
        }
      };
      expect(await outcome(3)).toEqual(await outcome(100_000));
    }
  },
);
