import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { hasCode, MiB } from "@pratique/core";
import { IntelError } from "../errors.ts";
import type { Contact, PastContainer } from "./contact.ts";
import { type PastBlock, type PastShare, readPastFile } from "./past-file.ts";

export const HOUR_MS = 60 * 60 * 1000;
const FILE_NAME = /^(?<day>\d{4}-\d{2}-\d{2})T(?<hour>[01]\d|2[0-3])\.zst$/u;
/** The writer keeps each below half of it. */
const MAX_FILE_BYTES = 64 * MiB;
const MAX_FILES = 100_000;

/** One hour that was recorded. */
export interface PastHourFile {
  readonly name: string;
  /** Milliseconds since 1970. */
  readonly startsAt: number;
  readonly bytes: number;
}

/** The name of the file of an hour, in UTC. */
export function hourFileName(startsAt: number): string {
  return `${new Date(startsAt).toISOString().slice(0, 13)}.zst`;
}

/** The hours of a directory, the earliest first; none where it does not exist. */
export function listPastHours(directory: string): readonly PastHourFile[] {
  const hours: PastHourFile[] = [];
  for (const name of namesIn(directory).slice(0, MAX_FILES)) {
    const { day, hour } = FILE_NAME.exec(name)?.groups ?? {};
    const startsAt = Date.parse(`${day}T${hour}:00:00Z`);
    const stat = statSync(join(directory, name), { throwIfNoEntry: false });
    if (!Number.isNaN(startsAt) && stat?.isFile() === true) hours.push({ name, startsAt, bytes: stat.size });
  }
  return hours.sort((left, right) => left.startsAt - right.startsAt);
}

/** An hour as it was recorded, each contact once. */
export interface RecordedHour {
  readonly shares: readonly PastShare[];
  readonly damage: string | undefined;
}

/** Reads one hour; undefined where it has been removed meanwhile. Throws `PAST_UNREADABLE`. */
export function readPastHour(directory: string, file: PastHourFile): RecordedHour | undefined {
  let damage: string | undefined;
  const shares = streamPastHour(directory, file, (reason) => {
    damage = reason;
  });
  if (shares === undefined) return undefined;
  const all = [...shares];
  return { shares: all, damage };
}

/**
 * The same, a few thousand contacts at a time: a container comes once or more often. What cannot be read is told to
 * `onDamage` when it is come to.
 */
export function streamPastHour(
  directory: string,
  { name, bytes }: PastHourFile,
  onDamage: (reason: string) => void,
): Iterable<PastShare> | undefined {
  if (bytes > MAX_FILE_BYTES) {
    onDamage("it is longer than any that was written");
    return [];
  }
  const content = readIfThere(join(directory, name));
  return content === undefined ? undefined : sharesIn(readPastFile(content, onDamage));
}

function* sharesIn(blocks: Iterable<PastBlock>): Generator<PastShare, void, undefined> {
  const unfinished = new Map<string, Merged>();
  for (const { whole, shares } of blocks) {
    if (whole) yield* shares;
    else for (const share of shares) merge(unfinished, share);
  }
  for (const { container, contacts, leftOut } of unfinished.values()) {
    yield { container, leftOut, contacts: [...contacts.values()] };
  }
}

interface Merged {
  container: PastContainer;
  readonly contacts: Map<string, Contact>;
  leftOut: number;
}

/** In the file of an hour that has not ended, what comes later is the later state of the same contact. */
function merge(all: Map<string, Merged>, { container, contacts, leftOut }: PastShare): void {
  const known = all.get(container.id) ?? { container, contacts: new Map(), leftOut: 0 };
  all.set(container.id, known);
  if (container.image !== "") known.container = container;
  known.leftOut = Math.max(known.leftOut, leftOut);
  for (const contact of contacts) {
    const { kind, protocol, port, peer, executable } = contact;
    known.contacts.set(`${kind} ${protocol} ${port} ${peer} ${executable}`, contact);
  }
}

function namesIn(directory: string): readonly string[] {
  try {
    return readdirSync(directory);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return [];
    throw unreadable(directory, thrown);
  }
}

function readIfThere(path: string): Buffer | undefined {
  try {
    return readFileSync(path);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw unreadable(path, thrown);
  }
}

function unreadable(path: string, cause: unknown): IntelError {
  return new IntelError("PAST_UNREADABLE", `${JSON.stringify(path)} cannot be read`, { cause });
}
