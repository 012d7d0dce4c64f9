/** One record of the log, already in the form that the receiver wants: JSON, CEF… */
export interface ExportLine {
  /** From 1, growing. */
  readonly sequence: number;
  /** Milliseconds since 1970: when it happened. */
  readonly timeMs: number;
  readonly text: string;
}

/** A receiver of the log. */
export interface ExportSink {
  readonly kind: string;
  /**
   * Resolves when the receiver has accepted all lines, as far as its protocol tells. Rejects with a
   * `NotifyError`; some lines may have arrived then, and all are sent again.
   */
  send(lines: readonly ExportLine[], signal: AbortSignal): Promise<void>;
}

/** The port to the log that is exported. */
export interface ExportSource {
  /** At most so many lines after a sequence number, in order. */
  read(afterSequence: number, maxLines: number): Promise<readonly ExportLine[]>;
  /** The sequence number of the newest line; 0 where there is none. */
  head(): Promise<number>;
}

/** The port to where it is remembered how far an export has come. */
export interface CursorStore {
  /** The last sequence number that was accepted; 0 at the beginning. */
  loadCursor(name: string): Promise<number>;
  /** When it resolves, the cursor survives a killed process. */
  saveCursor(name: string, sequence: number): Promise<void>;
}
