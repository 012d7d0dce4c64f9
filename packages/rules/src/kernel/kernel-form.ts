import type { EventType, FieldValue } from "@pratique/core";

/** Where the kernel can be asked before something happens. */
export type KernelHook = "exec" | "open" | "connect" | "connect-unix";

/**
 * What the kernel looks at. `exec`: `upper-layer`, `memfd`, `mounted`, `name` (the process after it), `exe-path`. `open`: `path`,
 * `access`. `connect`: `address`, `port`, `family`, `protocol`, of the far end. `connect-unix`: `path`.
 */
export type KernelSubject =
  | "upper-layer"
  | "memfd"
  | "mounted"
  | "name"
  | "exe-path"
  | "path"
  | "access"
  | "address"
  | "port"
  | "family"
  | "protocol";

/**
 * How values are compared. `is`: equal to one of them. `prefix` and `suffix`: of the text. `below`: it, or what lies in
 * this directory. `basename`: after the last slash. `network`: an address in one of them.
 */
export type KernelComparison = "is" | "prefix" | "suffix" | "below" | "basename" | "network";

export interface KernelTest {
  readonly subject: KernelSubject;
  readonly comparison: KernelComparison;
  /** One of them has to fit, or none where the test is negated. `true` for what is a flag, `read` or `write`. */
  readonly values: readonly string[];
  readonly negated: boolean;
}

/** A check of the container, which is answered once for each container, and not in the kernel. */
export interface ContainerTest {
  readonly field: string;
  readonly argument: string | undefined;
  /** As written, with `not ` where it is negated. */
  readonly text: string;
  /** Whether a container with this value is meant; undefined is a field without a value. */
  holds(value: FieldValue | undefined): boolean;
}

/** One way for a rule to match: all of its tests have to hold. */
export interface KernelAlternative {
  readonly tests: readonly KernelTest[];
  readonly container: readonly ContainerTest[];
  /** Whether it is about containers only; the host's own processes are not for the kernel to stop. */
  readonly containersOnly: boolean;
  /** What `path` is about: switches of the kernel below `/proc/sys`, devices below `/dev`, or any files. */
  readonly reach: "sysctl" | "device" | "file" | undefined;
}

/** What the kernel has to decide at one place for a rule: any of the alternatives. */
export interface KernelForm {
  readonly hook: KernelHook;
  readonly eventTypes: readonly EventType[];
  readonly alternatives: readonly KernelAlternative[];
}

/**
 * Whether the kernel can decide a rule exactly as the engine would, for all events that the rule is about. Where it
 * cannot, `candidates` is wider than the rule: what the kernel can hold until the engine has decided.
 */
export type KernelAnalysis =
  | { readonly decidable: true; readonly forms: readonly KernelForm[] }
  | {
      readonly decidable: false;
      readonly reasons: readonly string[];
      readonly candidates: readonly KernelForm[];
    };
