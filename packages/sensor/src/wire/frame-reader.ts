import { MiB } from "@pratique/core";
import { SensorError } from "../errors.ts";
import { frameTypes, wireSizes } from "./wire-format.ts";

/** What the native sensor sends at most in one piece. */
const MAX_FRAME_BYTES = 4 * MiB;

export interface WireFrame {
  readonly type: "events" | "message";
  /** May share memory with what was read from the stream. */
  readonly payload: Buffer;
}

/**
 * Cuts a stream of bytes into frames. A frame that lies in one chunk is not copied. Throws `WIRE_MALFORMED` at a
 * length or a type that cannot be; nothing can be read from that stream after it.
 */
export class FrameReader {
  #held: Buffer[] = [];
  #heldBytes = 0;
  /** How many bytes have to be held before the next look; so that many small chunks are joined once. */
  #needed: number = wireSizes.frame;

  /** Takes the next bytes and gives the frames that are whole with them, in order. */
  push(chunk: Buffer): readonly WireFrame[] {
    this.#held.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < this.#needed) return [];
    const bytes = this.#held.length === 1 ? chunk : Buffer.concat(this.#held);
    return this.#cut(bytes);
  }

  /** Bytes of a frame that is not whole yet. */
  get pendingBytes(): number {
    return this.#heldBytes;
  }

  #cut(bytes: Buffer): readonly WireFrame[] {
    const frames: WireFrame[] = [];
    let offset = 0;
    this.#needed = wireSizes.frame;
    while (bytes.length - offset >= wireSizes.frame) {
      const end = offset + wireSizes.frame + payloadSize(bytes, offset);
      if (end > bytes.length) {
        this.#needed = end - offset;
        break;
      }
      frames.push({ type: frameType(bytes, offset), payload: bytes.subarray(offset + wireSizes.frame, end) });
      offset = end;
    }
    this.#heldBytes = bytes.length - offset;
    this.#held = this.#heldBytes === 0 ? [] : [bytes.subarray(offset)];
    return frames;
  }
}

/** A frame as it goes over the stream. */
export function frameBytes(type: WireFrame["type"], payload: Uint8Array): Buffer {
  const bytes = Buffer.alloc(wireSizes.frame + payload.length);
  bytes.writeUInt32LE(payload.length, 0);
  bytes.writeUInt16LE(frameTypes[type], 4);
  bytes.set(payload, wireSizes.frame);
  return bytes;
}

function payloadSize(bytes: Buffer, offset: number): number {
  const size = bytes.readUInt32LE(offset);
  if (size > MAX_FRAME_BYTES) {
    throw new SensorError(
      "WIRE_MALFORMED",
      `expected at most ${MAX_FRAME_BYTES} bytes a frame, found ${size}`,
    );
  }
  frameType(bytes, offset);
  return size;
}

function frameType(bytes: Buffer, offset: number): WireFrame["type"] {
  const type = bytes.readUInt16LE(offset + 4);
  if (type === frameTypes.events) return "events";
  if (type === frameTypes.message) return "message";
  throw new SensorError("WIRE_MALFORMED", `unknown type of frame ${type}`);
}
