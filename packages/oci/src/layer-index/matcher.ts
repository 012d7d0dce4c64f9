import type { FilePattern, ProgramInspector, TextInspector } from "@pratique/core";
import type { Inspector } from "./layer-index.ts";

/** Patterns made ready: one question per name instead of one per pattern. */
export interface Matcher {
  readonly patterns: readonly FilePattern[];
  /** Those that look at programs, each once. */
  readonly inspectors: readonly ProgramInspector[];
  /** Of these, those that look at a program while it passes; the others may wait. */
  readonly promptInspectors: readonly ProgramInspector[];
  /** Those that look at texts, each once. */
  readonly textInspectors: readonly TextInspector[];
  /** All that leave excerpts, in an order that patterns decide. */
  readonly allInspectors: readonly Inspector[];
  /** Whether any of the patterns wants the path. */
  matches(path: string): boolean;
  /** The question for all names of one directory; the root is the empty string. */
  inDirectory(directory: string): NameMatcher;
  /** Whether everything below the directory is wanted. */
  wantsAllBelow(directory: string): boolean;
}

/** Whether a file with this name is wanted in one directory. */
export type NameMatcher = (name: string) => boolean;

/** A name or ending, and the directory names of which one must be among the parents; undefined for any. */
interface NameRule {
  readonly text: string;
  readonly inside: string | undefined;
}

/** Makes patterns ready for many questions. */
export function compileMatcher(patterns: readonly FilePattern[]): Matcher {
  const exact = new Map<string, Set<string>>();
  const basenames = new Map<string, NameRule[]>();
  const suffixes = new Map<number, NameRule[]>();
  const under = new Set<string>();
  for (const pattern of patterns) {
    const { inside } = pattern;
    for (const path of pattern.paths ?? []) addTo(exact, parentOf(path), new Set()).add(nameOf(path));
    for (const text of pattern.basenames ?? []) addTo(basenames, text, []).push({ text, inside });
    for (const text of pattern.suffixes ?? []) addTo(suffixes, lastUnit(text), []).push({ text, inside });
    for (const directory of pattern.under ?? []) under.add(directory);
  }
  return new CompiledMatcher(patterns, { exact, basenames, suffixes, under });
}

interface Tables {
  /** Names by the path of their directory. */
  readonly exact: ReadonlyMap<string, ReadonlySet<string>>;
  readonly basenames: ReadonlyMap<string, readonly NameRule[]>;
  /** Endings by their last code unit. */
  readonly suffixes: ReadonlyMap<number, readonly NameRule[]>;
  readonly under: ReadonlySet<string>;
}

class CompiledMatcher implements Matcher {
  readonly patterns: readonly FilePattern[];
  readonly inspectors: readonly ProgramInspector[];
  readonly promptInspectors: readonly ProgramInspector[];
  readonly textInspectors: readonly TextInspector[];
  readonly allInspectors: readonly Inspector[];
  readonly #tables: Tables;
  /** Who asks for many paths asks for those of one directory after another. */
  #directory: string | undefined;
  #isWantedThere: NameMatcher = () => false;

  constructor(patterns: readonly FilePattern[], tables: Tables) {
    this.patterns = patterns;
    const inspectors = patterns.flatMap(({ programs }) => (programs === undefined ? [] : [programs]));
    this.inspectors = [...new Set(inspectors)];
    this.promptInspectors = this.inspectors.filter(({ mayWait }) => mayWait !== true);
    const textInspectors = patterns.flatMap(({ texts }) => (texts === undefined ? [] : [texts]));
    this.textInspectors = [...new Set(textInspectors)];
    this.allInspectors = [...this.inspectors, ...this.textInspectors];
    this.#tables = tables;
  }

  matches(path: string): boolean {
    const directory = parentOf(path);
    if (directory !== this.#directory) {
      this.#directory = directory;
      this.#isWantedThere = this.inDirectory(directory);
    }
    return this.#isWantedThere(nameOf(path));
  }

  wantsAllBelow(directory: string): boolean {
    return isUnder(directory, this.#tables.under);
  }

  inDirectory(directory: string): NameMatcher {
    const { exact, basenames, suffixes, under } = this.#tables;
    if (isUnder(directory, under)) return () => true;
    const here = exact.get(directory);
    const fits = ({ inside }: NameRule): boolean => inside === undefined || hasPart(directory, inside);
    return (name) => {
      if (here?.has(name) === true || basenames.get(name)?.some(fits) === true) return true;
      const endings = suffixes.get(lastUnit(name));
      return endings?.some((rule) => name.endsWith(rule.text) && fits(rule)) ?? false;
    };
  }
}

/** Whether the directory, or one above it, is in the set. */
function isUnder(directory: string, under: ReadonlySet<string>): boolean {
  if (under.size === 0 || directory === "") return false;
  for (let end = directory.indexOf("/"); end >= 0; end = directory.indexOf("/", end + 1)) {
    if (under.has(directory.slice(0, end))) return true;
  }
  return under.has(directory);
}

function hasPart(directory: string, part: string): boolean {
  return `/${directory}/`.includes(`/${part}/`);
}

function addTo<Key, Value>(map: Map<Key, Value>, key: Key, initial: Value): Value {
  const known = map.get(key) ?? initial;
  map.set(key, known);
  return known;
}

function lastUnit(text: string): number {
  return text.charCodeAt(text.length - 1);
}

/** The path of the directory that a path lies in; the root is the empty string. */
export function parentOf(path: string): string {
  const slash = path.lastIndexOf("/");
  return slash < 0 ? "" : path.slice(0, slash);
}

/** The last name of a path. */
export function nameOf(path: string): string {
  return path.slice(path.lastIndexOf("/") + 1);
}
