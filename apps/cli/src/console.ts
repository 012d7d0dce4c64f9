import { writeSync } from "node:fs";
import type { Look } from "@pratique/report";

/** Standard output carries the report and nothing else; everything for people on the way goes to standard error. */
export interface Console {
  readonly look: Look;
  /** Standard error is a terminal, and nobody asked for quiet. */
  readonly showsProgress: boolean;
  /** Writes to standard output. */
  print(text: string): void;
  /** Writes a line to standard error. */
  say(line: string): void;
  /** Draws over the last line of standard error; an empty text takes it away. */
  draw(line: string): void;
}

export interface ConsoleOptions {
  readonly quiet: boolean;
  readonly color: boolean;
  readonly progress: boolean;
}

const DEFAULT_WIDTH = 100;
const ERASE_LINE = "\r\u001b[2K";

export function makeConsole({ quiet, color, progress }: ConsoleOptions): Console {
  const { stdout, stderr } = process;
  return {
    look: { width: stdout.columns ?? DEFAULT_WIDTH, color },
    showsProgress: progress && !quiet && stderr.isTTY === true,
    print: (text) => writeAll(1, text),
    say: (line) => {
      if (!quiet) writeAll(2, `${line}\n`);
    },
    draw: (line) => writeAll(2, `${ERASE_LINE}${line}`),
  };
}

/** A pipe may take a long report piece by piece; whoever closed it does not want the rest. */
function writeAll(descriptor: number, text: string): void {
  let rest = Buffer.from(text, "utf8");
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (thrown) {
      const code = thrown instanceof Error && "code" in thrown ? thrown.code : undefined;
      if (code === "EAGAIN") continue;
      if (code === "EPIPE") return;
      throw thrown;
    }
  }
}
