import { fixedClock } from "@pratique/testkit";
import { expect, it } from "vitest";
import { SignInThrottle } from "./sign-in-throttle.ts";

const BUSY = expect.objectContaining({ code: "TOO_MANY_REQUESTS" });

function guesser() {
  const clock = fixedClock("2026-11-25T00:00:00Z");
  const throttle = new SignInThrottle(clock.now);
  /** Guesses until sent away; gives how long that is for. */
  const waitAfter = (address: string, login: string): number => {
    for (let guess = 0; guess < 100; guess += 1) {
      try {
        throttle.begin(address, login);
      } catch (thrown) {
        return Number(Object(thrown).retryAfterSeconds);
      }
    }
    return 0;
  };
  return { clock, throttle, waitAfter };
}

it("lets people mistype, and doubles the delay from then on", () => {
  const { clock, waitAfter } = guesser();
  const waits = [1, 2, 3, 4].map(() => {
    const seconds = waitAfter("192.0.2.1", "ann");
    clock.advance(seconds * 1000);
    return seconds;
  });
  expect(waits).toEqual([1, 2, 4, 8]);
});

it("never waits longer than a quarter of an hour", () => {
  const { clock, waitAfter } = guesser();
  const waits = Array.from({ length: 30 }, () => {
    const seconds = waitAfter("192.0.2.1", "ann");
    clock.advance(seconds * 1000);
    return seconds;
  });
  expect(Math.max(...waits)).toBe(900);
});

it("never locks the owner out at another address", () => {
  const { throttle, waitAfter } = guesser();
  waitAfter("192.0.2.1", "ann");
  expect(() => throttle.begin("198.51.100.7", "ann")).not.toThrow();
});

it("slows down an address that tries one login after the other", () => {
  const { throttle } = guesser();
  for (let guess = 0; guess < 10; guess += 1) throttle.begin("192.0.2.1", `login-${guess}`);
  expect(() => throttle.begin("192.0.2.1", "another")).toThrow(BUSY);
});

it("takes a login in another case for the same", () => {
  const { throttle } = guesser();
  for (const login of ["ann", "Ann", "aNN", "anN", "ANN"]) throttle.begin("192.0.2.1", login);
  expect(() => throttle.begin("192.0.2.1", "AnN")).toThrow(BUSY);
});

it("forgives who gets in, and does not let an attacker's own account wash off the rest", () => {
  const { throttle } = guesser();
  for (let round = 0; round < 9; round += 1) throttle.begin("192.0.2.1", `victim-${round}`);
  throttle.begin("192.0.2.1", "mallory").succeeded();
  throttle.begin("192.0.2.1", "victim-9");
  expect(() => throttle.begin("192.0.2.1", "victim-10")).toThrow(BUSY);
});

it("forgets after an hour", () => {
  const { clock, throttle, waitAfter } = guesser();
  waitAfter("192.0.2.1", "ann");
  clock.advance(3_600_000);
  for (let guess = 0; guess < 5; guess += 1) throttle.begin("192.0.2.1", "ann");
  expect(() => throttle.begin("192.0.2.1", "ann")).toThrow(BUSY);
});

it("slows down those who guess one login from many addresses, and not where its owner signs in from", () => {
  const { clock, throttle } = guesser();
  throttle.begin("203.0.113.9", "ann").succeeded();
  for (let guess = 0; guess < 100; guess += 1) throttle.begin(`2001:db8:0:${guess.toString(16)}::1`, "ann");
  expect(() => throttle.begin("198.51.100.7", "ann")).toThrow(BUSY);
  expect(() => throttle.begin("198.51.100.7", "bob")).not.toThrow();
  expect(() => throttle.begin("203.0.113.9", "ANN")).not.toThrow();
  clock.advance(60_000);
  expect(() => throttle.begin("198.51.100.7", "ann")).not.toThrow();
});

it("does not forget whom it slows down for others that come in between", () => {
  const { throttle } = guesser();
  const victim = ["192.0.2.1", "ann"] as const;
  for (let guess = 0; guess < 5; guess += 1) {
    throttle.begin(...victim);
    for (let other = 0; other < 4000; other += 1) throttle.begin(`10.${guess}.${other >> 8}.${other & 255}`);
  }
  expect(() => throttle.begin(...victim)).toThrow(BUSY);
});
