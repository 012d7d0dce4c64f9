import { expect, it } from "vitest";
import { sha256Hex } from "./sha256.ts";

// FIPS 180-4 examples, and the lengths around a block.
it.each([
  ["", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"],
  ["abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"],
  [
    "abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
    "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1",
  ],
  ["a".repeat(1_000_000), "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0"],
])("hashes %.20s as FIPS 180-4 does", (text, expected) => {
  expect(sha256Hex(text)).toBe(expected);
});

it.each([55, 56, 63, 64, 65])("hashes %i bytes as the platform does", async (length) => {
  const text = "é".repeat(Math.floor(length / 2)) + "x".repeat(length % 2);
  const bytes = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(text));
  expect(sha256Hex(text)).toBe(Buffer.from(bytes).toString("hex"));
});
