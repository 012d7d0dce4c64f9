import path from "node:path";
import type { Launch, LaunchMount } from "@pratique/core";
import type { FileIdentity, FoundMount, HostMounts } from "../ports.ts";
import { isWithin } from "./mount-table.ts";

/** What a launch was judged to mount of the host at one place. */
export interface JudgedMount {
  readonly target: string;
  /** A volume may reach several. */
  readonly hostPaths: readonly string[];
  /** What lay there when it was judged. */
  readonly identities: readonly FileIdentity[];
  readonly isVolume: boolean;
  readonly readOnly: boolean;
  readonly shared: boolean;
  readonly exchangeable: boolean;
}

/** A mount that is not what was judged. */
export interface WrongMount {
  readonly judged: JudgedMount;
  /** What is there instead; undefined where nothing is. */
  readonly found: FoundMount | undefined;
}

/** The mounts of a launch that lead to the host, with what lies there now; none where others can exchange none of them. */
export function judgedMounts(
  { mounts }: Pick<Launch, "mounts">,
  identify: HostMounts["identify"],
): readonly JudgedMount[] {
  if (!mounts.some(({ exchangeable }) => exchangeable)) return [];
  const places = new Map<string, JudgedMount>();
  for (const mount of mounts) {
    const hostPath = hostPathOf(mount);
    if (hostPath === "") continue;
    const target = path.posix.resolve("/", mount.target);
    const key = `${mount.kind} ${target}`;
    const identity = identify(hostPath);
    const before = places.get(key);
    places.set(key, {
      target,
      hostPaths: [...(before?.hostPaths ?? []), hostPath],
      identities: [...(before?.identities ?? []), ...(identity === undefined ? [] : [identity])],
      isVolume: mount.kind === "volume",
      readOnly: mount.readOnly && before?.readOnly !== false,
      shared: mount.propagation.includes("shared"),
      exchangeable: mount.exchangeable || before?.exchangeable === true,
    });
  }
  return [...places.values()];
}

/**
 * The judged mounts that others could exchange and that are not among those that were found. Each one found stands for one
 * that was judged. Where the image has a link on the way to a mount, its place has another name: it may then be any that
 * is no other's.
 */
export function wrongMounts(
  judged: readonly JudgedMount[],
  found: readonly FoundMount[],
): readonly WrongMount[] {
  // Next to one that is shared the engine leaves others so that are said to be nothing.
  const mayBeShared = judged.some(({ shared }) => shared);
  const free = new Set(found);
  const wrong: WrongMount[] = [];
  const elsewhere: JudgedMount[] = [];
  for (const mount of judged) {
    const there = found.filter((each) => each.target === mount.target && free.has(each));
    const one = there.find((each) => shows(each, mount, mayBeShared)) ?? there.at(-1);
    if (one === undefined) {
      elsewhere.push(mount);
      continue;
    }
    free.delete(one);
    if (mount.exchangeable && !shows(one, mount, mayBeShared)) wrong.push({ judged: mount, found: one });
  }
  // The strictest first: one that has to be read-only is not left with what another one could have had.
  const strictest = elsewhere.toSorted((left, right) => Number(right.readOnly) - Number(left.readOnly));
  for (const mount of strictest) {
    const one = [...free].find((each) => shows(each, mount, mayBeShared));
    if (one !== undefined) free.delete(one);
    else if (mount.exchangeable) wrong.push({ judged: mount, found: undefined });
  }
  return wrong;
}

function shows(
  { identity, hostPath, readOnly, shared }: FoundMount,
  judged: JudgedMount,
  mayBeShared: boolean,
): boolean {
  if (identity === undefined) return false;
  if (judged.readOnly && !readOnly) return false;
  if (shared && !mayBeShared) return false;
  if (judged.identities.some((known) => isSame(known, identity))) return true;
  // A launch may take a part of a volume, which the engine finds without leaving the volume.
  return judged.isVolume && judged.hostPaths.some((volume) => isWithin(hostPath, volume));
}

function isSame(known: FileIdentity, found: FileIdentity): boolean {
  if (known.holds !== undefined && known.holds === found.device) return true;
  return known.device === found.device && known.inode === found.inode;
}

function hostPathOf({ kind, source, device }: LaunchMount): string {
  const named = kind === "bind" ? source : device;
  return named.startsWith("/") ? named : "";
}
