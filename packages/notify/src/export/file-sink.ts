import { constants } from "node:fs";
import { type FileHandle, open, rename } from "node:fs/promises";
import path from "node:path";
import { hasCode, messageOf } from "@pratique/core";
import { NotifyError } from "../errors.ts";
import { wholeLine } from "../safe-text.ts";
import type { ExportLine, ExportSink } from "./export-sink.ts";

const DEFAULT_MAX_BYTES = 100 * 1024 * 1024;
const DEFAULT_MAX_FILES = 10;
// No link is followed: whoever can write to the directory could have the log written elsewhere.
const FLAGS = constants.O_RDWR | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW;
const MODE = 0o600;

/** Where the files are, and how many. */
export interface FileSinkOptions {
  /** It must be there. */
  readonly directory: string;
  /** A plain file name; older files are `name.1`, `name.2`… */
  readonly name: string;
  /** A file that is longer is put aside before the next batch. */
  readonly maxBytes?: number;
  /** Files that are kept, the current one included. */
  readonly maxFiles?: number;
}

/** The log in files of bounded length. A batch is accepted when it has reached the disk. */
export function fileSink(options: FileSinkOptions): ExportSink {
  if (path.basename(options.name) !== options.name || /^\.{0,2}$/u.test(options.name)) {
    throw new NotifyError("SETTINGS_INVALID", `expected a file name, found ${JSON.stringify(options.name)}`);
  }
  return {
    kind: "file",
    async send(lines) {
      try {
        await append(options, lines);
      } catch (thrown) {
        const where = JSON.stringify(options.name);
        throw new NotifyError("FILE_UNWRITABLE", `cannot write ${where}: ${messageOf(thrown)}`, {
          cause: thrown,
        });
      }
    },
  };
}

async function append(options: FileSinkOptions, lines: readonly ExportLine[]): Promise<void> {
  const file = path.join(options.directory, options.name);
  await rotateIfLong(file, options);
  await using handle = await open(file, FLAGS, MODE);
  const { size } = await handle.stat();
  // A line that a crash cut short is ended, so that its repetition stands by itself.
  const start = size > 0 && !(await endsLine(handle, size)) ? "\n" : "";
  await handle.appendFile(`${start}${lines.map(({ text }) => `${wholeLine(text)}\n`).join("")}`);
  await handle.sync();
  if (size === 0) await syncDirectory(options.directory);
}

async function rotateIfLong(
  file: string,
  { maxBytes = DEFAULT_MAX_BYTES, maxFiles = DEFAULT_MAX_FILES, directory }: FileSinkOptions,
): Promise<void> {
  const size = await sizeOf(file);
  if (size < maxBytes) return;
  for (let age = maxFiles - 1; age >= 1; age -= 1) {
    await rename(age === 1 ? file : `${file}.${age - 1}`, `${file}.${age}`).catch(ignoreMissing);
  }
  await syncDirectory(directory);
}

async function sizeOf(file: string): Promise<number> {
  await using handle = await open(file, FLAGS, MODE);
  return (await handle.stat()).size;
}

async function endsLine(handle: FileHandle, size: number): Promise<boolean> {
  const { buffer } = await handle.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

async function syncDirectory(directory: string): Promise<void> {
  await using handle = await open(directory, constants.O_RDONLY | constants.O_DIRECTORY);
  await handle.sync();
}

function ignoreMissing(thrown: unknown): void {
  if (!hasCode(thrown, "ENOENT")) throw thrown;
}
