import { appendFileSync, mkdirSync, readFileSync, renameSync, statSync, writeFileSync } from "node:fs";
import path from "node:path";
import { GiB, type Platform, type SoughtList } from "@pratique/core";
import { isRecord } from "./is-record.ts";
import { type RegistryImage, registryImageKey } from "./registry-image.ts";
import type { RegistryOutcome } from "./registry-outcome.ts";

/** Raised when the form of the lines changes: older journals then count as absent. */
const FORM = 1;
const MAX_JOURNAL_BYTES = 1 * GiB;

/** How far one image came. */
export interface JournalItem {
  readonly image: RegistryImage;
  readonly outcome?: RegistryOutcome;
  /** How often it was tried. */
  readonly attempts: number;
}

/** A repository that could not be listed. */
export interface ListFailure {
  readonly repository: string;
  readonly code: string;
  readonly message: string;
}

type Line =
  | { readonly kind: "begin"; readonly form: number; readonly scope: string }
  | { readonly kind: "image"; readonly image: RegistryImage }
  | { readonly kind: "unlisted"; readonly failure: ListFailure }
  | { readonly kind: "listed" }
  | { readonly kind: "outcome"; readonly key: string; readonly outcome: RegistryOutcome }
  | { readonly kind: "retry"; readonly key: string }
  | { readonly kind: "end" };

/**
 * What is known of one scan of a registry, line by line in a file: which images there are, and what became of each.
 * A line is there or not: whoever is killed goes on, when started again, where the last whole line ends. One process
 * at a time.
 */
export class RegistryScanJournal {
  readonly #file: string;
  readonly #items = new Map<string, JournalItem>();
  readonly #failures: ListFailure[] = [];
  #listed = false;
  #ended = false;

  private constructor(file: string) {
    this.#file = file;
  }

  /**
   * Goes on with the journal of a scan that was cut off; begins a new one where there is none, where it has ended,
   * or where it was of another scope. `anew` begins in any case.
   */
  static open(
    file: string,
    { scope, anew = false, reopen = false }: { scope: string; anew?: boolean; reopen?: boolean },
  ): RegistryScanJournal {
    mkdirSync(path.dirname(file), { recursive: true, mode: 0o700 });
    if (!anew) {
      const journal = new RegistryScanJournal(file);
      if (journal.#read(scope) && (reopen || !journal.#ended)) return journal;
    }
    // The one before stands until this one is there.
    writeFileSync(`${file}.new`, textOf({ kind: "begin", form: FORM, scope }), { mode: 0o600 });
    renameSync(`${file}.new`, file);
    return new RegistryScanJournal(file);
  }

  /** Reads the journal of a scan that may be under way, and changes nothing. Undefined where there is none. */
  static peek(file: string): { readonly scope: string; readonly journal: RegistryScanJournal } | undefined {
    const lines = wholeLinesOf(file).lines;
    const [first] = lines;
    if (first?.kind !== "begin" || first.form !== FORM) return undefined;
    const journal = new RegistryScanJournal(file);
    for (const line of lines) journal.#apply(line);
    return { scope: first.scope, journal };
  }

  /** Whether all images are known. */
  get isListed(): boolean {
    return this.#listed;
  }

  /** Whether the scan has come to its end. */
  get isEnded(): boolean {
    return this.#ended;
  }

  /** In the order of the list. */
  get items(): readonly JournalItem[] {
    return [...this.#items.values()];
  }

  get listFailures(): readonly ListFailure[] {
    return this.#failures;
  }

  /** Images without an outcome. */
  get waiting(): readonly RegistryImage[] {
    return this.items.flatMap(({ image, outcome }) => (outcome === undefined ? [image] : []));
  }

  add(image: RegistryImage): void {
    if (!this.#items.has(registryImageKey(image))) this.#note({ kind: "image", image });
  }

  /** Has an image scanned that may have been scanned before. */
  request(image: RegistryImage): void {
    const known = this.#items.get(registryImageKey(image));
    if (known === undefined) this.add(image);
    else if (known.outcome !== undefined) this.retry(image);
  }

  addFailure(failure: ListFailure): void {
    this.#note({ kind: "unlisted", failure });
  }

  endList(): void {
    this.#note({ kind: "listed" });
  }

  finish(image: RegistryImage, outcome: RegistryOutcome): void {
    this.#note({ kind: "outcome", key: registryImageKey(image), outcome });
  }

  /** Notes a try that is to be followed by another. */
  retry(image: RegistryImage): void {
    this.#note({ kind: "retry", key: registryImageKey(image) });
  }

  /** Has what failed tried again. */
  reopenFailed(): void {
    for (const { image, outcome } of this.items) if (outcome?.kind === "failed") this.retry(image);
  }

  end(): void {
    this.#note({ kind: "end" });
  }

  attemptsOf(image: RegistryImage): number {
    return this.#items.get(registryImageKey(image))?.attempts ?? 0;
  }

  #note(line: Line): void {
    appendFileSync(this.#file, textOf(line));
    this.#apply(line);
  }

  /** False: there is no journal of this scope. */
  #read(scope: string): boolean {
    const lines = linesIn(this.#file);
    const [first] = lines;
    if (first?.kind !== "begin" || first.form !== FORM || first.scope !== scope) return false;
    for (const line of lines) this.#apply(line);
    return true;
  }

  #apply(line: Line): void {
    switch (line.kind) {
      case "begin":
        return;
      case "image":
        this.#ended = false;
        this.#items.set(registryImageKey(line.image), { image: line.image, attempts: 0 });
        return;
      case "unlisted":
        this.#failures.push(line.failure);
        return;
      case "listed":
        this.#listed = true;
        return;
      case "outcome":
        this.#change(line.key, ({ image, attempts }) => ({
          image,
          attempts: attempts + 1,
          outcome: line.outcome,
        }));
        return;
      case "retry":
        this.#ended = false;
        this.#change(line.key, ({ image, attempts, outcome }) => ({
          image,
          // What a person wants tried again has all its tries before it.
          attempts: outcome === undefined ? attempts + 1 : 0,
        }));
        return;
      case "end":
        this.#ended = true;
    }
  }

  #change(key: string, change: (item: JournalItem) => JournalItem): void {
    const item = this.#items.get(key);
    if (item !== undefined) this.#items.set(key, change(item));
  }
}

function textOf(line: Line): string {
  return `${JSON.stringify(line)}\n`;
}

function linesIn(file: string): readonly Line[] {
  const { lines, text, wholeLength } = wholeLinesOf(file);
  // A line that was cut off must not join the next one.
  if (wholeLength < text.length) writeFileSync(file, text.slice(0, wholeLength));
  return lines;
}

interface WholeLines {
  readonly lines: readonly Line[];
  readonly text: string;
  /** Up to the end of the last whole line. */
  readonly wholeLength: number;
}

/** All whole lines. What follows one that is damaged was written by nobody who knew of it, and is left out. */
function wholeLinesOf(file: string): WholeLines {
  const stats = statSync(file, { throwIfNoEntry: false });
  if (stats === undefined || stats.size > MAX_JOURNAL_BYTES) return { lines: [], text: "", wholeLength: 0 };
  const text = readFileSync(file, "utf8");
  const lines: Line[] = [];
  let at = 0;
  for (let end = text.indexOf("\n"); end >= 0; end = text.indexOf("\n", at)) {
    const parsed = parseLine(text.slice(at, end));
    if (parsed === undefined) break;
    lines.push(parsed);
    at = end + 1;
  }
  return { lines, text, wholeLength: at };
}

function parseLine(text: string): Line | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return isLine(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The file is our own; this catches what was damaged. */
function isLine(value: unknown): value is Line {
  if (!isRecord(value)) return false;
  switch (value.kind) {
    case "begin":
      return typeof value.scope === "string";
    case "image":
      return isRecord(value.image) && typeof value.image.repository === "string";
    case "unlisted":
      return isRecord(value.failure);
    case "outcome":
      return typeof value.key === "string" && isRecord(value.outcome);
    case "retry":
      return typeof value.key === "string";
    case "listed":
    case "end":
      return true;
    default:
      return false;
  }
}

/** What makes two scans the same one. */
export interface ScanScope {
  readonly registry: string;
  readonly path: string;
  readonly kind: string;
  readonly platforms: readonly Platform[];
  readonly filter: unknown;
  /** What is looked for besides vulnerabilities, where that is anything. */
  readonly sought?: readonly SoughtList[];
}

export function scopeOf(parts: ScanScope): string {
  return JSON.stringify(parts);
}

/** What a scope names, for people: `registry.example/team`. */
export function nameOfScope(scope: string): string {
  const { registry, path: at }: ScanScope = JSON.parse(scope);
  return at === "" ? registry : `${registry}/${at}`;
}
