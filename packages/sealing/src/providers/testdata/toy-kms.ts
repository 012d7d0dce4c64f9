// A stand-in for the client of a key management service: `toy-kms.ts KEY-FILE encrypt|decrypt`, base64 both ways.
import { createCipheriv, createDecipheriv, randomBytes } from "node:crypto";
import { readFileSync } from "node:fs";

const [, , keyFile = "", verb] = process.argv;
const key = readFileSync(keyFile);
const input = Buffer.from(readFileSync(0, "latin1"), "base64");

function encrypt(): Buffer {
  const nonce = randomBytes(12);
  const cipher = createCipheriv("aes-256-gcm", key, nonce);
  return Buffer.concat([nonce, cipher.update(input), cipher.final(), cipher.getAuthTag()]);
}

function decrypt(): Buffer {
  const decipher = createDecipheriv("aes-256-gcm", key, input.subarray(0, 12), { authTagLength: 16 });
  decipher.setAuthTag(input.subarray(-16));
  return Buffer.concat([decipher.update(input.subarray(12, -16)), decipher.final()]);
}

process.stdout.write(`${(verb === "encrypt" ? encrypt() : decrypt()).toString("base64")}\n`);
