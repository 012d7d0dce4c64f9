import type { Severity } from "@pratique/core";

/** The words of GitHub, Debian, Ubuntu, Red Hat, Oracle, SUSE, Amazon and Fedora. */
const WORDS: ReadonlyMap<string, Severity> = new Map([
  ["critical", "critical"],
  ["urgent", "critical"],
  ["high", "high"],
  ["important", "high"],
  ["medium", "medium"],
  ["moderate", "medium"],
  ["low", "low"],
  ["minor", "low"],
  ["negligible", "negligible"],
  ["none", "negligible"],
  ["unimportant", "negligible"],
]);

/** What a vendor's word for a severity means; undefined where it is none. */
export function severityOfWord(word: string | undefined): Severity | undefined {
  return word === undefined ? undefined : WORDS.get(word.toLowerCase());
}
