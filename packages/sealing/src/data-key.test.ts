import { createHmac } from "node:crypto";
import { expect, it } from "vitest";
import { DataKey } from "./data-key.ts";
import { XaesKey } from "./xaes.ts";

it("zeroes the buffer it took over", () => {
  const bytes = Buffer.alloc(32, 7);
  const key = new DataKey("tokens.s1.00000000", "tokens", bytes);
  expect(key.index(Buffer.from("a"))).toHaveLength(32);
  key[Symbol.dispose]();
  expect(bytes).toEqual(Buffer.alloc(32));
  expect(() => key.index(Buffer.from("a"))).toThrow("has been disposed of");
});

it("marks equal values alike, however often it is asked", () => {
  using key = new DataKey("tokens.i1.00000000", "tokens", Buffer.alloc(32, 7));
  const marks = ["a", "a", "b"].map((value) => key.index(Buffer.from(value)).toString("hex"));
  expect(marks[0]).toBe(marks[1]);
  expect(marks[0]).not.toBe(marks[2]);
});

it("derives another key for each use and salt", () => {
  using key = new DataKey("tokens.s1.00000000", "tokens", Buffer.alloc(32, 7));
  const salts = [Buffer.alloc(32, 1), Buffer.alloc(32, 2), Buffer.alloc(0)];
  const derived = salts.map((salt) => key.streamKey(salt).toString("hex"));
  expect(new Set([...derived, Buffer.alloc(32, 7).toString("hex")]).size).toBe(4);
});

it("shares no derived key between values, streams and indexes", () => {
  using key = new DataKey("tokens.s1.00000000", "tokens", Buffer.alloc(32, 7));
  const [nonce, value] = [Buffer.alloc(24), Buffer.from("value")];
  const ofStreams = key.streamKey(Buffer.alloc(0));
  const sealed = key.sealing().encrypt(nonce, value, value);
  expect(() => new XaesKey(ofStreams).decrypt(nonce, sealed, value)).toThrow("not what was sealed");
  expect(createHmac("sha256", ofStreams).update(value).digest()).not.toEqual(key.index(value));
});

it("refuses a key of another length", () => {
  expect(() => new DataKey("a", "tokens", Buffer.alloc(31))).toThrow('data key "a" has 31 bytes');
});
