import { createGunzip } from "node:zlib";
import { giveBack, unpackPieces } from "../unpack-pieces.ts";
import { CHUNK_BYTES, type GzipUnpacker } from "./gzip-unpacker.ts";

/** Unpacks by the zlib that Node brings. */
export const nodeUnpacker: GzipUnpacker = {
  name: "Node's zlib",
  async *unpack(pieces, { transient }) {
    const unpacker = createGunzip({ chunkSize: CHUNK_BYTES });
    let bytes = 0;
    async function* counted(): AsyncGenerator<Uint8Array, void, void> {
      for await (const piece of pieces) {
        bytes += piece.length;
        yield piece;
      }
    }
    for await (const chunk of unpackPieces(unpacker, counted(), { waiting: 1 })) {
      yield chunk;
      if (transient) giveBack(chunk, CHUNK_BYTES);
    }
    // Node passes over what follows a byte of zero behind a member, be it another member.
    if (unpacker.bytesWritten !== bytes)
      throw new Error("something that is not gzip follows the compressed bytes");
  },
};
