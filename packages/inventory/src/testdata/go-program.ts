import { addressOf, type ElfOptions, elfOf, FIRST_PART } from "./elf.ts";

export interface GoProgramOptions {
  readonly goVersion?: string;
  /** Lines of modules, each with a line feed at its end. */
  readonly modules?: string;
  readonly form?: "inline" | "pointers";
  readonly elf?: Omit<ElfOptions, "parts" | "sections">;
}

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const START = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex");
const END = Buffer.from("f932433186182072008242104116d8f2", "hex");

/** A program that has of Go what debug/buildinfo reads. */
export function goProgramOf(options: GoProgramOptions = {}): Buffer {
  const { goVersion = "go1.22.3", modules = "", form = "inline", elf = {} } = options;
  const list = modules === "" ? Buffer.alloc(0) : Buffer.concat([START, Buffer.from(modules), END]);
  const parts = form === "inline" ? inlineParts(goVersion, list) : pointedParts(goVersion, list, elf);
  return elfOf({ goNote: true, ...elf, parts: [{ content: Buffer.alloc(5000, 0x90), executable: true }, ...parts] });
}

function inlineParts(goVersion: string, modules: Buffer) {
  const header = Buffer.alloc(32);
  MAGIC.copy(header);
  header[14] = 8;
  header[15] = 2;
  const blob = Buffer.concat([header, lengthOf(goVersion.length), Buffer.from(goVersion), lengthOf(modules.length), modules]);
  // As in a program that reads such information itself: the mark alone.
  const strings = Buffer.concat([Buffer.alloc(64), MAGIC, Buffer.alloc(50)]);
  const data = Buffer.concat([Buffer.alloc(4800), blob, Buffer.alloc(100)]);
  return [{ content: strings }, { content: data, writable: true }];
}

/** The form before Go 1.18: strings in the read-only data, pointers to their headers behind the mark. */
function pointedParts(goVersion: string, modules: Buffer, { is64Bit = true, littleEndian = true }: ElfOptions) {
  const width = is64Bit ? 8 : 4;
  const start = FIRST_PART + 8192;
  const strings = Buffer.concat([Buffer.from("abcgo1.1"), Buffer.from(goVersion), Buffer.from("xyz"), modules]);
  const dataStart = start + Math.ceil(strings.length / 4096) * 4096;
  const data = Buffer.alloc(512);
  const put = (at: number, value: number): void => {
    const bytes = Buffer.alloc(8);
    if (littleEndian) bytes.writeBigUInt64LE(BigInt(value));
    else bytes.writeBigUInt64BE(BigInt(value));
    bytes.copy(data, at, littleEndian ? 0 : 8 - width, littleEndian ? width : 8);
  };
  MAGIC.copy(data);
  data[14] = width;
  data[15] = littleEndian ? 0 : 1;
  put(16, addressOf(dataStart + 256));
  put(16 + width, addressOf(dataStart + 320));
  put(256, addressOf(start + 8));
  put(256 + width, goVersion.length);
  put(320, addressOf(start + 8 + goVersion.length + 3));
  put(320 + width, modules.length);
  return [{ content: strings }, { content: data, writable: true }];
}

function lengthOf(length: number): Buffer {
  const bytes: number[] = [];
  let rest = length;
  for (; rest >= 0x80; rest = Math.floor(rest / 128)) bytes.push((rest % 128) | 0x80);
  return Buffer.from([...bytes, rest]);
}
