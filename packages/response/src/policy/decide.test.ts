import type { JsonObject, RuntimeContainer } from "@pratique/core";
import { expect, it } from "vitest";
import { containerNamed, detectionOf } from "../testdata/memory-host.ts";
import { decide } from "./decide.ts";
import { parseResponsePolicy } from "./response-policy.ts";

const ladders: readonly JsonObject[] = [
  {
    name: "shop",
    match: { names: ["shop-*"], images: ["registry.example/*"] },
    ruleActions: { forMinutes: null },
  },
  {
    name: "labelled",
    match: { labels: { tier: ["web", "edge-?"], team: ["*"] } },
    ruleActions: { dryRun: true },
  },
  { name: "rest" },
];

it.each<[string, Partial<RuntimeContainer>, string]>([
  ["name and image", { name: "shop-1", image: "registry.example/a/b:1" }, "ladder shop"],
  ["only the name", { name: "shop-1", image: "nginx:1" }, "ladder rest"],
  ["all labels", { labels: { tier: "edge-1", team: "x" } }, "ladder labelled"],
  ["one label of two", { labels: { tier: "edge-1" } }, "ladder rest"],
  ["a label by another value", { labels: { tier: "edge-12", team: "x" } }, "ladder rest"],
  ["a label that every object seems to have", { labels: { tier: "web" }, name: "toString" }, "ladder rest"],
])("takes the first ladder that fits: %s", (_, more, expected) => {
  const policy = parseResponsePolicy({ ladders });
  const detection = detectionOf(containerNamed("a", more), { action: "pause" });
  expect(decide(policy, { kind: "detection", detection }, () => false).decidedBy).toBe(expected);
});

it.each<[string, Partial<RuntimeContainer>, number | undefined, boolean]>([
  ["for ever", { name: "shop-1", image: "registry.example/a" }, undefined, false],
  ["as a dry run", { labels: { tier: "web", team: "" } }, 3_600_000, true],
  ["for an hour", {}, 3_600_000, false],
])("acts %s, by the ladder", (_, more, forMs, dryRun) => {
  const detection = detectionOf(containerNamed("a", more), { action: "pause" });
  const decision = decide(parseResponsePolicy({ ladders }), { kind: "detection", detection }, () => false);
  expect(decision).toMatchObject({
    action: "pause",
    forMs,
    dryRun,
    cause: "rule Terminal shell in container",
  });
});

it("only reports where no ladder fits", () => {
  const detection = detectionOf(containerNamed("a"), { action: "stop" });
  const decision = decide(parseResponsePolicy({}), { kind: "detection", detection }, () => false);
  expect(decision).toMatchObject({ action: "report", decidedBy: "no ladder" });
});

it("does not take a selector that says nothing for one that spares everything", () => {
  const detection = detectionOf(containerNamed("a"), { action: "stop" });
  const policy = parseResponsePolicy({ spare: [{}], ladders });
  expect(decide(policy, { kind: "detection", detection }, () => false).action).toBe("stop");
});
