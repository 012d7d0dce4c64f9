import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { MAX_FILE_LENGTH } from "./document-reader.ts";
import { formatProblem, PolicyError } from "./errors.ts";
import { loadPolicies } from "./policy-set.ts";
import { document, exception, policy } from "./testdata/documents.ts";

function errorsOf(...documents: Parameters<typeof loadPolicies>[0]): readonly string[] {
  try {
    loadPolicies(documents);
    return [];
  } catch (thrown) {
    if (!(thrown instanceof PolicyError)) throw thrown;
    return thrown.problems.map(formatProblem);
  }
}

/** The messages without their places. */
function messagesOf(...documents: Parameters<typeof loadPolicies>[0]): readonly string[] {
  return errorsOf(...documents).map((problem) => problem.replace(/^\S+ \S+ /u, ""));
}

const TOO_MUCH = "expression may take too long: what its loops make grows from one to the next";

it("names every error of every file, with file, line and path", () => {
  const first = `apiVersion: pratique/v1
kind: Policy
metadata:
  name: a
spec:
  rules:
    - name: one
      deny: launch.priviledged
      mesage: m
      value: v
      fix: f
    - name: two
      deny: lunch.privileged
      message: m
      value: "{{ launch.nope }}"
      fix: f
`;
  const second = `apiVersion: pratique/v2
kind: Exception
metadata: {name: Bad Name}
spec:
  rules: []
  scope: {}
  expires: tomorrow
`;
  expect(errorsOf({ path: "a.yaml", text: first }, { path: "b.yaml", text: second })).toEqual([
    "a.yaml:7: spec.rules[0].message: is missing",
    'a.yaml:9: spec.rules[0].mesage: unknown field "mesage"; did you mean "message"?',
    'b.yaml:1: apiVersion: expected one of pratique/v1; did you mean "pratique/v1"?',
    "b.yaml:3: metadata.name: expected lower-case letters, digits, dots and dashes",
    expect.stringMatching(/^b\.yaml:5: spec\.rules: too small/u),
    "b.yaml:6: spec.scope: expected at least one of images, digests, vulnerabilities, secrets, licenses, hosts",
    "b.yaml:5: spec.reason: is missing",
    "b.yaml:5: spec.owner: is missing",
    "b.yaml:7: spec.expires: expected a date, 2027-01-31, or a moment, 2027-01-31T12:00:00Z",
  ]);
  expect(errorsOf({ path: "a.yaml", text: first.replace("mesage", "message") })).toEqual([
    'a.yaml:8: spec.rules[0].deny: launch has no field "priviledged"; did you mean "privileged"?',
    'a.yaml:13: spec.rules[1].deny: unknown variable "lunch"; did you mean "launch"?',
    'a.yaml:15: spec.rules[1].value: launch has no field "nope"; did you mean "name"?',
  ]);
});

it.each<[string, string, string]>([
  [
    "a field that is not there",
    "launch.priviledged",
    'launch has no field "priviledged"; did you mean "privileged"?',
  ],
  [
    "a field of a loop's item",
    "launch.mounts.exists(m, m.rdOnly)",
    'mount has no field "rdOnly"; did you mean "readOnly"?',
  ],
  [
    "a field after filter and map",
    "launch.mounts.filter(m, m.readOnly).map(m, m.kin) == []",
    'mount has no field "kin"; did you mean "kind"?',
  ],
  ["a field of an indexed item", "launch.mounts[0].bogus", 'mount has no field "bogus"'],
  ["a field of a text", "launch.user.name == 'x'", 'a string has no field "name"'],
  ["a variable that is not there", "lunch.user == ''", 'unknown variable "lunch"; did you mean "launch"?'],
  ["what every object of the host language has", "constructor == 1", 'unknown variable "constructor"'],
  ["such a field", "launch.constructor == 1", 'launch has no field "constructor"'],
  [
    "a function that is not there",
    "launch.user.startWith('a')",
    'unknown function "startWith"; did you mean "startsWith"?',
  ],
  ["a function that makes text grow", "launch.user.replace('a', 'bb') == ''", 'unknown function "replace"'],
  ["a function with too little", "launch.user.startsWith()", '"startsWith" takes 1 arguments, found 0'],
  [
    "a function of something else",
    "launch.labels.contains('x')",
    '"contains" needs a string, found map of string',
  ],
  ["a comparison that is never true", "launch.user == 0", "string is never equal to int"],
  ["a comparison with nothing", "image.created == null", "string is never equal to null"],
  ["a membership that is never true", "launch.user in [0, 1]", "string is never equal to int"],
  [
    "a word that is never said",
    "launch.seccomp == 'unconfind'",
    '"unconfind" is not one of default, unconfined, custom; did you mean "unconfined"?',
  ],
  [
    "a word in a list",
    "findings.exists(f, f.severity in ['Critical'])",
    '"Critical" is not one of critical, high, medium, low, negligible, unknown; did you mean "critical"?',
  ],
  [
    "a word that a list never holds",
    "'net' in launch.hostNamespaces",
    '"net" is not one of pid, ipc, network, uts, user, cgroup',
  ],
  [
    "the order of severities",
    "findings.exists(f, f.severity >= 'high')",
    'severities have no order here; write severity in ["critical", "high"]',
  ],
  ["a text as a condition", "!launch.user", "a condition is true or false, found string"],
  [
    "a list as the answer",
    "launch.capAdd",
    "expected an expression that gives true or false, found list of string",
  ],
  [
    "a number as the answer",
    "launch.privileged ? 1 : 2",
    "expected an expression that gives true or false, found int",
  ],
  ["a loop over a text", "launch.user.exists(c, c == 'a')", "a loop needs a list, found string"],
  ["a sum of unlike things", "launch.user + 1 == ''", "string + int is not defined"],
  [
    "has() of what is always there",
    "has(image.user)",
    "image.user is always present; compare it with its empty value instead",
  ],
  [
    "a pattern that the launch chooses",
    "launch.user.matches(launch.name)",
    '"matches" needs its pattern written out',
  ],
  [
    "a pattern that is none",
    "launch.user.matches('(a')",
    'pattern "(a": error parsing regexp: missing closing ): `(a`',
  ],
  [
    "a pattern that would be huge",
    "launch.user.matches('(a{1000}){1000}')",
    'pattern "(a{1000}){1000}": error parsing regexp: invalid repeat count: `{1000}`',
  ],
  [
    "a square of the findings",
    "findings.exists(a, findings.exists(b, a == b))",
    '"findings" may not be used inside a loop or "forEach"',
  ],
  [
    "a loop in a loop in a loop",
    "[1].all(a, [1].all(b, [1].all(c, true)))",
    "loops are nested deeper than 2",
  ],
  [
    "a list that doubles from loop to loop",
    `[[1]]${".map(a, a + a)".repeat(60)}.exists(a, a.exists(b, b == 2))`,
    TOO_MUCH,
  ],
  [
    "a text that doubles from loop to loop",
    `["x"]${".map(a, a + a)".repeat(28)}.exists(a, a.split("").size() == 1)`,
    TOO_MUCH,
  ],
  [
    "a text that is joined by itself",
    `["ab"]${'.map(a, a.split("").join(a))'.repeat(6)}.exists(a, a == "b")`,
    TOO_MUCH,
  ],
  [
    "lists of the same lists",
    `[1]${".map(a, [a, a])".repeat(40)} == [1]${".map(a, [a, a])".repeat(40)}`,
    TOO_MUCH,
  ],
  [
    "a cube of long lists",
    `"${",".repeat(900)}".split(",").all(a, "${",".repeat(900)}".split(",").all(b, a in "${",".repeat(900)}".split(",")))`,
    TOO_MUCH,
  ],
  ["a message type", "Foo{a: 1} == Foo{a: 1}", 'unknown type "Foo"'],
  ["a deep nest", `${"(".repeat(1500)}true${")".repeat(1500)}`, "expression is nested deeper than 100"],
  [
    "a deep tree",
    `${"true ? true : ".repeat(150)}true`,
    "expression is too large: at most 1000 parts, nested 100 deep",
  ],
  [
    "a wide tree",
    `[${"1,".repeat(1100)}1] == []`,
    "expression is too large: at most 1000 parts, nested 100 deep",
  ],
])("refuses %s", (_, deny, message) => {
  expect(messagesOf(policy({ deny }))).toContain(message);
});

it.each([
  [
    "findings that are chosen again and again",
    `findings${".filter(f, f.fixedVersion != '')".repeat(8)}.exists(f, f.knownExploited)`,
  ],
  [
    "texts of texts",
    `launch.mounts.map(m, m.source + ":" + m.target).exists(t, t.split(":").exists(p, p.isWithin(["/etc"])))`,
  ],
  [
    "a list of all that fits",
    `findings.exists(f, f.id in [${Array.from({ length: 250 }, (_, at) => `"CVE-2026-${1000 + at}"`).join(",")}])`,
  ],
])("takes %s", (_, deny) => {
  expect(messagesOf(policy({ deny }))).toEqual([]);
});

it("counts what an item of a list has grown to before it is looked at", () => {
  const forEach = { x: `["ab"]${".map(a, a + a)".repeat(10)}` };
  expect(messagesOf(policy({ forEach, deny: "x == 'y'" }))).toEqual([]);
  const deny = `[x]${".map(a, a + a)".repeat(10)}.exists(a, a == "y")`;
  expect(messagesOf(policy({ forEach, deny }))).toContain(TOO_MUCH);
});

it("tells where an expression cannot be parsed", () => {
  expect(errorsOf(policy({ deny: "true ||" }))[0]).toMatch(/deny: not a CEL expression: at 1:\d+: found/u);
});

it.each<[string, Record<string, unknown>, string]>([
  [
    "a launch at the stage build",
    { deny: "launch.privileged", stages: ["build"] },
    '"launch.privileged" is not known at the stage "build"',
  ],
  [
    "a launch in a text at the stage build",
    { deny: "true", value: "{{ host.name }}", stages: ["build", "launch"] },
    '"host.name" is not known at the stage "build"',
  ],
  ["a stage that is not there", { deny: "true", stages: ["run"] }, "expected one of build, launch"],
  [
    "an enforcement that is not there",
    { deny: "true", enforcement: "dryrun" },
    'expected one of enforce, warn, dry-run; did you mean "dry-run"?',
  ],
  ["a number in place of a text", { deny: "true", value: 5 }, "expected string, found number"],
  ["a number of items without items", { deny: "true", max: 1 }, '"max" counts items, so it needs "forEach"'],
  [
    "two loops",
    { deny: "true", forEach: { a: "findings", b: "findings" } },
    "expected one variable and its list, as in finding: findings",
  ],
  [
    "an item that hides a variable",
    { deny: "true", forEach: { image: "findings" } },
    '"image" cannot be the name of an item',
  ],
  [
    "a loop over a text",
    { deny: "true", forEach: { c: "launch.user" } },
    "expected an expression that gives a list, found string",
  ],
  [
    "findings for each finding",
    { deny: "size(findings) > 1", forEach: { f: "findings" } },
    '"findings" may not be used inside a loop or "forEach"',
  ],
  ["braces that do not pair", { deny: "true", value: "{{ launch.user" }, '"{{" and "}}" do not pair'],
  ["many placeholders", { deny: "true", value: "{{ 1 }}".repeat(17) }, "more than 16 placeholders"],
  ["a long text", { deny: "true", value: "x".repeat(2001) }, expect.stringContaining("too big")],
])("refuses a rule with %s", (_, rule, message) => {
  expect(messagesOf(policy(rule))).toContainEqual(message);
});

it.each([
  ["launch.privileged", ["launch"]],
  ["image.runsAsRoot", ["build", "launch"]],
])("finds out the stages of a rule about %s", (deny, stages) => {
  expect(loadPolicies([policy({ deny })]).policies[0]?.rules[0]?.stages).toEqual(stages);
});

it.each([
  [
    "a policy twice",
    [policy({ deny: "true" }), policy({ deny: "true" })],
    'policy "test" is already taken in test.yaml:4',
  ],
  [
    "a rule twice",
    [policy({ name: "a", deny: "true" }, { name: "a", deny: "true" })],
    'rule "test/a" is already taken in test.yaml:7',
  ],
  [
    "an exception twice",
    [exception({ rules: ["a"] }), exception({ rules: ["a"] })],
    'exception "waiver" is already taken in waiver.yaml:4',
  ],
  [
    "an exception without a scope",
    [exception({ rules: ["a"], scope: {} })],
    "expected at least one of images, digests, vulnerabilities, secrets, licenses, hosts",
  ],
  [
    "another kind",
    [document("x", { kind: "Polcy" })],
    'expected one of Policy, Exception, PolicyTest, found "Polcy"; did you mean "Policy"?',
  ],
  ["no kind", [document("x", {})], "expected one of Policy, Exception, PolicyTest, found nothing"],
  ["a list", [document("x", [1])], "expected one of Policy, Exception, PolicyTest, found nothing"],
])("refuses %s", (_, documents, message) => {
  expect(errorsOf(...documents).some((problem) => problem.endsWith(message))).toBe(true);
});

it.each<[string, string, RegExp]>([
  ["an alias", "a: &a [x]\nb: [*a, *a]", /aliases are not allowed/u],
  [
    "a bomb of aliases",
    `a: &a [x]\n${"bcdefgh".replace(/./gu, (n) => `${n}: &${n} [*a,*a]\n`)}`,
    /aliases are not allowed/u,
  ],
  ["a tag", "a: !!js/function 'x'", /Unresolved tag/u],
  ["a key twice", "a: 1\na: 2", /keys must be unique/u],
  ["open brackets", "[".repeat(100_000), /nested deeper/u],
  ["open brackets with content", "[a,".repeat(80_000), /nested deeper/u],
  ["as many open brackets as are parsed", "[a,".repeat(200), /not YAML|nested/u],
  ["open braces with content", "{a: ".repeat(60_000), /nested deeper/u],
  ["dashes", `${"- ".repeat(100_000)}x`, /nested deeper/u],
  [
    "deep blocks",
    Array.from({ length: 300 }, (_, depth) => `${" ".repeat(depth)}a:`).join("\n"),
    /nested deeper/u,
  ],
  ["a long file", "#".repeat(MAX_FILE_LENGTH + 1), /longer than/u],
  ["a prototype", "kind: Policy\n__proto__: {polluted: 1}", /unknown field "__proto__"/u],
  ["bytes that are no text", "\u0000\u0001", /not YAML|expected/u],
])("survives %s", (_, text, expected) => {
  const errors = errorsOf({ path: "x", text });
  expect(errors.length).toBeGreaterThan(0);
  expect(errors.length).toBeLessThan(30);
  expect(errors.join("\n")).toMatch(expected);
  expect({}).not.toHaveProperty("polluted");
});

it("survives many files", () => {
  const files = Array.from({ length: 1001 }, (_, index) => ({ path: `${index}`, text: "" }));
  expect(errorsOf(...files)[0]).toContain("expected at most 1000 files");
  const large = Array.from({ length: 40 }, (_, index) => ({
    path: `${index}`,
    text: "#".repeat(MAX_FILE_LENGTH),
  }));
  expect(errorsOf(...large)).toHaveLength(1);
});

it("takes empty documents, and a separator at the end", () => {
  expect(
    errorsOf({ path: "x", text: "" }, { path: "y", text: `${policy({ deny: "true" }).text}---\n` }),
  ).toEqual([]);
});

it("never throws anything but its own error", () => {
  assert(
    property(string({ unit: "binary", maxLength: 200 }), string({ maxLength: 200 }), (text, deny) => {
      errorsOf({ path: "x", text });
      errorsOf(policy({ deny: deny || "x", value: `{{${deny}}}` }));
    }),
    { numRuns: 30 },
  );
});

it("raises one error, with a code, that names the first problem and counts the rest", () => {
  expect(() => loadPolicies([policy({ deny: "a" }, { deny: "b" }, { deny: "c" })])).toThrow(
    expect.objectContaining({
      code: "POLICY_INVALID",
      message: expect.stringMatching(/^test\.yaml:\d+: .*unknown variable "a" \(and 2 more\)$/u),
    }),
  );
});

it("has one revision for one meaning", () => {
  const base = policy({ deny: "true" });
  const revision = loadPolicies([base]).revision;
  expect(revision).toMatch(/^sha256:[0-9a-f]{64}$/u);
  expect(loadPolicies([{ path: "elsewhere", text: `# comment\n${base.text}` }]).revision).toBe(revision);
  expect(loadPolicies([policy({ deny: "false" })]).revision).not.toBe(revision);
  expect(loadPolicies([base, exception({ rules: ["rule-0"] })]).revision).not.toBe(revision);
});
