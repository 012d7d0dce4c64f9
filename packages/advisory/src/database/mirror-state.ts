import { type Digest, parseDigest } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import { type Fields, objectOf, textsOf } from "../location/fields.ts";
import { requireNumber, requireText } from "./source-record.ts";

/** The mirror that a database came from, as its pointer remembers it. */
export interface MirrorState {
  /** In the order in which they are asked. */
  readonly locations: readonly string[];
  /** The public keys that are believed, in PEM. */
  readonly keys: string;
  /** Which ecosystems were asked for; absent where all were. */
  readonly ecosystems?: readonly string[];
  /** Who signed the manifest: the id of the key. */
  readonly signer: string;
  /** The highest version that was seen: none below it is believed while its signer is. */
  readonly version: number;
  /** Of the manifest that was signed. */
  readonly manifest: Digest;
  /** ISO 8601, UTC. */
  readonly publishedAt: string;
  /** ISO 8601, UTC. */
  readonly expiresAt: string;
  /** What the database holds of each shard; empty where a build has changed it since. */
  readonly shards: Readonly<Record<string, Digest>>;
}

/** After something else than the mirror has written, what is held of its shards is not known any more. */
export function withoutShards(state: MirrorState): MirrorState {
  return { ...state, shards: {} };
}

/** Reads what the pointer says of a mirror. Throws `DATABASE_CORRUPT`. */
export function parseMirrorState(value: unknown): MirrorState | undefined {
  if (value === undefined) return undefined;
  const fields = objectOf(value) ?? {};
  const ecosystems = textsOf(fields.ecosystems);
  return {
    locations: textsOf(fields.locations),
    keys: requireText(fields, "keys"),
    ...(ecosystems.length === 0 ? {} : { ecosystems }),
    signer: requireText(fields, "signer"),
    version: requireNumber(fields, "version"),
    manifest: requireDigest(fields, "manifest"),
    publishedAt: requireText(fields, "publishedAt"),
    expiresAt: requireText(fields, "expiresAt"),
    shards: shardsOf(objectOf(fields.shards) ?? {}),
  };
}

function shardsOf(fields: Fields): Readonly<Record<string, Digest>> {
  return Object.fromEntries(Object.keys(fields).map((name) => [name, requireDigest(fields, name)]));
}

function requireDigest(fields: Fields, name: string): Digest {
  try {
    return parseDigest(requireText(fields, name));
  } catch (cause) {
    throw new AdvisoryError("DATABASE_CORRUPT", `expected ${name} to be a digest`, { cause });
  }
}
