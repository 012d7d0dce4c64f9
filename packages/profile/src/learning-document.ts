import { type Digest, isDigest, priorities, RecentMap } from "@pratique/core";
import { itemKey } from "./decisions.ts";
import { DocumentReader } from "./document-reader.ts";
import { type Doer, Guard, MOST_CHAIN, MOST_RULE, MOST_TAINTS, type Taint } from "./guard.ts";
import { type Item, parseItem } from "./item.ts";
import { type LearningSettings, MOST_SETTING_MS, settingsProblem } from "./learning-settings.ts";
import {
  type LearningState,
  MOST_OPEN,
  MOST_TRANSITIONS,
  MOST_WITHHELD,
  type Mode,
  modes,
  type OpenDeviation,
  type Transition,
  type Withheld,
} from "./learning-state.ts";
import { MOST_CANDIDATES, MOST_DOERS, Probation } from "./probation.ts";
import { checkVersion, Profile, type ProfileDocument } from "./profile.ts";
import type { Span } from "./span.ts";

/** All about the learning of one image, to be kept over a restart. */
export interface LearningDocument {
  readonly version: 1;
  readonly image: Digest;
  readonly mode: Mode;
  /** Null before the first event. */
  readonly since: number | null;
  /** When a container was started last; null where none was. */
  readonly lastStart: number | null;
  readonly settings: LearningSettings;
  readonly transitions: readonly Transition[];
  readonly profile: ProfileDocument;
  readonly candidates: readonly CandidateDocument[];
  readonly taints: readonly TaintDocument[];
  readonly missed: number;
  readonly withheld: readonly WithheldDocument[];
  readonly open: readonly OpenDocument[];
}

interface ItemDocument extends Item {
  readonly first: number;
  readonly last: number;
}

interface CandidateDocument extends ItemDocument {
  readonly doers: readonly Doer[];
}

interface TaintDocument extends Omit<Taint, "pid"> {
  readonly pid: number | null;
}

interface WithheldDocument extends ItemDocument {
  readonly rule: string;
}

interface OpenDocument extends ItemDocument, Pick<OpenDeviation, "priority" | "text" | "count" | "toldAt"> {}

const VERSION = 1;

const MOST_DEVIATION_TEXT = 8000;
const MOST_ID = 256;
const MOST_COUNT = Number.MAX_SAFE_INTEGER;
const ITEM_MEMBERS = ["kind", "subject", "value", "first", "last"] as const;

export function writeLearning(state: LearningState): LearningDocument {
  return {
    version: VERSION,
    image: state.image,
    mode: state.mode,
    since: state.since ?? null,
    lastStart: state.lastStart ?? null,
    settings: state.settings,
    transitions: [...state.transitions],
    profile: state.profile.toDocument(),
    candidates: state.probation.candidates.map((one) => ({ ...writeItem(one), doers: one.doers })),
    taints: state.guard.taints.map((taint) => ({ ...taint, pid: taint.pid ?? null })),
    missed: state.missed,
    withheld: [...state.withheld.values()].map((one) => ({
      ...writeItem(one),
      rule: one.rule,
    })),
    open: [...state.open.values()].map((one) => {
      const { priority, text, count, toldAt } = one;
      return { ...writeItem(one), priority, text: text.slice(0, MOST_DEVIATION_TEXT), count, toldAt };
    }),
  };
}

/** @throws ProfileError `PROFILE_MALFORMED`, `PROFILE_VERSION_UNKNOWN`, `ITEM_MALFORMED` */
export function readLearning(document: unknown): LearningState {
  checkVersion(document, VERSION, "learning");
  const parts = new DocumentReader(document, "learning").members([
    "version",
    "image",
    "mode",
    "since",
    "lastStart",
    "settings",
    "transitions",
    "profile",
    "candidates",
    "taints",
    "missed",
    "withheld",
    "open",
  ]);
  const image = parts.image.text(100);
  const profile = Profile.parse(parts.profile.raw(), "learning.profile");
  if (!isDigest(image) || profile.image !== image)
    throw parts.image.error("expected the image of the profile");
  return {
    image,
    mode: parts.mode.oneOf(modes),
    since: parts.since.optional()?.time(),
    lastStart: parts.lastStart.optional()?.time(),
    settings: readSettings(parts.settings),
    transitions: parts.transitions.list(MOST_TRANSITIONS).map(readTransition),
    profile,
    probation: readProbation(parts.candidates),
    guard: readGuard(parts.taints),
    missed: parts.missed.integer(MOST_COUNT),
    withheld: readMap(parts.withheld, MOST_WITHHELD, readWithheld),
    open: readMap(parts.open, MOST_OPEN, readOpen),
  };
}

function writeItem({ item, span }: { readonly item: Item; readonly span: Span }): ItemDocument {
  return { ...item, ...span };
}

type ItemReaders = Readonly<Record<(typeof ITEM_MEMBERS)[number], DocumentReader>>;

function readItem(readers: ItemReaders): { readonly item: Item; readonly span: Span } {
  const span = { first: readers.first.time(), last: readers.last.time() };
  if (span.first > span.last) throw readers.last.error("expected a time that is not before the first");
  return { item: parseItem(readers.kind.raw(), readers.subject.raw(), readers.value.raw()), span };
}

function readSettings(reader: DocumentReader): LearningSettings {
  const parts = reader.members(["learnMs", "watchMs", "afterWatch", "settleMs", "forgetMs", "repeatMs"]);
  const settings: LearningSettings = {
    learnMs: parts.learnMs.integer(MOST_SETTING_MS),
    watchMs: parts.watchMs.integer(MOST_SETTING_MS),
    afterWatch: parts.afterWatch.oneOf(["stay", "enforce"]),
    settleMs: parts.settleMs.integer(MOST_SETTING_MS),
    forgetMs: parts.forgetMs.integer(MOST_SETTING_MS),
    repeatMs: parts.repeatMs.integer(MOST_SETTING_MS),
  };
  const problem = settingsProblem(settings);
  if (problem !== undefined) throw reader.error(problem);
  return settings;
}

function readTransition(reader: DocumentReader): Transition {
  const parts = reader.members(["mode", "at", "by"]);
  return { mode: parts.mode.oneOf(modes), at: parts.at.time(), by: parts.by.text(MOST_ID) };
}

function readProbation(reader: DocumentReader): Probation {
  const probation = new Probation();
  for (const one of reader.list(MOST_CANDIDATES)) {
    const parts = one.members([...ITEM_MEMBERS, "doers"]);
    probation.restore({ ...readItem(parts), doers: parts.doers.list(MOST_DOERS).map(readDoer) });
  }
  return probation;
}

function readDoer(reader: DocumentReader): Doer {
  const parts = reader.members(["container", "time", "chain"]);
  const chain = parts.chain.list(MOST_CHAIN).map((link) => {
    const { pid, startedAt } = link.members(["pid", "startedAt"]);
    return { pid: pid.integer(MOST_COUNT), startedAt: startedAt.time() };
  });
  return { container: parts.container.text(MOST_ID), time: parts.time.time(), chain };
}

function readGuard(reader: DocumentReader): Guard {
  const guard = new Guard();
  for (const one of reader.list(MOST_TAINTS)) {
    const parts = one.members(["container", "pid", "at", "rule"]);
    const pid = parts.pid.optional()?.integer(MOST_COUNT);
    const [container, rule] = [parts.container.text(MOST_ID), parts.rule.text(MOST_RULE)];
    guard.add({ container, pid, at: parts.at.integer(MOST_COUNT), rule });
  }
  return guard;
}

function readMap<Entry extends { readonly item: Item }>(
  reader: DocumentReader,
  most: number,
  read: (reader: DocumentReader) => Entry,
): RecentMap<string, Entry> {
  const entries = new RecentMap<string, Entry>(most);
  for (const one of reader.list(most)) {
    const entry = read(one);
    entries.set(itemKey(entry.item), entry);
  }
  return entries;
}

function readWithheld(reader: DocumentReader): Withheld {
  const parts = reader.members([...ITEM_MEMBERS, "rule"]);
  return { ...readItem(parts), rule: parts.rule.text(MOST_RULE) };
}

function readOpen(reader: DocumentReader): OpenDeviation {
  const parts = reader.members([...ITEM_MEMBERS, "priority", "text", "count", "toldAt"]);
  return {
    ...readItem(parts),
    priority: parts.priority.oneOf(priorities),
    text: parts.text.text(MOST_DEVIATION_TEXT),
    count: parts.count.integer(MOST_COUNT),
    toldAt: parts.toldAt.time(),
  };
}
