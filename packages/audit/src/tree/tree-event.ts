import type { AuditClass, JsonObject } from "@pratique/core";

/** What kind of thing an event of the server tells of: the kinds of the hosts' records, and the log itself. */
export type TreeClass = AuditClass | "log";

/** How somebody proved who he is; `none` where nobody did. */
export type AuthenticationMethod = "password" | "oidc" | "token" | "mtls" | "socket" | "link" | "none";

/** Who did something. `name` and `address` are personal: an entry holds commitments to them only. */
export interface TreeActor {
  /** Stable, and no name: an account's or a host's id. */
  readonly id: string;
  readonly kind: "user" | "service" | "host" | "system" | "anonymous";
  readonly method: AuthenticationMethod;
  readonly name?: string;
  readonly session?: string;
  /** An IP address, or a chain of them as proxies told it. */
  readonly address?: string;
}

/** What something was done to. */
export interface TreeSubject {
  readonly kind: string;
  readonly id: string;
}

/** What a rule said to it. */
export interface TreeDecision {
  readonly effect: "allow" | "deny" | "needs-approval";
  /** The rule that decided. */
  readonly rule: string;
}

/**
 * Something that happened on the server. What changes something is told twice, under the same `call`: as intent
 * before, as outcome after. What merely is told once is a fact.
 */
export interface TreeEvent {
  readonly class: TreeClass;
  /** A verb in the past: `policy.changed`, `sign-in.failed`. */
  readonly action: string;
  readonly actor: TreeActor;
  readonly subject?: TreeSubject;
  readonly stage: "intent" | "outcome" | "fact";
  /** Joins an intent with its outcome; needed for both. */
  readonly call?: string;
  readonly decision?: TreeDecision;
  readonly outcome?: "success" | "failure";
  readonly data?: JsonObject;
}

/** A commitment in place of a personal value: `commitment:` and 64 hexadecimal digits. */
export type Commitment = `commitment:${string}`;

/** A {@link TreeActor} as an entry holds it. */
export type RecordedActor = Omit<TreeActor, "name" | "address"> & {
  readonly name?: Commitment;
  readonly address?: Commitment;
};

/** An event as the log holds it. */
export interface TreeEntry extends Omit<TreeEvent, "actor"> {
  /** The version of this form. */
  readonly v: 1;
  /** When it came into the log, ISO 8601 in UTC with milliseconds; never before the entry before. */
  readonly time: string;
  readonly actor: RecordedActor;
}

/** Exhaustive by its type: a new class does not compile without its line. */
const classTable: Readonly<Record<TreeClass, true>> = {
  access: true,
  account: true,
  advisories: true,
  agent: true,
  approval: true,
  container: true,
  detection: true,
  response: true,
  exception: true,
  gate: true,
  host: true,
  launch: true,
  log: true,
  policy: true,
  read: true,
  scan: true,
  settings: true,
  system: true,
  verdict: true,
};

export function isTreeClass(text: string): text is TreeClass {
  return Object.hasOwn(classTable, text);
}
