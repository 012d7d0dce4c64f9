import { openStore, type SignInAttemptRepository } from "@pratique/store";
import { fixedClock, postgresUnavailable, sharedPostgres, tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { administrator, nobody } from "../testdata/people.ts";
import { testServer } from "../testdata/test-server.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";

const skipped = postgresUnavailable();
const BUSY = expect.objectContaining({ code: "TOO_MANY_REQUESTS" });

async function twoThrottles() {
  const cluster = await sharedPostgres();
  const postgres = await cluster.createDatabase();
  const clock = fixedClock("2026-11-25T00:00:00Z");
  const stores = [await openStore({ postgres }), await openStore({ postgres })] as const;
  const throttleOf = (ledger: SignInAttemptRepository | undefined) => {
    if (ledger === undefined) throw new Error("expected a store that servers share");
    return new SignInThrottle({ now: clock.now, elapsedMs: clock.now, ledger });
  };
  return {
    clock,
    one: throttleOf(stores[0].signInAttempts),
    other: throttleOf(stores[1].signInAttempts),
    async [Symbol.asyncDispose]() {
      for (const store of stores) await store.close();
    },
  };
}

describe.skipIf(skipped !== undefined)(`servers over one PostgreSQL ${skipped ?? ""}`, () => {
  it("slow down together whoever guesses at one login, and tell it alike", { timeout: 120_000 }, async () => {
    using keys = tempDirectory();
    const cluster = await sharedPostgres();
    const options = {
      database: { postgres: await cluster.createDatabase() },
      keys: { current: { kind: "file" as const, file: keys.at("key") } },
    };
    await using one = await testServer(options);
    await using other = await testServer(options);
    await administrator(one);
    const doors = [nobody(one), nobody(other)];
    const statuses: number[] = [];
    for (let guess = 0; guess < 8; guess += 1) {
      const body = { login: "admin", password: `not the password ${guess}` };
      const reply = await doors[guess % 2]?.call("POST", "/api/v1/session/password", body);
      statuses.push(reply?.status ?? 0);
    }
    expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  });

  it("count attempts that come at once, one by one", async () => {
    await using at = await twoThrottles();
    const guesses = Array.from({ length: 30 }, (_, guess) =>
      (guess % 2 === 0 ? at.one : at.other).begin("192.0.2.1", "ann"),
    );
    const outcomes = await Promise.allSettled(guesses);
    expect(outcomes.filter(({ status }) => status === "fulfilled")).toHaveLength(5);
  });

  it("forgive at each what succeeded at the other, and know where the owner signs in from", async () => {
    await using at = await twoThrottles();
    await (await at.one.begin("203.0.113.9", "ann")).succeeded();
    for (let guess = 0; guess < 100; guess += 1) {
      await (guess % 2 === 0 ? at.one : at.other).begin(`2001:db8:0:${guess.toString(16)}::1`, "ann");
    }
    await expect(at.other.begin("198.51.100.7", "ann")).rejects.toThrow(BUSY);
    await (await at.other.begin("203.0.113.9", "ANN")).succeeded();
    for (let guess = 0; guess < 5; guess += 1) await at.one.begin("203.0.113.9", "ann");
    await expect(at.other.begin("203.0.113.9", "ann")).rejects.toThrow(BUSY);
  });

  it("forget after an hour", async () => {
    await using at = await twoThrottles();
    for (let guess = 0; guess < 5; guess += 1) await at.one.begin("192.0.2.1", "ann");
    await expect(at.other.begin("192.0.2.1", "ann")).rejects.toThrow(BUSY);
    at.clock.advance(3_600_000);
    for (let guess = 0; guess < 5; guess += 1) await at.other.begin("192.0.2.1", "ann");
    await expect(at.one.begin("192.0.2.1", "ann")).rejects.toThrow(BUSY);
  });
});
