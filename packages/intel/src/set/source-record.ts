import { createHash } from "node:crypto";
import type { Fields } from "../location/fields.ts";
import { listOf, objectOf, objectsOf, textOf, wholeOf } from "../location/fields.ts";

/** Where a feed is, and which kind of feed it is. */
export interface SourceLocation {
  readonly feed: string;
  /** A path or a URL. */
  readonly location: string;
}

/** Something in a feed that could not be used. */
export interface Sample {
  readonly where: string;
  readonly reason: string;
}

/** A change that waits for somebody to say that it is meant. */
export interface HeldChange {
  /** ISO 8601. */
  readonly at: string;
  readonly before: number;
  readonly after: number;
  readonly removed: number;
  readonly reason: string;
}

/** What is known of one source of a set. */
export interface SourceRecord extends SourceLocation {
  readonly feedVersion: number;
  /** ISO 8601: when its indicators were read, or called unchanged. */
  readonly readAt: string;
  /** ISO 8601: when its indicators were read. */
  readonly fetchedAt: string;
  readonly indicators: number;
  /** Of these, those that are told and not blocked. */
  readonly reportOnly: number;
  readonly refused: number;
  readonly ignored: number;
  /** How many were refused or ignored, by the reason. */
  readonly reasons: Readonly<Record<string, number>>;
  /** The first of those that were refused. */
  readonly samples: readonly Sample[];
  readonly etag?: string;
  readonly lastModified?: string;
  /** What a service recognises this state by. */
  readonly state?: string;
  /** Size and time of a file that was read. */
  readonly stamp?: string;
  readonly held?: HeldChange;
  /** Why the last attempt to read it failed; its indicators are those of `readAt`. */
  readonly failure?: { readonly at: string; readonly code: string; readonly message: string };
}

/** The name under which a source stands in indicators. */
export function sourceName({ feed, location }: SourceLocation): string {
  return `${feed}:${shownLocation(location)}`;
}

/**
 * A location for people and records: some feeds want a key in the query of their URL. What stands there instead tells
 * two queries apart.
 */
export function shownLocation(location: string): string {
  const query = /^https?:/iu.test(location) ? location.indexOf("?") : -1;
  if (query < 0) return location;
  const digest = createHash("sha256").update(location.slice(query)).digest("hex");
  return `${location.slice(0, query)}?${digest.slice(0, 8)}`;
}

/** Reads a record of our own making; undefined where it is none. */
export function parseSourceRecord(fields: Fields): SourceRecord | undefined {
  const feed = textOf(fields.feed);
  const location = textOf(fields.location);
  const readAt = textOf(fields.readAt);
  const [feedVersion, indicators, reportOnly, refused, ignored] = [
    wholeOf(fields.feedVersion),
    wholeOf(fields.indicators),
    wholeOf(fields.reportOnly),
    wholeOf(fields.refused),
    wholeOf(fields.ignored),
  ];
  const fetchedAt = textOf(fields.fetchedAt);
  if (feed === undefined || location === undefined || readAt === undefined || fetchedAt === undefined) {
    return undefined;
  }
  if (feedVersion === undefined || indicators === undefined || reportOnly === undefined) return undefined;
  const texts = (["etag", "lastModified", "state", "stamp"] as const).flatMap((name) => {
    const text = textOf(fields[name]);
    return text === undefined ? [] : [[name, text]];
  });
  const held = heldOf(objectOf(fields.held));
  const failure = failureOf(objectOf(fields.failure));
  return {
    feed,
    location,
    feedVersion,
    readAt,
    fetchedAt,
    indicators,
    reportOnly,
    refused: refused ?? 0,
    ignored: ignored ?? 0,
    reasons: countsOf(objectOf(fields.reasons) ?? {}),
    samples: objectsOf(fields.samples).map(({ where, reason }) => ({
      where: String(where),
      reason: String(reason),
    })),
    ...Object.fromEntries(texts),
    ...(held !== undefined && { held }),
    ...(failure !== undefined && { failure }),
  };
}

/** Locations of a list, for a set whose records cannot be read whole. */
export function parseLocations(value: unknown): readonly SourceLocation[] {
  return listOf(value).flatMap((item) => {
    const { feed, location } = objectOf(item) ?? {};
    return typeof feed === "string" && typeof location === "string" ? [{ feed, location }] : [];
  });
}

function countsOf(fields: Fields): Readonly<Record<string, number>> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([reason, count]) => (typeof count === "number" ? [[reason, count]] : [])),
  );
}

function heldOf(fields: Fields | undefined): HeldChange | undefined {
  const at = textOf(fields?.at);
  if (fields === undefined || at === undefined) return undefined;
  const number = (value: unknown): number => wholeOf(value) ?? 0;
  return {
    at,
    before: number(fields.before),
    after: number(fields.after),
    removed: number(fields.removed),
    reason: textOf(fields.reason) ?? "",
  };
}

function failureOf(fields: Fields | undefined): SourceRecord["failure"] {
  const at = textOf(fields?.at);
  if (fields === undefined || at === undefined) return undefined;
  return { at, code: textOf(fields.code) ?? "", message: textOf(fields.message) ?? "" };
}
