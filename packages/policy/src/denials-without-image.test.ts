import type { Launch, PolicyException } from "@pratique/core";
import { expect, it } from "vitest";
import { defaultPolicies } from "./default-policies.ts";
import { denialsWithoutImage } from "./denials-without-image.ts";
import { evaluate } from "./evaluate.ts";
import { HARMLESS_HOST, HARMLESS_LAUNCH } from "./harmless.ts";
import { loadPolicies } from "./policy-set.ts";

const set = loadPolicies(defaultPolicies);

function denied(change: Partial<Launch>, exceptions: readonly PolicyException[] = []): readonly string[] {
  const launch = { ...HARMLESS_LAUNCH, ...change };
  const now = new Date("2026-06-01T00:00:00Z");
  const input = { stage: "launch", image: undefined, launch, host: HARMLESS_HOST, exceptions, now } as const;
  return denialsWithoutImage(set, evaluate(set, input), exceptions).map(({ rule }) => rule);
}

function forDigest(...rules: readonly string[]): PolicyException {
  const scope = { digests: [`sha256:${"b".repeat(64)}`] };
  return { id: "e", rules, scope, reason: "r", owner: "o", expires: "2027-01-01T00:00:00Z" };
}

it("says nothing of what the image may still answer", () => {
  expect(denied({ runsAsRoot: true, user: "" })).toEqual([]);
});

it("says what is wrong with any image", () => {
  expect(denied({ privileged: true, hostNamespaces: ["pid"], runsAsRoot: true })).toEqual([
    "no-privileged",
    "no-host-namespaces",
  ]);
});

it("leaves to the image what an exception for a digest may lift", () => {
  const launch = { privileged: true, hostNamespaces: ["pid"] };
  expect(denied(launch, [forDigest("containers/no-privileged")])).toEqual(["no-host-namespaces"]);
  expect(denied(launch, [forDigest("no-privileged", "no-host-namespaces")])).toEqual([]);
});
