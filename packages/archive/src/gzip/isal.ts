import { createRequire } from "node:module";

/** What is called of ISA-L, which unpacks nearly twice as fast as Node's own zlib (`igzip_lib.h`). */
export interface Isal {
  /** Where bytes lie, for as long as somebody holds them. */
  addressOf(bytes: Uint8Array): bigint;
  init(state: Uint8Array): void;
  reset(state: Uint8Array): void;
  /** Unpacks in the thread pool until input or output is used up, and calls back with a code below zero for damage. */
  inflate(state: Uint8Array, done: (error: unknown, code: number) => void): void;
}

/** Of `struct inflate_state` of `libisal.so.2`, with room to spare: it has 87,368 bytes. */
export const STATE_BYTES = 128 * 1024;
/** Where its fields lie. They are the same wherever addresses have 64 bits. */
export const stateFields = {
  nextOut: 0,
  availableOut: 8,
  nextIn: 16,
  availableIn: 32,
  blockState: 21_160,
  checksumFlag: 21_172,
} as const;
/** `ISAL_BLOCK_FINISH`: all of a member is unpacked, and its checksum verified. */
export const MEMBER_ENDED = 5;
/** `ISAL_GZIP`: reads the header, and verifies checksum and length at the end. */
export const GZIP = 1;

const LIBRARY = "libisal.so.2";
/** A gzip file that holds the letter "a". */
const SAMPLE = Uint8Array.from([
  0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 0x4b, 4, 0, 0x43, 0xbe, 0xb7, 0xe8, 1, 0, 0, 0,
]);
const SAMPLE_CONTENT = 0x61;

let loaded: { readonly isal: Isal | undefined } | undefined;

/** The library where this machine has it and it works as is known of it; looked for once. */
export function loadIsal(): Isal | undefined {
  loaded ??= { isal: tryToLoad() };
  return loaded.isal;
}

function tryToLoad(): Isal | undefined {
  try {
    const koffi: typeof import("koffi") = createRequire(import.meta.url)("koffi");
    const library = koffi.load(LIBRARY);
    const inflate = library.func("int isal_inflate(void *state)");
    const isal: Isal = {
      addressOf: (bytes) => BigInt(koffi.address(bytes)),
      init: library.func("void isal_inflate_init(void *state)"),
      reset: library.func("void isal_inflate_reset(void *state)"),
      inflate: (state, done) => inflate.async(state, done),
    };
    return unpacksSample(isal, (state) => Number(inflate(state))) ? isal : undefined;
  } catch {
    // It is not there, or nothing can be called here: Node's own unpacks then.
    return undefined;
  }
}

/** Whether the fields lie where we look for them. */
function unpacksSample(isal: Isal, inflate: (state: Uint8Array) => number): boolean {
  const state = Buffer.alloc(STATE_BYTES);
  const content = new Uint8Array(16);
  isal.init(state);
  state.writeUInt32LE(GZIP, stateFields.checksumFlag);
  state.writeBigUInt64LE(isal.addressOf(SAMPLE), stateFields.nextIn);
  state.writeUInt32LE(SAMPLE.length, stateFields.availableIn);
  state.writeBigUInt64LE(isal.addressOf(content), stateFields.nextOut);
  state.writeUInt32LE(content.length, stateFields.availableOut);
  return (
    inflate(state) === 0 &&
    content[0] === SAMPLE_CONTENT &&
    state.readUInt32LE(stateFields.availableOut) === content.length - 1 &&
    state.readUInt32LE(stateFields.availableIn) === 0 &&
    state.readUInt32LE(stateFields.blockState) === MEMBER_ENDED
  );
}
