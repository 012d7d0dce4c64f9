/** A packet as a file of libpcap's format tells it. */
export interface ReadPacket {
  readonly seconds: number;
  readonly nanoseconds: number;
  readonly length: number;
  readonly bytes: Buffer;
}

/** Reads a file of packets strictly, by the description of the format, and not by the code that writes it. */
export function readPcap(file: Buffer): { readonly snapLength: number; readonly packets: readonly ReadPacket[] } {
  // Written by a machine whose lowest byte is first, the magic number of nanoseconds reads so.
  if (file.toString("hex", 0, 4) !== "4d3cb2a1") throw new Error("no file of packets with nanoseconds");
  if (file.readUInt16LE(4) !== 2 || file.readUInt16LE(6) !== 4) throw new Error("another version");
  if (file.readUInt32LE(20) !== 101) throw new Error("packets do not begin with their IP header");
  const snapLength = file.readUInt32LE(16);
  const packets: ReadPacket[] = [];
  let at = 24;
  while (at < file.length) {
    const kept = file.readUInt32LE(at + 8);
    const bytes = file.subarray(at + 16, at + 16 + kept);
    if (bytes.length !== kept || kept > snapLength) throw new Error(`a packet at ${at} that is not whole`);
    packets.push({
      seconds: file.readUInt32LE(at),
      nanoseconds: file.readUInt32LE(at + 4),
      length: file.readUInt32LE(at + 12),
      bytes,
    });
    at += 16 + kept;
  }
  return { snapLength, packets };
}
