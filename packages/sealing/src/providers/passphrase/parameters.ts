import { SealingError } from "../../errors.ts";
import { type Argon2Cost, costBounds } from "./argon2.ts";

/** What lies beside a passphrase: all that is needed to derive its key again, and to see that it is the key. */
export interface PassphraseParameters extends Argon2Cost {
  readonly salt: Buffer;
  /** An HMAC under the derived key. Guessing with it costs as much as guessing with a wrapped key. */
  readonly check: Buffer;
}

const FIELDS = ["algorithm", "check", "memoryKiB", "parallelism", "passes", "salt", "version"];
const ALGORITHM = "argon2id";
const VERSION = 1;
const SALT_HEX = /^[0-9a-f]{32}$/u;
const CHECK_HEX = /^[0-9a-f]{64}$/u;

export function formatParameters({
  salt,
  check,
  memoryKiB,
  passes,
  parallelism,
}: PassphraseParameters): string {
  const fields = { version: VERSION, algorithm: ALGORITHM, memoryKiB, passes, parallelism };
  return `${JSON.stringify({ ...fields, salt: salt.toString("hex"), check: check.toString("hex") }, null, 2)}\n`;
}

/** Throws `KEY_FILE_MALFORMED` for anything but what {@link formatParameters} writes, with a cost in bounds. */
export function parseParameters(text: string): PassphraseParameters {
  const fields = parseObject(text);
  if (Object.keys(fields).sort().join() !== FIELDS.join())
    throw malformed(`expected the fields ${FIELDS.join(", ")}`);
  const { algorithm, version, salt, check } = fields;
  if (version !== VERSION || algorithm !== ALGORITHM)
    throw malformed(`expected ${ALGORITHM}, version ${VERSION}`);
  if (typeof salt !== "string" || !SALT_HEX.test(salt)) throw malformed("the salt is not 16 bytes in hex");
  if (typeof check !== "string" || !CHECK_HEX.test(check))
    throw malformed("the check is not 32 bytes in hex");
  return {
    salt: Buffer.from(salt, "hex"),
    check: Buffer.from(check, "hex"),
    memoryKiB: within(fields, "memoryKiB"),
    passes: within(fields, "passes"),
    parallelism: within(fields, "parallelism"),
  };
}

function within(fields: Readonly<Record<string, unknown>>, name: keyof Argon2Cost): number {
  const [least, most] = costBounds[name];
  const value = fields[name];
  if (typeof value === "number" && Number.isInteger(value) && value >= least && value <= most) return value;
  throw malformed(`expected ${name} from ${least} to ${most}`);
}

function parseObject(text: string): Readonly<Record<string, unknown>> {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw malformed("not JSON");
  }
  if (typeof value !== "object" || value === null) throw malformed("not an object");
  return { ...value };
}

function malformed(why: string): SealingError {
  return new SealingError("KEY_FILE_MALFORMED", `parameters of a passphrase: ${why}`);
}
