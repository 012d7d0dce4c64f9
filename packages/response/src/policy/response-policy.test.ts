import { expect, it } from "vitest";
import { defaultPolicyDocument, parseResponsePolicy } from "./response-policy.ts";

it("has a default that cuts channels for a day and does what rules ask for an hour", () => {
  expect(parseResponsePolicy(defaultPolicyDocument)).toMatchObject({
    mode: "enforce",
    ladders: [
      {
        name: "default",
        match: {},
        channel: { action: "cut", forMinutes: 1440, dryRun: false },
        detections: [],
        ruleActions: { hardest: "stop", forMinutes: 60 },
      },
    ],
    limits: { containersPerCause: 3, containersPerHost: 10, shareOfHost: 0.5, windowSeconds: 600 },
  });
});

it("reports only where there is no ladder", () => {
  expect(parseResponsePolicy({}).ladders).toEqual([]);
});

it.each<[string, unknown, string]>([
  ["what it does not know", { laders: [] }, "laders"],
  [
    "an unknown action",
    { ladders: [{ name: "a", channel: { action: "nuke" } }] },
    "ladders.0.channel.action",
  ],
  [
    "something harder in place of what cannot be done",
    { ladders: [{ name: "a", channel: { action: "pause", otherwise: ["kill"] } }] },
    "ladders.0.channel.otherwise",
  ],
  ["a limit of none", { limits: { containersPerCause: 0 } }, "limits.containersPerCause"],
  ["a share of more than all", { limits: { shareOfHost: 1.5 } }, "limits.shareOfHost"],
  [
    "a time box of nothing",
    { ladders: [{ name: "a", channel: { action: "cut", forMinutes: 0 } }] },
    "forMinutes",
  ],
  ["a list", [], "document"],
])("refuses %s, and says where", (_, document, where) => {
  expect(() => parseResponsePolicy(document)).toThrow(
    expect.objectContaining({ code: "RESPONSE_POLICY", message: expect.stringContaining(where) }),
  );
});

it("names every problem at once", () => {
  expect(() => parseResponsePolicy({ mode: "off", limits: { windowSeconds: -1 } })).toThrow(
    /mode.*windowSeconds/u,
  );
});
