import type { HostIdentity } from "@pratique/store";

/** One connection of an agent, in the order in which this server saw it open. */
export interface HeardConnection {
  readonly openedAt: number;
  /** Calls on it that may have been under way when something later was heard; more than one is a program that lives. */
  late: number;
}

export interface HeardCall {
  readonly identity: HostIdentity;
  /** Of the certificate that it was made with. */
  readonly serial: string;
  readonly run: string;
  readonly connection: HeardConnection;
}

/** Remembers in which order the runs of a host were heard, for all servers. */
export interface RunLedger {
  /** Puts a run behind those that are known, if it is not one of them; gives the last of them then. */
  hear(host: string, run: string): Promise<string>;
  /** The last run of a host; undefined where none was heard. */
  last(host: string): Promise<string | undefined>;
}

export interface CloneWatchOptions {
  readonly ledger: RunLedger;
  /** The newest certificate of a host has been used: the one before must not be any more. */
  readonly onFirstUse: (host: string, serial: string) => Promise<void>;
}

interface HostState {
  /** The last run, and the place in our order of events where we heard of it. */
  run: string | undefined;
  runHeardAt: number;
  /** The newest certificate that has been used, and where we heard of that. */
  serial: string;
  serialHeardAt: number;
}

/**
 * Notices that two programs use one host's key. Runs follow one another, and so do certificates: whoever speaks with
 * one after a later one has been heard is not the program that went on.
 *
 * No clock is asked. What a program that has ended left on its way arrives late without being a clone's: at most one
 * call on each connection that was open before the later one was heard, since the next waits for the answer.
 */
export class CloneWatch {
  readonly #options: CloneWatchOptions;
  readonly #hosts = new Map<string, HostState>();
  #events = 0;

  constructor(options: CloneWatchOptions) {
    this.#options = options;
  }

  opened(): HeardConnection {
    this.#events += 1;
    return { openedAt: this.#events, late: 0 };
  }

  /** Looks at a call. Gives what shows that the key has been cloned, and undefined where nothing does. */
  async hear(call: HeardCall): Promise<string | undefined> {
    const state = this.#stateOf(call.identity.host);
    return (await this.#generation(call, state)) ?? (await this.#run(call, state));
  }

  /** Another server may have heard a later run of the host. */
  async refresh(host: string): Promise<void> {
    const state = this.#hosts.get(host);
    if (state === undefined) return;
    this.#takeRun(state, await this.#options.ledger.last(host));
  }

  async #generation(
    { identity, serial, connection }: HeardCall,
    state: HostState,
  ): Promise<string | undefined> {
    if (serial === identity.serial) {
      if (state.serial !== serial) {
        this.#events += 1;
        Object.assign(state, { serial, serialHeardAt: this.#events });
      }
      if (identity.previousSerial !== null) await this.#options.onFirstUse(identity.host, serial);
      return undefined;
    }
    if (serial === identity.previousSerial && state.serial !== identity.serial) return undefined;
    // Where another server heard the newer one, we count from when we see it.
    if (state.serial !== identity.serial && identity.serial !== null) {
      this.#events += 1;
      Object.assign(state, { serial: identity.serial, serialHeardAt: this.#events });
    }
    return this.#isLate(connection, state.serialHeardAt)
      ? undefined
      : "a certificate was used after the one that followed it";
  }

  async #run({ identity, run, connection }: HeardCall, state: HostState): Promise<string | undefined> {
    if (run === state.run) return undefined;
    this.#takeRun(state, await this.#options.ledger.hear(identity.host, run));
    if (run === state.run || this.#isLate(connection, state.runHeardAt)) return undefined;
    return "an earlier start of the agent was heard after a later one";
  }

  #isLate(connection: HeardConnection, heardAt: number): boolean {
    if (connection.openedAt > heardAt) return false;
    connection.late += 1;
    return connection.late === 1;
  }

  #takeRun(state: HostState, run: string | undefined): void {
    if (run === undefined || run === state.run) return;
    this.#events += 1;
    Object.assign(state, { run, runHeardAt: this.#events });
  }

  #stateOf(host: string): HostState {
    const known = this.#hosts.get(host);
    if (known !== undefined) return known;
    const state: HostState = { run: undefined, runHeardAt: 0, serial: "", serialHeardAt: 0 };
    this.#hosts.set(host, state);
    return state;
  }
}
