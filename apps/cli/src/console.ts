import { writeSync } from "node:fs";
import { hasCode } from "@pratique/core";
import type { Look } from "@pratique/report";

/** Standard output carries the report and nothing else; everything for people on the way goes to standard error. */
export interface Console {
  readonly look: Look;
  /** Standard error is a terminal, and nobody asked for quiet. */
  readonly showsProgress: boolean;
  /** Standard output and input are a terminal, at which somebody may press keys. */
  readonly isTerminal: boolean;
  /** Hears each key that is pressed, until what it returns is disposed of. */
  onKey(listener: (key: string) => void): Disposable;
  /** Writes to standard output; bytes as they are. */
  print(text: string | Uint8Array): void;
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
    get isTerminal() {
      // Looking at standard input opens it, which takes a fiftieth of the time of a scan of what is known.
      return stdout.isTTY === true && process.stdin.isTTY === true;
    },
    onKey: (listener) => {
      const { stdin } = process;
      stdin.setRawMode(true);
      stdin.setEncoding("utf8").on("data", listener).resume();
      return {
        [Symbol.dispose]: () => {
          stdin.setRawMode(false);
          stdin.off("data", listener).pause();
        },
      };
    },
    print: (text) => writeAll(1, text),
    say: (line) => {
      if (!quiet) writeAll(2, `${line}\n`);
    },
    draw: (line) => writeAll(2, `${ERASE_LINE}${line}`),
  };
}

/** A pipe may take a long report piece by piece; whoever closed it does not want the rest. */
function writeAll(descriptor: number, text: string | Uint8Array): void {
  let rest = Buffer.from(text);
  while (rest.length > 0) {
    try {
      rest = rest.subarray(writeSync(descriptor, rest));
    } catch (thrown) {
      if (hasCode(thrown, "EAGAIN")) continue;
      if (hasCode(thrown, "EPIPE")) return;
      throw thrown;
    }
  }
}
