import { createCipheriv, createHash, hkdfSync } from "node:crypto";
import { expect, it } from "vitest";
import { XaesKey } from "./xaes.ts";

const hex = (text: string) => Buffer.from(text, "hex");
const NONCE = Buffer.from("ABCDEFGHIJKLMNOPQRSTUVWX");

/** The accumulated test's random generator and hash, both SHAKE-128 (c2sp.org/XAES-256-GCM, test vectors). */
const ITERATIONS = 10_000;
const MOST_BYTES_PER_ITERATION = 32 + 24 + 1 + 255 + 1 + 255;

it.each([
  ["MSB(L) = 0", 1, "", "ce546ef63c9cc60765923609b33a9a1974e96e52daf2fcf7075e2271"],
  ["MSB(L) = 1", 3, "c2sp.org/XAES-256-GCM", "986ec1832593df5443a179437fd083bf3fdb41abd740a21f71eb769d"],
])("meets the specification's vector with %s", (_name, byte, aad, expected) => {
  using key = new XaesKey(Buffer.alloc(32, byte));
  const sealed = key.encrypt(NONCE, Buffer.from("XAES-256-GCM"), Buffer.from(aad));
  expect(sealed.toString("hex")).toBe(expected);
  expect(key.decrypt(NONCE, sealed, Buffer.from(aad)).toString()).toBe("XAES-256-GCM");
});

it("meets the specification's accumulated vector of 10 000 iterations", () => {
  const stream = createHash("shake128", { outputLength: ITERATIONS * MOST_BYTES_PER_ITERATION }).digest();
  expect(stream.subarray(0, 16).toString("hex")).toBe("7f9c2ba4e88f827d616045507605853e");
  let offset = 0;
  const read = (length: number) => {
    offset += length;
    return stream.subarray(offset - length, offset);
  };
  const readVector = () => read(read(1)[0] ?? 0);
  const hash = createHash("shake128", { outputLength: 32 });
  let opened = 0;
  for (let iteration = 0; iteration < ITERATIONS; iteration++) {
    using key = new XaesKey(read(32));
    const nonce = read(24);
    const plaintext = readVector();
    const aad = readVector();
    const sealed = key.encrypt(nonce, plaintext, aad);
    if (key.decrypt(nonce, sealed, aad).equals(plaintext)) opened++;
    hash.update(sealed);
  }
  expect(opened).toBe(ITERATIONS);
  expect(hash.digest("hex")).toBe("e6b9edf2df6cec60c8cbd864e2211b597fb69a529160cd040d56c0c210081939");
});

// The platform's primitives are what all rests on: a build without them, or with other ones, must not pass.
it.each([
  ["13", "", "00".repeat(32), "00".repeat(12), "", "530f8afbc74536b9a963b4f1c4cb738b"],
  [
    "14",
    "00".repeat(16),
    "00".repeat(32),
    "00".repeat(12),
    "",
    "cea7403d4d606b6e074ec5d3baf39d18d0d1c8a799996bf0265b98b5d48ab919",
  ],
  [
    "16",
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39",
    "feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308",
    "cafebabefacedbaddecaf888",
    "feedfacedeadbeeffeedfacedeadbeefabaddad2",
    "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f66276fc6ece0f4e1768cddf8853bb2d551b",
  ],
])("has AES-256-GCM as in test case %s of the GCM specification", (_case, plain, key, iv, aad, expected) => {
  const cipher = createCipheriv("aes-256-gcm", hex(key), hex(iv)).setAAD(hex(aad));
  const sealed = Buffer.concat([cipher.update(hex(plain)), cipher.final(), cipher.getAuthTag()]);
  expect(sealed.toString("hex")).toBe(expected);
});

it.each([
  [
    "1",
    "0b".repeat(22),
    "000102030405060708090a0b0c",
    "f0f1f2f3f4f5f6f7f8f9",
    "3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865",
  ],
  [
    "3",
    "0b".repeat(22),
    "",
    "",
    "8da4e775a563c18f715f802a063c5a31b8a11f5c5ee1879ec3454e5f3c738d2d9d201395faa4b61a96c8",
  ],
])("has HKDF-SHA-256 as in RFC 5869, appendix A.%s", (_case, key, salt, info, expected) => {
  const derived = hkdfSync("sha256", hex(key), hex(salt), hex(info), 42);
  expect(Buffer.from(derived).toString("hex")).toBe(expected);
});

it("refuses keys, nonces and ciphertexts of other lengths, and a key that is gone", () => {
  expect(() => new XaesKey(Buffer.alloc(16))).toThrow(expect.objectContaining({ code: "SEAL_MALFORMED" }));
  const key = new XaesKey(Buffer.alloc(32, 1));
  const none = Buffer.alloc(0);
  expect(() => key.encrypt(Buffer.alloc(12), none, none)).toThrow("expected a nonce of 24 bytes, found 12");
  expect(() => key.decrypt(NONCE, Buffer.alloc(15), none)).toThrow("shorter than a tag");
  expect(() => key.decrypt(NONCE, Buffer.alloc(16), none)).toThrow(
    expect.objectContaining({ code: "SEAL_TAMPERED" }),
  );
  key[Symbol.dispose]();
  expect(() => key.encrypt(NONCE, none, none)).toThrow(expect.objectContaining({ code: "KEY_RING_CLOSED" }));
});
