import { ProfileError } from "./errors.ts";
import type { SetShape } from "./leveled-set.ts";
import { belowDepth, belowTop, inDirectory, patternOf, topOf } from "./path-pattern.ts";
import { anyPort, namesOf, nearPeers, peerSubject, siteOf, widePeers } from "./peer-pattern.ts";
import { isSensitivePath } from "./sensitive-path.ts";

/** What a profile knows of, each by its own kind. */
export const itemKinds = [
  "executable",
  "hash",
  "parent",
  "peer",
  "port",
  "name",
  "listen",
  "socket",
  "write",
  "secret",
  "capability",
  "user",
  "syscall",
  "mount",
] as const;
export type ItemKind = (typeof itemKinds)[number];

/** One thing that a container does, small enough for a person to say yes or no to it. */
export interface Item {
  readonly kind: ItemKind;
  /** What the value belongs to: the executable of a parent or hash, the site or network of a peer; often empty. */
  readonly subject: string;
  readonly value: string;
}

export interface KindShape extends SetShape {
  readonly mostSubjects: number;
  /** The subject by the value, where the value tells it. */
  readonly subjectOf: ((value: string) => string) | undefined;
  /** A value of which nothing is known, so that it is the same as any other. */
  readonly unknown?: string;
  /** Subjects of which nothing was learned are not judged: the source did not know the values then. */
  readonly judgesKnownSubjects?: boolean;
}

export const MOST_ITEM_TEXT = 320;

/** What ends lines, moves a terminal or turns text around. */
const CONTROL = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const CONTROLS = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

const PATHS: KindShape = {
  levels: [
    same,
    sparing(inDirectory),
    sparing((path) => belowDepth(path, 4)),
    sparing((path) => belowDepth(path, 3)),
    sparing((path) => belowDepth(path, 2)),
    sparing(belowTop),
  ],
  most: 64,
  mostSubjects: 48,
  // Many of one directory must not make those of another open.
  subjectOf: (path) => (isSensitivePath(path) ? `sensitive ${topOf(path)}` : topOf(path)),
};
const PORTS: KindShape = { levels: [same, ephemeralPort], most: 64, mostSubjects: 1, subjectOf: noSubject };
const NAMES: KindShape = {
  levels: [same, (name) => namesOf(siteOf(name) ?? name)],
  most: 16,
  mostSubjects: 256,
  subjectOf: (name) => siteOf(name) ?? name,
};

function words(most: number): KindShape {
  return { levels: [same], most, mostSubjects: 1, subjectOf: noSubject };
}

/** The bounds of each kind. A subject that has too many values, and a kind that has too many subjects, is open. */
export const kindShapes: Readonly<Record<ItemKind, KindShape>> = {
  executable: { levels: [same], most: 4, mostSubjects: 256, subjectOf: undefined, unknown: "unknown" },
  hash: { levels: [same], most: 4, mostSubjects: 256, subjectOf: undefined, judgesKnownSubjects: true },
  parent: { levels: [same], most: 16, mostSubjects: 256, subjectOf: undefined },
  peer: {
    levels: [same, nearPeers, widePeers, anyPort],
    most: 16,
    mostSubjects: 256,
    subjectOf: peerSubject,
  },
  port: PORTS,
  name: NAMES,
  listen: PORTS,
  socket: PATHS,
  write: PATHS,
  secret: { ...PATHS, levels: [same, inDirectory], subjectOf: topOf },
  capability: words(64),
  user: words(32),
  syscall: words(512),
  mount: PATHS,
};

/** Where programs come from. `added`: not in the image; `memory`: in no file system at all. */
export type ExecutableLayer = "image" | "added" | "memory" | "unknown";

/** The parent of the first process of a container, and of what `exec` brings in. */
export const OUTSIDE = "(outside)";

/** An item of a kind whose values tell their subject. */
export function item(kind: ItemKind, value: string): Item {
  const text = clean(value);
  return { kind, subject: kindShapes[kind].subjectOf?.(text) ?? "", value: text };
}

export function subjectItem(kind: ItemKind, subject: string, value: string): Item {
  return { kind, subject: clean(subject), value: clean(value) };
}

export function pathItem(kind: ItemKind, path: string): Item {
  return item(kind, patternOf(path));
}

export function isItemKind(text: unknown): text is ItemKind {
  return itemKinds.some((kind) => kind === text);
}

/**
 * Reads an item that somebody names, fine or coarse.
 *
 * @throws ProfileError `ITEM_MALFORMED`
 */
export function parseItem(kind: unknown, subject: unknown, value: unknown): Item {
  if (!isItemKind(kind)) throw malformed(`expected a kind of item, found ${JSON.stringify(kind)}`);
  const [checkedSubject, checkedValue] = [parseText(subject), parseText(value)];
  const { subjectOf } = kindShapes[kind];
  const expected = subjectOf?.(checkedValue);
  if (expected !== undefined && expected !== checkedSubject) {
    throw malformed(`expected the subject ${JSON.stringify(expected)}, found ${JSON.stringify(subject)}`);
  }
  return { kind, subject: checkedSubject, value: checkedValue };
}

/** A value may be held coarser than it came: each form that it may have. */
export function formsOf({ kind, value }: Item): readonly string[] {
  return kindShapes[kind].levels.map((level) => level(value));
}

function parseText(text: unknown): string {
  if (typeof text !== "string" || text.length > MOST_ITEM_TEXT || CONTROL.test(text)) {
    throw malformed(`expected at most ${MOST_ITEM_TEXT} printable characters`);
  }
  return text;
}

function malformed(message: string): ProfileError {
  return new ProfileError("ITEM_MALFORMED", message);
}

/** What a process chose ends up on terminals and in documents: no control characters, and no more than fits. */
function clean(text: string): string {
  const short = text.length > MOST_ITEM_TEXT ? `${text.slice(0, MOST_ITEM_TEXT - 1)}…` : text;
  return CONTROL.test(short) ? short.replaceAll(CONTROLS, "?") : short;
}

function same(value: string): string {
  return value;
}

function noSubject(): string {
  return "";
}

/** A coarser path that leaves what is sensitive as it is. */
function sparing(level: (path: string) => string): (path: string) => string {
  return (path) => (isSensitivePath(path) ? path : level(path));
}

/** Ports that a kernel chooses by itself are one (Linux: net.ipv4.ip_local_port_range). */
function ephemeralPort(value: string): string {
  const [protocol = "", port = ""] = value.split("/");
  return Number(port) >= 32_768 ? `${protocol}/ephemeral` : value;
}
