import { decodeName } from "../entry-path.ts";
import { ArchiveError } from "../errors.ts";
import { TarParser } from "../tar-parser.ts";
import { isWanted } from "./is-wanted.ts";
import type { Visit } from "./visit.ts";

/** `ustar`, in POSIX and GNU archives alike, of which every tool of the last decades makes one. */
const MAGIC_OFFSET = 257;

export function isTar(head: Uint8Array): boolean {
  return Buffer.from(head.subarray(MAGIC_OFFSET, MAGIC_OFFSET + 5)).toString("latin1") === "ustar";
}

/** A member whose content is complete. */
interface Member {
  readonly path: string;
  readonly pieces: Uint8Array[];
}

/**
 * Gives the wanted regular files of a tar, one after the other as they arrive. At most one chunk's worth of members and
 * one unfinished member are held.
 */
export async function visitTar(
  bytes: AsyncIterable<Uint8Array>,
  visit: Visit,
  member: (path: string, content: Uint8Array) => Promise<void>,
): Promise<void> {
  const complete: Member[] = [];
  let open: Member = { path: "", pieces: [] };
  const parser = new TarParser({
    entry({ kind, name, size }) {
      visit.count(0, 1);
      // The name is shown and compared, and never opened.
      const path = decodeName(name);
      if (kind !== "file" || !isWanted(path, visit)) return false;
      if (size > visit.memberBytes) throw tooLarge(path, visit);
      open = { path, pieces: [] };
      return true;
    },
    // A copy: the memory of what was unpacked is given back.
    content: (piece) => open.pieces.push(Buffer.from(piece)),
    contentEnd: () => complete.push(open),
  });
  const giveComplete = async (): Promise<void> => {
    for (const { path, pieces } of complete.splice(0)) await member(path, Buffer.concat(pieces));
  };
  for await (const chunk of bytes) {
    parser.write(chunk);
    await giveComplete();
  }
  parser.end();
  await giveComplete();
}

function tooLarge(path: string, { memberBytes }: Visit): ArchiveError {
  return new ArchiveError(
    "LIMIT_REACHED",
    `${JSON.stringify(path)} in an archive has more than ${memberBytes} bytes`,
  );
}
