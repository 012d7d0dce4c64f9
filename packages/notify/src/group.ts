import { createHash } from "node:crypto";
import { compareSeverity, severities } from "@pratique/core";
import { z } from "zod";
import { type Message, type MessageItem, messageItemSchema } from "./message.ts";
import type { Notification } from "./notification.ts";
import type { Selection } from "./routing.ts";
import { truncate } from "./safe-text.ts";

const MAX_ITEMS = 20;
const MAX_KEYS = 5000;
// Groups are written down whole with each notification that they take.
const MAX_ITEM_TEXT_LENGTH = 4000;

const count = z.int().min(0);

/** What waits in one group, and what it has told. All of it is JSON. */
export const groupSchema = z.strictObject({
  id: z.string(),
  route: z.string(),
  channels: z.array(z.string()),
  kind: z.string(),
  waitMs: z.number(),
  intervalMs: z.number(),
  repeatMs: z.number(),
  /** What waits to be told; `count` is 0 where nothing does. */
  count,
  bySeverity: z.partialRecord(z.enum(severities), count),
  labels: z.record(z.string(), z.string()),
  items: z.array(messageItemSchema),
  keys: z.array(z.string()),
  firstTime: z.string(),
  /** Milliseconds since 1970; absent where nothing waits. */
  dueAtMs: z.number().optional(),
  lastSentAtMs: z.number().optional(),
  /** What was told, by hashed key, and when: oldest first. */
  told: z.array(z.tuple([z.string(), z.number()])),
});

export type Group = z.output<typeof groupSchema>;

/** Names the group that a notification belongs to. */
export function groupIdOf({ kind, labels }: Notification, { route, channels, groupBy }: Selection): string {
  const values = groupBy.map((label) => (Object.hasOwn(labels, label) ? labels[label] : null));
  return hash(JSON.stringify([route, channels, kind, values]));
}

/** A group in which nothing has happened yet. */
export function emptyGroup(id: string, kind: string, { route, channels, timing }: Selection): Group {
  return {
    id,
    route,
    channels: [...channels],
    kind,
    waitMs: timing.waitSeconds * 1000,
    intervalMs: timing.intervalSeconds * 1000,
    repeatMs: timing.repeatSeconds * 1000,
    ...nothingWaiting,
    told: [],
  };
}

const nothingWaiting = {
  count: 0,
  bySeverity: {},
  labels: {},
  items: [],
  keys: [],
  firstTime: "",
} satisfies Partial<Group>;

/** The group with one notification more; undefined where it says nothing new. */
export function addToGroup(group: Group, notification: Notification, nowMs: number): Group | undefined {
  const key = hash(notification.dedupKey);
  if (group.keys.includes(key) || wasTold(group, key, nowMs)) return undefined;
  const { severity, labels, time } = notification;
  return {
    ...group,
    count: group.count + 1,
    bySeverity: { ...group.bySeverity, [severity]: (group.bySeverity[severity] ?? 0) + 1 },
    labels: group.count === 0 ? labels : inCommon(group.labels, labels),
    items: worst([...group.items, itemOf(notification)]),
    // Beyond the limit, repetitions are counted as new: rather told twice than not at all.
    keys: group.keys.length < MAX_KEYS ? [...group.keys, key] : group.keys,
    firstTime: group.count === 0 || time < group.firstTime ? time : group.firstTime,
    dueAtMs: group.dueAtMs ?? dueAt(group, nowMs),
  };
}

/** Whether a group has something to tell now. A clock that was turned back holds nothing up. */
export function isDue({ count: waiting, dueAtMs, waitMs, intervalMs }: Group, nowMs: number): boolean {
  if (waiting === 0 || dueAtMs === undefined) return false;
  return dueAtMs <= nowMs || dueAtMs > nowMs + Math.max(waitMs, intervalMs);
}

/** Takes what waits out of a group, as one message. */
export function takeMessage(
  group: Group,
  messageId: string,
  nowMs: number,
): { readonly message: Message; readonly group: Group } {
  const { route, kind, count: total, bySeverity, labels, items, firstTime, dueAtMs: _, ...rest } = group;
  const severity = severities.find((each) => (bySeverity[each] ?? 0) > 0) ?? "unknown";
  const message = {
    id: messageId,
    route,
    kind,
    severity,
    count: total,
    bySeverity,
    labels,
    items,
    time: firstTime,
  };
  const told = [...group.told.filter(([, at]) => isRecent(at, group, nowMs)), ...toldNow(group.keys, nowMs)];
  return {
    message,
    group: { ...rest, route, kind, ...nothingWaiting, lastSentAtMs: nowMs, told: told.slice(-MAX_KEYS) },
  };
}

/** Whether nothing would be lost if the group were forgotten. */
export function isIdle(
  { count: waiting, lastSentAtMs, intervalMs, repeatMs }: Group,
  nowMs: number,
): boolean {
  return waiting === 0 && (lastSentAtMs ?? 0) + Math.max(intervalMs, repeatMs) <= nowMs;
}

function toldNow(keys: readonly string[], nowMs: number): Group["told"] {
  return keys.map((key) => [key, nowMs]);
}

function wasTold(group: Group, key: string, nowMs: number): boolean {
  const at = group.told.findLast(([each]) => each === key)?.[1];
  return at !== undefined && isRecent(at, group, nowMs);
}

function isRecent(atMs: number, { repeatMs }: Group, nowMs: number): boolean {
  return nowMs >= atMs && nowMs - atMs < repeatMs;
}

function dueAt({ waitMs, intervalMs, lastSentAtMs }: Group, nowMs: number): number {
  const earliest = lastSentAtMs === undefined || lastSentAtMs > nowMs ? nowMs : lastSentAtMs + intervalMs;
  return Math.max(nowMs + waitMs, earliest);
}

function itemOf({ severity, title, text, subject, link, time }: Notification): MessageItem {
  const item = { severity, title, text: truncate(text, MAX_ITEM_TEXT_LENGTH), subject, time };
  return link === undefined ? item : { ...item, link };
}

function worst(items: readonly MessageItem[]): MessageItem[] {
  return [...items].sort((left, right) => compareSeverity(left.severity, right.severity)).slice(0, MAX_ITEMS);
}

function inCommon(
  left: Readonly<Record<string, string>>,
  right: Readonly<Record<string, string>>,
): Record<string, string> {
  return Object.fromEntries(
    Object.entries(left).filter(([name, value]) => Object.hasOwn(right, name) && right[name] === value),
  );
}

function hash(text: string): string {
  return createHash("sha256").update(text).digest("base64url").slice(0, 22);
}
