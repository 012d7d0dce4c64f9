import { AuditLog } from "@pratique/audit";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { forgettable } from "./spool.ts";

const event = {
  class: "verdict",
  action: "launch.allowed",
  actor: "gate",
  data: { text: "x".repeat(2000) },
} as const;

it("lets go what the server has, oldest first, once the limit is near", () => {
  using directory = tempDirectory();
  using log = new AuditLog({ directory: directory.path, now: () => new Date(0) });
  for (let at = 0; at < 400; at += 1) log.append(event);
  const used = log.usedBytes();
  expect(forgettable(log, { acknowledged: 400, limitBytes: used * 2 })).toBe(0);

  const limitBytes = used * 1.1;
  const upTo = forgettable(log, { acknowledged: 400, limitBytes });
  expect(upTo).toBeGreaterThan(100);
  expect(upTo).toBeLessThan(200);
  // Of what the server has not, nothing.
  expect(forgettable(log, { acknowledged: 50, limitBytes })).toBe(50);
  expect(forgettable(log, { acknowledged: 0, limitBytes })).toBe(0);

  log.forget(upTo);
  expect(log.usedBytes()).toBeLessThan(limitBytes * 0.7);
  expect(forgettable(log, { acknowledged: 400, limitBytes })).toBe(0);
});
