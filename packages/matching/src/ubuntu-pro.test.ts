import type { Distro, Package } from "@pratique/core";
import { expect, it } from "vitest";
import { match } from "./match.ts";
import { type AdvisoryParts, advisory, MemoryIndex } from "./testdata/memory-index.ts";

const VERSION = "1.1.1f-1ubuntu2";
const ESM_FIX = "1.1.1f-1ubuntu2.24+esm1";

const open = said("Ubuntu:20.04", { ranges: [{}] });
const ended = said("Ubuntu:20.04", {
  ranges: [{}],
  status: "end-of-life",
  note: "ignored: end of standard support",
});
const infraFix = said("Ubuntu:Pro:Infra:20.04", { ranges: [{ fixed: ESM_FIX }] });
const infraOpen = said("Ubuntu:Pro:Infra:20.04", { ranges: [{}] });
const infraUnaffected = said("Ubuntu:Pro:Infra:20.04", { ranges: [] });

function said(ecosystem: string, parts: AdvisoryParts): AdvisoryParts {
  return { source: "ubuntu-tracker", ecosystem, ...parts };
}

function find(version: string, advisories: readonly AdvisoryParts[], services: readonly string[] = []) {
  const distro: Distro = { id: "ubuntu", version: "20.04", services };
  const purl = `pkg:deb/ubuntu/openssl@${version}`;
  const found: Package = {
    id: purl,
    purl,
    type: "deb",
    name: "openssl",
    version,
    paths: ["var/lib/dpkg/status"],
  };
  return match({ distro, packages: [found] }, new MemoryIndex({ advisories: advisories.map(advisory) }))
    .findings;
}

const OFFER = `fixed in ${ESM_FIX} for subscribers of Ubuntu Pro (esm-infra)`;

it.each<[string, readonly AdvisoryParts[], object]>([
  ["which nobody else is told of", [infraFix], { status: "affected", note: OFFER }],
  ["where there is none for all", [open, infraFix], { status: "affected", note: OFFER }],
  [
    "after the end of standard support",
    [ended, infraFix],
    { status: "end-of-life", note: `ignored: end of standard support; ${OFFER}` },
  ],
])("tells those who are not subscribed of a fix %s, and offers none", (_, advisories, expected) => {
  const findings = find(VERSION, advisories);
  expect(findings).toMatchObject([expected]);
  expect(findings[0]).not.toHaveProperty("fixedVersion");
});

it.each([[[infraFix]], [[open, infraFix]], [[ended, infraFix]]])(
  "offers a subscriber the fix",
  (advisories) => {
    const [finding, ...others] = find(VERSION, advisories, ["esm-infra"]);
    expect(others).toEqual([]);
    expect(finding).toMatchObject({ status: "fixed", fixedVersion: ESM_FIX });
    expect(finding).not.toHaveProperty("note");
  },
);

it("offers no fix of a service that is not the one subscribed to", () => {
  expect(find(VERSION, [open, infraFix], ["esm-apps"])).toMatchObject([{ status: "affected", note: OFFER }]);
});

it.each<[string, string, readonly AdvisoryParts[]]>([
  ["has a subscriber's fix, whoever paid for it", ESM_FIX, [ended, infraFix]],
  ["has a subscriber's fix, and all others have none", ESM_FIX, [open, infraFix]],
  ["is fixed for everybody", VERSION, [said("Ubuntu:20.04", { ranges: [{ fixed: VERSION }] }), infraFix]],
  ["affects nobody", VERSION, [said("Ubuntu:20.04", { ranges: [] }), infraFix]],
  ["was found unaffected after the end of standard support", VERSION, [ended, infraUnaffected]],
])("finds nothing in what %s", (_, version, advisories) => {
  expect(find(version, advisories)).toEqual([]);
});

it("believes the release where its subscribers are not affected and it is still looked at", () => {
  expect(find(VERSION, [open, infraUnaffected])).toMatchObject([{ status: "affected" }]);
});

it("names the fix for everybody before one for subscribers", () => {
  const fix = said("Ubuntu:20.04", { ranges: [{ fixed: "1.1.1f-1ubuntu2.10" }] });
  expect(find(VERSION, [fix, infraFix], ["esm-infra"])).toMatchObject([
    { fixedVersion: "1.1.1f-1ubuntu2.10" },
  ]);
});

it("reports what subscribers wait for, too", () => {
  expect(find(VERSION, [infraOpen])).toMatchObject([{ status: "affected" }]);
  expect(find(VERSION, [ended, infraOpen], ["esm-infra"])).toMatchObject([{ status: "affected" }]);
  expect(find(VERSION, [ended, infraOpen])).toMatchObject([{ status: "end-of-life" }]);
});

const fipsFix = said("Ubuntu:Pro:FIPS-updates:20.04", { ranges: [{ fixed: "1.1.1f-1ubuntu2.fips.22" }] });

it.each<[string, string, readonly string[], object]>([
  [
    "behind its own fix",
    "1.1.1f-1ubuntu2.fips.7",
    ["fips-updates"],
    { fixedVersion: "1.1.1f-1ubuntu2.fips.22" },
  ],
  ["without the service that has it", "1.1.1f-1ubuntu2.fips.7", ["fips"], { status: "affected" }],
])("judges a certified build %s by its own track", (_, version, services, expected) => {
  expect(find(version, [infraFix, open, fipsFix], services)).toMatchObject([expected]);
});

it("takes a certified build for fixed by its own track, whatever the others are numbered", () => {
  expect(find("1.1.1f-1ubuntu2.fips.22", [infraFix, open, fipsFix])).toEqual([]);
});

it("judges no other build by the track of certified ones", () => {
  expect(find(VERSION, [fipsFix])).toEqual([]);
});

it("still judges a certified build by what only the release knows", () => {
  expect(find("1.1.1f-1ubuntu2.fips.22", [open])).toMatchObject([{ status: "affected" }]);
});

it("says that a release has ended, and by whose word", () => {
  const index = new MemoryIndex({ endOfLife: { since: "2025-05-31", source: "eol" } });
  const { reasons } = match({ distro: { id: "ubuntu", version: "20.04" }, packages: [] }, index);
  expect(reasons).toEqual([
    {
      code: "DISTRO_END_OF_LIFE",
      message: '"ubuntu 20.04" is end-of-life since 2025-05-31 (eol): what is found in it is in no advisory',
    },
  ]);
});
