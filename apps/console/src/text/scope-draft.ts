import type { Scope } from "@pratique/core";
import { splitPatterns } from "./scope-words.ts";

/** One label of a scope, as it is typed. */
export interface LabelDraft {
  /** Tells rows apart while they are typed. */
  readonly id: string;
  readonly key: string;
  readonly values: string;
}

/** A scope, as it is typed. Fields that are empty limit nothing. */
export interface ScopeDraft {
  readonly hosts: string;
  readonly labels: readonly LabelDraft[];
  readonly registries: string;
}

export const everywhere: ScopeDraft = { hosts: "", labels: [], registries: "" };

/**
 * The scope that was typed; undefined where it cannot be meant: a label with a name and no value, or the other way
 * round, would otherwise silently widen what is given.
 */
export function scopeOf({ hosts, labels, registries }: ScopeDraft): Scope | undefined {
  const typed = labels.filter(({ key, values }) => key.trim() !== "" || values.trim() !== "");
  const entries = typed.map(({ key, values }) => [key.trim(), splitPatterns(values)] as const);
  if (entries.some(([key, values]) => key === "" || values.length === 0)) return undefined;
  if (new Set(entries.map(([key]) => key)).size < entries.length) return undefined;
  const hostPatterns = splitPatterns(hosts);
  const registryPatterns = splitPatterns(registries);
  return {
    ...(hostPatterns.length > 0 && { hosts: hostPatterns }),
    ...(entries.length > 0 && { labels: Object.fromEntries(entries) }),
    ...(registryPatterns.length > 0 && { registries: registryPatterns }),
  };
}

/** A scope, as it would be typed. */
export function draftOf({ hosts = [], labels = {}, registries = [] }: Scope): ScopeDraft {
  return {
    hosts: hosts.join(", "),
    labels: Object.entries(labels).map(([key, values]) => ({ id: key, key, values: values.join(", ") })),
    registries: registries.join(", "),
  };
}
