import { type NotificationInput, parseNotification, selectRoutes } from "@pratique/notify";
import { describe, expect, it } from "vitest";
import { NOBODY, routingTableOf } from "./routing-table.ts";

const route = {
  name: "everything",
  kinds: [],
  severity: "info" as const,
  labels: {},
  channels: ["ops"],
  goOn: false,
  groupSeconds: 60,
  repeatSeconds: 3600,
};

const channels = new Set(["ops", "shop", "pager"]);

function told(routes: Parameters<typeof routingTableOf>[0], changes: Partial<NotificationInput> = {}) {
  const notification = parseNotification({
    id: "1",
    kind: "launch.denied",
    severity: "high",
    labels: { team: "shop", env: "production" },
    title: "t",
    text: "",
    subject: { kind: "image", id: "web" },
    time: "2026-11-25T00:00:00Z",
    dedupKey: "k",
    ...changes,
  });
  return selectRoutes(routingTableOf(routes, channels), notification).map((selection) => selection.channels);
}

describe("routes", () => {
  it.each([
    ["everything", {}, [["ops"]]],
    ["this kind", { kinds: ["launch.*"] }, [["ops"]]],
    ["another kind", { kinds: ["finding.new"] }, []],
    ["what is as bad", { severity: "high" as const }, [["ops"]]],
    ["only what is worse", { severity: "critical" as const }, []],
    ["the owner's label", { labels: { team: ["sh*"] }, channels: ["shop"] }, [["shop"]]],
    ["another owner's label", { labels: { team: ["bank"] } }, []],
    ["a label without patterns", { labels: { team: [] } }, [["ops"]]],
    ["several channels", { channels: ["ops", "pager"] }, [["ops", "pager"]]],
    ["a channel that is gone", { channels: ["gone", "ops"] }, [["ops"]]],
    ["nobody", { channels: [] }, [[NOBODY]]],
    ["channels that are all gone", { channels: ["gone"] }, [[NOBODY]]],
  ])("that take %s", (_, changes, expected) => {
    expect(told([{ ...route, ...changes }])).toEqual(expected);
  });

  it("end with the first that does not go on", () => {
    const second = { ...route, channels: ["pager"] };
    expect(told([route, second])).toEqual([["ops"]]);
    expect(told([{ ...route, goOn: true }, second])).toEqual([["ops"], ["pager"]]);
  });

  it("keep teams apart, and wait and repeat as they say", () => {
    const table = routingTableOf([{ ...route, repeatSeconds: 2_592_000 }], channels);
    expect(table.routes).toMatchObject([
      { groupBy: ["team"], timing: { waitSeconds: 60, intervalSeconds: 60, repeatSeconds: 604_800 } },
    ]);
  });

  it("may have one name twice, and a long one", () => {
    expect(
      told([
        { ...route, name: "n".repeat(128), goOn: true },
        { ...route, name: "n".repeat(128) },
      ]),
    ).toHaveLength(2);
  });
});

it("sends what is at least high to every channel where no routes were ever set", () => {
  expect(told(undefined)).toEqual([["ops", "shop", "pager"]]);
  expect(told(undefined, { severity: "medium" })).toEqual([]);
  expect(told([])).toEqual([]);
});
