import type { Launch, LaunchMount, LaunchPort, Stage, Verdict } from "@pratique/core";
import { isRoot } from "./cel/image-values.ts";
import { PolicyError } from "./errors.ts";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "./harmless.ts";
import type { ImageFacts, LicenseFacts, SecretFacts } from "./image-facts.ts";
import type { PolicyDocument } from "./policy.ts";
import { compileDocuments, type PolicySet } from "./policy-set.ts";
import type { Situation, TestCaseBody } from "./policy-test-schema.ts";

/** One case of a `kind: PolicyTest` document, run. */
export interface PolicyTestResult {
  readonly file: string;
  readonly test: string;
  readonly case: string;
  readonly passed: boolean;
  /** What differed: `expected deny, got allow`; empty when passed. */
  readonly differences: readonly string[];
}

/** When tests take place, unless they say otherwise: a test must not begin to fail because time passes. */
const TEST_TIME = "2026-01-01T00:00:00Z";

/**
 * Runs the policy tests among the documents against the policies and exceptions among them. Each case starts
 * from a harmless image, launch and host, and names what is different.
 *
 * @throws PolicyError `POLICY_INVALID`
 */
export function runTests(documents: readonly PolicyDocument[]): readonly PolicyTestResult[] {
  const { set, tests, problems } = compileDocuments(documents);
  const errors = problems.filter(({ level }) => level === "error");
  if (errors.length > 0) throw new PolicyError("POLICY_INVALID", errors);
  return tests.flatMap(({ file, body }) =>
    body.spec.cases.map((testCase): PolicyTestResult => {
      const differences = runCase(set, body.spec, testCase);
      const passed = differences.length === 0;
      return { file, test: body.metadata.name, case: testCase.name, passed, differences };
    }),
  );
}

function runCase(set: PolicySet, shared: Situation, testCase: TestCaseBody): readonly string[] {
  const stage: Stage = testCase.stage ?? "launch";
  const now = new Date(testCase.now ?? shared.now ?? TEST_TIME);
  const image = imageOf(shared.image, testCase.image);
  const launch = launchFor(image, { ...launchOf(shared.launch), ...launchOf(testCase.launch) });
  const host = { ...HARMLESS_HOST, ...defined(shared.host ?? {}), ...defined(testCase.host ?? {}) };
  const input = stage === "build" ? {} : { launch, host };
  return differencesOf(evaluate(set, { stage, image, now, ...input }), testCase.expect);
}

function imageOf(shared: Situation["image"], own: Situation["image"]): ImageFacts | undefined {
  const chosen = own ?? shared;
  if (chosen === "unknown") return undefined;
  const below = shared === "unknown" ? {} : (shared ?? {});
  const { assessment, findings, secrets, licenses, ...rest } = { ...below, ...chosen };
  const codes = assessment?.codes ?? [];
  const { secrets: _secrets, licenses: _licenses, ...harmless } = HARMLESS_IMAGE;
  return {
    ...harmless,
    ...(secrets !== "not-looked" && { secrets: (secrets ?? []).map(secretOf) }),
    ...(licenses !== "not-looked" && { licenses: (licenses ?? []).map(licenseOf) }),
    ...defined(rest),
    assessment: {
      state: assessment?.state ?? "complete",
      reasons: codes.map((code) => ({ code, message: code.toLowerCase() })),
      advisories: [],
    },
    findings: (findings ?? []).map((finding) => ({
      aliases: [],
      package: "example",
      version: "1",
      type: "deb",
      severity: "unknown",
      status: finding.fixedVersion === undefined ? "affected" : "fixed",
      knownExploited: false,
      confidence: "high",
      source: "test",
      advisory: finding.id,
      ...defined(finding),
      id: finding.id,
    })),
  };
}

function secretOf({ rule, where = "layer", ...change }: SecretChange): SecretFacts {
  return {
    rule,
    title: rule,
    category: "",
    severity: "critical",
    confidence: "high",
    where,
    ...(where === "layer" && { path: "srv/app/.env" }),
    match: "…",
    fingerprint: "0123456789abcdef",
    ...defined(change),
  };
}

function licenseOf({ id, ...change }: LicenseChange): LicenseFacts {
  return {
    id,
    category: "unknown",
    severity: "unknown",
    packages: ["example"],
    packageCount: 1,
    ...defined(change),
  };
}

/** What a case leaves out follows from what it says: the image's name, and whether the user is root. */
function launchFor(image: ImageFacts | undefined, change: Partial<Launch>): Launch {
  const user = change.user ?? HARMLESS_LAUNCH.user;
  return {
    ...HARMLESS_LAUNCH,
    image: image?.reference ?? HARMLESS_LAUNCH.image,
    runsAsRoot: isRoot(user, image?.rootAccounts ?? []),
    ...change,
  };
}

function launchOf({ mounts, ports, ...rest }: NonNullable<Situation["launch"]> = {}): Partial<Launch> {
  return {
    ...defined(rest),
    ...(mounts !== undefined && { mounts: mounts.map(mountOf) }),
    ...(ports !== undefined && { ports: ports.map(portOf) }),
  };
}

function mountOf(mount: Partial<Undefinable<LaunchMount>>): LaunchMount {
  return {
    kind: "bind",
    source: "/srv/example",
    target: "/data",
    readOnly: false,
    device: "",
    engineSocket: false,
    exchangeable: false,
    propagation: "",
    ...defined(mount),
  };
}

function portOf(port: Partial<Undefinable<LaunchPort>>): LaunchPort {
  return { hostIp: "", hostPort: 0, containerPort: 0, protocol: "tcp", ...defined(port) };
}

function differencesOf(verdict: Verdict, expected: TestCaseBody["expect"]): readonly string[] {
  const differences: string[] = [];
  if (verdict.decision !== expected.decision) {
    const rules = rulesOf(verdict, "denies").join(", ");
    differences.push(
      `expected ${expected.decision}, got ${verdict.decision}${rules === "" ? "" : ` by ${rules}`}`,
    );
  }
  for (const group of ["denies", "warns", "waived"] as const) {
    const wanted = expected[group]?.toSorted().join(", ");
    if (wanted === undefined) continue;
    const found = rulesOf(verdict, group).toSorted().join(", ");
    if (found !== wanted)
      differences.push(`${group}: expected ${wanted || "nothing"}, got ${found || "nothing"}`);
  }
  return differences;
}

/** Names of rules, without their policy. */
function rulesOf({ violations }: Verdict, group: "denies" | "warns" | "waived"): readonly string[] {
  return violations
    .filter(({ enforcement, waivedBy }) => {
      if (group === "waived") return waivedBy !== undefined;
      return waivedBy === undefined && enforcement === (group === "denies" ? "enforce" : "warn");
    })
    .map(({ rule }) => rule);
}

type SecretChange = Pick<SecretFacts, "rule"> & Partial<Undefinable<SecretFacts>>;

type LicenseChange = Pick<LicenseFacts, "id"> & Partial<Undefinable<LicenseFacts>>;
type Undefinable<Shape> = { readonly [Key in keyof Shape]: Shape[Key] | undefined };
type Defined<Shape> = { readonly [Key in keyof Shape]: Exclude<Shape[Key], undefined> };

/** Leaves out what is undefined, so that it does not hide what it is spread over. */
function defined<Shape extends object>(shape: Shape): Partial<Defined<Shape>> {
  const entries = Object.entries(shape).filter(([, value]) => value !== undefined);
  // fromEntries forgets the keys; they are those of the shape, less some.
  return Object.fromEntries(entries) as Partial<Defined<Shape>>;
}
