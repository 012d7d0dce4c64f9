import { fixedClock } from "@pratique/testkit";
import { expect, it } from "vitest";
import { AttemptMemory } from "./attempt-memory.ts";
import { SignInThrottle } from "./sign-in-throttle.ts";

const BUSY = expect.objectContaining({ code: "TOO_MANY_REQUESTS" });

function guesser() {
  const clock = fixedClock("2026-11-25T00:00:00Z");
  const throttle = new SignInThrottle({ now: clock.now, elapsedMs: () => 0, ledger: new AttemptMemory() });
  /** Guesses until sent away; gives how long that is for. */
  const waitAfter = async (address: string, login: string): Promise<number> => {
    for (let guess = 0; guess < 100; guess += 1) {
      try {
        await throttle.begin(address, login);
      } catch (thrown) {
        return Number(Object(thrown).retryAfterSeconds);
      }
    }
    return 0;
  };
  return { clock, throttle, waitAfter };
}

it("lets people mistype, and doubles the delay from then on", async () => {
  const { clock, waitAfter } = guesser();
  const waits: number[] = [];
  for (let round = 0; round < 4; round += 1) {
    const seconds = await waitAfter("192.0.2.1", "ann");
    clock.advance(seconds * 1000);
    waits.push(seconds);
  }
  expect(waits).toEqual([1, 2, 4, 8]);
});

it("never waits longer than a quarter of an hour", async () => {
  const { clock, waitAfter } = guesser();
  const waits: number[] = [];
  for (let round = 0; round < 30; round += 1) {
    const seconds = await waitAfter("192.0.2.1", "ann");
    clock.advance(seconds * 1000);
    waits.push(seconds);
  }
  expect(Math.max(...waits)).toBe(900);
});

it.each([-3_600_000, -3653 * 86_400_000])("never waits for a clock that went back by %s ms", async (ms) => {
  const { clock, throttle, waitAfter } = guesser();
  for (let round = 0; round < 30; round += 1) {
    clock.advance(1000 * (await waitAfter("192.0.2.1", "ann")));
  }
  await waitAfter("192.0.2.1", "ann");
  clock.advance(ms);
  await throttle.refuseBusy("192.0.2.1");
  await expect(throttle.begin("192.0.2.1", "ann")).resolves.toBeDefined();
});

it("never locks the owner out at another address", async () => {
  const { throttle, waitAfter } = guesser();
  await waitAfter("192.0.2.1", "ann");
  await expect(throttle.begin("198.51.100.7", "ann")).resolves.toBeDefined();
});

it("slows down an address that tries one login after the other", async () => {
  const { throttle } = guesser();
  for (let guess = 0; guess < 10; guess += 1) await throttle.begin("192.0.2.1", `login-${guess}`);
  await expect(throttle.begin("192.0.2.1", "another")).rejects.toThrow(BUSY);
});

it("takes a login in another case for the same", async () => {
  const { throttle } = guesser();
  for (const login of ["ann", "Ann", "aNN", "anN", "ANN"]) await throttle.begin("192.0.2.1", login);
  await expect(throttle.begin("192.0.2.1", "AnN")).rejects.toThrow(BUSY);
});

it("forgives who gets in, and does not let an attacker's own account wash off the rest", async () => {
  const { throttle } = guesser();
  for (let round = 0; round < 9; round += 1) await throttle.begin("192.0.2.1", `victim-${round}`);
  await (await throttle.begin("192.0.2.1", "mallory")).succeeded();
  await throttle.begin("192.0.2.1", "victim-9");
  await expect(throttle.begin("192.0.2.1", "victim-10")).rejects.toThrow(BUSY);
});

it("forgets after an hour", async () => {
  const { clock, throttle, waitAfter } = guesser();
  await waitAfter("192.0.2.1", "ann");
  clock.advance(3_600_000);
  for (let guess = 0; guess < 5; guess += 1) await throttle.begin("192.0.2.1", "ann");
  await expect(throttle.begin("192.0.2.1", "ann")).rejects.toThrow(BUSY);
});

it("slows down those who guess one login from many addresses, and not where its owner signs in from", async () => {
  const { clock, throttle } = guesser();
  await (await throttle.begin("203.0.113.9", "ann")).succeeded();
  for (let guess = 0; guess < 100; guess += 1)
    await throttle.begin(`2001:db8:0:${guess.toString(16)}::1`, "ann");
  await expect(throttle.begin("198.51.100.7", "ann")).rejects.toThrow(BUSY);
  await throttle.begin("198.51.100.7", "bob");
  await throttle.begin("203.0.113.9", "ANN");
  clock.advance(60_000);
  await throttle.begin("198.51.100.7", "ann");
});

it("does not forget whom it slows down for others that come in between", async () => {
  const { throttle } = guesser();
  const victim = ["192.0.2.1", "ann"] as const;
  for (let guess = 0; guess < 5; guess += 1) {
    await throttle.begin(...victim);
    for (let other = 0; other < 4000; other += 1)
      await throttle.begin(`10.${guess}.${other >> 8}.${other & 255}`);
  }
  await expect(throttle.begin(...victim)).rejects.toThrow(BUSY);
});
