import { type Enforcement, type Launch, parseDigest } from "@pratique/core";
import { assert, double, property, string } from "fast-check";
import { expect, it } from "vitest";
import { defaultPolicies } from "./default-policies.ts";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_HOST, HARMLESS_IMAGE, HARMLESS_LAUNCH } from "./harmless.ts";
import type { EvaluationInput } from "./judge.ts";
import { loadPolicies } from "./policy-set.ts";
import { exception, finding, policy } from "./testdata/documents.ts";

const now = new Date("2026-06-01T00:00:00Z");
const build: EvaluationInput = { stage: "build", image: HARMLESS_IMAGE, now };
const launch: EvaluationInput = {
  stage: "launch",
  image: HARMLESS_IMAGE,
  launch: HARMLESS_LAUNCH,
  host: HARMLESS_HOST,
  now,
};

it("names the subject, the revision and the moment", () => {
  const set = loadPolicies([policy({ deny: "false" })]);
  const imageId = parseDigest(`sha256:${"0".repeat(64)}`);
  const image = { ...HARMLESS_IMAGE, imageId };
  expect(evaluate(set, { ...launch, image, launch: { ...HARMLESS_LAUNCH, containerId: "c1" } })).toEqual({
    decision: "allow",
    stage: "launch",
    subject: { image: "registry.example/app:1", imageId, container: "c1" },
    violations: [],
    assessment: { state: "complete", reasons: [] },
    policyRevision: set.revision,
    decidedAt: "2026-06-01T00:00:00.000Z",
  });
});

it.each<[Enforcement, string]>([
  ["enforce", "deny"],
  ["warn", "allow"],
  ["dry-run", "allow"],
])("with the enforcement %s answers %s", (enforcement, decision) => {
  const verdict = evaluate(loadPolicies([policy({ deny: "true", enforcement })]), build);
  expect(verdict).toMatchObject({ decision, violations: [{ enforcement, policy: "test", rule: "rule-0" }] });
});

it.each<[string, Record<string, string>, Partial<Launch>, Enforcement]>([
  ["a first start", {}, {}, "enforce"],
  ["a restart", {}, { ranBefore: true }, "warn"],
  ["a restart of a rule that says enforce", { onRestart: "enforce" }, { ranBefore: true }, "enforce"],
  ["a restart of a rule that says dry-run", { onRestart: "dry-run" }, { ranBefore: true }, "dry-run"],
  ["a restart of a weak rule", { enforcement: "dry-run" }, { ranBefore: true }, "dry-run"],
  ["a command in what ran", {}, { ranBefore: true, action: "exec" }, "enforce"],
])("at %s", (_, rule, change, expected) => {
  const set = loadPolicies([policy({ deny: "launch.name == 'app'", ...rule })]);
  const verdict = evaluate(set, { ...launch, launch: { ...HARMLESS_LAUNCH, ...change } });
  expect(verdict.violations[0]?.enforcement).toBe(expected);
});

it.each([
  ["a key that is missing", { deny: "image.labels.team == 'x'" }, "field not found: team"],
  ["a scope that fails", { when: "image.labels.team == 'x'", deny: "false" }, "field not found: team"],
  ["an item that fails", { forEach: { m: "[1, 0]" }, deny: "1 / m == 5" }, "divide by zero"],
  ["an overflow", { deny: "image.packageCount + 9223372036854775807 > 0" }, "overflow"],
])("counts a rule as broken over %s", (_, rule, reason) => {
  const verdict = evaluate(loadPolicies([policy(rule)]), build);
  expect(verdict.decision).toBe("deny");
  expect(verdict.violations[0]).toMatchObject({
    message: "the rule rule-0 could not be evaluated, so it counts as broken",
  });
  expect(verdict.violations[0]?.value).toContain(reason);
});

it.each(["launch", "host"] as const)("counts a rule as broken when the %s is not known", (missing) => {
  const set = loadPolicies([policy({ deny: "launch.privileged && host.name == 'x'" })]);
  const verdict = evaluate(set, { ...launch, [missing]: undefined });
  expect(verdict).toMatchObject({ decision: "deny", violations: [{ value: `${missing} is not known` }] });
});

it("names the items that break a rule, and counts the rest", () => {
  const rule = {
    forEach: { finding: "findings" },
    deny: "finding.severity == 'critical'",
    message: "{{ count }} of {{ size(findings) }}: {{ broken.map(one, one.id)[0] }}",
    value: "{{ finding.id }}",
    fix: "update {{ finding.package }}",
  };
  const ids = ["a", "b", "c", "d", "e", "f", "g"];
  const image = {
    ...HARMLESS_IMAGE,
    findings: [finding({ severity: "low" }), ...ids.map((id) => finding({ id }))],
  };
  expect(evaluate(loadPolicies([policy(rule)]), { ...build, image }).violations).toMatchObject([
    { message: "7 of 8: a", value: "a; b; c; d; e and 2 more", fix: "update openssl" },
  ]);
});

it.each([
  [2, "allow"],
  [3, "deny"],
])("with at most two allowed, answers %i findings with %s", (number, decision) => {
  const set = loadPolicies([policy({ forEach: { f: "findings" }, deny: "f.fixable", max: 2 })]);
  const findings = Array.from({ length: number }, () => finding());
  expect(evaluate(set, { ...build, image: { ...HARMLESS_IMAGE, findings } }).decision).toBe(decision);
});

it("narrows by the scope of the policy and of the rule", () => {
  const text = policy({ when: "image.user == '1000'", deny: "true" }).text;
  const scoped = text.replace("spec:\n", 'spec:\n  when: image.distro.id == "alpine"\n');
  const set = loadPolicies([{ path: "x", text: scoped }]);
  const alpine = { ...HARMLESS_IMAGE, distro: { id: "alpine", version: "3.20" } };
  expect(evaluate(set, build).decision).toBe("allow");
  expect(evaluate(set, { ...build, image: alpine }).decision).toBe("deny");
  expect(evaluate(set, { ...build, image: { ...alpine, user: "" } }).decision).toBe("allow");
});

it.each([
  ["docker:nginx:1", "docker.io", "library/nginx"],
  ["docker:nginx", "docker.io", "library/nginx"],
  ["registry:ghcr.io/a/b", "ghcr.io", "a/b"],
  ["podman:quay.io/a/b:1", "quay.io", "a/b"],
  ["podman:nginx", "", ""],
  ["containerd:k8s.io/a/b", "", ""],
  ["container:web", "", ""],
  ["lxc:web", "", ""],
])("reads of a scanned image %s the registry %j", (reference, registry, repository) => {
  const deny = `image.registry == '${registry}' && image.repository == '${repository}'`;
  const image = { ...HARMLESS_IMAGE, reference };
  expect(evaluate(loadPolicies([policy({ deny })]), { ...build, image }).decision).toBe("deny");
});

it.each([
  ["image.registry == 'docker.io' && image.repository == 'library/nginx' && image.tag == '1'", "nginx:1"],
  ["image.registry == 'ghcr.io'", `ghcr.io/a/b@sha256:${"0".repeat(64)}`],
  ["image.registry == '' && image.repository == ''", "docker-archive:/tmp/x.tar"],
])("reads %s of the launch's image", (deny, image) => {
  const verdict = evaluate(loadPolicies([policy({ deny, stages: ["launch"] })]), {
    ...launch,
    launch: { ...HARMLESS_LAUNCH, image },
  });
  expect(verdict.decision).toBe("deny");
});

it.each([
  ["2026-05-01T00:00:00Z", 31],
  ["2026-06-02T00:00:00Z", -1],
  [undefined, 20605],
  ["long ago", 20605],
])("takes an image made at %s to be %i days old", (created, days) => {
  const { created: _, ...bare } = HARMLESS_IMAGE;
  const image = created === undefined ? bare : { ...bare, created };
  const set = loadPolicies([policy({ deny: "true", value: "{{ image.ageDays }}" })]);
  expect(evaluate(set, { ...build, image }).violations[0]?.value).toBe(String(days));
});

it("knows the moment", () => {
  const set = loadPolicies([
    policy({ deny: "now >= timestamp('2026-06-01T00:00:00Z') && now.getHours() == 0" }),
  ]);
  expect(evaluate(set, build).decision).toBe("deny");
  expect(evaluate(set, { ...build, now: new Date("2026-05-31T00:00:00Z") }).decision).toBe("allow");
});

it.each([
  "now - timestamp(image.created) > duration('24h')",
  "timestamp(image.created) + duration('24h') < now",
  "duration('24h') + timestamp(image.created) < now",
  "now - duration('24h') > timestamp(image.created)",
  "duration('24h') - duration('23h') == duration('1h')",
])("reckons with times: %s", (deny) => {
  const image = { ...HARMLESS_IMAGE, created: "2026-05-01T00:00:00Z" };
  const verdict = evaluate(loadPolicies([policy({ deny, value: "broken" })]), { ...build, image });
  expect(verdict.violations[0]?.value).toBe("broken");
});

it.each([
  "launch.mounts.exists_one(m, m.target == '/x' && size(m.source) == 2)",
  "launch.mounts.map(m, m.readOnly, m.hostPath) == ['/y']",
  "launch.capAdd + launch.capDrop == ['A', 'B']",
  "launch.image.split(':')[1] == '1' && launch.capAdd.join('-') == 'A'",
  "launch.sysctls['net.core.somaxconn'] == '1' && 'net.core.somaxconn' in launch.sysctls",
  "(launch.privileged ? 'yes' : 'no') == 'no' && launch.user.upperAscii() == '1000'",
  "launch.memoryLimitBytes / 1048576 == 256 && launch.memoryLimitBytes % 2 == 0 && launch.cpuLimit < 1.5",
  "launch.labels.all(key, key.startsWith('a')) && launch.labels == {'a': 'b'}",
  "launch.name.matches('^a(p+)+$') && int('4') == 4 && bool('true') && string(4) == '4' && double(1) == 1.0",
])("evaluates %s", (deny) => {
  const mounts = [
    {
      kind: "bind",
      source: "/x",
      target: "/x",
      readOnly: false,
      device: "",
      engineSocket: false,
      exchangeable: false,
      propagation: "",
    },
    {
      kind: "bind",
      source: "/y",
      target: "/y",
      readOnly: true,
      device: "",
      engineSocket: false,
      exchangeable: false,
      propagation: "",
    },
  ] as const;
  const sysctls = { "net.core.somaxconn": "1" };
  const changed = { ...HARMLESS_LAUNCH, mounts, sysctls, capAdd: ["A"], capDrop: ["B"], labels: { a: "b" } };
  const verdict = evaluate(loadPolicies([policy({ deny, value: "broken" })]), { ...launch, launch: changed });
  expect(verdict.violations[0]?.value).toBe("broken");
});

it.each<[string, readonly Record<string, unknown>[], readonly string[]]>([
  ["no rule", [{ deny: "false" }], ["enforce built-in/assessed"]],
  [
    "only a rule about reasons",
    [{ deny: "size(image.assessment.codes) > 0" }],
    ["enforce built-in/assessed"],
  ],
  [
    "a rule that is out of scope",
    [{ when: "image.user == 'x'", deny: "!image.known" }],
    ["enforce built-in/assessed"],
  ],
  ["a rule that warns", [{ deny: "!image.known", enforcement: "warn" }], ["warn test/rule-0"]],
  ["a rule that lets it pass", [{ deny: "image.assessment.state == 'partial'" }], []],
])("denies an image of which nothing is known where there is %s about it", (_, rules, expected) => {
  const verdict = evaluate(loadPolicies([policy(...rules)]), { ...launch, image: undefined });
  expect(verdict.violations.map((one) => `${one.enforcement} ${one.policy}/${one.rule}`)).toEqual(expected);
});

it("denies what is unknown even without any policy, but not a restart", () => {
  const set = loadPolicies([]);
  const again = { ...HARMLESS_LAUNCH, ranBefore: true };
  expect(evaluate(set, { ...launch, image: undefined }).decision).toBe("deny");
  expect(evaluate(set, { ...launch, image: undefined, launch: again })).toMatchObject({
    decision: "allow",
    violations: [{ rule: "assessed", enforcement: "warn" }],
  });
  const partial = {
    ...HARMLESS_IMAGE,
    assessment: { state: "partial", reasons: [], advisories: [] },
  } as const;
  expect(evaluate(set, { ...launch, image: partial })).toMatchObject({
    decision: "allow",
    violations: [{ rule: "assessed", enforcement: "warn" }],
  });
});

it("strips what would harm a terminal from its texts, and cuts them", () => {
  const rule = {
    deny: "true",
    value: "{{ image.labels.a }}",
    message: "{{ image.labels.b }}",
    fix: "{{ image.labels.c }}",
  };
  const labels = { a: "x\u001b[31m\u202ey\nz", b: "b".repeat(5000) };
  const verdict = evaluate(loadPolicies([policy(rule)]), { ...build, image: { ...HARMLESS_IMAGE, labels } });
  expect(verdict.violations[0]).toMatchObject({ value: "x [31m y z", fix: "(field not found: c)" });
  expect(verdict.violations[0]?.message).toHaveLength(500);
});

it("is pure: frozen input, the same answer again, and from a copy", () => {
  const set = loadPolicies([...defaultPolicies, exception({ rules: ["no-fixable-critical"] })]);
  const input = deepFreeze({
    ...launch,
    image: { ...HARMLESS_IMAGE, findings: [finding(), finding({ severity: "high" })] },
    launch: { ...HARMLESS_LAUNCH, privileged: true },
  });
  const first = evaluate(set, input);
  const copy = { ...input, image: structuredClone(input.image), launch: structuredClone(input.launch) };
  expect(evaluate(set, input)).toEqual(first);
  expect(evaluate(set, copy)).toEqual(first);
  expect(
    evaluate(loadPolicies([...defaultPolicies, exception({ rules: ["no-fixable-critical"] })]), copy),
  ).toEqual(first);
});

it("keeps of an image nothing that the launch or the time decides", () => {
  const rules = [
    { deny: "image.ageDays > 40" },
    { deny: "image.tag == '2'" },
    { deny: "size(findings) > 0" },
  ];
  const set = loadPolicies([policy(...rules)]);
  const image = { ...HARMLESS_IMAGE, created: "2026-05-01T00:00:00Z" };
  expect(evaluate(set, { ...launch, image }).violations).toEqual([]);
  expect(evaluate(set, { ...launch, image, now: new Date("2026-07-01T00:00:00Z") }).violations).toHaveLength(
    1,
  );
  const renamed = { ...HARMLESS_LAUNCH, image: "registry.example/app:2" };
  expect(evaluate(set, { ...launch, image, launch: renamed }).violations).toHaveLength(1);
});

it("never throws, whatever texts the image and the launch bring", () => {
  const set = loadPolicies(defaultPolicies);
  assert(
    property(string({ unit: "binary" }), string(), double(), (text, other, number) => {
      const image = {
        ...HARMLESS_IMAGE,
        reference: text,
        user: other,
        created: text,
        labels: { [other]: text },
      };
      const changed = {
        image: text,
        user: other,
        capAdd: [text],
        memoryLimitBytes: number,
        sysctls: { [text]: other },
      };
      const verdict = evaluate(set, { ...launch, image, launch: { ...HARMLESS_LAUNCH, ...changed } });
      expect(["allow", "deny"]).toContain(verdict.decision);
    }),
  );
});

function deepFreeze<Value>(value: Value): Value {
  if (typeof value !== "object" || value === null || value instanceof Date) return value;
  for (const member of Object.values(value)) deepFreeze(member);
  return Object.freeze(value);
}
