import type { ContainerTest, KernelHook } from "@pratique/rules";

/** One thing that the kernel is told to do. `act` tells whether it decides by itself, or holds what the engine decides. */
export type Measure =
  | { readonly kind: ProgramSwitch; readonly act: ExecAct }
  | { readonly kind: "executable"; readonly named: ExecutableName; readonly act: ExecAct }
  /** Every program: nothing that the kernel knows tells those apart that a rule is about. */
  | { readonly kind: "every-program"; readonly act: "hold" }
  | { readonly kind: "sysctl"; readonly name: string }
  | {
      readonly kind: "device";
      readonly type: "block" | "char";
      readonly major: number;
      readonly minor: number;
      readonly access: string;
    }
  | { readonly kind: "socket"; readonly named: SocketName }
  | { readonly kind: "address"; readonly address: string; readonly port: number }
  | { readonly kind: "file"; readonly named: FileName };

/** What the kernel knows of a program beside its name: not in the image, in memory, mounted. */
export type ProgramSwitch = "drift" | "memfd" | "mounted";
export type ExecAct = "kill" | "hold";
type ExecutableName = { readonly comm: string } | { readonly path: string } | { readonly prefix: string };
export type SocketName =
  | { readonly path: string }
  | { readonly suffix: string }
  | { readonly abstract: string };
export type FileName =
  | { readonly path: string }
  | { readonly prefix: string }
  | { readonly basename: string };

/** A measure, in the containers for which all tests hold. Its number in the kernel is its place in the plan, and 1. */
export interface PlannedMeasure {
  readonly measure: Measure;
  /** The bit of those containers. */
  readonly group: number;
  readonly container: readonly ContainerTest[];
  /** Each asks for the same. */
  readonly rules: readonly string[];
}

/** A device of this host, by the name that its node has below `/dev`. */
export interface HostDevice {
  readonly path: string;
  readonly type: "block" | "char";
  readonly major: number;
  readonly minor: number;
}

/** What an engine may set for a container: switches below `/proc/sys` that are the container's own. */
export function isOwnSwitch(name: string): boolean {
  return /^(?:net\/|fs\/mqueue\/|kernel\/(?:msg|sem$|shm|domainname$))/u.test(name);
}

/** The programs of the native sensor that have to be loaded for a measure. */
export function programsFor(kind: Measure["kind"]): readonly string[] {
  switch (kind) {
    case "drift":
    case "memfd":
    case "mounted":
    case "executable":
    case "every-program":
      return ["prevent/executed"];
    case "sysctl":
      return ["prevent/sysctl"];
    case "device":
      return ["prevent/device"];
    case "socket":
      return ["prevent/connect_unix"];
    case "address":
      return ["channel/connect4", "channel/connect6", "channel/sendmsg4", "channel/sendmsg6"];
    case "file":
      return ["files/permission"];
  }
}

/** Where the kernel is asked. */
export function hookOf(kind: Measure["kind"]): KernelHook {
  switch (kind) {
    case "drift":
    case "memfd":
    case "mounted":
    case "executable":
    case "every-program":
      return "exec";
    case "sysctl":
    case "device":
    case "file":
      return "open";
    case "socket":
      return "connect-unix";
    case "address":
      return "connect";
  }
}
