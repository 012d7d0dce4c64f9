import { compareSeverity, matchesGlob, severities } from "@pratique/core";
import { z } from "zod";
import { parseSettings } from "./channel.ts";
import { NotifyError } from "./errors.ts";
import type { Notification } from "./notification.ts";

const MAX_ROUTES = 500;
const MAX_PATTERNS = 100;
const MAX_OWNERS = 5000;
const MAX_CHANNELS = 20;
const MAX_SECONDS = 7 * 24 * 3600;

const name = z.string().min(1).max(100);
const pattern = z.string().min(1).max(200);
const patterns = z.array(pattern).min(1).max(MAX_PATTERNS);
const channels = z.array(name).max(MAX_CHANNELS);
const seconds = z.number().min(0).max(MAX_SECONDS);
const severity = z.enum(severities);

const timingSchema = z.strictObject({
  /** How long the first of a group waits for others. */
  waitSeconds: seconds.default(30),
  /** The shortest time between two messages of one group. */
  intervalSeconds: seconds.default(300),
  /** How long the same thing is not told again. */
  repeatSeconds: seconds.default(4 * 3600),
});

const matchSchema = z.strictObject({
  /** Any of these kinds; `*` and `?` as in file names. */
  kinds: patterns.optional(),
  severities: z.array(severity).min(1).optional(),
  /** This severity or a worse one. */
  atLeast: severity.optional(),
  /** All of these labels, each with any of its values. */
  labels: z.record(name, patterns).optional(),
});

const routeSchema = z.strictObject({
  name,
  match: matchSchema.default({}),
  /** Channels by name; `owner` stands for those of the team that owns the subject. */
  to: z.union([z.literal("owner"), channels.min(1)]),
  /** Later routes are asked as well. */
  continue: z.boolean().default(false),
  /** Labels whose values are kept apart in groups, besides the kind. */
  groupBy: z.array(name).max(10).default([]),
  timing: timingSchema.prefault({}),
});

const routingSchema = z.strictObject({
  routes: z.array(routeSchema).max(MAX_ROUTES).default([]),
  /** Channels by team. */
  owners: z
    .record(name, channels.min(1))
    .refine((owners) => Object.keys(owners).length <= MAX_OWNERS, `more than ${MAX_OWNERS} owners`)
    .default({}),
  /** The label that names the team. */
  ownerLabel: name.default("team"),
  /** Where everything goes that no route and no owner took. */
  fallback: channels.default([]),
  timing: timingSchema.prefault({}),
});

/** Who hears of what. */
export type RoutingTable = z.output<typeof routingSchema>;
export type RoutingInput = z.input<typeof routingSchema>;
export type Timing = z.output<typeof timingSchema>;

/** A route that takes a notification, and where it leads. */
export interface Selection {
  readonly route: string;
  readonly channels: readonly string[];
  readonly groupBy: readonly string[];
  readonly timing: Timing;
}

/** Checks a routing table. Throws `SETTINGS_INVALID`, and `CHANNEL_UNKNOWN` for a channel that is not there. */
export function parseRouting(input: unknown, channelNames: ReadonlySet<string>): RoutingTable {
  const table = parseSettings(routingSchema, input, "routes");
  const names = table.routes.map((route) => route.name);
  const twice = names.find((each, index) => names.indexOf(each) !== index);
  if (twice !== undefined) {
    throw new NotifyError("SETTINGS_INVALID", `two routes have the name ${JSON.stringify(twice)}`);
  }
  const named = [
    ...table.routes.flatMap(({ to }) => (to === "owner" ? [] : to)),
    ...Object.values(table.owners).flat(),
    ...table.fallback,
  ];
  const unknown = named.find((each) => !channelNames.has(each));
  if (unknown !== undefined) {
    throw new NotifyError("CHANNEL_UNKNOWN", `no channel has the name ${JSON.stringify(unknown)}`);
  }
  return table;
}

/**
 * Where a notification goes: through the routes in order up to the first that takes it and does not continue;
 * else to its owner; else to the fallback. Empty where there is no fallback either.
 */
export function selectRoutes(table: RoutingTable, notification: Notification): readonly Selection[] {
  const selected: Selection[] = [];
  for (const route of table.routes) {
    if (!matches(route.match, notification)) continue;
    const to = route.to === "owner" ? ownersOf(table, notification) : route.to;
    // An `owner` route takes nothing that nobody owns.
    if (to === undefined) continue;
    selected.push({ route: route.name, channels: to, groupBy: route.groupBy, timing: route.timing });
    if (!route.continue) return selected;
  }
  if (selected.length > 0) return selected;
  const owners = ownersOf(table, notification);
  const last = { groupBy: [], timing: table.timing };
  if (owners !== undefined) return [{ route: "(owner)", channels: owners, ...last }];
  return table.fallback.length === 0 ? [] : [{ route: "(fallback)", channels: table.fallback, ...last }];
}

function ownersOf(
  { owners, ownerLabel }: RoutingTable,
  { labels }: Notification,
): readonly string[] | undefined {
  const team = own(labels, ownerLabel);
  return team === undefined ? undefined : own(owners, team);
}

function matches(match: z.output<typeof matchSchema>, notification: Notification): boolean {
  const { kind, severity: found, labels } = notification;
  if (match.kinds !== undefined && !match.kinds.some((each) => matchesGlob(each, kind))) return false;
  if (match.severities !== undefined && !match.severities.includes(found)) return false;
  if (match.atLeast !== undefined && compareSeverity(found, match.atLeast) > 0) return false;
  return Object.entries(match.labels ?? {}).every(([label, values]) => {
    const value = own(labels, label);
    return value !== undefined && values.some((each) => matchesGlob(each, value));
  });
}

/** Labels come from outside: `__proto__` and `constructor` are names like any other. */
function own<Value>(record: Readonly<Record<string, Value>>, key: string): Value | undefined {
  return Object.hasOwn(record, key) ? record[key] : undefined;
}
