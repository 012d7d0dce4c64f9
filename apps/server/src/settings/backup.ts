import { createReadStream } from "node:fs";
import { open, rename, rm } from "node:fs/promises";
import { PassThrough, Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createZstdCompress, createZstdDecompress } from "node:zlib";
import { MemoryKeyStore, SealingError } from "@pratique/sealing";
import { exportStore, importStore, openStore, StoreError } from "@pratique/store";
import { z } from "zod";
import { type Installation, withSealing } from "../sealing/installation.ts";
import { openSealing, ownKey } from "../sealing/open-sealing.ts";

/** What a backup begins with, before its header. */
const MAGIC = "pratique-backup/1 ";
const PURPOSE = "backup";
const MAX_HEADER_BYTES = 1024 * 1024;
const NEWLINE = 0x0a;
const MODE = 0o600;

const header = z.strictObject({
  createdAt: z.iso.datetime(),
  sealed: z.boolean(),
  /** The wrapped data keys that a sealed one can be opened with: none of them is a secret. */
  keys: z.array(
    z.strictObject({
      id: z.string(),
      purpose: z.string(),
      use: z.enum(["seal", "index"]),
      version: z.int(),
      state: z.enum(["active", "retiring", "retired"]),
      wrapped: z.string(),
      wrappedBy: z.string(),
      since: z.string(),
    }),
  ),
});

type Header = z.output<typeof header>;

/** What a backup says of itself. */
export interface BackupSummary {
  readonly createdAt: string;
  readonly sealed: boolean;
  /** Which outermost keys open it. */
  readonly openedBy: readonly string[];
}

/**
 * Saves everything that the store remembers, as it is at one moment; servers go on working meanwhile. A file of the name
 * is replaced once all has been written. Throws StoreError, SealingError, and the errors of files.
 */
export async function backUp(
  installation: Installation,
  { file, sealed }: { readonly file: string; readonly sealed: boolean },
): Promise<BackupSummary> {
  return await withSealing(installation, async ({ keys, streams }, store) => {
    const key = sealed ? await keys.current(PURPOSE) : undefined;
    const records = (await keys.records()).filter(({ id }) => id === key?.id);
    const head: Header = {
      createdAt: new Date(installation.now()).toISOString(),
      sealed,
      keys: [...records],
    };
    const lines = new PassThrough();
    const compressed = lines.pipe(createZstdCompress());
    lines.once("error", (error) => compressed.destroy(error));
    const content = sealed ? streams.seal(PURPOSE, placeOf(head), compressed) : compressed;
    await writeWhole(file, async (target) => {
      await Promise.all([
        exportStore(store, lines),
        pipeline(Readable.from(joined(`${MAGIC}${JSON.stringify(head)}\n`, content)), target),
      ]);
    });
    return summaryOf(head);
  });
}

/**
 * Reads a backup into a store that is empty, all or nothing. Throws `STORE_NOT_EMPTY`, `BACKUP_MALFORMED`, SealingError
 * where it cannot be opened, and the errors of files.
 */
export async function restore(installation: Installation, file: string): Promise<BackupSummary> {
  const { directory, database, keys, now } = installation;
  await using opened = new AsyncDisposableStack();
  const { head, rest } = await readHeader(createReadStream(file));
  const store = await openStore(database);
  opened.defer(() => store.close());
  if (!head.sealed) {
    await importLines(rest, (lines) => importStore(store, lines));
    return summaryOf(head);
  }
  const sealing = opened.use(
    await openSealing({
      records: new MemoryKeyStore(head.keys),
      key: keys?.current ?? ownKey(directory),
      former: keys?.former ?? [],
      mayCreate: false,
      now: () => new Date(now()),
    }),
  );
  const content = sealing.streams.open(PURPOSE, placeOf(head), rest);
  await importLines(content, (lines) => importStore(store, lines));
  return summaryOf(head);
}

/** What is read has been checked chunk by chunk, and the store takes it only when its end was right as well. */
async function importLines(
  content: AsyncIterable<Uint8Array>,
  read: (lines: Readable) => Promise<void>,
): Promise<void> {
  const lines = createZstdDecompress();
  const source = Readable.from(content);
  try {
    await Promise.all([pipeline(source, lines), read(lines)]);
  } catch (thrown) {
    if (thrown instanceof SealingError || thrown instanceof StoreError) throw thrown;
    throw malformed("it cannot be unpacked", thrown);
  }
}

async function* joined(first: string, rest: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(first, "utf8");
  yield* rest;
}

async function readHeader(
  source: AsyncIterable<Uint8Array>,
): Promise<{ readonly head: Header; readonly rest: AsyncIterable<Uint8Array> }> {
  const pieces = source[Symbol.asyncIterator]();
  let bytes: Buffer = Buffer.alloc(0);
  while (!bytes.includes(NEWLINE)) {
    const piece = await pieces.next();
    if (piece.done === true || bytes.length > MAX_HEADER_BYTES) throw malformed("it has no header");
    bytes = Buffer.concat([bytes, piece.value]);
  }
  const end = bytes.indexOf(NEWLINE);
  const line = bytes.subarray(0, end).toString("utf8");
  if (!line.startsWith(MAGIC)) throw malformed("it does not begin as one");
  const parsed = header.safeParse(jsonIn(line.slice(MAGIC.length)));
  if (!parsed.success) throw malformed("its header is not in its form");
  const first = bytes.subarray(end + 1);
  return { head: parsed.data, rest: continued(first, pieces) };
}

async function* continued(first: Uint8Array, pieces: AsyncIterator<Uint8Array>): AsyncGenerator<Uint8Array> {
  yield first;
  for (let piece = await pieces.next(); piece.done !== true; piece = await pieces.next()) yield piece.value;
}

function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    // Undefined is in no form.
    return undefined;
  }
}

async function writeWhole(
  file: string,
  write: (target: NodeJS.WritableStream) => Promise<void>,
): Promise<void> {
  const part = `${file}.part`;
  try {
    await rm(part, { force: true });
    const handle = await open(part, "wx", MODE);
    await write(handle.createWriteStream({ flush: true }));
    await rename(part, file);
  } catch (thrown) {
    await rm(part, { force: true });
    throw thrown;
  }
}

function placeOf({ createdAt }: Header) {
  return { table: "backups", column: "content", rowId: createdAt };
}

function summaryOf({ createdAt, sealed, keys }: Header): BackupSummary {
  return { createdAt, sealed, openedBy: [...new Set(keys.map(({ wrappedBy }) => wrappedBy))] };
}

function malformed(why: string, cause?: unknown): StoreError {
  return new StoreError("BACKUP_MALFORMED", `it is not a whole backup: ${why}`, { cause });
}
