/** A call as it begins. */
export interface TracedCall {
  /** The endpoint's id. */
  readonly name: string;
  readonly method: string;
  /** `traceparent` (W3C Trace Context) of whoever calls. */
  readonly parent: unknown;
}

/** A call that is being traced. */
export interface RunningCall {
  /** Goes on inside of it: what is asked of the store from there is a part of it. */
  enter(next: () => void): void;
  end(status: number): void;
}

/** Tells a collector what took how long. Nothing that callers sent, and no values of queries, is told. */
export interface Tracing {
  begin(call: TracedCall): RunningCall;
  /** Tells of a query that has ended, as a part of what is running. */
  query(query: { readonly sql: string; readonly durationMs: number; readonly failed: boolean }): void;
  job(name: string, run: () => Promise<void>): Promise<void>;
  /** Sends what has not been sent. */
  close(): Promise<void>;
}
