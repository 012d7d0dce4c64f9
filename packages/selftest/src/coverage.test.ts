import type { ActionOutcome, Detection } from "@pratique/core";
import { expect, it } from "vitest";
import type { Attack } from "./attack.ts";
import { coverageOf, type Observation } from "./coverage.ts";

const attack: Attack = {
  id: "shadow",
  row: 29,
  title: "Reads the hashes of passwords",
  technique: "T1003.008",
  needs: {},
  argv: ["read", "/etc/shadow"],
  rules: ["Password hashes read"],
  upstreamRules: ["Read sensitive file untrusted"],
  best: "prevents",
};

function detection(rule: string, outcome: ActionOutcome = "none"): Detection {
  return {
    id: rule,
    rule,
    description: "",
    priority: "warning",
    tags: [],
    time: "2026-01-01T00:00:00.000Z",
    eventType: "openat",
    output: "",
    fields: {},
    matched: [],
    container: undefined,
    processes: [],
    action: undefined,
    outcome,
    suppressed: 0,
  };
}

const none: Observation = {
  tookEffect: false,
  exitCode: 1,
  said: "",
  refusal: undefined,
  impossible: false,
  detections: [],
};

it.each<readonly [string, Partial<Observation>, string]>([
  ["its container was refused", { refusal: "denied by the gate" }, "prevented"],
  ["a rule prevented it", { said: "open: EPERM", detections: [detection("x", "prevented")] }, "prevented"],
  ["a rule killed it before", { exitCode: 137, detections: [detection("x", "killed")] }, "prevented"],
  ["it was killed, by whomever", { exitCode: 137 }, "prevented"],
  ["a rule killed it after", { tookEffect: true, detections: [detection("x", "killed")] }, "killed"],
  [
    "one of our rules told",
    { tookEffect: true, detections: [detection("Password hashes read")] },
    "detected",
  ],
  [
    "a rule of others told",
    { tookEffect: true, detections: [detection("Read sensitive file untrusted")] },
    "detected",
  ],
  [
    "another rule spoke",
    { tookEffect: true, detections: [detection("Interactive shell in container")] },
    "missed",
  ],
  ["nobody spoke", { tookEffect: true }, "missed"],
  ["nobody was asked", { tookEffect: true, detections: undefined }, "unwatched"],
  ["the kernel said no", { said: "open: EACCES" }, "refused"],
  ["there is nothing to attack", { said: "no disk", exitCode: 3, impossible: true }, "impossible"],
  ["it said nothing", { exitCode: 139 }, "failed"],
])("judges that %s", (_what, seen, verdict) => {
  expect(coverageOf(attack, { ...none, ...seen }).verdict).toBe(verdict);
});

it("does not call missed what no rule is there for", () => {
  const splice = { ...attack, rules: [], upstreamRules: [] };
  expect(coverageOf(splice, { ...none, tookEffect: true }).verdict).toBe("elsewhere");
});

it("never calls an attack that took effect prevented", () => {
  const seen = { ...none, tookEffect: true, exitCode: 137, detections: [detection("x", "prevented")] };
  expect(coverageOf(attack, seen).verdict).toBe("missed");
});

it("names each rule that spoke once", () => {
  const detections = ["a", "b", "a"].map((rule) => detection(rule));
  expect(coverageOf(attack, { ...none, detections }).detectedBy).toEqual(["a", "b"]);
});
