import { type Distro, messageOf, type PackageFacts, purlOf } from "@pratique/core";
import type { FailureLog } from "./failure-log.ts";

/** What a package is called in one report. */
export interface Identity {
  readonly id: string;
  readonly purl: string;
}

/**
 * Gives each package its purl and its id. The id is the purl; where several packages have the same purl, each
 * of them has `#` and its path behind it. A package without a purl is recorded, and left out of the map.
 */
export function identify(
  packages: readonly PackageFacts[],
  distro: Distro | undefined,
  log: FailureLog,
): ReadonlyMap<PackageFacts, Identity> {
  const purls = new Map<PackageFacts, string>();
  const counts = new Map<string, number>();
  for (const facts of packages) {
    const purl = writePurl(facts, distro, log);
    if (purl === undefined) continue;
    purls.set(facts, purl);
    counts.set(purl, (counts.get(purl) ?? 0) + 1);
  }
  const identities = new Map<PackageFacts, Identity>();
  const taken = new Set<string>();
  for (const [facts, purl] of purls) {
    const id = unique(counts.get(purl) === 1 ? purl : `${purl}#${encodePath(facts.paths[0] ?? "")}`, taken);
    taken.add(id);
    identities.set(facts, { id, purl });
  }
  return identities;
}

function writePurl(facts: PackageFacts, distro: Distro | undefined, log: FailureLog): string | undefined {
  try {
    return purlOf(facts, distro);
  } catch (cause) {
    log.add("PACKAGE_RECORD_MALFORMED", messageOf(cause), facts.paths[0]);
    return undefined;
  }
}

/** As in the subpath of a purl, which no purl made here has. */
function encodePath(path: string): string {
  return path.toWellFormed().split("/").map(encodeURIComponent).join("/");
}

/** Names that differ only in what purls fold, in one database, are told apart by a number. */
function unique(id: string, taken: ReadonlySet<string>): string {
  let candidate = id;
  for (let number = 2; taken.has(candidate); number += 1) candidate = `${id};${number}`;
  return candidate;
}
