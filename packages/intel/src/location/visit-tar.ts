import { decodeName, TarParser } from "@pratique/archive";
import { IntelError } from "../errors.ts";
import { MAX_DOCUMENT_BYTES } from "./feed-file.ts";
import { isWanted } from "./is-wanted.ts";
import type { Visit } from "./visit-location.ts";

/** `ustar`, in POSIX and GNU archives alike. */
const MAGIC_OFFSET = 257;

export function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 5)).toString("latin1") === "ustar";
}

/**
 * Gives the regular files of a tar, one after the other as they arrive. At most one chunk's worth of members and one
 * unfinished member are held.
 */
export async function visitTar(
  bytes: AsyncIterable<Uint8Array>,
  visit: Visit,
  member: (path: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  const complete: { readonly path: string; readonly chunks: readonly Uint8Array[] }[] = [];
  let path = "";
  let chunks: Uint8Array[] = [];
  const parser = new TarParser({
    entry({ kind, name, size }) {
      visit.count(0, 1);
      // The name is shown and compared, and never opened.
      path = decodeName(name);
      chunks = [];
      if (kind !== "file" || !isWanted(path, visit)) return false;
      if (size > MAX_DOCUMENT_BYTES) {
        throw new IntelError("FEED_TOO_LARGE", `${JSON.stringify(path)} in an archive is too large`);
      }
      return true;
    },
    // A copy: the memory of what was unpacked is given back.
    content: (piece) => chunks.push(Buffer.from(piece)),
    contentEnd: () => complete.push({ path, chunks }),
  });
  const giveComplete = async (): Promise<void> => {
    for (const { path: name, chunks: parts } of complete.splice(0)) await member(name, Buffer.concat(parts));
  };
  for await (const chunk of bytes) {
    parser.write(chunk);
    await giveComplete();
  }
  parser.end();
  await giveComplete();
}
