import { array, assert, constantFrom, nat, property, record, tuple } from "fast-check";
import { expect, it } from "vitest";
import { Grouper } from "./grouper.ts";
import { describeMessage } from "./message.ts";
import type { Notification } from "./notification.ts";
import { changeOf, readPending } from "./pending.ts";
import { parseRouting, selectRoutes } from "./routing.ts";
import { notificationOf } from "./testdata/notifications.ts";

const table = parseRouting(
  { fallback: ["ops"], timing: { waitSeconds: 30, intervalSeconds: 300, repeatSeconds: 3600 } },
  new Set(["ops"]),
);
const second = 1000;

/** A grouper with a clock that a test turns. */
function clockwork() {
  const grouper = new Grouper();
  let made = 0;
  return {
    grouper,
    add(nowMs: number, ...notifications: readonly Notification[]) {
      const routed = notifications.flatMap((notification) =>
        selectRoutes(table, notification).map((selection) => ({ notification, selection })),
      );
      const { change, suppressed } = grouper.planAdd(routed, nowMs);
      grouper.adopt(change);
      return suppressed;
    },
    flush(nowMs: number) {
      made += 1;
      const { change, due } = grouper.planFlush(nowMs, () => `m-${made}`);
      grouper.adopt(change);
      return due.map(({ message }) => message);
    },
  };
}

it("makes one message of a feed that touches 400 images, the worst first", () => {
  const { add, flush } = clockwork();
  const all = Array.from({ length: 400 }, (_, index) =>
    notificationOf({
      dedupKey: `k${index}`,
      severity: index === 399 ? "critical" : index < 20 ? "high" : "low",
      subject: { kind: "image", id: `image-${index}` },
      labels: { env: "production", team: `team-${index % 7}` },
    }),
  );
  add(0, ...all);
  expect(flush(29 * second)).toEqual([]);
  const [message, ...others] = flush(30 * second);
  expect(others).toEqual([]);
  expect(message).toEqual(
    expect.objectContaining({
      count: 400,
      severity: "critical",
      bySeverity: { critical: 1, high: 20, low: 379 },
      labels: { env: "production" },
    }),
  );
  expect(message?.items).toHaveLength(20);
  const text = message === undefined ? undefined : describeMessage(message);
  expect(text?.title).toBe("400 × finding.new (1 critical, 20 high, 379 low)");
  expect(text?.text.split("\n")[0]).toBe("critical: CVE-2026-1 in openssl (image-399)");
  expect(text?.text.split("\n").at(-1)).toBe("and 390 more");
  expect(flush(10_000 * second)).toEqual([]);
});

it("keeps the interval between two messages of a group", () => {
  const { add, flush, grouper } = clockwork();
  add(0, notificationOf({ dedupKey: "a" }));
  expect(flush(30 * second)).toHaveLength(1);
  add(31 * second, notificationOf({ dedupKey: "b" }));
  expect(grouper.nextDueAt()).toBe(330 * second);
  expect(flush(329 * second)).toHaveLength(0);
  expect(flush(330 * second)).toHaveLength(1);
});

it("tells the same again only after the repeat time", () => {
  const { add, flush } = clockwork();
  expect(add(0, notificationOf(), notificationOf())).toBe(1);
  expect(flush(30 * second)[0]?.count).toBe(1);
  expect(add(31 * second, notificationOf())).toBe(1);
  expect(flush(3600 * second)).toEqual([]);
  expect(add(3630 * second, notificationOf())).toBe(0);
  expect(flush(3660 * second)[0]?.count).toBe(1);
});

it("keeps kinds apart", () => {
  const { add, flush } = clockwork();
  add(0, notificationOf(), notificationOf({ kind: "agent.silent", dedupKey: "x" }));
  expect(
    flush(30 * second)
      .map(({ kind }) => kind)
      .sort(),
  ).toEqual(["agent.silent", "finding.new"]);
});

it("is held up by no clock that was turned back", () => {
  const { add, flush } = clockwork();
  const year = 365 * 24 * 3600 * second;
  add(year, notificationOf());
  expect(flush(0)).toHaveLength(1);
  add(1, notificationOf({ dedupKey: "b" }));
  expect(flush(31 * second + 300 * second)).toHaveLength(1);
});

it("forgets a group that has nothing more to say", () => {
  const { add, flush, grouper } = clockwork();
  add(0, notificationOf());
  flush(30 * second);
  expect(grouper.planFlush(31 * second, String).change.remove).toHaveLength(0);
  expect(grouper.planFlush(3630 * second, () => "").change.remove).toHaveLength(1);
});

it("makes a bounded number of groups, whatever labels an attacker makes up", () => {
  const grouper = new Grouper();
  const selection = {
    route: "r",
    channels: ["ops"],
    groupBy: ["x"],
    timing: { waitSeconds: 0, intervalSeconds: 0, repeatSeconds: 0 },
  };
  const routed = Array.from({ length: 6000 }, (_, index) => ({
    notification: notificationOf({ labels: { x: `${index}` }, dedupKey: `${index}` }),
    selection,
  }));
  const { change } = grouper.planAdd(routed, 0);
  expect(change.put.length).toBeLessThanOrEqual(5001);
  expect(change.put.reduce((sum, { count }) => sum + count, 0)).toBe(6000);
});

const steps = array(
  record({
    afterMs: nat(400 * second),
    notification: tuple(constantFrom("finding.new", "launch.denied"), nat(5)),
  }),
  { maxLength: 40 },
);

it("loses nothing and tells nothing twice within the repeat time, however it is restarted", () => {
  assert(
    property(steps, (each) => {
      let grouper = new Grouper();
      let nowMs = 0;
      let fresh = 0;
      let told = 0;
      for (const { afterMs, notification } of each) {
        nowMs += afterMs;
        const [kind, key] = notification;
        const input = notificationOf({ kind, dedupKey: `${key}` });
        const routed = selectRoutes(table, input).map((selection) => ({ notification: input, selection }));
        const added = grouper.planAdd(routed, nowMs);
        fresh += 1 - added.suppressed;
        grouper.adopt(added.change);
        const flushed = grouper.planFlush(nowMs, () => "m");
        grouper.adopt(flushed.change);
        told += flushed.due.reduce((sum, { message }) => sum + message.count, 0);
        // Through the form in which it is stored, and back.
        grouper = restored(grouper, [...added.change.put, ...flushed.change.put], flushed.change.remove);
      }
      const rest = grouper.planFlush(nowMs + 10_000 * second, () => "m");
      told += rest.due.reduce((sum, { message }) => sum + message.count, 0);
      expect(told).toBe(fresh);
    }),
  );
});

function restored(
  grouper: Grouper,
  put: Parameters<Grouper["adopt"]>[0]["put"],
  remove: readonly string[],
): Grouper {
  const entries = changeOf({ groups: { put, remove } }).put;
  const { groups, damaged } = readPending(entries);
  expect(damaged).toEqual([]);
  grouper.adopt({ put: groups, remove });
  return grouper;
}
