import { readFileSync } from "node:fs";
import { scanReport } from "@pratique/api";
import {
  type AdvisorySource,
  type AssessmentCode,
  type AssessmentState,
  type Distro,
  type Finding,
  type FindingStatus,
  type ImageConfig,
  packageTypes,
  parseDigest,
  type ScanReport,
  type SourcePackage,
  severities,
} from "@pratique/core";
import { Ajv2020 } from "ajv/dist/2020.js";
import { describe, expect, it } from "vitest";

interface Schema {
  readonly $ref?: string;
  readonly required?: readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly string[];
  readonly $defs?: Readonly<Record<string, Schema>>;
}

const schema: Schema = JSON.parse(readFileSync("docs/reference/report.schema.json", "utf8"));
const page = readFileSync("docs/reference/report.md", "utf8");
// References beside other words are as the standard has them, which the validator's strict mode knows not all of.
const validate = new Ajv2020({
  allErrors: true,
  strict: true,
  strictTypes: false,
  strictRequired: false,
}).compile(schema);

/** A noun with every member that it may have. */
type Full<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Full<Item>[]
    : { readonly [Key in keyof T]-?: Full<T[Key]> };

/** A noun with those members only that it must have. */
type Bare<T> = T extends string | number | boolean
  ? T
  : T extends readonly (infer Item)[]
    ? readonly Bare<Item>[]
    : { readonly [Key in keyof T as object extends Pick<T, Key> ? never : Key]: Bare<T[Key]> };

const digest = parseDigest(`sha256:${"1".repeat(64)}`);

const full: Full<ScanReport> = {
  schemaVersion: 1,
  scannedAt: "2026-11-24T10:00:00.000Z",
  target: {
    reference: "docker:shop:1",
    digest,
    imageId: digest,
    platform: "linux/amd64",
    distro: {
      id: "debian",
      version: "12.5",
      codename: "bookworm",
      name: "Debian",
      idLike: ["linux"],
      branch: "edge",
      services: ["esm-infra"],
      contentSets: ["rhel-9-for-x86_64-baseos-rpms"],
      cpes: ["cpe:/o:redhat:enterprise_linux:9::baseos"],
    },
    sizeBytes: 1,
    layers: [digest],
    instructions: ["ADD file:1 in /"],
    base: { name: "debian:12", digest, layers: 1 },
    layersVerified: false,
  },
  assessment: {
    state: "partial",
    reasons: [
      {
        code: "LIMIT_REACHED",
        message: "not all of a file was searched for secrets",
        path: "srv/dump.sql",
        list: "secrets",
      },
    ],
    advisories: [
      { source: "debian-tracker", builtAt: "2026-11-24T09:00:00Z", stale: false, coverage: "full" },
    ],
  },
  config: {
    os: "linux",
    architecture: "amd64",
    created: "2026-11-01T00:00:00+02:00",
    user: "",
    entrypoint: ["/bin/sh"],
    command: ["-c", "true"],
    environment: ["PATH=/bin"],
    workingDirectory: "/",
    exposedPorts: ["80/tcp"],
    volumes: ["/data"],
    labels: { team: "a" },
    healthcheck: ["NONE"],
  },
  rootAccounts: ["toor"],
  packages: [
    {
      id: "pkg:deb/debian/bash@5.2",
      type: "deb",
      name: "bash",
      version: "5.2",
      purl: "pkg:deb/debian/bash@5.2",
      architecture: "amd64",
      source: { name: "bash", version: "5.2" },
      module: "shells:5",
      vendor: "Somebody",
      repository: "somewhere",
      isInert: true,
      functions: "linux/amd64 AAAA",
      runnable: "AAAAA",
      layer: digest,
      paths: ["var/lib/dpkg/status"],
      licenses: ["GPL-3.0-or-later"],
      ownedBy: "pkg:deb/debian/other@1",
    },
  ],
  findings: [
    {
      id: "CVE-2014-6271",
      aliases: ["DSA-3032-1"],
      packageId: "pkg:deb/debian/bash@5.2",
      severity: "critical",
      status: "fixed",
      fixedVersion: "5.3",
      knownExploited: true,
      epss: 0.97,
      source: "debian-tracker",
      advisory: "DSA-3032-1",
      title: "Shellshock",
      note: "pending: 5.4",
      confidence: "high",
      suppressed: { status: "not_affected", justification: "vulnerable_code_not_present", by: "ex-1" },
      layer: digest,
      instruction: "ADD file:1 in /",
      fromBase: "unknown",
      risk: { score: 40, terms: [{ name: "severity", value: "critical", detail: "/bin/sh", points: 40 }] },
    },
  ],
  secrets: [
    {
      rule: "private-key",
      title: "Private key",
      category: "key",
      severity: "high",
      confidence: "high",
      where: "layer",
      path: "srv/key.pem",
      line: 1,
      layer: digest,
      deleted: true,
      match: "RSA PRIVATE KEY (1192 bytes)",
      fingerprint: "0123456789abcdef",
      suppressed: { by: ".trivyignore:1" },
    },
  ],
  licenses: [
    {
      license: "GPL-3.0-or-later",
      category: "restricted",
      severity: "high",
      packageId: "pkg:deb/debian/bash@5.2",
      suppressed: { by: ".trivyignore.yaml:3" },
    },
  ],
  rules: { secrets: 2, licenses: 3 },
};

const bare: Bare<ScanReport> = {
  schemaVersion: 1,
  scannedAt: "2026-11-24T10:00:00Z",
  target: { reference: "dir:/srv/root" },
  assessment: {
    state: "none",
    reasons: [{ code: "NO_PACKAGES", message: "no installed packages were found" }],
    advisories: [{ source: "starter", builtAt: "2026-11-24T09:00:00Z", stale: false, coverage: "starter" }],
  },
  rootAccounts: [],
  packages: [{ id: "pkg:npm/a@1", type: "npm", name: "a", version: "1", purl: "pkg:npm/a@1", paths: [] }],
  findings: [
    {
      id: "CVE-2026-1000",
      aliases: [],
      packageId: "pkg:npm/a@1",
      severity: "unknown",
      status: "affected",
      knownExploited: false,
      source: "osv",
      advisory: "GHSA-x",
    },
  ],
};

const bareDistro: Bare<Distro> = { id: "debian", version: "12" };
const { created: _optional, ...neededConfig } = full.config;
const bareConfig: Bare<ImageConfig> = neededConfig;
const bareSource: Bare<SourcePackage> = { name: "bash", version: "5.2" };
const bareSuppressed: Bare<NonNullable<Finding["suppressed"]>> = { by: "ex-1" };

function resolve(part: Schema): Schema {
  const name = part.$ref?.slice("#/$defs/".length);
  return name === undefined ? part : (schema.$defs?.[name] ?? {});
}

/** For each object of a value: its place, its members, and what the schema says of such an object. */
function* objectsOf(value: unknown, given: Schema, place = "report"): Generator<[string, string[], Schema]> {
  const part = resolve(given);
  if (Array.isArray(value)) {
    for (const item of value) yield* objectsOf(item, part.items ?? {}, `${place}[]`);
  } else if (typeof value === "object" && value !== null && part.additionalProperties === undefined) {
    yield [place, Object.keys(value).sort(), part];
    for (const [key, member] of Object.entries(value)) {
      yield* objectsOf(member, part.properties?.[key] ?? {}, `${place}.${key}`);
    }
  }
}

describe("types and schema", () => {
  it("know the same members", () => {
    for (const [place, members, part] of objectsOf(full, schema)) {
      expect([place, members]).toEqual([place, Object.keys(part.properties ?? {}).sort()]);
    }
  });

  it("require the same members", () => {
    for (const [place, members, part] of objectsOf(bare, schema)) {
      expect([place, members]).toEqual([place, [...(part.required ?? [])].sort()]);
    }
  });

  it.each<[string, object, Schema | undefined]>([
    ["distro", bareDistro, schema.$defs?.distro],
    ["config", bareConfig, schema.$defs?.config],
    ["package's source", bareSource, schema.$defs?.package?.properties?.source],
    ["finding's suppressed", bareSuppressed, schema.$defs?.finding?.properties?.suppressed],
  ])("require the same of a %s", (_, noun, part) => {
    expect([...(part?.required ?? [])].sort()).toEqual(Object.keys(noun).sort());
  });

  it.each([
    ["reason", "code", keys<AssessmentCode>(codes())],
    ["assessment", "state", keys<AssessmentState>({ complete: true, partial: true, none: true })],
    ["advisorySource", "coverage", keys<AdvisorySource["coverage"]>({ full: true, starter: true })],
    ["package", "type", [...packageTypes].sort()],
    ["finding", "severity", [...severities].sort()],
    ["finding", "status", keys<FindingStatus>(statuses())],
    ["finding", "confidence", keys<NonNullable<Finding["confidence"]>>({ high: true, low: true })],
  ])("know the same words for %s.%s", (name, member, expected) => {
    const words = schema.$defs?.[name]?.properties?.[member]?.enum ?? [];
    expect([...words].sort()).toEqual(expected);
  });
});

/** The words of a union: the compiler sees to it that none is missing. */
function keys<Word extends string>(words: Readonly<Record<Word, true>>): readonly string[] {
  return Object.keys(words).sort();
}

function codes(): Readonly<Record<AssessmentCode, true>> {
  return {
    ARCHIVE_DAMAGED: true,
    LIMIT_REACHED: true,
    PATH_UNSAFE: true,
    FILE_UNREADABLE: true,
    DISTRO_END_OF_LIFE: true,
    DISTRO_UNKNOWN: true,
    DISTRO_UNSUPPORTED: true,
    PACKAGE_DATABASE_UNREADABLE: true,
    PACKAGE_RECORD_MALFORMED: true,
    PACKAGE_UNIDENTIFIED: true,
    VERSION_UNPARSED: true,
    ADVISORIES_MISSING: true,
    ADVISORIES_STALE: true,
    ADVISORIES_STARTER_ONLY: true,
    COMPONENT_UNIDENTIFIED: true,
    SOURCE_PACKAGE_UNKNOWN: true,
    NO_PACKAGES: true,
  };
}

function statuses(): Readonly<Record<FindingStatus, true>> {
  return {
    fixed: true,
    affected: true,
    "will-not-fix": true,
    "fix-deferred": true,
    "under-investigation": true,
    "end-of-life": true,
  };
}

it.each<[string, object]>([
  ["with every member", full],
  ["with none that may be missing", bare],
  ["with members of a later version", { ...full, later: 1, target: { ...full.target, later: {} } }],
  [
    "that is complete",
    { ...bare, assessment: { ...bare.assessment, state: "complete", reasons: [] }, findings: [] },
  ],
])("a report %s is valid", (_, report) => {
  expect([validate(report), validate.errors]).toEqual([true, null]);
});

it("what is valid here is what the server takes", () => {
  expect(scanReport.safeParse(full).success).toBe(true);
  expect(scanReport.safeParse(bare).success).toBe(true);
});

it.each<[string, object]>([
  ["of another version", { ...full, schemaVersion: 2 }],
  ["without an assessment", { ...full, assessment: undefined }],
  ["that is complete with reasons", { ...full, assessment: { ...full.assessment, state: "complete" } }],
  ["that is partial without reasons", { ...full, assessment: { ...full.assessment, reasons: [] } }],
  ["with a state that does not exist", { ...full, assessment: { ...full.assessment, state: "clean" } }],
  ["with a digest that is none", { ...full, target: { ...full.target, imageId: "sha256:1" } }],
  ["with a time in another zone", { ...full, scannedAt: "2026-11-24T10:00:00+02:00" }],
  ["with a package without name", { ...full, packages: [{ ...full.packages[0], name: "" }] }],
  ["with a purl that is none", { ...full, packages: [{ ...full.packages[0], purl: "bash" }] }],
  ["with a package of another kind", { ...full, packages: [{ ...full.packages[0], type: "snap" }] }],
  ["with a severity that does not exist", { ...full, findings: [{ ...full.findings[0], severity: "bad" }] }],
  ["with a probability beyond 1", { ...full, findings: [{ ...full.findings[0], epss: 1.5 }] }],
  ["with a finding of no package", { ...full, findings: [{ ...full.findings[0], packageId: undefined }] }],
  ["with a label that is no text", { ...full, config: { ...full.config, labels: { a: 1 } } }],
])("a report %s is not valid", (_, report) => {
  expect(validate(JSON.parse(JSON.stringify(report)))).toBe(false);
});

it("is explained, each member", () => {
  const members = new Set([...objectsOf(full, schema)].flatMap(([, names]) => names));
  expect([...members].filter((name) => !new RegExp(`[\`.]${name}\``, "u").test(page))).toEqual([]);
});
