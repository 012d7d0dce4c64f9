import { decodeName, TarParser } from "@pratique/archive";
import { AdvisoryError } from "../errors.ts";
import { MAX_DOCUMENT_BYTES } from "./advisory-file.ts";
import type { Visit } from "./visit-location.ts";

/** A member whose content is complete. */
interface Member {
  readonly path: string;
  readonly chunks: Uint8Array[];
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
  const complete: Member[] = [];
  let open: Member = { path: "", chunks: [] };
  const parser = new TarParser({
    entry({ kind, name, size }) {
      visit.count(0, 1);
      // The name is shown and compared, and never opened.
      const path = decodeName(name);
      if (kind !== "file" || !isWorthReading(path, visit)) return false;
      if (size > MAX_DOCUMENT_BYTES) throw tooLarge(path);
      open = { path, chunks: [] };
      return true;
    },
    content: (piece) => open.chunks.push(piece.slice()),
    contentEnd: () => complete.push(open),
  });
  for await (const chunk of bytes) {
    parser.write(chunk);
    for (const { path, chunks } of complete.splice(0)) await member(path, Buffer.concat(chunks));
  }
  parser.end();
  for (const { path, chunks } of complete.splice(0)) await member(path, Buffer.concat(chunks));
}

const COMPRESSED_NAME = /\.(?:gz|zst)$/u;

/** A wanted file, or one that is wanted once it is unpacked. */
function isWorthReading(path: string, visit: Visit): boolean {
  return visit.wants(path) || visit.wants(path.replace(COMPRESSED_NAME, ""));
}

function tooLarge(path: string): AdvisoryError {
  return new AdvisoryError(
    "SOURCE_TOO_LARGE",
    `${JSON.stringify(path)} in an archive has more than ${MAX_DOCUMENT_BYTES} bytes`,
  );
}
