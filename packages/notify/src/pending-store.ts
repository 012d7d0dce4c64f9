/** One thing that is not to be lost, as text. */
export interface PendingEntry {
  readonly id: string;
  readonly value: string;
}

/** What is to become of entries, all of it or nothing. */
export interface PendingChange {
  readonly put: readonly PendingEntry[];
  /** Ids; those that are not there are no error. */
  readonly remove: readonly string[];
}

/** The port to where notifications wait, so that a killed process loses none. */
export interface PendingStore {
  load(): Promise<readonly PendingEntry[]>;
  /** One transaction. When it resolves, the change survives a killed process and a power cut. */
  commit(change: PendingChange): Promise<void>;
}
