import type { Digest } from "@pratique/core";
import { compareText } from "./decisions.ts";
import { nameOf } from "./deviation.ts";
import type { ItemKind } from "./item.ts";
import { parsePeer, siteOf } from "./peer-pattern.ts";
import type { Profile } from "./profile.ts";
import { type SeccompExport, seccompOf } from "./seccomp.ts";
import { writablePlaces } from "./writable-places.ts";

/** One setting that follows from a profile, and why. */
export interface Advice {
  readonly setting:
    | "user"
    | "read-only"
    | "tmpfs"
    | "volume"
    | "cap-drop"
    | "cap-add"
    | "no-new-privileges"
    | "seccomp"
    | "network";
  readonly value: string;
  readonly why: string;
  /** What was learned that it follows from, as people read it; at most {@link MOST_EVIDENCE}. */
  readonly evidence: readonly string[];
}

/** How to run an image so that it can do what it was seen to do, and little else. All lists are sorted. */
export interface Hardening {
  readonly image: Digest;
  /** Undefined where the image's own user, or several, are needed. */
  readonly user: string | undefined;
  readonly readOnlyRoot: boolean;
  readonly tmpfs: readonly string[];
  readonly volumes: readonly string[];
  /** What was mounted when it was learned; where from is for whoever starts it to say. */
  readonly mounts: readonly string[];
  /** Without `CAP_`. */
  readonly capDrop: readonly string[];
  readonly capAdd: readonly string[];
  readonly noNewPrivileges: boolean;
  /** Neither talks nor listens. */
  readonly noNetwork: boolean;
  /** `tcp/80` */
  readonly listens: readonly string[];
  /** Host and port as `host tcp/443`; undefined where there were too many to know. */
  readonly peers: readonly string[] | undefined;
  /** It asks for names, or talks to peers by name. */
  readonly usesNames: boolean;
  readonly seccomp: SeccompExport | undefined;
  readonly advice: readonly Advice[];
  /** What could not be told, so that nothing was made stricter by it. */
  readonly unknown: readonly ItemKind[];
}

export interface HardeningOptions {
  /** Go's name of it: `amd64` unless it is given. */
  readonly architecture?: string;
}

const MOST_EVIDENCE = 10;
/** Nobody can tell by a call that these were used: the kernel asks for them on the way. */
const UNSEEN_CAPABILITIES = ["AUDIT_WRITE", "DAC_OVERRIDE", "FOWNER", "FSETID", "SETFCAP", "SETPCAP"];
const CAPABILITY = /^[A-Z][A-Z_]{1,30}$/u;
const IDENTITY_CAPABILITIES = ["SETGID", "SETUID"];

export function hardeningOf(profile: Profile, { architecture }: HardeningOptions = {}): Hardening {
  const places = writablePlaces(profile);
  const readOnlyRoot = places.isKnown && places.inTheWay.length === 0;
  const capabilities = capabilitiesOf(profile);
  const seccomp = seccompOf(profile, architecture);
  const user = userOf(profile);
  const listens = profile.list("listen").map(({ value }) => value);
  const peers = profile.isOpen("peer") ? undefined : profile.list("peer").map(({ value }) => value);
  const usesNames =
    profile.list("name").length > 0 ||
    (peers ?? []).some((peer) => siteOf(parsePeer(peer).host) !== undefined);
  const isSilent = listens.length === 0 && peers?.length === 0 && !usesNames;
  const noNetwork =
    isSilent && profile.sight !== undefined && !profile.isOpen("listen") && !profile.isOpen("name");
  const noNewPrivileges = profile.sight !== undefined && changesNoUser(profile);
  const parts = { user, readOnlyRoot, places, capabilities, seccomp, noNetwork, noNewPrivileges };
  return {
    image: profile.image,
    user,
    readOnlyRoot,
    tmpfs: readOnlyRoot ? places.tmpfs : [],
    volumes: readOnlyRoot ? places.volumes : [],
    mounts: profile.list("mount").map(({ value }) => value),
    capDrop: capabilities === undefined ? [] : ["ALL"],
    capAdd: capabilities?.add ?? [],
    noNewPrivileges,
    noNetwork,
    listens,
    peers,
    usesNames,
    seccomp,
    advice: adviceOf(profile, parts),
    unknown: [...new Set(profile.openings().map(({ kind }) => kind))],
  };
}

interface Capabilities {
  readonly add: readonly string[];
  readonly why: string;
}

/** Undefined where it is not known which are needed. */
function capabilitiesOf(profile: Profile): Capabilities | undefined {
  if (profile.sight === undefined || profile.isOpen("capability") || profile.isOpen("user")) return undefined;
  const seen = capabilityNames(profile);
  if (profile.sight.capabilities === "used") {
    return { add: seen, why: "the source saw each use of a capability" };
  }
  if (!runsAsRoot(profile)) {
    return { add: seen, why: "nothing ran as root, and these are needed by calls that were seen" };
  }
  return {
    add: [...new Set([...seen, ...UNSEEN_CAPABILITIES])].sort(compareText),
    why:
      "these are needed by calls that were seen; " +
      `${UNSEEN_CAPABILITIES.join(", ")} are kept, since no call shows that they are used`,
  };
}

function capabilityNames(profile: Profile): readonly string[] {
  const names = profile.list("capability").map(({ value }) => value);
  return names.filter((name) => CAPABILITY.test(name));
}

function runsAsRoot(profile: Profile): boolean {
  const users = profile.list("user").map(({ value }) => value);
  return users.length === 0 || users.includes("0");
}

function userOf(profile: Profile): string | undefined {
  const users = profile.list("user").map(({ value }) => value);
  return users.length === 1 && users[0] !== "0" && !profile.isOpen("user") ? users[0] : undefined;
}

/** Several users without a call that changes them come from programs with the set-user-ID bit. */
function changesNoUser(profile: Profile): boolean {
  const seen = profile.list("capability").map(({ value }) => value);
  const changes = IDENTITY_CAPABILITIES.some((name) => seen.includes(name));
  return !profile.isOpen("user") && (profile.list("user").length <= 1 || changes);
}

interface AdviceParts {
  readonly user: string | undefined;
  readonly readOnlyRoot: boolean;
  readonly places: ReturnType<typeof writablePlaces>;
  readonly capabilities: Capabilities | undefined;
  readonly seccomp: SeccompExport | undefined;
  readonly noNetwork: boolean;
  readonly noNewPrivileges: boolean;
}

function adviceOf(profile: Profile, parts: AdviceParts): readonly Advice[] {
  const { user, readOnlyRoot, places, capabilities, seccomp, noNetwork, noNewPrivileges } = parts;
  const of = (kind: ItemKind, within = "") => evidenceOf(profile, kind, within);
  const advice: Advice[] = [];
  const users = of("user");
  if (user !== undefined)
    advice.push({ setting: "user", value: user, why: "nothing ran as another", evidence: users });
  advice.push(readOnlyAdvice(readOnlyRoot, places));
  for (const value of readOnlyRoot ? places.tmpfs : []) {
    advice.push({
      setting: "tmpfs",
      value,
      why: "short-lived files are written",
      evidence: of("write", value),
    });
  }
  for (const value of readOnlyRoot ? places.volumes : []) {
    advice.push({ setting: "volume", value, why: "files are written", evidence: of("write", value) });
  }
  if (capabilities !== undefined) {
    const { add, why } = capabilities;
    const evidence = of("capability");
    advice.push({ setting: "cap-drop", value: "ALL", why: "what is needed is added again", evidence: users });
    for (const value of add) {
      const own = evidence.includes(value) ? [value] : [];
      advice.push({ setting: "cap-add", value, why, evidence: own });
    }
  }
  if (noNewPrivileges) {
    const why = "no program with the set-user-ID bit changed the user";
    advice.push({ setting: "no-new-privileges", value: "true", why, evidence: users });
  }
  if (seccomp !== undefined) {
    const evidence = of("syscall");
    advice.push({ setting: "seccomp", value: seccomp.basis, why: seccomp.explanation, evidence });
  }
  if (noNetwork) {
    advice.push({ setting: "network", value: "none", why: "nothing was sent or listened to", evidence: [] });
  }
  return advice;
}

function readOnlyAdvice(readOnlyRoot: boolean, { inTheWay, isKnown }: AdviceParts["places"]): Advice {
  const value = String(readOnlyRoot);
  if (readOnlyRoot)
    return { setting: "read-only", value, why: "all that is written has a place", evidence: [] };
  const why = isKnown
    ? "something is written among the image's programs and settings, where no mount should lie"
    : "it is not known all that is written";
  return { setting: "read-only", value, why, evidence: inTheWay.slice(0, MOST_EVIDENCE) };
}

function evidenceOf(profile: Profile, kind: ItemKind, within: string): readonly string[] {
  const found = profile.list(kind).filter(({ value }) => within === "" || value.startsWith(`${within}/`));
  return found.slice(0, MOST_EVIDENCE).map((item) => nameOf(item));
}
