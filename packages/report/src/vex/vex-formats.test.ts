import { readdirSync } from "node:fs";
import type { Clearance } from "@pratique/core";
import { Ajv, type ValidateFunction } from "ajv";
import addFormats from "ajv-formats";
import { describe, expect, it } from "vitest";
import { bomValidator } from "../testdata/bom-validator.ts";
import { csafSchema } from "../testdata/csaf-validator.ts";
import { evilReport, evilTexts, sample } from "../testdata/reports.ts";
import { openVexSchema } from "./testdata/openvex-schema.ts";
import type { VexSource } from "./vex-format.ts";
import { vexFormats } from "./vex-formats.ts";
import { vexStatements } from "./vex-statements.ts";

const ajv = new Ajv({ strict: false, allErrors: true });
addFormats.default(ajv);
/** What is wrong with a document of each form. */
const validators: Readonly<Record<string, (document: unknown) => unknown>> = {
  csaf: await csafSchema(),
  cyclonedx: bySchema(bomValidator()),
  openvex: bySchema(ajv.compile(openVexSchema)),
};

function bySchema(validate: ValidateFunction) {
  return (document: unknown) => (validate(document) ? [] : validate.errors);
}

const [openssl, libssl, pip] = sample.packages;
const clearances: readonly Clearance[] = [
  {
    id: "CVE-2023-1",
    aliases: [],
    packageId: libssl?.id ?? "",
    kind: "not-affected",
    source: "debian-tracker",
    advisory: "CVE-2023-1",
    note: "the code came later",
  },
  {
    id: "CVE-2023-2",
    aliases: ["DSA-1-1"],
    packageId: openssl?.id ?? "",
    kind: "fixed",
    source: "debian-tracker",
    advisory: "DSA-1-1",
    fixedVersion: "3.0.9-1",
  },
  { id: "CVE-2018-20225", aliases: [], packageId: pip?.id ?? "", kind: "fixed", source: "x", advisory: "x" },
];

function sourceOf(report = sample): VexSource {
  return {
    target: report.target,
    time: report.scannedAt,
    author: "Acme",
    namespace: "https://acme.example",
    version: "1.2.3",
    statements: vexStatements({ report, clearances: report === sample ? clearances : [] }),
  };
}

it("has every form that there is, sorted", () => {
  const files = readdirSync(`${import.meta.dirname}/formats`).map((file) => file.replace(/\.ts$/u, ""));
  expect(vexFormats.map(({ name }) => name)).toEqual(files.sort());
});

describe.each(vexFormats.map((format) => [format.name, format] as const))("%s", (name, format) => {
  const textOf = (source: VexSource) => [...format.render(source)].join("");

  it("writes the same of the same", () => {
    expect(textOf(sourceOf())).toBe(textOf(sourceOf()));
  });

  it.each([["a report", sample] as const, ...evilTexts.map((evil) => [evil, evilReport(evil)] as const)])(
    "is valid for %j, and commands no terminal",
    (_, report) => {
      const text = textOf(sourceOf(report));
      expect(text).not.toMatch(/(?!\n)[\p{Cc}\p{Cf}]/u);
      expect(validators[name]?.(JSON.parse(text))).toEqual([]);
    },
  );

  it("is valid for what has no package URL", () => {
    const report = { ...sample, target: { reference: "dir:/srv/a b" } };
    expect(validators[name]?.(JSON.parse(textOf(sourceOf(report))))).toEqual([]);
  });
});

describe("statements", () => {
  const statements = vexStatements({ report: sample, clearances });
  const said = statements.map(({ vulnerability, word, text }) => `${vulnerability} ${word}: ${text}`);

  it("say what is known of each vulnerability in each package, once", () => {
    expect(said).toEqual([
      "CVE-2018-20225 not_affected: ignore file",
      "CVE-2021-23337 affected: update @acme/lodash from 4.17.20 to 4.17.21",
      "CVE-2023-1 not_affected: debian-tracker: not affected; the code came later",
      "CVE-2023-2 fixed: debian-tracker: fixed in 3.0.9-1 (DSA-1-1)",
      "CVE-2024-0001 affected: update libssl3 (built from openssl) from 3.0.11-1~deb12u1 to 3.0.13-1~deb12u1",
      "CVE-2024-0001 affected: update openssl from 3.0.11-1~deb12u1 to 3.0.13-1~deb12u1",
      "PYSEC-2023-74 under_investigation: osv: the match is unsure",
    ]);
  });

  it("say of what is accepted for a while that it affects the image", () => {
    const acceptance = {
      exception: "until-march",
      owner: "shop team",
      reason: "no route",
      expires: "2027-03-01",
    };
    const [first] = vexStatements({
      report: sample,
      clearances: [],
      acceptanceOf: ({ id }) => (id === "CVE-2021-23337" ? acceptance : undefined),
      words: new Set(["affected"]),
    });
    expect(first).toMatchObject({
      action: "accept",
      text: "accepted until 2027-03-01 by shop team (until-march): no route; update @acme/lodash from 4.17.20 to 4.17.21",
    });
  });

  it("are only those that are asked for", () => {
    const words = new Set(["not_affected", "fixed"] as const);
    expect(vexStatements({ report: sample, clearances, words }).map(({ word }) => word)).toEqual([
      "not_affected",
      "not_affected",
      "fixed",
    ]);
  });
});
