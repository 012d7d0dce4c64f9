import { postgresUnavailable, sharedPostgres } from "@pratique/testkit";
import { expect, it } from "vitest";
import { openStore, type StoredAttempts } from "../index.ts";
import { connectionOf } from "../store-connection.ts";

const skipped = postgresUnavailable();

async function ledger() {
  const cluster = await sharedPostgres();
  const store = await openStore({ postgres: await cluster.createDatabase() });
  const { signInAttempts } = store;
  if (signInAttempts === undefined) throw new Error("expected a store that servers share");
  return {
    attempts: signInAttempts,
    count: async (key: string, nowMs: number, counted: StoredAttempts) =>
      await signInAttempts.change([key], { nowMs, work: () => new Map([[key, counted]]) }),
    keys: async () =>
      (await connectionOf(store).database.selectFrom("sign_in_attempts").select("key").execute()).map(
        ({ key }) => key,
      ),
    [Symbol.asyncDispose]: async () => await store.close(),
  };
}

it.skipIf(skipped !== undefined)(`keeps no login as it was typed ${skipped ?? ""}`, async () => {
  await using at = await ledger();
  await at.count("login 192.0.2.1 my secret password", 0, { failures: 1, openAtMs: 0, forgetAtMs: 9 });
  await at.attempts.remember("192.0.2.1 ann", 9);
  expect(await at.keys()).toEqual([
    expect.stringMatching(/^[\da-f]{64}$/u),
    expect.stringMatching(/^[\da-f]{64}$/u),
  ]);
});

it.skipIf(skipped !== undefined)(`forgets in time, and keeps no rows of it ${skipped ?? ""}`, async () => {
  await using at = await ledger();
  const counted = { failures: 3, openAtMs: 5, forgetAtMs: 10 };
  await at.count("old", 0, counted);
  await at.attempts.remember("place", 10);
  expect(await at.attempts.find("old", 9)).toEqual(counted);
  expect(await at.attempts.find("old", 10)).toBeUndefined();
  expect([await at.attempts.knows("place", 9), await at.attempts.knows("place", 10)]).toEqual([true, false]);
  for (let attempt = 0; attempt < 100; attempt += 1)
    await at.count("new", 20, { ...counted, forgetAtMs: 30 });
  expect(await at.keys()).toHaveLength(1);
  expect(await at.attempts.find("new", 20)).toBeDefined();
});
