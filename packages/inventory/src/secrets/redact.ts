import { createHash } from "node:crypto";

const HEAD = 4;
const TAIL = 2;
/** As many bits of a hash as tell a million secrets apart. */
const FINGERPRINT_HEX = 16;
/** Shorter texts could be guessed from what is shown of them. */
const MIN_SHOWN = 16;

/**
 * A secret made unreadable: its first four characters, its last two and its length. Of what people choose themselves, and
 * of what is short, no character is shown.
 */
export function redact(secret: string, isGuessable: boolean): string {
  const length = `(${secret.length} characters)`;
  if (isGuessable || secret.length < MIN_SHOWN) return `… ${length}`;
  return `${visible(secret.slice(0, HEAD))}…${visible(secret.slice(-TAIL))} ${length}`;
}

/** What {@link redact} gives, and what rules show that have words of their own for a key. */
const REDACTED =
  /^(?:…|[!-~]{4}…[!-~]{2}|a key|private_key|[A-Z0-9 ]{0,32}PRIVATE KEY(?: BLOCK)?) \([0-9]{1,9} (?:characters|bytes)\)$/u;

/** Whether a text is a secret made unreadable, and no secret. */
export function isRedacted(text: string): boolean {
  return REDACTED.test(text);
}

const FINGERPRINT = new RegExp(`^[0-9a-f]{${FINGERPRINT_HEX}}$`, "u");

export function isFingerprint(text: string): boolean {
  return FINGERPRINT.test(text);
}

/** A one-way name for a value that cannot be guessed. */
export function fingerprintOf(rule: string, value: string): string {
  return createHash("sha256")
    .update(`pratique secret\0${rule}\0${value}`, "latin1")
    .digest("hex")
    .slice(0, FINGERPRINT_HEX);
}

function visible(text: string): string {
  return text.replaceAll(/[^!-~]/gu, "?");
}
