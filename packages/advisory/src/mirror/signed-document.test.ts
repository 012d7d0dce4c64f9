import { generateKeyPairSync, sign } from "node:crypto";
import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { AdvisoryError } from "../errors.ts";
import { mirrorKeyOf, parseMirrorKeys, parsePublisherKey, writeMirrorKeys } from "./mirror-key.ts";
import { signDocument, verifyDocument } from "./signed-document.ts";

const { privateKey, publicKey } = generateKeyPairSync("ed25519");
const other = generateKeyPairSync("ed25519");
const keys = [mirrorKeyOf(publicKey)];
const payload = Buffer.from('{"a":1}');
const TYPE = "application/x-test";
const signed = signDocument(payload, TYPE, privateKey);

it("is signed as DSSE says", () => {
  const envelope = JSON.parse(signed);
  const expected = sign(null, Buffer.from('DSSEv1 18 application/x-test 7 {"a":1}'), privateKey);
  expect(envelope).toEqual({
    payloadType: TYPE,
    payload: payload.toString("base64"),
    signatures: [{ keyid: mirrorKeyOf(publicKey).id, sig: expected.toString("base64") }],
  });
});

it("is believed where one of the keys has signed it", () => {
  const both = [mirrorKeyOf(other.publicKey), ...keys];
  expect(verifyDocument(signed, TYPE, both)).toEqual({ payload, keyId: mirrorKeyOf(publicKey).id });
  expect(verifyDocument(signed, TYPE, parseMirrorKeys(writeMirrorKeys(both))).keyId).toBe(keys[0]?.id);
});

function changed(change: (envelope: Record<string, unknown>) => object): string {
  return JSON.stringify(change(JSON.parse(signed)));
}

it.each([
  ["MIRROR_UNTRUSTED", "of another key", signDocument(payload, TYPE, other.privateKey)],
  [
    "MIRROR_UNTRUSTED",
    "of another payload",
    changed((envelope) => ({ ...envelope, payload: Buffer.from('{"a":2}').toString("base64") })),
  ],
  [
    "MIRROR_UNTRUSTED",
    "that names the key and holds nothing",
    changed((envelope) => ({ ...envelope, signatures: [{ keyid: keys[0]?.id, sig: "" }] })),
  ],
  ["MIRROR_MALFORMED", "of another type", signDocument(payload, "application/x-other", privateKey)],
  ["MIRROR_MALFORMED", "without signatures", changed((envelope) => ({ ...envelope, signatures: [] }))],
  ["MIRROR_MALFORMED", "that is none", "[]"],
])("%s: a document %s", (code, _, text) => {
  expect(() => verifyDocument(text, TYPE, keys)).toThrow(expect.objectContaining({ code }));
});

it("raises nothing but our error, whatever it reads", () => {
  assert(
    property(string(), (text) => {
      for (const noise of [
        text,
        changed((envelope) => ({ ...envelope, payload: text, signatures: [text, { sig: text }] })),
      ]) {
        expect(() => verifyDocument(noise, TYPE, keys)).toThrow(AdvisoryError);
      }
    }),
    { numRuns: 100 },
  );
});

const { privateKey: rsa, publicKey: rsaPublic } = generateKeyPairSync("rsa", { modulusLength: 1024 });

it.each([
  ["no key", "", ""],
  [
    "a key of another kind",
    rsaPublic.export({ type: "spki", format: "pem" }),
    rsa.export({ type: "pkcs8", format: "pem" }),
  ],
  ["something else", "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "AAAA"],
])("MIRROR_KEY_MALFORMED: a file with %s", (_, publicPem, privatePem) => {
  const refused = expect.objectContaining({ code: "MIRROR_KEY_MALFORMED" });
  expect(() => parseMirrorKeys(String(publicPem))).toThrow(refused);
  expect(() => parsePublisherKey(String(privatePem))).toThrow(refused);
});
