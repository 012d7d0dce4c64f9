import type { AuditEvent } from "@pratique/core";
import { expect, it } from "vitest";
import { Recording } from "./recording.ts";

const EVENT: AuditEvent = { class: "verdict", action: "launch.allowed", actor: "gate", data: {} };
const FULL = new Error("full");

function recording(mayPass?: (reason: unknown) => boolean) {
  const written: AuditEvent[] = [];
  const gaps: unknown[] = [];
  let reason: Error | undefined;
  const audit = {
    append: (event: AuditEvent) => {
      if (reason !== undefined) throw reason;
      written.push(event);
      return { ...event, sequence: written.length, time: "", previousHash: "", hash: "" };
    },
    flushed: async () => {
      if (reason !== undefined) throw reason;
    },
  };
  const subject = new Recording({
    audit,
    now: () => new Date("2026-01-01T00:00:00Z"),
    onGap: (cause) => gaps.push(cause),
    ...(mayPass !== undefined && { mayPass }),
  });
  const breaks = (cause: Error | undefined) => {
    reason = cause;
  };
  return { subject, written, gaps, breaks };
}

it("lets nothing pass without a record unless told", () => {
  const { subject, breaks } = recording();
  breaks(FULL);
  expect(() => subject.append(EVENT)).toThrow(FULL);
  expect(subject.missing).toBe(0);
});

it("counts what passes without a record, and writes that down first once there is room", () => {
  const { subject, written, gaps, breaks } = recording((reason) => reason === FULL);
  breaks(FULL);
  for (let times = 0; times < 3; times += 1) subject.append(EVENT);
  expect([subject.missing, gaps]).toEqual([3, [FULL]]);
  breaks(undefined);
  subject.append(EVENT);
  expect(written).toEqual([
    {
      class: "gate",
      action: "record.gap",
      actor: "gate",
      data: { since: "2026-01-01T00:00:00.000Z", events: 3 },
    },
    EVENT,
  ]);
  expect(subject.missing).toBe(0);
});

it("refuses what cannot be recorded for another reason", () => {
  const { subject, breaks } = recording((reason) => reason === FULL);
  breaks(new Error("the log is broken"));
  expect(() => subject.append(EVENT)).toThrow("broken");
});

it("tells whoever waits of a flush that failed", async () => {
  const { subject, breaks } = recording();
  await subject.flushed();
  breaks(FULL);
  await expect(subject.flushed()).rejects.toBe(FULL);
});

it("tells nobody of a flush that failed where what is not recorded may pass", async () => {
  const { subject, breaks } = recording((reason) => reason === FULL);
  breaks(FULL);
  await expect(subject.flushed()).resolves.toBeUndefined();
});
