import { CHUNK_BYTES, type GzipUnpacker } from "./gzip-unpacker.ts";
import { GZIP, type Isal, MEMBER_ENDED, STATE_BYTES, stateFields } from "./isal.ts";

/** A part that is used up ends a task of the thread pool, and handing over the next one costs a tenth of it. */
const INPUT_BYTES = 1024 * 1024;

/** What the library's codes say, from `ISAL_INVALID_BLOCK` to `ISAL_INCORRECT_CHECKSUM`. */
const damages: ReadonlyMap<number, string> = new Map([
  [-1, "a block is malformed"],
  [-2, "a code stands for nothing"],
  [-3, "something is copied from before the beginning"],
  [-4, "something that is not gzip follows"],
  [-5, "another method than deflate"],
  [-6, "the checksum or the length does not fit"],
]);

/** Unpacks by ISA-L. */
export function isalUnpacker(isal: Isal): GzipUnpacker {
  return {
    name: "ISA-L",
    async *unpack(pieces, { transient }) {
      const stream = new IsalStream(isal, new Input(isal, pieces));
      try {
        // The reader has one chunk while the other one is being filled.
        const buffers = [nativeBuffer(isal, CHUNK_BYTES), nativeBuffer(isal, CHUNK_BYTES)] as const;
        let next = stream.fill(buffers[0]);
        for (let turn = 1; ; turn += 1) {
          const chunk = await next;
          if (chunk.length === 0) return;
          next = stream.fill(turn % 2 === 0 ? buffers[0] : buffers[1]);
          // The reader may stop here; an error of a chunk that nobody waits for must not end the process.
          next.catch(() => undefined);
          yield transient ? chunk : Uint8Array.from(chunk);
        }
      } finally {
        await stream.close();
      }
    },
  };
}

/** Memory whose address the library has. */
interface NativeBuffer {
  readonly bytes: Uint8Array;
  readonly address: bigint;
}

function nativeBuffer(isal: Isal, length: number): NativeBuffer {
  const bytes = Buffer.allocUnsafeSlow(length);
  return { bytes, address: isal.addressOf(bytes) };
}

class IsalStream {
  readonly #isal: Isal;
  readonly #input: Input;
  readonly #state = Buffer.alloc(STATE_BYTES);
  #filled: Promise<unknown> = Promise.resolve();

  constructor(isal: Isal, input: Input) {
    this.#isal = isal;
    this.#input = input;
    isal.init(this.#state);
    this.#set("checksumFlag", GZIP);
  }

  /** Fills the buffer and gives what is in it: less than fits only at the end of everything, nothing behind it. */
  fill(output: NativeBuffer): Promise<Uint8Array> {
    const filled = this.#fill(output);
    this.#filled = filled;
    return filled;
  }

  /** Waits for what is at work on our memory, and closes the input. */
  async close(): Promise<void> {
    await this.#filled.catch(() => undefined);
    await this.#input.close();
  }

  async #fill(output: NativeBuffer): Promise<Uint8Array> {
    this.#state.writeBigUInt64LE(output.address, stateFields.nextOut);
    this.#set("availableOut", output.bytes.length);
    for (;;) {
      if (this.#get("availableIn") === 0) await this.#takeInput();
      const isAtEnd = this.#get("availableIn") === 0;
      if (this.#get("blockState") === MEMBER_ENDED) {
        if (isAtEnd) return output.bytes.subarray(0, output.bytes.length - this.#get("availableOut"));
        this.#isal.reset(this.#state);
      }
      const room = this.#get("availableOut");
      await this.#inflate();
      if (this.#get("availableOut") === 0) return output.bytes;
      const isOver = this.#get("blockState") === MEMBER_ENDED;
      if (isAtEnd && !isOver && this.#get("availableOut") === room) throw new Error("they end early");
    }
  }

  async #takeInput(): Promise<void> {
    const { address, length } = await this.#input.take();
    this.#state.writeBigUInt64LE(address, stateFields.nextIn);
    this.#set("availableIn", length);
  }

  #inflate(): Promise<void> {
    return new Promise((resolve, reject) => {
      // The callback, which is held until the thread is done, holds this and with it all memory that the thread writes to.
      this.#isal.inflate(this.#state, (error, code) => {
        if (error !== null) reject(error);
        else if (code < 0) reject(new Error(damages.get(code) ?? `ISA-L ends with ${code}`));
        else resolve();
      });
    });
  }

  #get(field: keyof typeof stateFields): number {
    return this.#state.readUInt32LE(stateFields[field]);
  }

  #set(field: keyof typeof stateFields, value: number): void {
    this.#state.writeUInt32LE(value, stateFields[field]);
  }
}

interface Taken {
  readonly address: bigint;
  /** Bytes; none at the end. */
  readonly length: number;
}

/** Gathers the pieces in memory of our own, one part ahead. */
class Input {
  readonly #pieces: AsyncIterator<Uint8Array>;
  readonly #buffers: readonly [NativeBuffer, NativeBuffer];
  #rest: Uint8Array = new Uint8Array();
  #turn = 0;
  #next: Promise<Taken> | undefined;

  constructor(isal: Isal, pieces: AsyncIterable<Uint8Array>) {
    this.#pieces = pieces[Symbol.asyncIterator]();
    this.#buffers = [nativeBuffer(isal, INPUT_BYTES), nativeBuffer(isal, INPUT_BYTES)];
  }

  /** The next part, which stays until the one behind it has been taken. */
  async take(): Promise<Taken> {
    const taken = await (this.#next ?? this.#gather());
    this.#next = taken.length === 0 ? Promise.resolve(taken) : this.#gather();
    this.#next.catch(() => undefined);
    return taken;
  }

  async close(): Promise<void> {
    await this.#next?.catch(() => undefined);
    await this.#pieces.return?.();
  }

  async #gather(): Promise<Taken> {
    const { bytes, address } = this.#buffers[this.#turn === 0 ? 0 : 1];
    this.#turn = 1 - this.#turn;
    let length = 0;
    while (length < bytes.length) {
      if (this.#rest.length === 0) {
        const { done, value } = await this.#pieces.next();
        if (done === true) break;
        this.#rest = value;
      }
      const part = this.#rest.subarray(0, bytes.length - length);
      bytes.set(part, length);
      length += part.length;
      this.#rest = this.#rest.subarray(part.length);
    }
    return { address, length };
  }
}
