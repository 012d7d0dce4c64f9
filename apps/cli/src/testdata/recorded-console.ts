import type { Console } from "../console.ts";

/** A console that keeps what it is told. */
export interface RecordedConsole extends Console {
  readonly printed: string[];
  readonly said: string[];
  readonly drawn: string[];
}

export function recordedConsole({ showsProgress = false } = {}): RecordedConsole {
  const printed: string[] = [];
  const said: string[] = [];
  const drawn: string[] = [];
  return {
    look: { width: 80, color: false },
    showsProgress,
    isTerminal: false,
    onKey: () => ({ [Symbol.dispose]: () => undefined }),
    print: (text) => void printed.push(typeof text === "string" ? text : Buffer.from(text).toString("latin1")),
    say: (line) => void said.push(line),
    draw: (line) => void drawn.push(line),
    printed,
    said,
    drawn,
  };
}
