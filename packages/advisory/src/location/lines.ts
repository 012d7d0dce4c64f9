import type { LocatedFile } from "@pratique/archive";
import { MiB } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";

/** The longest line that a feed may have; real ones stay below 1 MiB. */
export const MAX_LINE_BYTES = 16 * MiB;

const LINE_FEED = 0x0a;

/** The lines of a file, without their ends. Throws `SOURCE_TOO_LARGE` on an endless line. */
export async function* readLines(file: LocatedFile): AsyncGenerator<string> {
  const decoder = new TextDecoder();
  let rest: Uint8Array[] = [];
  let restBytes = 0;
  for await (const chunk of file.stream()) {
    let start = 0;
    for (let end = chunk.indexOf(LINE_FEED); end >= 0; end = chunk.indexOf(LINE_FEED, start)) {
      const tail = chunk.subarray(start, end);
      yield trimReturn(decoder.decode(restBytes === 0 ? tail : Buffer.concat([...rest, tail])));
      rest = [];
      restBytes = 0;
      start = end + 1;
    }
    // A copy: the memory of a chunk is given back.
    rest.push(Buffer.from(chunk.subarray(start)));
    restBytes += chunk.length - start;
    if (restBytes > MAX_LINE_BYTES) {
      throw new AdvisoryError("SOURCE_TOO_LARGE", `a line of ${JSON.stringify(file.path)} has no end`);
    }
  }
  if (restBytes > 0) yield trimReturn(decoder.decode(Buffer.concat(rest)));
}

function trimReturn(line: string): string {
  return line.endsWith("\r") ? line.slice(0, -1) : line;
}
