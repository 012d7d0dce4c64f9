import { readFileSync } from "node:fs";

/** Which user inside a namespace one of the host is; undefined where it is none. user_namespaces(7). */
export type UserMapping = (hostUid: number) => number | undefined;

/** Reads lines of `/proc/PID/uid_map`, as the initial namespace sees them: first inside, first outside, how many. */
export function parseUserMapping(text: string): UserMapping {
  const ranges = text
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/u).map(Number));
  return (hostUid) => {
    for (const [inside = 0, outside = 0, count = 0] of ranges) {
      if (hostUid >= outside && hostUid < outside + count) return inside + hostUid - outside;
    }
    return undefined;
  };
}

/** Of the namespace that a process is in. */
export function userMappingOf(pid: number): UserMapping {
  try {
    return parseUserMapping(readFileSync(`/proc/${pid}/uid_map`, "utf8"));
  } catch {
    // It has ended.
    return (hostUid) => hostUid;
  }
}
