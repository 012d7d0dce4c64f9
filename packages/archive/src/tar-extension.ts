import { ArchiveError } from "./errors.ts";
import { parsePaxRecords } from "./pax-records.ts";
import { parseSparseList, type SparseMap } from "./sparse-map.ts";
import type { ByteSpan } from "./tar-header.ts";

/** What extended headers say of the entry that follows. */
export interface Extension {
  path?: ByteSpan;
  longName?: ByteSpan | undefined;
  linkPath?: ByteSpan;
  longLink?: ByteSpan | undefined;
  size?: number;
  sparseName?: ByteSpan;
  sparseSize?: number;
  sparseMap?: SparseMap;
  sparseVersion1?: boolean;
  redirected?: boolean;
}

/** Attributes by which overlayfs takes a directory for one of another name; the second one in user namespaces. */
const REDIRECTS = ["trusted.overlay.redirect", "user.overlay.redirect"].map((name) => `SCHILY.xattr.${name}`);

/** In the order of Go's archive/tar: the later a reader applies a name, the more it counts. */
export function nameOf({ sparseName, longName, path }: Extension, name: ByteSpan): ByteSpan {
  return sparseName ?? longName ?? path ?? name;
}

/** Applies one pax header. It replaces an earlier one, but not GNU's long names. */
export function applyPax({ longName, longLink }: Extension, body: Uint8Array): Extension {
  const records = new Map<string, Uint8Array>();
  const numbers: string[] = [];
  for (const { key, value } of parsePaxRecords(body)) {
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") numbers.push(textOf(value));
    else records.set(key, value);
  }
  // An empty value takes back what an earlier record of the same header said.
  for (const [key, value] of records) if (value.length === 0) records.delete(key);
  const path = records.get("path");
  const linkPath = records.get("linkpath");
  const size = records.get("size");
  return {
    ...(longName && { longName }),
    ...(longLink && { longLink }),
    ...(path && { path: pathSpan(path) }),
    ...(linkPath && { linkPath: pathSpan(linkPath) }),
    ...(size && { size: decimal(size) }),
    ...(REDIRECTS.some((name) => records.has(name)) && { redirected: true }),
    ...readSparse(records, numbers.length > 0 ? numbers.join(",") : undefined),
  };
}

/**
 * What the records say of a sparse file, whose name and size count only where it is one: versions that nobody has
 * heard of are plain files.
 */
function readSparse(records: ReadonlyMap<string, Uint8Array>, stretches: string | undefined): Extension {
  const textAt = (key: string) => textOf(records.get(key) ?? new Uint8Array());
  const version = `${textAt("GNU.sparse.major")}.${textAt("GNU.sparse.minor")}`;
  const list = stretches ?? textAt("GNU.sparse.map");
  const isVersion0 = version === "0.0" || version === "0.1" || version === ".";
  if (version !== "1.0" && (!isVersion0 || list === "")) return {};
  const name = records.get("GNU.sparse.name");
  const size = records.get("GNU.sparse.size") ?? records.get("GNU.sparse.realsize");
  return {
    ...(name && { sparseName: pathSpan(name) }),
    ...(size && { sparseSize: decimal(size) }),
    ...(version === "1.0" ? { sparseVersion1: true } : { sparseMap: parseSparseList(list) }),
  };
}

function pathSpan(value: Uint8Array): ByteSpan {
  if (value.includes(0)) throw new ArchiveError("ARCHIVE_MALFORMED", "a path of the tar contains a NUL byte");
  return { bytes: value, start: 0, end: value.length };
}

function decimal(value: Uint8Array): number {
  const text = textOf(value);
  const number = /^\d{1,16}$/u.test(text) ? Number(text) : Number.NaN;
  if (Number.isSafeInteger(number)) return number;
  throw new ArchiveError(
    "ARCHIVE_MALFORMED",
    `expected a number in a pax record, found ${JSON.stringify(text)}`,
  );
}

function textOf(value: Uint8Array): string {
  return Buffer.from(value.buffer, value.byteOffset, value.length).toString("latin1");
}
