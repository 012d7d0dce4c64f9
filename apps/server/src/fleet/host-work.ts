import { createHash } from "node:crypto";
import { setImmediate } from "node:timers/promises";
import { covers } from "@pratique/access";
import { formatException, type PolicyDocument } from "@pratique/policy";
import type { Labels, Store, StoredException, StoredPolicy } from "@pratique/store";
import type { Logger } from "pino";
import { Follower } from "../follower.ts";

/** A host, as far as it decides what holds there. */
export interface RuledHost {
  readonly name: string;
  readonly labels: Labels;
}

/** The policies, exceptions and files of rules that the server wants in force on one host. */
export interface WantedRules {
  /** The same for the same rules; another one as soon as any differs. */
  readonly revision: string;
  readonly policies: readonly StoredPolicy[];
  readonly exceptions: readonly StoredException[];
  /** Of the files of rules alone, likewise. */
  readonly rulesRevision: string;
  readonly ruleFiles: readonly StoredPolicy[];
}

/** Told as soon as there may be something new for one host. */
export interface WorkWatch extends Disposable {
  readonly woken: Promise<void>;
}

export interface HostWorkOptions {
  readonly store: Pick<Store, "changes" | "fleet">;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly log: Logger;
}

interface Rules {
  readonly policies: readonly StoredPolicy[];
  readonly exceptions: readonly StoredException[];
  readonly ruleFiles: readonly StoredPolicy[];
}

const CHANGES_AT_ONCE = 500;
/** Of a large fleet all wait: what they are given takes a second of the processor, in which others are to have their turn. */
const WOKEN_AT_ONCE = 16;

/**
 * What hosts are to have in force, and who waits for it. One reader of the change feed serves all who wait; the
 * policies and exceptions are read once for each change of them, not once for each host.
 */
export class HostWork {
  readonly #options: HostWorkOptions;
  readonly #follower = new Follower(
    () => this.#follow(),
    (error) => this.#options.log.error({ err: error }, "changes of policies cannot be followed"),
  );
  readonly #waiting = new Map<string, Set<() => void>>();
  #rules: Promise<Rules> | undefined;
  #readAt = Number.NEGATIVE_INFINITY;
  #last: number | undefined;

  constructor(options: HostWorkOptions) {
    this.#options = options;
    options.store.changes.onChange(() => this.#follower.soon());
  }

  /** What a host is to have in force now. */
  async wantedBy(host: RuledHost): Promise<WantedRules> {
    return wantedOf(host, { ...(await this.#load()), now: this.#options.now() });
  }

  /** Reads policies and exceptions anew when they are next needed: they were changed here, a moment ago. */
  forget(): void {
    this.#rules = undefined;
  }

  /** Watches for what a host is to do. Begin before reading what there is: then nothing is missed between. */
  watch(host: string): WorkWatch {
    const { promise, resolve } = Promise.withResolvers<void>();
    const waiting = this.#waiting.get(host) ?? new Set();
    this.#waiting.set(host, waiting.add(resolve));
    return {
      woken: promise,
      [Symbol.dispose]: () => {
        waiting.delete(resolve);
        if (waiting.size === 0 && this.#waiting.get(host) === waiting) this.#waiting.delete(host);
      },
    };
  }

  async #load(): Promise<Rules> {
    const { fleet } = this.#options.store;
    // By a clock that was ahead exceptions had ended that hold now: nothing else would have them read again.
    if (this.#options.now() < this.#readAt) this.forget();
    if (this.#rules === undefined) this.#readAt = this.#options.now();
    this.#rules ??= (async () => ({
      policies: (await fleet.policies.all()).filter(({ enabled }) => enabled),
      exceptions: await fleet.exceptions.active(new Date(this.#options.now()).toISOString()),
      ruleFiles: (await fleet.ruleFiles.all()).filter(({ enabled }) => enabled),
    }))();
    const loading = this.#rules;
    try {
      return await loading;
    } catch (thrown) {
      // A failure is not kept: the next one tries again.
      if (this.#rules === loading) this.#rules = undefined;
      throw thrown;
    }
  }

  async #follow(): Promise<void> {
    const { changes } = this.#options.store;
    if (this.#last === undefined) return await this.#wakeAll();
    const { complete, changes: made } = await changes.since(this.#last, CHANGES_AT_ONCE);
    if (!complete || made.length === CHANGES_AT_ONCE) return await this.#wakeAll();
    this.#last = made.at(-1)?.sequence ?? this.#last;
    if (made.some(({ kind }) => kind === "policy" || kind === "exception")) {
      this.forget();
      return await this.#wakeHosts();
    }
    for (const { kind, subject } of made) if (kind === "work") this.#wake(subject);
  }

  /** What happened before is not known: everybody looks for themselves. */
  async #wakeAll(): Promise<void> {
    this.#last = await this.#options.store.changes.last();
    this.forget();
    await this.#wakeHosts();
  }

  async #wakeHosts(): Promise<void> {
    // Those that begin to wait meanwhile have looked after the change.
    const hosts = [...this.#waiting.keys()];
    let woken = 0;
    for (const host of hosts) {
      this.#wake(host);
      woken += 1;
      if (woken % WOKEN_AT_ONCE === 0) await setImmediate();
    }
  }

  #wake(host: string): void {
    for (const resolve of this.#waiting.get(host) ?? []) resolve();
  }
}

/** What of all rules a host is to have in force. */
export function wantedOf(
  host: RuledHost,
  { policies, exceptions, ruleFiles, now }: Rules & { now: number },
): WantedRules {
  const resource = { hosts: [host] };
  const held = policies.filter(({ scope }) => covers(scope, resource));
  const lifted = exceptions.filter(
    ({ scope, expiresAt }) =>
      Date.parse(expiresAt) > now && (scope.hosts === undefined || covers({ hosts: scope.hosts }, resource)),
  );
  // Exceptions never change after they were granted, so that their ids stand for them.
  const meaning = [
    held.map(({ name, revision }) => [name, revision]),
    lifted.map(({ id }) => id),
    host.labels,
  ];
  const files = ruleFiles.filter(({ scope }) => covers(scope, resource));
  return {
    revision: hashOf(meaning),
    policies: held,
    exceptions: lifted,
    rulesRevision: hashOf(files.map(({ name, revision }) => [name, revision])),
    ruleFiles: files,
  };
}

function hashOf(meaning: readonly unknown[]): string {
  return createHash("sha256").update(JSON.stringify(meaning)).digest("hex");
}

/** The documents that an agent is sent. */
export function documentsOf({ policies, exceptions }: WantedRules): PolicyDocument[] {
  return [
    ...policies.map(({ name, text }) => ({ path: `${name}.yaml`, text })),
    ...exceptions.map((exception) => ({
      path: `exceptions/${exception.id}.yaml`,
      text: formatException({ ...exception, expires: exception.expiresAt }),
    })),
  ];
}
