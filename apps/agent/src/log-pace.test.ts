import { expect, it } from "vitest";
import { LogPace } from "./log-pace.ts";

it("logs a failure again for another reason, or after ten minutes", () => {
  let atMs = 0;
  const pace = new LogPace({ elapsedMs: () => atMs });
  const isDue = (ms: number, what: string, reason: string) => {
    atMs = ms;
    return pace.isDue(what, reason);
  };
  expect(isDue(0, "status", "nobody listens")).toBe(true);
  expect(isDue(1000, "status", "nobody listens")).toBe(false);
  expect(isDue(1000, "record", "nobody listens")).toBe(true);
  expect(isDue(2000, "status", "it was revoked")).toBe(true);
  expect(isDue(3000, "status", "it was revoked")).toBe(false);
  expect(isDue(602_000, "status", "it was revoked")).toBe(true);
});
