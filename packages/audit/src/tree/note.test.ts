import { createHash, generateKeyPairSync, generateKeySync } from "node:crypto";
import { expect, it } from "vitest";
import { parseCheckpoint, signCheckpoint, verifyCheckpoint } from "./checkpoint.ts";
import { EMPTY_ROOT } from "./merkle.ts";
import { cosign, parseNote, signNote, verifySignatures } from "./note.ts";
import { ed25519Signer, parseVerifierKey, signatureTypes } from "./note-key.ts";

const log = ed25519Signer("example.com/log", generateKeyPairSync("ed25519").privateKey);
const other = ed25519Signer("example.com/log", generateKeyPairSync("ed25519").privateKey);
const witness = ed25519Signer(
  "w.example/1",
  generateKeyPairSync("ed25519").privateKey,
  signatureTypes.cosignature,
);

/** The example of Go's package golang.org/x/mod/sumdb/note. */
const goKey = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const goNote =
  "If you think cryptography is the answer to your problem,\n" +
  "then you don't know what your problem is.\n" +
  "\n" +
  "\u2014 PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/** A verifier key whose id is right, of the same public key as Go's, and of that type. */
function vkeyOf(type: number): string {
  const typed = Buffer.concat([
    Buffer.from([type]),
    Buffer.from(goKey.split("+")[2] ?? "", "base64").subarray(1),
  ]);
  const id = createHash("sha256").update("x\n").update(typed).digest("hex").slice(0, 8);
  return `x+${id}+${typed.toString("base64")}`;
}

it("verifies the note that Go's package shows", () => {
  const key = parseVerifierKey(goKey);
  expect(verifySignatures(parseNote(goNote), [key])).toEqual([{ key }]);
  const forged = goNote.replace("don't know", "know");
  expect(() => verifySignatures(parseNote(forged), [key])).toThrow(
    expect.objectContaining({ code: "SIGNATURE_INVALID" }),
  );
});

it("signs what the key that it names verifies", async () => {
  const note = await signNote("text\n\nmore\n", log);
  const key = parseVerifierKey(log.key.vkey);
  expect(parseNote(note).text).toBe("text\n\nmore\n");
  expect(verifySignatures(parseNote(note), [key])).toHaveLength(1);
  expect(verifySignatures(parseNote(note), [other.key])).toEqual([]);
});

it.each([
  ["an id that is not its key's", goKey.replace("c74f20a3", "c74f20a4")],
  ["no key", "name+c74f20a3+"],
  ["a name with a plus", `a+${goKey}`],
  ["another type", vkeyOf(2)],
  ["loose base64", `${goKey}=`],
])("refuses a verifier key with %s", (_, vkey) => {
  expect(() => parseVerifierKey(vkey)).toThrow(expect.objectContaining({ code: "KEY_MALFORMED" }));
});

it.each([signatureTypes.ed25519, signatureTypes.cosignature])("reads a verifier key of type %i", (type) => {
  expect(parseVerifierKey(vkeyOf(type))).toMatchObject({ name: "x", type });
});

it.each([
  ["of another kind", generateKeyPairSync("x25519").privateKey],
  ["that is public", generateKeyPairSync("ed25519").publicKey],
  ["that is a secret", generateKeySync("hmac", { length: 256 })],
])("does not sign with a key %s", (_, key) => {
  expect(() => ed25519Signer("example.com/log", key)).toThrow(
    expect.objectContaining({ code: "KEY_MALFORMED" }),
  );
});

it.each([
  ["no signature", "text\n"],
  ["no last newline", goNote.slice(0, -1)],
  ["a control character", goNote.replace("If", "\u001b[31mIf")],
  ["a signature line of another form", goNote.replace("\u2014", "-")],
  ["an empty signature", "text\n\n\u2014 name AAAAAA==\n"],
  ["too many signatures", `text\n\n${"\u2014 a AAAAAAA=\n".repeat(65)}`],
  ["too much", `${"x".repeat(70_000)}\n\n\u2014 a AAAAAAA=\n`],
])("refuses a note with %s", (_, note) => {
  expect(() => parseNote(note)).toThrow(expect.objectContaining({ code: "NOTE_MALFORMED" }));
});

it("signs and verifies checkpoints, with a witness's cosignature and its time", async () => {
  const signed = await signCheckpoint({ origin: log.key.name, size: 7, root: EMPTY_ROOT }, log);
  const cosigned = signed + cosign(parseCheckpoint(signed).note.text, 1_700_000_000, witness);
  const trusted = verifyCheckpoint(cosigned, [log.key], [witness.key]);
  expect(trusted).toMatchObject({ origin: "example.com/log", size: 7 });
  expect(trusted.cosignedBy).toEqual([{ key: witness.key, timestamp: 1_700_000_000 }]);
});

it("carries the signatures of two keys, of which either is enough, and none may be wrong", async () => {
  const signed = await signCheckpoint({ origin: log.key.name, size: 7, root: EMPTY_ROOT }, log, other);
  for (const keys of [[log.key], [other.key], [log.key, other.key]]) {
    expect(verifyCheckpoint(signed, keys).signedBy.map(({ key }) => key)).toEqual(keys);
  }
  const forged = signed.replace(/\S{20}\n$/u, `${"A".repeat(18)}==\n`);
  expect(verifyCheckpoint(forged, [log.key]).size).toBe(7);
  expect(() => verifyCheckpoint(forged, [log.key, other.key])).toThrow(
    expect.objectContaining({ code: "SIGNATURE_INVALID" }),
  );
});

it("takes no cosignature whose time was changed", async () => {
  const signed = await signCheckpoint({ origin: log.key.name, size: 7, root: EMPTY_ROOT }, log);
  const line = cosign(parseCheckpoint(signed).note.text, 1_700_000_000, witness);
  const bytes = Buffer.from(line.split(" ")[2] ?? "", "base64");
  bytes[11] = (bytes[11] ?? 0) ^ 1;
  const forged = `${signed}\u2014 ${witness.key.name} ${bytes.toString("base64")}\n`;
  expect(() => verifyCheckpoint(forged, [log.key], [witness.key])).toThrow(
    /signature of "w.example\/1" is wrong/u,
  );
});

it("trusts no checkpoint that only others signed", async () => {
  const signed = await signCheckpoint({ origin: log.key.name, size: 7, root: EMPTY_ROOT }, other);
  expect(() => verifyCheckpoint(signed, [log.key])).toThrow(
    expect.objectContaining({ code: "SIGNATURE_INVALID" }),
  );
});

it.each([
  ["a leading zero", "o\n07\n"],
  ["a negative size", "o\n-1\n"],
  ["no origin", "\n7\n"],
])("refuses a checkpoint with %s", async (_, start) => {
  const note = await signNote(`${start}${EMPTY_ROOT.toString()}\n`, log);
  expect(() => parseCheckpoint(note)).toThrow(expect.objectContaining({ code: "NOTE_MALFORMED" }));
});
