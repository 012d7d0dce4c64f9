import { expect, it } from "vitest";
import { DetectionLimit } from "./detection-limit.ts";

function limit() {
  let now = 0;
  const subject = new DetectionLimit({ now: () => now, burst: 2, intervalMs: 1000 });
  const wait = (ms: number) => {
    now += ms;
  };
  return { subject, wait };
}

it("tells the first few, and says with the next how many were left out", () => {
  const { subject, wait } = limit();
  const admit = () => subject.admit("Shell", "c1");
  expect([admit(), admit()]).toEqual([
    { tell: true, suppressed: 0 },
    { tell: true, suppressed: 0 },
  ]);
  expect([admit(), admit(), admit()].every(({ tell }) => !tell)).toBe(true);
  wait(1000);
  expect(admit()).toEqual({ tell: true, suppressed: 3 });
  expect(subject.suppressed).toBe(3);
});

it("does not let one container, or one rule, hide another", () => {
  const { subject } = limit();
  for (let times = 0; times < 10; times += 1) subject.admit("Shell", "c1");
  expect(subject.admit("Shell", "c2").tell).toBe(true);
  expect(subject.admit("Drift", "c1").tell).toBe(true);
});
