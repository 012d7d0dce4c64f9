import type { Package } from "@pratique/core";
import { expect, it } from "vitest";
import { judgeLicenses, type LicenseRules } from "./judge-licenses.ts";

function packageWith(licenses?: readonly string[]): Package {
  const named = {
    id: "pkg:npm/a@1",
    type: "npm",
    name: "a",
    version: "1",
    purl: "pkg:npm/a@1",
    paths: [],
  } as const;
  return licenses === undefined ? named : { ...named, licenses };
}

function judged(licenses?: readonly string[], rules?: LicenseRules): readonly string[] {
  return judgeLicenses([packageWith(licenses)], rules).licenses.map(
    ({ license, category, severity }) => `${license}: ${category}, ${severity}`,
  );
}

it.each([
  ["AGPL-3.0-only", "forbidden, critical"],
  ["CC-BY-NC-3.0-DE", "forbidden, critical"],
  ["GPLv2+", "restricted, high"],
  ["CC-BY-SA-4.0", "restricted, high"],
  ["GPL-2.0-only WITH Classpath-exception-2.0", "restricted, high"],
  ["MPL-2.0", "reciprocal, medium"],
  ["CC-BY-4.0", "notice, low"],
  ["Apache-2.0+", "notice, low"],
  ["MIT-0", "permissive, low"],
  ["Public Domain", "unencumbered, low"],
  ["Proprietary", "unknown, unknown"],
  ["BSD-style, not to be sold", "unknown, unknown"],
  ["MIT-like for a fee", "unknown, unknown"],
  ["CC-BY-own words", "unknown, unknown"],
  ["GPL-like, own words", "restricted, high"],
  ["CC-BY-NC", "forbidden, critical"],
  ["CC BY-ND", "restricted, high"],
  ["MIT OR GPL-2.0-only", "notice, low"],
  ["AGPL-3.0-only OR Something", "forbidden, critical"],
  ["MIT OR (GPL-2.0-only AND CC0-1.0)", "notice, low"],
  ["CC0-1.0 OR (MIT AND LicenseRef-own)", "unencumbered, low"],
])("puts %s into a category: %s", (license, expected) => {
  const [found = "", ...more] = judged([license]);
  expect(found.replace(/^.*: /u, "")).toBe(expected);
  expect(more).toEqual([]);
});

it("judges one by one what holds together", () => {
  expect(judged(["MIT AND GPL-3.0-only", "MIT", "Own words"])).toEqual([
    "MIT: notice, low",
    "GPL-3.0-only: restricted, high",
    "Own words: unknown, unknown",
  ]);
});

it.each(["MIT with Commons Clause", "MIT, Commons Clause v1.0", "MIT AND Commons-Clause"])(
  "does not lose what takes rights away: %s",
  (license) => {
    expect(judged([license])).toEqual(["MIT: notice, low", "LicenseRef-Commons-Clause: forbidden, critical"]);
  },
);

it("says of a package that tells no licence that it tells none", () => {
  expect(judged()).toEqual(["NOASSERTION: unknown, unknown"]);
});

it("writes the licences of packages as expressions", () => {
  const { packages } = judgeLicenses([packageWith(["GPLv2+", "GPL-2.0+", "Own words"])]);
  expect(packages.map(({ licenses }) => licenses)).toEqual([["GPL-2.0-or-later", "Own words"]]);
});

it("tells what names more licences than any package has as one, and as strictly", () => {
  const names = Array.from({ length: 1000 }, (_, at) => `x${at}`);
  const text = ["MIT", ...names, "AGPL-3.0-only"].join(" AND ");
  const { packages, licenses } = judgeLicenses([packageWith([text, "ISC"])]);
  expect(licenses.map(({ category }) => category)).toEqual(["forbidden", "notice"]);
  expect(packages[0]?.licenses).toEqual(licenses.map(({ license }) => license));
  expect(licenses[0]?.license).toMatch(/^MIT AND LicenseRef-x0 AND .* AND AGPL-3\.0-only$/u);
  expect(judged([names.slice(0, 63).concat("MIT").join(" AND ")])).toHaveLength(64);
});

it("goes by the user's lists before its own", () => {
  const categories = {
    forbidden: ["GPL-3.0"],
    permissive: ["mi*", "GPL-2.0-only WITH Classpath-exception-2.0", "Own words"],
  };
  expect(judged(["GPL-3.0-or-later", "MIT", "ISC", "Own words"], { categories })).toEqual([
    "GPL-3.0-or-later: forbidden, critical",
    "MIT: permissive, low",
    "ISC: notice, low",
    "Own words: permissive, low",
  ]);
  expect(judged(["GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"], { categories })).toEqual([
    "GPL-2.0-only WITH Classpath-exception-2.0: permissive, low",
    "GPL-2.0-only: restricted, high",
  ]);
});

it.each([
  ["an exception", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0-only"],
  ["an exception behind one of a family", "GPL-2.0-only WITH Classpath-exception-2.0", "GPL-2.0"],
  [
    "an exception that the user names",
    "GPL-2.0-only WITH Font-exception-2.0",
    "GPL-2.0 WITH Font-exception-2.0",
  ],
  ["a plus", "MPL-1.1+", "MPL-1.1"],
])("goes by the user's lists, whatever stands behind a licence: %s", (_, license, forbidden) => {
  const categories = { forbidden: [forbidden], notice: ["GPL-*", "MPL-*"] };
  expect(judged([license], { categories })).toEqual([`${license}: forbidden, critical`]);
});

it("leaves out what is ignored", () => {
  const ignored = ["GPL-*", "own words", "NOASSERTION"];
  expect(judged(["GPL-2.0-only", "LGPL-2.1-only", "Own words"], { ignored })).toEqual([
    "LGPL-2.1-only: restricted, high",
  ]);
  expect(judged(["AGPL-3.0-only OR GPL-2.0-only"], { ignored })).toEqual([]);
  expect(judged(undefined, { ignored })).toEqual([]);
});
