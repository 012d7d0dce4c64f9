/** One number that the product is held to, with what was measured. */
export interface Row {
  readonly what: string;
  readonly target: string;
  readonly result: string;
  /** What the machine itself or another program needs for the same. */
  readonly peer: string;
}

export interface Bench {
  /** As it is named on the command line. */
  readonly name: string;
  readonly description: string;
  /** Why it cannot be run here; undefined where it can. */
  unavailable(): string | undefined;
  run(say: (text: string) => void): Promise<readonly Row[]>;
}
