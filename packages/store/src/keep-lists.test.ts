import {
  type AssessmentReason,
  type LicenseFinding,
  type Package,
  type ScanReport,
  soughtRevisions,
} from "@pratique/core";
import { describe, expect, it } from "vitest";
import { keepLists, knowsAll } from "./keep-lists.ts";
import { reportOf, secretOf } from "./testdata/samples.ts";

const now = soughtRevisions;
const [mine, theirs] = [secretOf("mine"), secretOf("theirs")];

function packageOf(id: string, licenses?: readonly string[]): Package {
  return {
    id,
    type: "npm",
    name: id,
    version: "1",
    purl: `pkg:npm/${id}@1`,
    paths: [],
    ...(licenses && { licenses }),
  };
}

function licenseOf(packageId: string, license: string): LicenseFinding {
  return { license, category: "notice", severity: "low", packageId };
}

function keep(report: Partial<ScanReport>, held: Partial<ScanReport> | undefined): ScanReport {
  return keepLists(reportOf("new", [], report), held && reportOf("held", ["high"], held));
}

describe("secrets", () => {
  it.each<[string, Partial<ScanReport>, Partial<ScanReport> | undefined, ScanReport["secrets"]]>([
    ["are those held where nobody looked", {}, { secrets: [theirs] }, [theirs]],
    ["are none where nobody looked and none were found", {}, { secrets: [] }, []],
    ["are not known where nobody has ever looked", {}, {}, undefined],
    ["are not known of an image that is new", {}, undefined, undefined],
    [
      "are the new ones, by the same rules",
      { secrets: [], rules: now },
      { secrets: [theirs], rules: now },
      [],
    ],
    ["are the new ones, by newer rules", { secrets: [mine], rules: now }, { secrets: [theirs] }, [mine]],
    ["are those held, by newer rules", { secrets: [mine] }, { secrets: [theirs], rules: now }, [theirs]],
    [
      "are those held, by rules that are older but not as old",
      { secrets: [mine], rules: { secrets: now.secrets - 2 } },
      { secrets: [theirs], rules: { secrets: now.secrets - 1 } },
      [theirs],
    ],
    [
      "are the new ones where the others came by rules that are made up",
      { secrets: [mine], rules: now },
      { secrets: [], rules: { secrets: 1e9 } },
      [mine],
    ],
  ])("%s", (_, report, held, expected) => {
    expect(keep(report, held).secrets).toEqual(expected);
  });

  it("are told with the rules that found them, and nothing else is", () => {
    const kept = keep({}, { secrets: [theirs], rules: { secrets: 1 } });
    expect(kept).toEqual(reportOf("new", [], { secrets: [theirs], rules: { secrets: 1 } }));
    const own = { secrets: now.secrets };
    expect(keep({ secrets: [mine], rules: own }, { secrets: [theirs] }).rules).toEqual(own);
  });

  it.each([
    ["the report", { target: { reference: "new", layersVerified: false } }, { secrets: [theirs] }],
    ["the one held", {}, { secrets: [theirs], target: { reference: "held", layersVerified: false } }],
  ])("are not those held where %s may be of another image", (_, report, held) => {
    expect(keep(report, held).secrets).toBeUndefined();
  });
});

describe("licences", () => {
  const held = {
    packages: [packageOf("a", ["MIT"]), packageOf("b")],
    licenses: [licenseOf("a", "MIT"), licenseOf("b", "NOASSERTION")],
    rules: { licenses: 1 },
  };

  it("are those held where nobody looked, in the packages as well", () => {
    const { packages, licenses, rules } = keep({ packages: [packageOf("a")] }, held);
    expect([packages, licenses, rules]).toEqual([
      [packageOf("a", ["MIT"])],
      [licenseOf("a", "MIT")],
      { licenses: 1 },
    ]);
  });

  it("replace those by older rules", () => {
    const report = {
      packages: [packageOf("b", ["GPL-2.0-only"])],
      licenses: [licenseOf("b", "GPL-2.0-only")],
    };
    expect(keep(report, held)).toMatchObject({
      packages: [packageOf("b")],
      licenses: [licenseOf("b", "NOASSERTION")],
    });
    expect(keep(report, held).packages[0]).not.toHaveProperty("licenses");
  });

  it("are not known where there is a package that nobody looked at", () => {
    const { packages, licenses } = keep({ packages: [packageOf("a"), packageOf("c")] }, held);
    expect([packages, licenses]).toEqual([[packageOf("a"), packageOf("c")], undefined]);
  });
});

describe("what kept a list from being whole", () => {
  const cut: AssessmentReason = { code: "LIMIT_REACHED", message: "not all was searched", list: "secrets" };
  const damaged: AssessmentReason = { code: "ARCHIVE_DAMAGED", message: "cut off" };
  const old: AssessmentReason = { code: "ADVISORIES_STALE", message: "old" };
  const because = (...reasons: readonly AssessmentReason[]): Partial<ScanReport> => ({
    assessment: { state: reasons.length === 0 ? "complete" : "partial", reasons, advisories: [] },
  });

  it.each<[string, Partial<ScanReport>, Partial<ScanReport>, readonly AssessmentReason[]]>([
    ["is told with it", because(), because(cut, old), [cut]],
    ["is that the image could not be read", because(), because(damaged), [{ ...damaged, list: "secrets" }]],
    ["is told once", because(damaged), because(damaged, cut), [damaged, cut]],
    ["is told no more", { ...because(cut, old), secrets: [] }, { ...because(), rules: now }, [old]],
    ["is nothing any more", { ...because(cut), secrets: [] }, { ...because(), rules: now }, []],
  ])("%s", (_, report, held, expected) => {
    expect(keep(report, { ...held, secrets: [theirs] })).toMatchObject(because(...expected));
  });

  it("grows no more the more often it is kept", () => {
    const once = keep({}, { ...because(cut, damaged), secrets: [theirs] });
    expect(keepLists(reportOf("new", []), once)).toEqual(once);
  });
});

it("needs no report held where both lists are by the rules of now", () => {
  const all = { secrets: [], licenses: [], rules: now };
  const told = [all, { ...all, rules: { ...now, secrets: 1 } }, { secrets: [], rules: now }, {}];
  expect(told.map((more) => knowsAll(reportOf("new", [], more)))).toEqual([true, false, false, false]);
});
