import { AdvisoryError } from "../errors.ts";
import { type Fields, listOf, objectOf, textOf } from "../location/fields.ts";

/** Where a source comes from: a provider's or enricher's name, and an absolute path or a URL. */
export interface SourceLocation {
  readonly provider: string;
  readonly location: string;
}

/** One record that could not be read, for people. */
export interface Sample {
  readonly where: string;
  readonly reason: string;
}

/** What a build learnt of one source, as the database remembers it. */
export interface SourceRecord extends SourceLocation {
  /** The version of the provider that read it. */
  readonly providerVersion: number;
  /** ISO 8601, UTC: when its data were read, or last found unchanged. */
  readonly builtAt: string;
  /** Records of the source. */
  readonly entries: number;
  readonly advisories: number;
  /** Records that could not be read, the first few of them as samples. */
  readonly malformed: number;
  readonly ignored: number;
  readonly samples: readonly Sample[];
  /** Bytes read, before decompression. */
  readonly bytes: number;
  readonly etag?: string;
  readonly lastModified?: string;
  /** What a mirror calls it; absent for what was read from its own place. */
  readonly mirrorKey?: string;
}

/** Reads what {@link JSON.stringify} made of a record. Throws `DATABASE_CORRUPT`. */
export function parseSourceRecord(text: string): SourceRecord {
  const fields = parseObject(text);
  const etag = textOf(fields.etag);
  const lastModified = textOf(fields.lastModified);
  const mirrorKey = textOf(fields.mirrorKey);
  return {
    provider: requireText(fields, "provider"),
    location: requireText(fields, "location"),
    providerVersion: requireNumber(fields, "providerVersion"),
    builtAt: requireText(fields, "builtAt"),
    entries: requireNumber(fields, "entries"),
    advisories: requireNumber(fields, "advisories"),
    malformed: requireNumber(fields, "malformed"),
    ignored: requireNumber(fields, "ignored"),
    samples: listOf(fields.samples).map((sample) => ({
      where: textOf(objectOf(sample)?.where) ?? "",
      reason: textOf(objectOf(sample)?.reason) ?? "",
    })),
    bytes: requireNumber(fields, "bytes"),
    ...(etag === undefined ? {} : { etag }),
    ...(lastModified === undefined ? {} : { lastModified }),
    ...(mirrorKey === undefined ? {} : { mirrorKey }),
  };
}

/** Reads a JSON object that we wrote. Throws `DATABASE_CORRUPT`. */
export function parseObject(text: string): Fields {
  try {
    const fields = objectOf(JSON.parse(text));
    if (fields !== undefined) return fields;
  } catch {
    // Answered below: why the text is no JSON helps nobody.
  }
  throw new AdvisoryError("DATABASE_CORRUPT", "expected a JSON object in the advisory database");
}

export function requireText(fields: Fields, name: string): string {
  const value = fields[name];
  if (typeof value === "string") return value;
  throw missing(name);
}

export function requireNumber(fields: Fields, name: string): number {
  const value = fields[name];
  if (typeof value === "number" && Number.isFinite(value)) return value;
  throw missing(name);
}

function missing(name: string): AdvisoryError {
  return new AdvisoryError("DATABASE_CORRUPT", `expected ${name} in the advisory database`);
}
