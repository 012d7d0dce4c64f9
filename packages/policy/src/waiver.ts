import { type CelValue, isCelList, isCelMap } from "@bufbuild/cel";
import { formatImageReference, type ImageReference, type PolicyException } from "@pratique/core";
import { referenceParts } from "./cel/image-values.ts";
import type { CompiledRule, Nameable } from "./compile-rule.ts";

/** Whom exceptions are held against. */
export interface WaiverSubject {
  /** The image's name, as the launch or the report gives it. */
  readonly image: string;
  /** Image id and manifest digest, where known. */
  readonly digests: readonly string[];
  readonly host: string | undefined;
}

/** What exceptions do to one broken rule. */
export interface Waiver {
  /** The exceptions that lift the violation, separated by commas; undefined where none does. */
  readonly waivedBy?: string;
  /** The items that still break the rule; undefined for a rule without items. */
  readonly remaining: readonly CelValue[] | undefined;
}

/** The exceptions that may lift anything for this subject now: not expired, and in scope. */
export function applicableExceptions(
  exceptions: readonly PolicyException[],
  subject: WaiverSubject,
  now: Date,
): readonly PolicyException[] {
  if (exceptions.length === 0) return [];
  const names = namesOf(subject.image);
  return exceptions.filter(({ scope, expires }) => {
    // A date that cannot be read compares as false: such an exception lifts nothing.
    if (!(Date.parse(expires) > now.getTime())) return false;
    const { images, digests, hosts } = scope;
    if (images !== undefined && !matchesAny(images, names)) return false;
    if (digests !== undefined && !digests.some((digest) => subject.digests.includes(digest))) return false;
    return hosts === undefined || (subject.host !== undefined && matchesAny(hosts, [subject.host]));
  });
}

/**
 * Holds exceptions against a broken rule. Those for vulnerabilities, secrets or licences take away what they name, and lift the
 * violation only when no more than `max` items are left; they lift nothing of rules about other things.
 */
export function waive(
  { policy, rule, max }: { readonly policy: string; readonly rule: string; readonly max: number },
  items: readonly CelValue[] | undefined,
  {
    exceptions,
    about,
  }: {
    readonly exceptions: readonly PolicyException[];
    readonly about: CompiledRule["about"];
  },
): Waiver {
  const named = exceptions.filter(({ rules }) => rules.includes(rule) || rules.includes(`${policy}/${rule}`));
  const whole = named.find(({ scope }) => nameables.every(({ namesIn }) => namesIn(scope) === undefined));
  if (whole !== undefined) return { waivedBy: whole.id, remaining: items };
  if (items === undefined || about === undefined || named.length === 0) return { remaining: items };

  const covers = coversOf(named, about);
  const used = new Set<string>();
  const remaining = items.filter((item) => {
    const cover = identifiersOf(item, about).find((id) => covers.has(id));
    if (cover !== undefined) used.add(covers.get(cover) ?? "");
    return cover === undefined;
  });
  if (remaining.length > max) return { remaining };
  return { waivedBy: [...used].join(", "), remaining: items };
}

/**
 * The ways to write one image: as it was written, in full, and the way Docker shortens it. A pattern for
 * `nginx:*` must not fit `evil.example/nginx:1`, so only Docker Hub's names have a short form.
 */
function namesOf(image: string): readonly string[] {
  const parts = referenceParts(image);
  if (parts === undefined) return [image];
  const names = [image, formatImageReference(parts)];
  const { registry, repository, tag } = parts;
  if (tag !== undefined) names.push(formatImageReference({ registry, repository, tag }));
  if (registry === "docker.io") {
    const short = names.map((name) => name.replace(/^docker\.io\/(?:library\/)?/u, ""));
    names.push(...short.filter((name) => isOf(parts, name)));
  }
  return [...new Set(names)];
}

/** Docker Hub's `ghcr.io/app` has no short form: what is left without the registry names another one. */
function isOf({ registry, repository }: ImageReference, name: string): boolean {
  const named = referenceParts(name);
  return named !== undefined && named.registry === registry && named.repository === repository;
}

/** `*` stands for any run of characters; all else stands for itself. Linear in both lengths. */
function matchesAny(patterns: readonly string[], names: readonly string[]): boolean {
  return patterns.some((pattern) => names.some((name) => matchesPattern(pattern, name)));
}

function matchesPattern(pattern: string, name: string): boolean {
  const [head = "", ...rest] = pattern.split("*");
  const tail = rest.pop();
  if (tail === undefined) return name === pattern;
  if (!name.startsWith(head) || name.length < head.length + tail.length || !name.endsWith(tail)) return false;
  let from = head.length;
  const end = name.length - tail.length;
  for (const piece of rest) {
    const at = name.indexOf(piece, from);
    if (at < 0 || at + piece.length > end) return false;
    from = at + piece.length;
  }
  return true;
}

interface Naming {
  readonly namesIn: (scope: PolicyException["scope"]) => readonly string[] | undefined;
  /** What a name is compared by. */
  readonly keyOf: (name: string) => string;
}

const naming: Readonly<Record<Nameable, Naming>> = {
  findings: { namesIn: ({ vulnerabilities }) => vulnerabilities, keyOf: (name) => name },
  secrets: { namesIn: ({ secrets }) => secrets, keyOf: (name) => name },
  // Identifiers of SPDX are the same in any case (SPDX 2.3, annex D.2).
  licenses: { namesIn: ({ licenses }) => licenses, keyOf: (name) => name.toLowerCase() },
};
const nameables = Object.values(naming);

/** For each vulnerability, each secret's fingerprint or each licence, the first exception that names it. */
function coversOf(exceptions: readonly PolicyException[], about: Nameable): ReadonlyMap<string, string> {
  const covers = new Map<string, string>();
  const { namesIn, keyOf } = naming[about];
  for (const { id, scope } of exceptions) {
    for (const name of namesIn(scope) ?? []) {
      const key = keyOf(name);
      if (!covers.has(key)) covers.set(key, id);
    }
  }
  return covers;
}

/** The identifier of a finding, and its aliases; the fingerprint of a secret; the licence. */
function identifiersOf(item: CelValue, about: Nameable): readonly string[] {
  if (!isCelMap(item)) return [];
  const aliases = item.get("aliases");
  const all =
    about === "secrets"
      ? [item.get("fingerprint")]
      : [item.get("id"), ...(isCelList(aliases) ? aliases : [])];
  return all.filter((id) => typeof id === "string").map(naming[about].keyOf);
}
