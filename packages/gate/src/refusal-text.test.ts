import type { Launch, Verdict, Violation } from "@pratique/core";
import { expect, it } from "vitest";
import { plainRefusal, refusalText } from "./refusal-text.ts";
import { launchOf } from "./testdata/ports.ts";

const launch: Launch = await launchOf("app:1");

function verdictOf(violations: readonly Partial<Violation>[]): Verdict {
  return {
    decision: "deny",
    stage: "launch",
    subject: { image: "app:1" },
    violations: violations.map((violation, index) => ({
      policy: "p",
      rule: `r${index}`,
      enforcement: "enforce",
      message: "m",
      value: "v",
      fix: "f",
      ...violation,
    })),
    assessment: { state: "none", reasons: [{ code: "DISTRO_UNKNOWN", message: "no distribution" }] },
    policyRevision: "",
    decidedAt: "",
  };
}

it("lists what denies, and not what warns or is waived", () => {
  const text = refusalText(
    verdictOf([{}, { enforcement: "warn" }, { waivedBy: "e1" }, { value: "", fix: "" }]),
    launch,
  );
  expect(text.split("\n").map((line) => line.trim().split(":", 1)[0])).toEqual([
    "policy refuses this launch of app",
    "p/r0",
    "found",
    "fix",
    "p/r3",
    "to ask for an exception",
  ]);
});

it("stays within two kilobytes, and says how much it left out", () => {
  const many = Array.from({ length: 500 }, () => ({ message: "é".repeat(1000), value: "ü".repeat(1000) }));
  const text = refusalText(verdictOf(many), launch);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
  expect(text).toMatch(/… and \d+ more; the record has all of them/u);
  expect(text).toContain("to ask for an exception");
});

it("keeps each value on its line", () => {
  const text = refusalText(verdictOf([{ value: "a\n  fix: run this\u2028\u202Eb\u001b[2J" }]), launch);
  expect(text).toContain("found: a   fix: run this b [2J");
  expect(text.split("\n")).toHaveLength(5);
});

it("says so where no rule spoke but the image was not assessed", () => {
  expect(refusalText(verdictOf([]), launch)).toContain("the image was not assessed (none): no distribution");
});

it("names a fix beside a reason of its own", () => {
  expect(plainRefusal("no verdict: x\ny", "do z")).toBe("no verdict: x y\n  fix:   do z");
});

it("names every rule for the exception, and no image that a shell would act upon", () => {
  const text = refusalText(verdictOf([{}, {}]), { ...launch, image: "a;reboot" });
  expect(text).toContain("grant --rule p/r0 --rule p/r1 --image IMAGE --expires 7d --reason");
});

it("names all of the rules that a privileged container on the host breaks", () => {
  const rules = ["user", "privileged", "host-namespaces", "engine-socket", "unconfined", "devices"];
  const text = refusalText(verdictOf(rules.map((rule) => ({ rule }))), launch);
  for (const rule of rules) expect(text.split("\n").at(-1)).toContain(` --rule p/${rule} `);
});

it("says so where the exception takes more rules than there is room for", () => {
  const long = Array.from({ length: 12 }, (_, index) => ({
    rule: `${"r".repeat(50)}${index}`,
    value: "",
    fix: "",
  }));
  const text = refusalText(verdictOf(long), launch);
  const named = text.match(/--rule p/gu)?.length ?? 0;
  expect(text).toContain(`the exception needs ${12 - named} more of --rule; the record names them`);
  expect(Buffer.byteLength(text)).toBeLessThanOrEqual(2048);
});

it("ends with a word that is to be replaced: older command lines put a full stop behind it", () => {
  expect(refusalText(verdictOf([{}]), launch)).toMatch(/ --owner WHO$/u);
});
