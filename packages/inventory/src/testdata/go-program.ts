import { addressOf, type ElfOptions, elfOf, FIRST_PART } from "./elf.ts";

export interface GoProgramOptions {
  readonly goVersion?: string;
  /** Lines of modules, each with a line feed at its end. */
  readonly modules?: string;
  readonly form?: "inline" | "pointers";
  /** What lies in front of all other data, such as a table of functions. */
  readonly constants?: Buffer;
  readonly elf?: Omit<ElfOptions, "parts" | "sections">;
}

const MAGIC = Buffer.from("\xff Go buildinf:", "latin1");
const START = Buffer.from("3077af0c9274080241e1c107e6d618e6", "hex");
const END = Buffer.from("f932433186182072008242104116d8f2", "hex");

/** A program that has of Go what debug/buildinfo reads. */
export function goProgramOf(options: GoProgramOptions = {}): Buffer {
  const { goVersion = "go1.22.3", modules = "", form = "inline", constants, elf = {} } = options;
  const list = modules === "" ? Buffer.alloc(0) : Buffer.concat([START, Buffer.from(modules), END]);
  const parts = form === "inline" ? inlineParts(goVersion, list) : pointedParts(goVersion, list, { elf, constantBytes: constants?.length ?? 0 });
  const code = { content: Buffer.alloc(5000, 0x90), executable: true };
  const first = constants === undefined ? [] : [{ content: constants }];
  return elfOf({ goNote: true, ...elf, parts: [code, ...first, ...parts] });
}

export interface FunctionTableOptions {
  /** The last byte of the magic number; default that of Go 1.20. */
  readonly form?: number;
  readonly is64Bit?: boolean;
  readonly littleEndian?: boolean;
  /** In place of what the header would tell of the names: where they begin, and where they end. */
  readonly lie?: readonly [start: number, end: number];
}

/** A table of functions (`.gopclntab`) that has what tells their names. */
export function functionTableOf(names: readonly string[], options: FunctionTableOptions = {}): Buffer {
  const { form = 0xf1, is64Bit = true, littleEndian = true } = options;
  const width = is64Bit ? 8 : 4;
  const numbers = form === 0xfa ? 7 : 8;
  const start = 8 + numbers * width;
  const text = Buffer.from(names.map((name) => `${name}\0`).join(""), "latin1");
  const table = Buffer.alloc(start + text.length + 64);
  const magic = [form, 0xff, 0xff, 0xff];
  table.set(littleEndian ? magic : magic.toReversed());
  table.set([1, width], 6);
  const put = (number: number, value: number): void => {
    const at = 8 + number * width + (littleEndian ? 0 : width - 4);
    if (littleEndian) table.writeUInt32LE(value, at);
    else table.writeUInt32BE(value, at);
  };
  const [told, toldEnd] = options.lie ?? [start, start + text.length];
  put(0, names.length);
  put(numbers - 5, told);
  put(numbers - 4, toldEnd);
  text.copy(table, start);
  return table;
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
function pointedParts(goVersion: string, modules: Buffer, { elf, constantBytes }: { elf: ElfOptions; constantBytes: number }) {
  const { is64Bit = true, littleEndian = true } = elf;
  const width = is64Bit ? 8 : 4;
  const start = FIRST_PART + 8192 + Math.ceil(constantBytes / 4096) * 4096;
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
