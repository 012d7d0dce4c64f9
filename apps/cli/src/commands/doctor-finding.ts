type State = "ok" | "warn" | "fail";

/** What one examination of `pratique doctor` found; `fix` says what to do where it is not well. */
export interface Finding {
  readonly what: string;
  readonly state: State;
  readonly detail: string;
  readonly fix?: string;
}
