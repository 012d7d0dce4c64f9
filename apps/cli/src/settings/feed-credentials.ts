import { closeSync, fstatSync, openSync, readFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { z } from "zod";
import { CliError } from "../errors.ts";

const secret = z.string().regex(/^[\x20-\x7e]{1,4096}$/u, "expected a short printable text");

/** By origin: how a feed's server is to be asked. */
const credentialsFile = z.record(
  z.url({ protocol: /^https?$/u }).refine((text) => new URL(text).origin === text, "expected an origin"),
  z.union([
    z.strictObject({ username: secret, password: secret }),
    z.strictObject({ bearer: secret }),
    z.strictObject({ authorization: secret }),
    z.strictObject({ authKey: secret }),
  ]),
);

const MAX_BYTES = 1_000_000;
const OTHERS = 0o077;

/**
 * The headers for the servers of feeds, by their origin, from a JSON file that only its owner can read. Throws
 * `CONFIG_INVALID`, without a word of what is in the file.
 */
export function readFeedCredentials(
  file: string | undefined,
): (origin: string) => Readonly<Record<string, string>> {
  if (file === undefined) return () => ({});
  const parsed = credentialsFile.safeParse(readJson(file));
  if (!parsed.success) {
    const places = parsed.error.issues.map(({ path }) => path.slice(0, 1).join("") || "the file").join(", ");
    throw invalid(file, `expected credentials by origin, found something else at ${places}`);
  }
  const headers = new Map(Object.entries(parsed.data).map(([origin, given]) => [origin, headersOf(given)]));
  return (origin) => headers.get(origin) ?? {};
}

function headersOf(given: z.output<typeof credentialsFile>[string]): Readonly<Record<string, string>> {
  if ("bearer" in given) return { authorization: `Bearer ${given.bearer}` };
  // As MISP has it: a key, without a word in front.
  if ("authorization" in given) return { authorization: given.authorization };
  // As abuse.ch has it.
  if ("authKey" in given) return { "auth-key": given.authKey };
  const pair = Buffer.from(`${given.username}:${given.password}`).toString("base64");
  return { authorization: `Basic ${pair}` };
}

function readJson(file: string): unknown {
  let descriptor: number;
  try {
    descriptor = openSync(file, "r");
  } catch (cause) {
    throw invalid(file, `cannot be read: ${messageOf(cause)}`);
  }
  try {
    const { mode, size } = fstatSync(descriptor);
    if ((mode & OTHERS) !== 0) throw invalid(file, "can be read by others; chmod 0400 it");
    if (size > MAX_BYTES) throw invalid(file, "is too long");
    return JSON.parse(readFileSync(descriptor, "utf8"));
  } catch (thrown) {
    // What JSON.parse says holds a piece of the text, and so perhaps a secret.
    if (thrown instanceof CliError) throw thrown;
    throw invalid(file, "is not JSON");
  } finally {
    closeSync(descriptor);
  }
}

function invalid(file: string, message: string): CliError {
  return new CliError("CONFIG_INVALID", `${file}: ${message}`);
}
