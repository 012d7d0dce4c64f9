import type { Decision } from "./decisions.ts";
import { compareText } from "./decisions.ts";
import type { DocumentReader } from "./document-reader.ts";
import { type ItemKind, type KindShape, kindShapes, MOST_ITEM_TEXT, parseItem } from "./item.ts";
import type { ItemStore } from "./item-store.ts";
import { LeveledSet, type SetContent, type SetShape } from "./leveled-set.ts";
import type { Span } from "./span.ts";

/** First and last, in milliseconds since 1970. */
export type SpanDocument = readonly [number, number];

export interface SetDocument {
  /** How coarse its values are: 0 as they came. */
  readonly level: number;
  /** When anything was seen, where there were too many values. */
  readonly open: SpanDocument | null;
  /** Sorted by value. */
  readonly values: readonly (readonly [string, number, number])[];
}

export interface SubjectDocument extends SetDocument {
  readonly subject: string;
}

export interface KindDocument {
  readonly kind: ItemKind;
  /** When anything was seen, where there were too many subjects. */
  readonly open: SpanDocument | null;
  /** Sorted by subject. */
  readonly subjects: readonly SubjectDocument[];
}

export function writeSet(set: LeveledSet): SetDocument {
  const values = [...set.values].map(([value, { first, last }]) => [value, first, last] as const);
  return {
    level: set.level,
    open: writeSpan(set.open),
    values: values.sort(([left], [right]) => compareText(left, right)),
  };
}

export function readSet(reader: DocumentReader, shape: SetShape): LeveledSet {
  const set = new LeveledSet(shape);
  const { level, open, values } = readContent(reader.members(["level", "open", "values"]), shape);
  set.restore(level, open, values);
  return set;
}

export function writeKind(kind: ItemKind, store: ItemStore): KindDocument {
  const subjects = [...store.subjects].map(([subject, set]) => ({ subject, ...writeSet(set) }));
  return {
    kind,
    open: writeSpan(store.open),
    subjects: subjects.sort((left, right) => compareText(left.subject, right.subject)),
  };
}

/** Fills a store that is empty. */
export function readKind(reader: DocumentReader, kind: ItemKind, store: ItemStore): void {
  const shape = kindShapes[kind];
  const members = reader.members(["kind", "open", "subjects"]);
  const open = readSpan(members.open);
  const subjects = members.subjects.list(shape.mostSubjects);
  if (open !== undefined && subjects.length > 0) throw members.open.error("what is open holds no subjects");
  if (open !== undefined) store.openUp(open);
  let before: string | undefined;
  for (const one of subjects) {
    const parts = one.members(["subject", "level", "open", "values"]);
    const subject = parts.subject.text(MOST_ITEM_TEXT);
    if (before !== undefined && compareText(before, subject) >= 0)
      throw one.error("expected sorted subjects");
    before = subject;
    const content = readContent(parts, shape);
    if (content.open === undefined && content.values.size === 0)
      throw one.error("expected something of the subject");
    for (const [value] of content.values) checkItem(parts.values, shape, [kind, subject, value]);
    store.restore(subject, content);
  }
}

export function writeDecision({ item: { kind, subject, value }, verdict, by, at }: Decision) {
  return { kind, subject, value, verdict, by, at };
}

export function readDecision(reader: DocumentReader): Decision {
  const parts = reader.members(["kind", "subject", "value", "verdict", "by", "at"]);
  return {
    item: parseItem(parts.kind.raw(), parts.subject.raw(), parts.value.raw()),
    verdict: parts.verdict.oneOf(["accepted", "rejected"]),
    by: parts.by.text(200),
    at: parts.at.time(),
  };
}

function writeSpan(span: Span | undefined): SpanDocument | null {
  return span === undefined ? null : [span.first, span.last];
}

function readSpan(reader: DocumentReader): Span | undefined {
  const parts = reader.optional()?.list(2);
  if (parts === undefined) return undefined;
  return readTimes(reader, parts[0], parts[1]);
}

function readTimes(reader: DocumentReader, from?: DocumentReader, to?: DocumentReader): Span {
  const [first, last] = [from?.time(), to?.time()];
  if (first === undefined || last === undefined || first > last)
    throw reader.error("expected two times in order");
  return { first, last };
}

type ContentReaders = Readonly<Record<"level" | "open" | "values", DocumentReader>>;

interface CheckedContent extends SetContent {
  readonly values: ReadonlyMap<string, Span>;
}

/** Refuses whatever {@link writeSet} would not have written. */
function readContent(readers: ContentReaders, { levels, most }: SetShape): CheckedContent {
  const level = readers.level.integer(levels.length - 1);
  const open = readSpan(readers.open);
  const values = new Map<string, Span>();
  let before: string | undefined;
  for (const entry of readers.values.list(open === undefined ? most : 0)) {
    const [text, first, last] = entry.list(3);
    const value = text?.text(MOST_ITEM_TEXT) ?? "";
    if (before !== undefined && compareText(before, value) >= 0) throw entry.error("expected sorted values");
    if (levels[level]?.(value) !== value) throw entry.error("expected a value of this level");
    before = value;
    values.set(value, readTimes(entry, first, last));
  }
  if (open === undefined && values.size === 0 && level > 0)
    throw readers.level.error("expected 0 of an empty set");
  return { level, open, values };
}

function checkItem(
  place: DocumentReader,
  { subjectOf }: KindShape,
  parts: readonly [ItemKind, string, string],
) {
  const [kind, subject, value] = parts;
  if (subjectOf === undefined || subjectOf(value) === subject) parseItem(kind, subject, value);
  else throw place.error(`${JSON.stringify(value)} does not belong to ${JSON.stringify(subject)}`);
}
