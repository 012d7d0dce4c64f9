import { isEventType } from "@pratique/core";
import { compareText } from "./decisions.ts";
import { COMPAT } from "./observe.ts";
import type { Profile } from "./profile.ts";
import { dangerousCalls, dockerDefaultCalls, runtimeStartCalls } from "./system-calls.ts";

/** A profile of Docker, Podman and Kubernetes (the members that OCI runtime-spec, "Seccomp", has, with comments). */
export interface SeccompProfile {
  readonly defaultAction: "SCMP_ACT_ERRNO";
  readonly defaultErrnoRet: number;
  readonly architectures: readonly string[];
  readonly syscalls: readonly SeccompRule[];
}

export interface SeccompRule {
  readonly names: readonly string[];
  readonly action: "SCMP_ACT_ALLOW" | "SCMP_ACT_ERRNO";
  readonly errnoRet?: number;
  readonly args?: readonly SeccompArgument[];
  readonly comment: string;
}

export interface SeccompArgument {
  readonly index: number;
  readonly value: number;
  readonly valueTwo?: number;
  readonly op: "SCMP_CMP_NE" | "SCMP_CMP_EQ" | "SCMP_CMP_MASKED_EQ";
}

/** A seccomp profile, and what it is made from. */
export interface SeccompExport {
  readonly profile: SeccompProfile;
  /** `learned`: the calls that were seen. `reduced`: the engine's default without what is dangerous and was not seen. */
  readonly basis: "learned" | "reduced";
  /** In plain words; to be shown beside the profile. */
  readonly explanation: string;
  /** Calls of the engine's default that are refused now. */
  readonly removed: readonly string[];
  /** Calls that the engine's default refuses and that are allowed, since they were seen. */
  readonly added: readonly string[];
}

/** By Go's names of architectures: the machine's own, then those of 32-bit programs. */
const ARCHITECTURES: Readonly<Record<string, readonly string[]>> = {
  amd64: ["SCMP_ARCH_X86_64", "SCMP_ARCH_X86", "SCMP_ARCH_X32"],
  arm64: ["SCMP_ARCH_AARCH64", "SCMP_ARCH_ARM"],
  arm: ["SCMP_ARCH_ARM"],
  386: ["SCMP_ARCH_X86"],
  ppc64le: ["SCMP_ARCH_PPC64LE"],
  riscv64: ["SCMP_ARCH_RISCV64"],
  s390x: ["SCMP_ARCH_S390X", "SCMP_ARCH_S390"],
};

const EPERM = 1;
const ENOSYS = 38;
/** CLONE_NEWNS, NEWCGROUP, NEWUTS, NEWIPC, NEWUSER, NEWPID and NEWNET. */
const NEW_NAMESPACES = 0x7e02_0000;
const AF_VSOCK = 40;
/** PER_LINUX, PER_LINUX32 and both with UNAME26, and the question for what is set. */
const PERSONALITIES = [0x0, 0x8, 0x2_0000, 0x2_0008, 0xffff_ffff];
const WITH_ARGUMENTS: ReadonlySet<string> = new Set(["clone", "clone3", "personality", "socket"]);

/** Writes down which system calls a container needs. Undefined where the architecture is none that has such profiles. */
export function seccompOf(profile: Profile, architecture = "amd64"): SeccompExport | undefined {
  const known = ARCHITECTURES[architecture];
  if (known === undefined) return undefined;
  const seen = new Set(profile.list("syscall").map(({ value }) => value));
  const isOpen = profile.isOpen("syscall");
  const isLearned = profile.sight?.systemCalls === "all" && !isOpen;
  const removable = isLearned
    ? dockerDefaultCalls
    : isOpen || profile.sight === undefined
      ? []
      : dangerousCalls;
  const calls = allowedCalls(seen, removable);
  const architectures = seen.has(COMPAT) || isOpen ? known : known.slice(0, 1);
  const defaults = new Set(dockerDefaultCalls);
  return {
    profile: {
      defaultAction: "SCMP_ACT_ERRNO",
      defaultErrnoRet: EPERM,
      architectures,
      syscalls: rulesOf(calls, profile, isLearned),
    },
    basis: isLearned ? "learned" : "reduced",
    explanation: explanationOf(profile, isLearned, isOpen),
    removed: dockerDefaultCalls.filter((name) => !calls.includes(name)),
    added: calls.filter((name) => !defaults.has(name) && name !== "clone3"),
  };
}

/** The engine's default without what can be taken away, and what was seen or starts a container. */
function allowedCalls(seen: ReadonlySet<string>, removable: readonly string[]): readonly string[] {
  const withdrawn = new Set(removable);
  const kept = dockerDefaultCalls.filter((name) => !withdrawn.has(name));
  const used = [...seen].filter((name) => /^_?[a-z][a-z0-9_]*$/u.test(name));
  return [...new Set([...kept, ...used, ...runtimeStartCalls])].sort(compareText);
}

function rulesOf(calls: readonly string[], profile: Profile, isLearned: boolean): readonly SeccompRule[] {
  const { origins } = profile;
  const from = `${origins.containers ?? "more than 64"} containers`;
  const plain = calls.filter((name) => !WITH_ARGUMENTS.has(name));
  const comment = isLearned
    ? `seen in ${from}, or needed to start any container`
    : `the engine's default without dangerous calls that were not seen in ${from}`;
  const isAdministrator = profile.list("capability").some(({ value }) => value === "SYS_ADMIN");
  return [
    { names: plain, action: "SCMP_ACT_ALLOW", comment },
    ...cloneRules(isAdministrator),
    ...(calls.includes("personality") ? PERSONALITIES.map(personalityRule) : []),
    ...(calls.includes("socket") ? [SOCKETS] : []),
  ];
}

const SOCKETS: SeccompRule = {
  names: ["socket"],
  action: "SCMP_ACT_ALLOW",
  args: [{ index: 0, value: AF_VSOCK, op: "SCMP_CMP_NE" }],
  comment: "all but sockets to the hypervisor",
};

/** The flags of clone3 lie in memory, where no filter sees them: callers are sent back to clone. */
function cloneRules(isAdministrator: boolean): readonly SeccompRule[] {
  if (isAdministrator) {
    return [
      { names: ["clone", "clone3"], action: "SCMP_ACT_ALLOW", comment: "new namespaces, by SYS_ADMIN" },
    ];
  }
  const args = [{ index: 0, value: NEW_NAMESPACES, valueTwo: 0, op: "SCMP_CMP_MASKED_EQ" }] as const;
  return [
    { names: ["clone"], action: "SCMP_ACT_ALLOW", args, comment: "processes and threads, no new namespaces" },
    { names: ["clone3"], action: "SCMP_ACT_ERRNO", errnoRet: ENOSYS, comment: "makes callers use clone" },
  ];
}

function personalityRule(value: number): SeccompRule {
  const args = [{ index: 0, value, op: "SCMP_CMP_EQ" }] as const;
  return {
    names: ["personality"],
    action: "SCMP_ACT_ALLOW",
    args,
    comment: "as the engine's default has it",
  };
}

function explanationOf(profile: Profile, isLearned: boolean, isOpen: boolean): string {
  if (isLearned) {
    return (
      "The source saw every system call. Allowed are those that were seen and those that start any container; a call " +
      "that is made rarely and was not seen is refused."
    );
  }
  if (isOpen) return "More system calls were seen than there are; this is the engine's default.";
  if (profile.sight === undefined) return "Nothing was learned; this is the engine's default.";
  const shown = dangerousCalls.filter((name) => isEventType(name)).length;
  return (
    "The source saw some system calls only, so this is no list of what the container calls. It is the default of " +
    `Docker Engine 26.1 without those of ${shown} dangerous calls that the source would have shown and did not see.`
  );
}
