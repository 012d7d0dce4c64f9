import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync, statSync } from "node:fs";
import { MiB } from "@pratique/core";
import { readCurrent, replaceCurrent } from "@pratique/dataset";
import { IntelError } from "../errors.ts";
import { type Fields, listOf, objectOf, objectsOf, textOf, textsOf, wholeOf } from "../location/fields.ts";
import type { Prefixes } from "./set-writer.ts";
import {
  parseLocations,
  parseSourceRecord,
  type SourceLocation,
  type SourceRecord,
} from "./source-record.ts";

const MAX_BYTES = 16 * MiB;
const HEX_64 = /^[0-9a-f]{64}$/u;

/** A file as it was when it was written. */
export interface FileStamp {
  readonly sha256: string;
  readonly bytes: number;
  /** Whole milliseconds since 1970. */
  readonly modifiedMs: number;
}

/** Which set of a directory holds, and what is known of it. */
export interface Pointer {
  /** The hash of the database's content: both files are named by it. */
  readonly database: FileStamp;
  readonly snapshot: FileStamp & { readonly v4: number; readonly v6: number; readonly names: number };
  readonly builtAt: string;
  readonly indicators: number;
  readonly prefixes: Prefixes;
  /** What the settings were that it was built by; with others it has to be built anew. */
  readonly rules: string;
  /** Where warning lists were read from. */
  readonly warningLists: readonly string[];
  readonly warningListCount: number;
  readonly sources: readonly SourceRecord[];
}

export function databaseFile({ database }: Pick<Pointer, "database">): string {
  return `${database.sha256}.sqlite`;
}

export function snapshotFile({ database }: Pick<Pointer, "database">): string {
  return `${database.sha256}.snapshot`;
}

/** Reads the pointer, or undefined where there is none. Throws `SET_CORRUPT`. */
export function readPointer(directory: string): Pointer | undefined {
  const fields = readFields(directory);
  if (fields === undefined) return undefined;
  const pointer = parsePointer(fields);
  if (pointer !== undefined) return pointer;
  throw corrupt("the pointer to the set of indicators is not in its form");
}

/** Where the sources of a set were, as far as even a damaged pointer tells. */
export function readRememberedSources(directory: string): {
  readonly sources: readonly SourceLocation[];
  readonly warningLists: readonly string[];
} {
  try {
    const fields = readFields(directory);
    return { sources: parseLocations(fields?.sources), warningLists: textsOf(fields?.warningLists) };
  } catch (thrown) {
    if (thrown instanceof IntelError) return { sources: [], warningLists: [] };
    throw thrown;
  }
}

/** Puts a set in force. */
export async function writePointer(directory: string, pointer: Pointer): Promise<void> {
  await replaceCurrent(directory, `${JSON.stringify(pointer)}\n`);
}

/** Reads a file from end to end. */
export function stampOf(path: string): FileStamp {
  const descriptor = openSync(path, "r");
  try {
    const { size, mtimeMs } = fstatSync(descriptor);
    const hash = createHash("sha256");
    const chunk = Buffer.allocUnsafe(MiB);
    for (let read = readSync(descriptor, chunk); read > 0; read = readSync(descriptor, chunk)) {
      hash.update(chunk.subarray(0, read));
    }
    return { sha256: hash.digest("hex"), bytes: size, modifiedMs: Math.trunc(mtimeMs) };
  } finally {
    closeSync(descriptor);
  }
}

/**
 * Makes sure that a file is what it was when it was written. One that nobody has touched is not read; one that was
 * touched, or copied, is read whole. Throws `SET_CORRUPT`.
 */
export function checkStamp(path: string, { sha256, bytes, modifiedMs }: FileStamp): void {
  const stat = statSync(path, { throwIfNoEntry: false });
  if (stat?.size === bytes && Math.trunc(stat.mtimeMs) === modifiedMs) return;
  if (stat?.size === bytes && stampOf(path).sha256 === sha256) return;
  const found = stat === undefined ? "is missing" : "has changed since it was built";
  throw corrupt(`${JSON.stringify(path)} ${found}`);
}

export function corrupt(message: string, cause?: unknown): IntelError {
  return new IntelError("SET_CORRUPT", message, { cause });
}

function readFields(directory: string): Fields | undefined {
  const text = readCurrent(directory, MAX_BYTES);
  if (text === undefined) return undefined;
  try {
    const fields = objectOf(JSON.parse(text));
    if (fields !== undefined) return fields;
  } catch (cause) {
    throw corrupt("the pointer to the set of indicators is not JSON", cause);
  }
  throw corrupt("the pointer to the set of indicators is not an object");
}

function parsePointer(fields: Fields): Pointer | undefined {
  const database = stampFrom(fields.database);
  const snapshot = stampFrom(fields.snapshot);
  const counts = objectOf(fields.snapshot) ?? {};
  const [v4, v6, names] = [wholeOf(counts.v4), wholeOf(counts.v6), wholeOf(counts.names)];
  const prefixes = objectOf(fields.prefixes);
  const [builtAt, rules, indicators] = [
    textOf(fields.builtAt),
    textOf(fields.rules),
    wholeOf(fields.indicators),
  ];
  const sources = objectsOf(fields.sources).map(parseSourceRecord);
  if (database === undefined || snapshot === undefined || prefixes === undefined) return undefined;
  if (v4 === undefined || v6 === undefined || names === undefined || indicators === undefined)
    return undefined;
  if (builtAt === undefined || rules === undefined) return undefined;
  const whole = sources.filter((source) => source !== undefined);
  if (whole.length !== sources.length) return undefined;
  return {
    database,
    snapshot: { ...snapshot, v4, v6, names },
    builtAt,
    indicators,
    prefixes: { v4: lengthsOf(prefixes.v4, 32), v6: lengthsOf(prefixes.v6, 128) },
    rules,
    warningLists: textsOf(fields.warningLists),
    warningListCount: wholeOf(fields.warningListCount) ?? 0,
    sources: whole,
  };
}

function lengthsOf(value: unknown, max: number): readonly number[] {
  return listOf(value).filter(
    (length): length is number => typeof length === "number" && length >= 0 && length <= max,
  );
}

/** The hash becomes part of a path. */
function stampFrom(value: unknown): FileStamp | undefined {
  const { sha256, bytes, modifiedMs } = objectOf(value) ?? {};
  if (typeof sha256 !== "string" || !HEX_64.test(sha256)) return undefined;
  if (typeof bytes !== "number" || typeof modifiedMs !== "number") return undefined;
  return { sha256, bytes, modifiedMs };
}
