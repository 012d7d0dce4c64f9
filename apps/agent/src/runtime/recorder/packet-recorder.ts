import { KiB, MiB, RecentMap } from "@pratique/core";
import type { BootClock, SensorPacket } from "@pratique/sensor";
import { type CapturedPacket, pcapHeader, pcapPacket } from "./pcap-file.ts";
import { type Kept, RecentByContainer } from "./recent-by-container.ts";

export interface PacketRecorderOptions {
  readonly clock: BootClock;
  /** Bytes of a packet that are kept at most. */
  readonly snapLength: number;
  readonly forMs: number;
  /** Of one container. */
  readonly maxBytes?: number;
  /** Of all together. */
  readonly maxTotalBytes?: number;
}

const MAX_BYTES = 4 * MiB;
const MAX_TOTAL_BYTES = 32 * MiB;
/** Packets lie in chunks, one after another: the smallest ones are many, and an object for each would be larger. */
const CHUNK_BYTES = 16 * KiB;
/** Time, length, bytes that follow, and whether it was sent. */
const HEAD_BYTES = 16;
const SENT = 1;
const MAX_CONTAINERS = 8192;

interface Chunk extends Kept {
  untilNs: number;
  readonly bytes: number;
  readonly memory: Buffer;
  used: number;
}

/** The last packets of each container, in memory: how each began. */
export class PacketRecorder {
  readonly #options: PacketRecorderOptions;
  readonly #chunks: RecentByContainer<Chunk>;
  readonly #leftOut = new RecentMap<string, number>(MAX_CONTAINERS);

  constructor(options: PacketRecorderOptions) {
    const { forMs, maxBytes = MAX_BYTES, maxTotalBytes = MAX_TOTAL_BYTES } = options;
    this.#options = options;
    this.#chunks = new RecentByContainer({ maxBytes, maxTotalBytes, forMs });
  }

  keep({ containerId, timeNs, direction, length, bytes }: SensorPacket): void {
    const kept = bytes.subarray(0, Math.min(this.#options.snapLength, CHUNK_BYTES - HEAD_BYTES));
    const chunk = this.#chunkFor(containerId, HEAD_BYTES + kept.length, timeNs);
    const { memory, used } = chunk;
    memory.writeDoubleLE(timeNs, used);
    memory.writeUInt32LE(length, used + 8);
    memory.writeUInt16LE(kept.length, used + 12);
    memory.writeUInt16LE(direction === "sent" ? SENT : 0, used + 14);
    kept.copy(memory, used + HEAD_BYTES);
    chunk.used += HEAD_BYTES + kept.length;
    chunk.untilNs = Math.max(chunk.untilNs, timeNs);
  }

  /** So many packets of a container were not told. */
  leaveOut(containerId: string, count: number): void {
    this.#leftOut.set(containerId, this.leftOut(containerId) + count);
  }

  /** How many packets of a container were not told, since it has been looked at. */
  leftOut(containerId: string): number {
    return this.#leftOut.get(containerId) ?? 0;
  }

  /** What all packets take of memory. */
  get bytes(): number {
    return this.#chunks.bytes;
  }

  /** The last packets of a container, by time. What it sent to itself is there once, as it was sent. */
  packets(containerId: string, sinceNs: number): readonly CapturedPacket[] {
    // When the machine was booted, once for all: what was kept in one order stays in it.
    const bootedNs = nanoseconds(this.#options.clock.wallMs(0));
    return withoutEchoes(this.#chunks.of(containerId).flatMap((chunk) => [...packetsIn(chunk)]))
      .filter(({ atNs }) => atNs >= sinceNs)
      .map(({ atNs, length, bytes }) => ({ timeNs: bootedNs + BigInt(Math.trunc(atNs)), length, bytes }));
  }

  /** The same, as the pieces of a file of libpcap's format. */
  *file(containerId: string, sinceNs: number): Generator<Buffer, void, undefined> {
    const packets = this.packets(containerId, sinceNs);
    yield pcapHeader(this.#options.snapLength);
    for (const packet of packets) yield pcapPacket(packet);
  }

  #chunkFor(containerId: string, bytes: number, timeNs: number): Chunk {
    const latest = this.#chunks.latest(containerId);
    if (latest !== undefined && latest.used + bytes <= CHUNK_BYTES) return latest;
    const chunk = {
      bytes: CHUNK_BYTES,
      untilNs: timeNs,
      // Not from a pool that others keep in memory.
      memory: Buffer.allocUnsafeSlow(CHUNK_BYTES),
      used: 0,
    };
    this.#chunks.keep(containerId, chunk);
    return chunk;
  }
}

/** A product of so large a number of milliseconds would be out by some hundred. */
function nanoseconds(ms: number): bigint {
  const whole = Math.floor(ms);
  return BigInt(whole) * 1_000_000n + BigInt(Math.round((ms - whole) * 1e6));
}

interface KeptPacket {
  readonly atNs: number;
  readonly length: number;
  readonly isSent: boolean;
  readonly bytes: Buffer;
}

function* packetsIn({ memory, used }: Chunk): Generator<KeptPacket, void, undefined> {
  for (let at = 0; at < used; ) {
    const begin = at + HEAD_BYTES;
    const end = begin + memory.readUInt16LE(at + 12);
    yield {
      atNs: memory.readDoubleLE(at),
      length: memory.readUInt32LE(at + 8),
      isSent: memory.readUInt16LE(at + 14) === SENT,
      bytes: memory.subarray(begin, end),
    };
    at = end;
  }
}

/**
 * Over loopback a packet is seen as it is sent and as it is received, the same in every byte. Nothing is lost by telling
 * it once.
 */
function withoutEchoes(packets: readonly KeptPacket[]): readonly KeptPacket[] {
  const sent = new Map<string, number>();
  return packets
    .toSorted((left, right) => left.atNs - right.atNs)
    .filter(({ isSent, bytes }) => {
      const key = bytes.toString("latin1");
      const count = sent.get(key) ?? 0;
      if (isSent) sent.set(key, count + 1);
      else if (count > 0) sent.set(key, count - 1);
      return isSent || count === 0;
    });
}
