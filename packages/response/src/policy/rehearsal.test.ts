import type { JsonObject, RuntimeContainer } from "@pratique/core";
import { expect, it } from "vitest";
import type { ChannelHit } from "../trigger.ts";
import { ResponseRehearsal } from "./rehearsal.ts";
import { defaultPolicyDocument, parseResponsePolicy } from "./response-policy.ts";

const START = Date.parse("2026-11-26T10:00:00Z");

function hit(name: string, seconds: number, address = "198.51.100.7"): ChannelHit {
  const container: RuntimeContainer = {
    id: name,
    runtime: "docker",
    name,
    image: "shop:1",
    imageId: undefined,
    privileged: false,
    labels: {},
    mounts: [],
    createdAt: START,
  };
  return {
    id: `${name} ${seconds}`,
    container,
    indicator: {
      kind: "address",
      value: address,
      port: 0,
      source: "list:c2.txt",
      family: "",
      confidence: 60,
      firstSeen: START,
      expiresAt: undefined,
    },
    remote: { address, port: 443 },
    protocol: "tcp",
    pid: 0,
    time: new Date(START + seconds * 1000).toISOString(),
    prevented: true,
  };
}

function rehearsed(document: JsonObject, hits: readonly ChannelHit[], isOwn = false) {
  const rehearsal = new ResponseRehearsal(parseResponsePolicy(document));
  return hits.map((each) => rehearsal.rehearse(each, { isOwn }));
}

it("says what the policy would have done, and by which ladder", () => {
  expect(rehearsed(defaultPolicyDocument, [hit("web", 0)])).toEqual([
    {
      action: "cut",
      asked: "cut",
      decidedBy: "ladder default",
      dryRun: false,
      spared: undefined,
      stoppedBy: undefined,
    },
  ]);
  const document = {
    spare: [{ names: ["dns"] }],
    ladders: [
      { name: "vault", match: { names: ["vault"] }, channel: { action: "quarantine" } },
      { name: "rest", channel: { action: "stop", dryRun: true } },
    ],
  };
  const all = rehearsed(document, [hit("vault", 0), hit("dns", 1), hit("web", 2)]);
  expect(all.map(({ action, asked, dryRun }) => [action, asked, dryRun])).toEqual([
    ["quarantine", "quarantine", false],
    ["report", "report", true],
    ["report", "stop", true],
  ]);
  expect(all[1]?.spared).toBe("the policy spares it");
  expect(rehearsed(defaultPolicyDocument, [hit("web", 0)], true)[0]).toMatchObject({
    action: "report",
    spared: "it is a container of our own: the agent or its server runs in it",
  });
});

it("says where the circuit breaker would have ended it", () => {
  const names = ["a", "b", "c", "d", "e"];
  const fast = rehearsed(
    defaultPolicyDocument,
    names.map((name, index) => hit(name, index)),
  );
  expect(fast.map(({ action }) => action)).toEqual(["cut", "cut", "cut", "report", "report"]);
  expect(fast[3]?.stoppedBy).toContain("more than 3 containers in 600 s");
  // What is further apart than the window is no storm.
  const slow = rehearsed(
    defaultPolicyDocument,
    names.map((name, index) => hit(name, index * 601)),
  );
  expect(slow.every(({ action }) => action === "cut")).toBe(true);
});

it("does not count again what a standing act does already", () => {
  const document = {
    ladders: [{ name: "all", channel: { action: "pause" } }],
    limits: { containersPerHost: 1 },
  };
  const all = rehearsed(document, [
    hit("web", 0),
    hit("web", 1, "198.51.100.8"),
    hit("db", 2),
    hit("web", 3, "198.51.100.9"),
  ]);
  expect(all.map(({ action }) => action)).toEqual(["pause", "pause", "report", "pause"]);
});
