import { expect, it } from "vitest";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_IMAGE } from "./harmless.ts";
import type { ImageFacts } from "./image-facts.ts";
import { loadPolicies } from "./policy-set.ts";
import { runTests } from "./policy-test.ts";
import { exception, policy, secret } from "./testdata/documents.ts";

const token = secret();
const password = secret({
  rule: "named-secret",
  title: "Variable that is called a secret: DB_PASSWORD",
  category: "password",
  severity: "medium",
  confidence: "low",
  where: "environment",
  match: "… (12 characters)",
  fingerprint: "2c26b46b68ffc68f",
});

const { secrets: _, ...unsearched } = HARMLESS_IMAGE;
const noSecrets = policy({
  forEach: { secret: "image.secrets" },
  deny: "secret.confidence == 'high' && secret.severity in ['critical', 'high']",
  message: "the image holds {{ count }} secrets",
  value: "{{ secret.title }} in {{ secret.path }}, line {{ secret.line }}: {{ secret.match }}",
});

function judge(image: ImageFacts | undefined, ...documents: Parameters<typeof loadPolicies>[0]) {
  const now = new Date("2026-06-01T00:00:00Z");
  return evaluate(loadPolicies(documents), { stage: "build", image, now });
}

it("denies an image for a secret, and tells which without telling it", () => {
  expect(judge({ ...unsearched, secrets: [token, password] }, noSecrets)).toMatchObject({
    decision: "deny",
    violations: [
      {
        message: "the image holds 1 secrets",
        value: "GitHub token in srv/app/.env, line 2: ghp_…gr (40 characters)",
      },
    ],
  });
  expect(judge({ ...unsearched, secrets: [password] }, noSecrets).decision).toBe("allow");
  expect(judge({ ...unsearched, secrets: [] }, noSecrets).decision).toBe("allow");
});

it.each([
  ["a list", { forEach: { secret: "image.secrets" }, deny: "true" }],
  ["a condition", { deny: "image.secrets.exists(secret, secret.rule == 'github-token')" }],
  ["a scope", { when: "size(image.secrets) > 0", deny: "true" }],
  ["the image by another name", { deny: "[image].exists(one, size(one.secrets) > 0)" }],
])("counts a rule that looks at secrets in %s as broken where nobody looked", (_what, rule) => {
  expect(judge(unsearched, policy(rule))).toMatchObject({
    decision: "deny",
    violations: [
      {
        value: "nobody looked for secrets in the image",
        fix: "have secrets looked for: pratique image scan --scanners vuln,secret",
      },
    ],
  });
});

it("leaves the answer to a rule that speaks of the state", () => {
  const lenient = policy({
    when: "image.secretsState != 'not-looked'",
    forEach: { secret: "image.secrets" },
    deny: "true",
  });
  expect(judge(unsearched, lenient).decision).toBe("allow");
  expect(judge({ ...unsearched, secrets: [token] }, lenient).decision).toBe("deny");
});

it.each([
  [unsearched, "not-looked"],
  [{ ...unsearched, secrets: [] }, "none"],
  [{ ...unsearched, secrets: [password] }, "found"],
  [undefined, "not-looked"],
])("knows whether secrets were looked for (%#)", (image, state) => {
  const rule = { name: "state", deny: "true", value: "{{ image.secretsState }}" };
  expect(judge(image, policy(rule)).violations.at(-1)?.value).toBe(state);
});

it("asks for secrets where a rule looks at them, in its texts too", () => {
  expect([...loadPolicies([noSecrets]).sought]).toEqual(["secrets"]);
  const inText = policy({ deny: "true", value: "{{ image.secretsState }}" });
  expect([...loadPolicies([inText]).sought]).toEqual(["secrets"]);
  expect([...loadPolicies([policy({ deny: "image.runsAsRoot" })]).sought]).toEqual([]);
});

it("refuses to go through all secrets once for each of them", () => {
  const squared = policy({
    forEach: { secret: "image.secrets" },
    deny: "image.secrets.exists(other, other.path == secret.path)",
  });
  expect(() => loadPolicies([squared])).toThrow('"image.secrets" may not be used inside a loop');
});

it("lets an exception pass a single secret, whatever finding it names besides", () => {
  const both = { ...token, fingerprint: "0000000000000000", path: "root/.netrc" };
  const image = { ...unsearched, secrets: [token, both] };
  const waive = (scope: object) => exception({ rules: ["rule-0"], scope });
  const one = judge(image, noSecrets, waive({ secrets: [token.fingerprint] }));
  expect(one).toMatchObject({ decision: "deny", violations: [{ message: "the image holds 1 secrets" }] });
  expect(one.violations[0]?.value).toContain("root/.netrc");
  const two = waive({ secrets: [token.fingerprint, both.fingerprint], vulnerabilities: ["CVE-2024-0001"] });
  expect(judge(image, noSecrets, two)).toMatchObject({
    decision: "allow",
    violations: [{ waivedBy: "waiver" }],
  });
  expect(judge(image, noSecrets, waive({ vulnerabilities: [token.fingerprint] })).decision).toBe("deny");
  expect(judge(image, policy({ deny: "true" }), waive({ secrets: [token.fingerprint] })).decision).toBe(
    "deny",
  );
});

it("lets no exception for a secret stand for a look that nobody took", () => {
  const waiver = exception({ rules: ["rule-0"], scope: { secrets: [token.fingerprint] } });
  expect(judge(unsearched, noSecrets, waiver).decision).toBe("deny");
});

it("takes secrets in policy tests, and images in which nobody looked", () => {
  const cases = [
    "{name: none, stage: build, expect: {decision: allow}}",
    "{name: one, stage: build, image: {secrets: [{rule: github-token}]}, expect: {decision: deny}}",
    "{name: unsure, stage: build, image: {secrets: [{rule: x, confidence: low}]}, expect: {decision: allow}}",
    "{name: blind, stage: build, image: {secrets: not-looked}, expect: {decision: deny, denies: [rule-0]}}",
  ];
  const header = "apiVersion: pratique/v1\nkind: PolicyTest\nmetadata: {name: t}\nspec:\n  cases:\n";
  const text = `${header}${cases.map((one) => `    - ${one}\n`).join("")}`;
  expect(runTests([noSecrets, { path: "t", text }]).flatMap(({ differences }) => differences)).toEqual([]);
});
