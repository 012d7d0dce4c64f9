import { promisify } from "node:util";
import { crc32, zstdCompress, zstdDecompressSync } from "node:zlib";
import { MiB, messageOf } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf, wholeOf } from "../location/fields.ts";
import { type Contact, contactKinds, contactProtocols, type PastContainer } from "./contact.ts";

/** A container with some of its contacts, and how many it had that found no place. */
export interface PastShare {
  readonly container: PastContainer;
  readonly contacts: readonly Contact[];
  readonly leftOut: number;
}

/** What is written at one time. A later block of an unfinished hour holds the later state of the same contacts. */
export interface PastBlock {
  /** Whether the file holds each contact of the hour once, and is not written any more. */
  readonly whole: boolean;
  readonly shares: readonly PastShare[];
}

/** RFC 8878, section 3.1.2: a frame that readers of zstd skip. It holds the length and the sum of the next one. */
const SKIPPABLE_MAGIC = 0x184d_2a50;
const HEAD_BYTES = 16;
const MAX_FRAME_BYTES = 8 * MiB;
const MAX_BLOCK_BYTES = 32 * MiB;
const VERSION = 1;
/** Of one block: each is decoded as a whole. */
export const MAX_BLOCK_CONTACTS = 4096;
const MAX_LISTED = 100_000;

const compress = promisify(zstdCompress);

/** Writes one block. The file is a stream of zstd, which `zstdcat` shows as lines of JSON. */
export async function encodeBlock({ whole, shares }: PastBlock): Promise<Buffer> {
  const executables = new Map<string, number>();
  const rows: unknown[] = [];
  for (const [index, { contacts }] of shares.entries()) {
    for (const contact of contacts) rows.push(rowOf(index, contact, executables));
  }
  const document = {
    v: VERSION,
    whole,
    containers: shares.map(({ container, leftOut }) => ({ ...container, leftOut })),
    executables: [...executables.keys()],
    rows,
  };
  const frame = await compress(Buffer.from(`${JSON.stringify(document)}\n`));
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32LE(SKIPPABLE_MAGIC, 0);
  head.writeUInt32LE(HEAD_BYTES - 8, 4);
  head.writeUInt32LE(frame.length, 8);
  head.writeUInt32LE(crc32(frame), 12);
  return Buffer.concat([head, frame]);
}

/**
 * Gives one block after the other, up to the end or to the first that is not sound, which is told to `onDamage`. Throws
 * nothing for what the bytes say.
 */
export function* readPastFile(
  bytes: Buffer,
  onDamage: (reason: string) => void,
): Generator<PastBlock, void, undefined> {
  for (let at = 0; at < bytes.length; ) {
    const read = blockAt(bytes, at);
    if (typeof read === "string") return onDamage(read);
    yield read.block;
    at = read.end;
  }
}

function blockAt(bytes: Buffer, at: number): { readonly block: PastBlock; readonly end: number } | string {
  if (bytes.length - at < HEAD_BYTES) return "a block breaks off";
  if (bytes.readUInt32LE(at) !== SKIPPABLE_MAGIC || bytes.readUInt32LE(at + 4) !== HEAD_BYTES - 8) {
    return "expected a block";
  }
  const length = bytes.readUInt32LE(at + 8);
  const end = at + HEAD_BYTES + length;
  if (length > MAX_FRAME_BYTES) return "a block is too long";
  if (end > bytes.length) return "a block breaks off";
  const frame = bytes.subarray(at + HEAD_BYTES, end);
  if (crc32(frame) !== bytes.readUInt32LE(at + 12)) return "a block has changed since it was written";
  try {
    const text = zstdDecompressSync(frame, { maxOutputLength: MAX_BLOCK_BYTES }).toString("utf8");
    const block = parseBlock(objectOf(JSON.parse(text)) ?? {});
    return block === undefined ? "a block is not in its form" : { block, end };
  } catch (thrown) {
    return `a block cannot be read: ${messageOf(thrown)}`;
  }
}

/** In whole seconds, and without what is usual: a row is a line of a list, and there are a million of them. */
function rowOf(container: number, contact: Contact, executables: Map<string, number>): unknown[] {
  const { kind, peer, port, protocol, executable, reached, name, answers, firstAt, lastAt, count } = contact;
  const known = executables.get(executable);
  const number = known ?? executables.size;
  if (known === undefined) executables.set(executable, number);
  const first = Math.floor(firstAt / 1000);
  const row: unknown[] = [
    container,
    number,
    contactKinds.indexOf(kind),
    peer,
    port,
    contactProtocols.indexOf(protocol),
    first,
    Math.floor(lastAt / 1000) - first,
    count,
    reached ? 1 : 0,
  ];
  if (name !== "" || answers.length > 0) row.push(name);
  if (answers.length > 0) row.push(answers);
  return row;
}

function parseBlock(document: Fields): PastBlock | undefined {
  if (document.v !== VERSION) return undefined;
  const containers = listOf(document.containers).slice(0, MAX_LISTED).map(containerOf);
  const executables = listOf(document.executables).slice(0, MAX_LISTED);
  const contacts: Contact[][] = containers.map(() => []);
  for (const row of listOf(document.rows).slice(0, MAX_LISTED)) {
    const fields = listOf(row);
    const executable = executables[wholeOf(fields[1]) ?? -1];
    const contact = contactOf(fields, typeof executable === "string" ? executable : "");
    const place = contacts[wholeOf(fields[0]) ?? -1];
    if (contact === undefined || place === undefined) return undefined;
    place.push(contact);
  }
  return {
    whole: document.whole === true,
    shares: containers.map(({ container, leftOut }, index) => ({
      container,
      leftOut,
      contacts: contacts[index] ?? [],
    })),
  };
}

function containerOf(value: unknown): { readonly container: PastContainer; readonly leftOut: number } {
  const fields = objectOf(value) ?? {};
  const text = (name: string): string => textOf(fields[name]) ?? "";
  const labels = Object.entries(objectOf(fields.labels) ?? {}).flatMap(([key, label]) =>
    typeof label === "string" ? [[key, label] as const] : [],
  );
  return {
    leftOut: wholeOf(fields.leftOut) ?? 0,
    container: {
      id: text("id"),
      runtime: text("runtime"),
      name: text("name"),
      image: text("image"),
      imageId: text("imageId"),
      imageDigest: text("imageDigest"),
      labels: Object.fromEntries(labels),
      own: fields.own === true,
    },
  };
}

function contactOf(fields: readonly unknown[], executable: string): Contact | undefined {
  const [, , kindNumber, peer, port, protocolNumber, first, length, count, reached, name, answers] = fields;
  const kind = contactKinds[wholeOf(kindNumber) ?? -1];
  const protocol = contactProtocols[wholeOf(protocolNumber) ?? -1];
  const firstSeconds = wholeOf(first);
  if (kind === undefined || protocol === undefined || typeof peer !== "string") return undefined;
  if (firstSeconds === undefined) return undefined;
  return {
    kind,
    peer,
    port: wholeOf(port) ?? 0,
    protocol,
    executable,
    reached: reached === 1,
    name: typeof name === "string" ? name : "",
    answers: listOf(answers).filter((answer) => typeof answer === "string"),
    firstAt: firstSeconds * 1000,
    lastAt: (firstSeconds + (wholeOf(length) ?? 0)) * 1000,
    count: wholeOf(count) ?? 1,
  };
}
