import { expect, it } from "vitest";
import { attacks } from "./catalogue.ts";
import { type Coverage, coverageOf, type Observation } from "./coverage.ts";
import { adviceOnRefusals, formatCoverage } from "./format-coverage.ts";

const REFUSAL = [
  "authorization denied by plugin pratique: policy refuses this launch of x:scratch",
  "  images/assessed: the image could not be fully assessed",
  "    found: assessment none",
  "    fix:   scan again: pratique image scan x:scratch",
  "  containers/no-root-user: the container would run as root",
  "  to ask for an exception: pratique policy exception grant --rule images/assessed",
].join("\n");

function tried(id: string, refusal: string | undefined): Coverage {
  const seen: Observation = {
    tookEffect: false,
    exitCode: 1,
    said: "open: EPERM",
    refusal,
    impossible: false,
    detections: [],
  };
  const attack = attacks.find((each) => each.id === id);
  if (attack === undefined) throw new Error(`no attack ${id}`);
  return coverageOf(attack, seen);
}

it("names the rules of the gate on the attack's own line", () => {
  expect(formatCoverage(tried("shadow", REFUSAL))).toMatch(
    /^prevented .* the gate refused its container: images\/assessed, containers\/no-root-user$/u,
  );
});

it("tells the first line of any other refusal", () => {
  expect(formatCoverage(tried("shadow", "no room\nfor it"))).toMatch(/ {2}no room$/u);
});

it("says how attacks are tried whose plain containers the gate refused", () => {
  const advice = adviceOnRefusals([tried("shadow", REFUSAL), tried("sudoers", undefined)]);
  expect(advice).toContain("1 of them never began");
  expect(advice).toContain("--rule containers/no-root-user --rule images/assessed");
});

it("leaves alone what the gate refused for what it asks for", () => {
  const privileged = attacks.find(({ needs }) => needs.privileged === true)?.id ?? "";
  expect(adviceOnRefusals([tried(privileged, REFUSAL), tried("shadow", undefined)])).toBeUndefined();
});
