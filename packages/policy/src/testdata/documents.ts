import { stringify } from "yaml";
import type { FindingFacts, LicenseFacts, SecretFacts } from "../image-facts.ts";
import type { PolicyDocument } from "../policy.ts";

/** A policy document called `test`; what a rule leaves out is filled in. */
export function policy(...rules: readonly Readonly<Record<string, unknown>>[]): PolicyDocument {
  const complete = rules.map((rule, index) => ({
    name: `rule-${index}`,
    message: "broken",
    value: "value",
    fix: "fix",
    ...rule,
  }));
  return document("test.yaml", {
    apiVersion: "pratique/v1",
    kind: "Policy",
    metadata: { name: "test" },
    spec: { rules: complete },
  });
}

/** An exception document; what is left out is filled in. */
export function exception(spec: Readonly<Record<string, unknown>>, name = "waiver"): PolicyDocument {
  return document(`${name}.yaml`, {
    apiVersion: "pratique/v1",
    kind: "Exception",
    metadata: { name },
    spec: { reason: "because", owner: "team", expires: "2030-01-01", scope: { images: ["*"] }, ...spec },
  });
}

export function document(path: string, content: unknown): PolicyDocument {
  return { path, text: stringify(content) };
}

export function finding(facts: Partial<FindingFacts> = {}): FindingFacts {
  return {
    id: "CVE-2024-0001",
    aliases: [],
    package: "openssl",
    version: "1.0",
    type: "deb",
    severity: "critical",
    status: "fixed",
    fixedVersion: "1.1",
    knownExploited: false,
    confidence: "high",
    source: "debian-tracker",
    advisory: "DSA-1",
    ...facts,
  };
}

/** A token that is surely one. */
export function secret(facts: Partial<SecretFacts> = {}): SecretFacts {
  return {
    rule: "github-token",
    title: "GitHub token",
    category: "code-host",
    severity: "critical",
    confidence: "high",
    where: "layer",
    path: "srv/app/.env",
    line: 2,
    match: "ghp_…gr (40 characters)",
    fingerprint: "9f86d081884c7d65",
    ...facts,
  };
}

/** A licence that is not to be used, of one package. */
export function license(facts: Partial<LicenseFacts> = {}): LicenseFacts {
  return {
    id: "AGPL-3.0-only",
    category: "forbidden",
    severity: "critical",
    packages: ["ghostscript"],
    packageCount: 1,
    ...facts,
  };
}
