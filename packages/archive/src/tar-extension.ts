import { ArchiveError } from "./errors.ts";
import { parsePaxRecords } from "./pax-records.ts";
import { parseSparseList, type SparseMap } from "./sparse-map.ts";
import type { ByteSpan } from "./tar-header.ts";

/** What extended headers say of the entry that follows. */
export interface Extension {
  path?: ByteSpan;
  longName?: ByteSpan;
  linkPath?: ByteSpan;
  longLink?: ByteSpan;
  size?: number;
  sparseName?: ByteSpan;
  sparseSize?: number;
  sparseMap?: SparseMap;
  sparseVersion1?: boolean;
}

/** In the order of Go's archive/tar: the later a reader applies a name, the more it counts. */
export function nameOf({ sparseName, longName, path }: Extension, name: ByteSpan): ByteSpan {
  return sparseName ?? longName ?? path ?? name;
}

/** Applies one pax header. It replaces an earlier one, but not GNU's long names. */
export function applyPax({ longName, longLink }: Extension, body: Uint8Array): Extension {
  const extension: Extension = { ...(longName && { longName }), ...(longLink && { longLink }) };
  const numbers: string[] = [];
  for (const { key, value } of parsePaxRecords(body)) {
    if (key === "GNU.sparse.offset" || key === "GNU.sparse.numbytes") numbers.push(textOf(value));
    else readPaxRecord(extension, key, value);
  }
  if (numbers.length > 0) extension.sparseMap ??= parseSparseList(numbers.join(","));
  if (extension.sparseMap === undefined && extension.sparseVersion1 !== true) {
    delete extension.sparseName;
    delete extension.sparseSize;
  }
  return extension;
}

function readPaxRecord(extension: Extension, key: string, value: Uint8Array): void {
  if (value.length === 0) return;
  switch (key) {
    case "path":
      extension.path = pathSpan(value);
      break;
    case "linkpath":
      extension.linkPath = pathSpan(value);
      break;
    case "size":
      extension.size = decimal(value);
      break;
    case "GNU.sparse.name":
      extension.sparseName = pathSpan(value);
      break;
    case "GNU.sparse.size":
    case "GNU.sparse.realsize":
      extension.sparseSize = decimal(value);
      break;
    case "GNU.sparse.major":
      extension.sparseVersion1 = decimal(value) === 1;
      break;
    case "GNU.sparse.map":
      extension.sparseMap = parseSparseList(textOf(value));
      break;
    default:
  }
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
