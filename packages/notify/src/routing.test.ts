import { expect, it } from "vitest";
import { NotifyError, parseNotification, parseRouting, type RoutingInput, selectRoutes } from "./index.ts";
import { inputOf, notificationOf } from "./testdata/notifications.ts";

const channels = new Set(["ops", "security", "payments", "mail"]);

function routesOf(input: RoutingInput, changes = {}) {
  return selectRoutes(parseRouting(input, channels), notificationOf(changes)).map((each) => [
    each.route,
    each.channels,
  ]);
}

const table: RoutingInput = {
  routes: [
    { name: "audit", match: { kinds: ["audit.*", "agent.cloned"] }, to: ["security"] },
    { name: "worst", match: { atLeast: "critical" }, to: ["ops"], continue: true },
    { name: "staging", match: { labels: { env: ["stag*", "test"] }, severities: ["low"] }, to: ["mail"] },
    { name: "mine", match: { labels: { env: ["prod*"] } }, to: "owner" },
  ],
  owners: { payments: ["payments"] },
  fallback: ["mail"],
};

it.each([
  ["the first route that takes it", { kind: "audit.problem" }, [["audit", ["security"]]]],
  ["the owner's channel by an explicit route", {}, [["mine", ["payments"]]]],
  [
    "on after a route that continues",
    { severity: "critical" },
    [
      ["worst", ["ops"]],
      ["mine", ["payments"]],
    ],
  ],
  ["by label and severity", { labels: { env: "staging" }, severity: "low" }, [["staging", ["mail"]]]],
  ["to the owner without a route", { labels: { team: "payments" } }, [["(owner)", ["payments"]]]],
  [
    "to the fallback for a team that nobody knows",
    { labels: { team: "x", env: "prod" } },
    [["(fallback)", ["mail"]]],
  ],
  ["to the fallback without labels", { labels: {} }, [["(fallback)", ["mail"]]]],
  [
    "to the fallback for a team with a special name",
    { labels: { team: "__proto__" } },
    [["(fallback)", ["mail"]]],
  ],
  [
    "to the fallback for another special name",
    { labels: { team: "constructor" } },
    [["(fallback)", ["mail"]]],
  ],
  ["nowhere else after a route that continued", { severity: "critical", labels: {} }, [["worst", ["ops"]]]],
] as const)("leads %s", (_, changes, expected) => {
  expect(routesOf(table, changes)).toEqual(expected);
});

it("leads nowhere without fallback", () => {
  expect(routesOf({}, {})).toEqual([]);
});

it("needs all labels of a match", () => {
  const routes = [{ name: "both", match: { labels: { env: ["*"], zone: ["*"] } }, to: ["ops"] }];
  expect(routesOf({ routes })).toEqual([]);
  expect(routesOf({ routes }, { labels: { env: "a", zone: "b" } })).toEqual([["both", ["ops"]]]);
});

it.each([
  ["an unknown channel", { fallback: ["nobody"] }, "CHANNEL_UNKNOWN"],
  ["an owner's unknown channel", { owners: { a: ["nobody"] } }, "CHANNEL_UNKNOWN"],
  ["a route to nowhere", { routes: [{ name: "a", to: [] }] }, "SETTINGS_INVALID"],
  [
    "two routes of one name",
    {
      routes: [
        { name: "a", to: ["ops"] },
        { name: "a", to: ["ops"] },
      ],
    },
    "SETTINGS_INVALID",
  ],
  ["an unknown field", { routs: [] }, "SETTINGS_INVALID"],
  [
    "an unknown severity",
    { routes: [{ name: "a", match: { atLeast: "bad" }, to: ["ops"] }] },
    "SETTINGS_INVALID",
  ],
  ["a negative wait", { timing: { waitSeconds: -1 } }, "SETTINGS_INVALID"],
  ["nothing", undefined, "SETTINGS_INVALID"],
])("refuses %s", (_, input, code) => {
  expect(() => parseRouting(input, channels)).toThrow(expect.objectContaining({ code }));
});

it.each([
  ["a kind of another form", { kind: "Launch Denied" }],
  ["a script as link", { link: "javascript:alert(1)" }],
  ["a local time", { time: "yesterday" }],
  ["no id", { id: "" }],
  ["a hundred labels", { labels: Object.fromEntries(Array.from({ length: 100 }, (__, i) => [`l${i}`, ""])) }],
])("takes no notification with %s", (_, changes) => {
  expect(() => parseNotification(inputOf(changes))).toThrow(NotifyError);
});

it("cuts what is too long instead of losing the alarm", () => {
  const { title, text, labels } = notificationOf({
    title: "x".repeat(10_000),
    text: "y".repeat(100_000),
    labels: { team: "z\n".repeat(1000) },
  });
  expect([title.length, text.length]).toEqual([500, 20_000]);
  expect(labels.team).not.toContain("\n");
});
