import type { Hardening } from "./hardening.ts";
import type { Item } from "./item.ts";
import type { Profile } from "./profile.ts";
import { dangerousCalls } from "./system-calls.ts";

/** One thing to try in a container. */
export interface ReplayStep {
  readonly action: "execute" | "write" | "read" | "listen" | "connect" | "resolve" | "call";
  /** A path, a host and port, a port, a name or a system call. */
  readonly target: string;
  readonly expected: "works" | "refused";
  /** What was learned that it repeats; undefined for what was not, and has to be refused. */
  readonly item: Item | undefined;
}

/** A name that nothing learned has. */
const PROBE = "pratique-replay";
const MOST_STEPS = 512;

/**
 * What is to be tried in a container that is started by exported settings before anybody relies on them: all that was learned has to
 * work, and some of what was not has to be refused. It names what to do and not how: what an image has to do it with differs.
 */
export function replayOf(profile: Profile, hardening: Hardening): readonly ReplayStep[] {
  return [...learnedSteps(profile).slice(0, MOST_STEPS), ...refusedSteps(hardening)];
}

function learnedSteps(profile: Profile): readonly ReplayStep[] {
  const of = (kind: Item["kind"], action: ReplayStep["action"], target: (one: Item) => string) =>
    profile.list(kind).map(({ subject, value }): ReplayStep => {
      const one = { kind, subject, value };
      return { action, target: target(one), expected: "works", item: one };
    });
  return [
    ...of("executable", "execute", ({ subject }) => subject),
    ...of("write", "write", ({ value }) => concretePath(value)),
    ...of("secret", "read", ({ value }) => concretePath(value)),
    ...of("listen", "listen", ({ value }) => value.replace("ephemeral", "40000")),
    ...of("name", "resolve", ({ value }) => value.replace("*", PROBE)),
    ...of("peer", "connect", ({ value }) => value.replace(/^\*/u, PROBE).replace(/ \*$/u, " tcp/443")),
    ...of("syscall", "call", ({ value }) => value).filter(({ target }) => !target.startsWith("@")),
  ];
}

function refusedSteps({ readOnlyRoot, seccomp }: Hardening): readonly ReplayStep[] {
  const steps: ReplayStep[] = [];
  const refuse = (action: ReplayStep["action"], target: string) =>
    steps.push({ action, target, expected: "refused", item: undefined });
  if (readOnlyRoot) for (const directory of ["", "/etc", "/usr"]) refuse("write", `${directory}/${PROBE}`);
  const allowed = new Set(seccomp?.profile.syscalls.flatMap(({ names }) => names));
  if (seccomp !== undefined) {
    for (const call of dangerousCalls.filter((name) => !allowed.has(name))) refuse("call", call);
  }
  return steps;
}

/** A path that a pattern stands for. */
export function concretePath(pattern: string): string {
  let path = pattern;
  if (path.endsWith("/**")) path = `${path.slice(0, -3)}/${PROBE}/${PROBE}`;
  else if (path.endsWith("/*")) path = `${path.slice(0, -1)}${PROBE}`;
  return path
    .replaceAll("<n>", "7")
    .replaceAll("<hex>", "5f9d3c1ab2e4")
    .replaceAll("<uuid>", "0b9c1e6e-77d4-4a52-9f6b-0c7a3d3e5f10")
    .replaceAll("<random>", "q7Xw2Lb9")
    .replaceAll("<long>", "-long".repeat(14))
    .replaceAll("<star>", "*");
}
