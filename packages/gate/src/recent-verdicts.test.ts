import { loadPolicies } from "@pratique/policy";
import { expect, it } from "vitest";
import { RecentVerdicts } from "./recent-verdicts.ts";
import { FACTS, launchOf, POLICIES } from "./testdata/ports.ts";

const LAUNCH = await launchOf("app:1");
const host = { name: "h", labels: {}, kernel: "6.1", engineVersion: "26.1.5" };
const at = (ms: number) => new Date(Date.parse("2026-01-01T00:00:00Z") + ms);
const question = {
  stage: "launch",
  image: FACTS,
  launch: LAUNCH,
  host,
  exceptions: [],
  now: at(0),
} as const;

it("gives the verdict of a moment ago to the same question, with the time at which it was decided", () => {
  const verdicts = new RecentVerdicts();
  const first = verdicts.evaluate(POLICIES, question);
  expect(first.decidedAt).toBe(at(0).toISOString());
  expect(verdicts.evaluate(POLICIES, { ...question, launch: { ...LAUNCH }, now: at(499) })).toBe(first);
});

it.each([
  ["policies", loadPolicies([]), {}],
  ["launch", POLICIES, { launch: { ...LAUNCH, privileged: true } }],
  ["facts", POLICIES, { image: { ...FACTS } }],
  ["host", POLICIES, { host: { ...host } }],
  ["exceptions", POLICIES, { exceptions: [] }],
  ["stage", POLICIES, { stage: "build" as const }],
  ["moment", POLICIES, { now: at(500) }],
  ["moment, which came before", POLICIES, { now: at(-1) }],
])("decides anew for other %s", (_, policies, change) => {
  const verdicts = new RecentVerdicts();
  const first = verdicts.evaluate(POLICIES, question);
  const other = verdicts.evaluate(policies, { ...question, ...change });
  expect(other).not.toBe(first);
  expect(verdicts.evaluate(policies, { ...question, ...change })).toBe(other);
});

it("forgets the oldest", () => {
  const verdicts = new RecentVerdicts();
  const ask = (name: number) =>
    verdicts.evaluate(POLICIES, { ...question, launch: { ...LAUNCH, name: `${name}` } });
  const first = ask(0);
  for (let name = 1; name < 16; name += 1) ask(name);
  expect(ask(0)).toBe(first);
  for (let name = 16; name < 32; name += 1) ask(name);
  expect(ask(0)).not.toBe(first);
});

it("goes through a rehearsal whatever was decided before, and gives what it came to at the start", () => {
  const verdicts = new RecentVerdicts();
  const first = verdicts.rehearse(POLICIES, question);
  const second = verdicts.rehearse(POLICIES, { ...question, now: at(100) });
  expect(second).not.toBe(first);
  expect(verdicts.evaluate(POLICIES, { ...question, now: at(200) })).toBe(second);
});
