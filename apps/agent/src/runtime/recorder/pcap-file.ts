/** A packet, or how it began. */
export interface CapturedPacket {
  /** Nanoseconds since 1970. */
  readonly timeNs: bigint;
  /** Bytes of the whole packet. */
  readonly length: number;
  /** From its IP header on. */
  readonly bytes: Uint8Array;
}

/** Libpcap's file format with times in nanoseconds, of version 2.4: draft-ietf-opsawg-pcap. */
const MAGIC_NANOSECONDS = 0xa1b2_3c4d;
const HEADER_BYTES = 24;
const PACKET_HEADER_BYTES = 16;
/** LINKTYPE_RAW: a packet begins with its IPv4 or IPv6 header. */
const LINKTYPE_RAW = 101;
const NS_PER_SECOND = 1_000_000_000n;

/** How a file of packets begins. `snapLength`: what is kept of a packet at most, in bytes. */
export function pcapHeader(snapLength: number): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt32LE(MAGIC_NANOSECONDS, 0);
  header.writeUInt16LE(2, 4);
  header.writeUInt16LE(4, 6);
  // 8 to 16: a time zone and an accuracy that nobody writes.
  header.writeUInt32LE(snapLength, 16);
  header.writeUInt32LE(LINKTYPE_RAW, 20);
  return header;
}

/** One packet as it follows in the file. */
export function pcapPacket({ timeNs, length, bytes }: CapturedPacket): Buffer {
  const packet = Buffer.alloc(PACKET_HEADER_BYTES + bytes.length);
  packet.writeUInt32LE(Number(BigInt.asUintN(32, timeNs / NS_PER_SECOND)), 0);
  packet.writeUInt32LE(Number(timeNs % NS_PER_SECOND), 4);
  packet.writeUInt32LE(bytes.length, 8);
  packet.writeUInt32LE(Math.max(length, bytes.length), 12);
  packet.set(bytes, PACKET_HEADER_BYTES);
  return packet;
}
