import { expect, it } from "vitest";
import { techniqueTable } from "./technique-table.ts";

type HostRule = Parameters<typeof techniqueTable>[0][number]["rules"][number];

const rule = (more: Partial<HostRule>): HostRule => ({
  rule: "a rule",
  priority: "critical",
  tags: ["container", "mitre_privilege_escalation", "T1611"],
  enabled: true,
  enforceability: "detects",
  reasons: [],
  ...more,
});
const detected = (technique: string, detections: number) => ({
  technique,
  detections,
  rules: [],
  lastAt: "2026-11-24T12:00:00.000Z",
});
const coveredIn = (...hosts: Parameters<typeof techniqueTable>[0]) =>
  techniqueTable(hosts, [])[0]?.techniques[0]?.covered;

it("counts the best that each host does", () => {
  const weak = { host: "a", rules: [rule({})] };
  const strong = { host: "b", rules: [rule({}), rule({ rule: "another", enforceability: "prevents" })] };
  expect(coveredIn(weak, strong)).toEqual([
    { how: "prevents", hosts: 1 },
    { how: "detects", hosts: 1 },
  ]);
});

it("counts a rule that is off as nothing, and a host without one as uncovered", () => {
  const disabled = { host: "a", rules: [rule({ enabled: false, enforceability: "prevents" })] };
  expect(coveredIn(disabled, { host: "b", rules: [] })).toEqual([{ how: "off", hosts: 2 }]);
});

it("puts a technique under each tactic that rules name it with, in the order of the matrix", () => {
  const both = rule({ tags: ["mitre_impact", "mitre_execution", "T1059", "T1496"] });
  expect(
    techniqueTable([{ host: "a", rules: [both] }], []).map(({ label, techniques }) => [
      label,
      techniques.map(({ technique }) => technique),
    ]),
  ).toEqual([
    ["Execution", ["T1059", "T1496"]],
    ["Impact", ["T1059", "T1496"]],
  ]);
});

it("shows what was detected though no rule is left that names it", () => {
  expect(techniqueTable([], [detected("T1105", 3)])).toEqual([
    {
      tag: "other",
      label: "Of no tactic that a rule names",
      techniques: [{ technique: "T1105", covered: [], rules: [], detections: 3 }],
    },
  ]);
});
