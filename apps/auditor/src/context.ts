/** What the program has of the world. */
export interface AuditorContext {
  /** Standard output: the report, and nothing else. */
  readonly write: (text: string) => void;
  /** Standard error. */
  readonly say: (line: string) => void;
  readonly now: () => Date;
  readonly fetch: typeof globalThis.fetch;
  /** Ends what runs until it is ended. */
  readonly signal: AbortSignal;
}
