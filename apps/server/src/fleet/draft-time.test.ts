import { expect, it } from "vitest";
import { type Caller, nobodyAt } from "../calls/caller.ts";
import { ServerError } from "../errors.ts";
import { DraftTime } from "./draft-time.ts";

function callerOf(account: string): Caller {
  return { ...nobodyAt(""), kind: "account", id: account, principal: { account, holdings: [] } };
}

const ann = callerOf("ann");
const bob = callerOf("bob");

function forever(): never {
  for (;;) {
    try {
      for (;;) Math.random();
    } catch {
      // Whoever catches everything is broken off as well.
    }
  }
}

it("gives what was found, and throws what was thrown", () => {
  const drafts = new DraftTime({ elapsedMs: () => 0 });
  expect(drafts.run(ann, () => [1, 2])).toEqual({ result: [1, 2] });
  expect(drafts.run(ann, () => undefined)).toEqual({ result: undefined });
  const thrown = new ServerError("POLICY_INVALID", "no policy");
  expect(() =>
    drafts.run(ann, () => {
      throw thrown;
    }),
  ).toThrow(thrown);
});

it("breaks off what has no end, and gives each account its share of a minute", () => {
  let elapsed = 0;
  const elapsedMs = () => (elapsed += 500);
  const drafts = new DraftTime({ elapsedMs, maxRunMs: 500, shareMs: 900 });
  expect(drafts.run(ann, forever)).toBeUndefined();
  expect(drafts.run(ann, forever)).toBeUndefined();
  elapsed = 20_000;
  expect(() => drafts.run(ann, () => 1)).toThrow(
    expect.objectContaining({ code: "TOO_MANY_REQUESTS", retryAfterSeconds: 40 }),
  );
  expect(drafts.run(bob, () => 1)).toEqual({ result: 1 });
  elapsed = 60_000;
  expect(drafts.run(ann, () => 1)).toEqual({ result: 1 });
});
