/** Where an answer goes, line by line. */
export interface LineSink {
  /** False once nobody reads any more. */
  readonly open: boolean;
  /** Writes a line, unless the reader is too slow: then it is left out, and counted. */
  write(value: unknown): void;
  /** Resolves once the reader has taken most of what was written, or has gone: what is written then is not left out. */
  drained(): Promise<void>;
  onClose(listener: () => void): void;
  end(): void;
}
