import { expect, it } from "vitest";
import { defaultPolicies } from "./default-policies.ts";
import { PolicyError } from "./errors.ts";
import { runTests } from "./policy-test.ts";

const TESTS = `apiVersion: pratique/v1
kind: PolicyTest
metadata:
  name: defaults
spec:
  host: {name: web-1, labels: {env: production}}
  cases:
    - name: a harmless container starts
      expect: {decision: allow, denies: [], warns: []}
    - name: a privileged one does not
      launch: {privileged: true, mounts: [{source: /etc}]}
      expect: {decision: deny, denies: [no-sensitive-mounts, no-privileged]}
    - name: a vulnerable image is refused at build
      stage: build
      image:
        user: root
        findings: [{id: CVE-2024-1, severity: critical, fixedVersion: "2"}]
      expect: {decision: deny, denies: [no-fixable-critical], warns: [image-user]}
    - name: what was not scanned is refused
      image: unknown
      expect: {decision: deny, denies: [assessed]}
    - name: few advisories are a warning
      image: {assessment: {state: partial, codes: [ADVISORIES_STARTER_ONLY]}}
      expect: {decision: allow, warns: [advisories-fresh]}
    - name: a wrong expectation
      launch: {privileged: true}
      expect: {decision: allow, denies: [], warns: [x], waived: [y]}
`;

it("runs the cases of every test document", () => {
  const results = runTests([...defaultPolicies, { path: "tests.yaml", text: TESTS }]);
  expect(results.map(({ passed }) => passed)).toEqual([true, true, true, true, true, false]);
  expect(results.at(-1)).toEqual({
    file: "tests.yaml",
    test: "defaults",
    case: "a wrong expectation",
    passed: false,
    differences: [
      "expected allow, got deny by no-privileged",
      "denies: expected nothing, got no-privileged",
      "warns: expected x, got nothing",
      "waived: expected y, got nothing",
    ],
  });
});

it("keeps a shared situation, and lets a case change one thing of it", () => {
  const text = `apiVersion: pratique/v1
kind: PolicyTest
metadata: {name: shared}
spec:
  image: {user: root, labels: {a: b}}
  launch: {privileged: true, ports: [{hostPort: 80}]}
  now: 2026-03-01
  cases:
    - {name: shared, expect: {decision: deny}}
    - {name: changed, launch: {privileged: false}, expect: {decision: allow}}
    - {name: root by name, launch: {privileged: false, user: "root"}, expect: {decision: deny, denies: [no-root-user]}}
    - {name: root by choice, launch: {privileged: false, user: "root", runsAsRoot: false}, expect: {decision: allow}}
    - {name: later, now: 2026-04-01, launch: {privileged: false}, expect: {decision: allow}}
`;
  expect(runTests([...defaultPolicies, { path: "t", text }]).every(({ passed }) => passed)).toBe(true);
});

it.each([
  [
    "a field that is not there",
    "launch: {priviledged: true}",
    'unknown field "priviledged"; did you mean "privileged"?',
  ],
  ["a word that is not there", "launch: {seccomp: off}", "expected one of default, unconfined, custom"],
  ["an unknown image that is not unknown", "image: {usr: x}", 'unknown field "usr"; did you mean "user"?'],
])("refuses %s", (_, line, message) => {
  const text = TESTS.replace("image: unknown", line);
  expect(() => runTests([{ path: "t", text }])).toThrow(PolicyError);
  expect(() => runTests([{ path: "t", text }])).toThrow(message);
});
