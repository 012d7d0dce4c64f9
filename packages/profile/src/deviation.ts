import type { Priority, RuntimeEvent } from "@pratique/core";
import { type Item, OUTSIDE } from "./item.ts";
import type { EventFacts } from "./observe.ts";
import { parsePeer } from "./peer-pattern.ts";
import type { LearnedItem, Profile } from "./profile.ts";
import { isSensitivePath } from "./sensitive-path.ts";

/** Something that a container did and its profile does not know. */
export interface Deviation {
  /** What a person may accept or reject. */
  readonly item: Item;
  /** `new`: it was never learned. `rejected`: a person said no to it. */
  readonly reason: "new" | "rejected";
  readonly priority: Priority;
  /** Milliseconds since 1970. */
  readonly time: number;
  /** What happened: `/usr/bin/curl was started by /usr/sbin/nginx`. */
  readonly came: string;
  /** What is known instead, the most alike first; at most {@link MOST_EXPECTED}. */
  readonly expected: readonly string[];
  /** How many are known in all. */
  readonly expectedCount: number;
  /** From when to when the profile learned; undefined where it is empty. */
  readonly learned: { readonly first: number; readonly last: number } | undefined;
  /** All of it in a sentence. */
  readonly text: string;
}

const MOST_EXPECTED = 5;

/** Leaves out what the profile could not have learned, since its sources did not see it. */
export function comparableFacts(profile: Profile, facts: EventFacts): EventFacts {
  const { sight } = profile;
  if (sight === undefined || (facts.systemCalls === undefined && facts.capabilities === undefined))
    return facts;
  const { systemCalls, capabilities, ...rest } = facts;
  return {
    ...rest,
    ...(sight.systemCalls === "all" && systemCalls !== undefined && { systemCalls }),
    ...(sight.capabilities === "used" && capabilities !== undefined && { capabilities }),
  };
}

/** Tells an item as people read it. */
export function nameOf({ kind, subject, value }: Item): string {
  switch (kind) {
    case "executable":
      return value === "image" || value === "unknown" ? subject : `${subject} (${layerText(value)})`;
    case "hash":
      return `${subject} with SHA-256 ${value}`;
    case "parent":
      return value === OUTSIDE ? `${subject} from outside` : `${subject} by ${value}`;
    case "peer":
      return `${parsePeer(value).host} at ${parsePeer(value).port}`;
    case "user":
      return `user id ${value}`;
    case "port":
    case "name":
    case "listen":
    case "socket":
    case "write":
    case "secret":
    case "capability":
    case "syscall":
    case "mount":
      return value;
  }
}

/** Tells what is expected instead of something that the profile does not know. */
export function explain(profile: Profile, item: Item, event: RuntimeEvent): Deviation {
  const reason = profile.wasRejected(item) ? "rejected" : "new";
  const known = alike(profile, item);
  const expected = known.slice(0, MOST_EXPECTED).map(nameOf);
  const { span: learned } = profile;
  const came = cameText(item, event);
  const parts = { came, reason, expected, expectedCount: known.length, learned } as const;
  return {
    item,
    priority: priorityOf(item, reason),
    time: event.time,
    ...parts,
    text: sentence(parts),
  };
}

/** What is known of the same subject, else of the same kind, with what begins most alike first. */
function alike(profile: Profile, { kind, subject, value }: Item): readonly LearnedItem[] {
  const all = profile.list(kind);
  const same = all.filter((item) => item.subject === subject);
  const wanted = `${subject}\n${value}`;
  const ranked = (same.length > 0 ? same : all).map((item) => ({
    item,
    length: commonLength(`${item.subject}\n${item.value}`, wanted),
  }));
  return ranked.sort((left, right) => right.length - left.length).map(({ item }) => item);
}

function commonLength(left: string, right: string): number {
  let length = 0;
  while (length < left.length && left[length] === right[length]) length += 1;
  return length;
}

type SentenceParts = Pick<Deviation, "came" | "reason" | "expected" | "expectedCount" | "learned">;

function sentence({ came, reason, expected, expectedCount, learned }: SentenceParts): string {
  if (reason === "rejected") return `${came}, to which a person said no`;
  if (learned === undefined) return `${came}, and nothing was learned yet`;
  const since = `from ${isoTime(learned.first)} to ${isoTime(learned.last)}`;
  if (expectedCount === 0) return `${came}; ${since} nothing of the kind was seen`;
  const more = expectedCount > expected.length ? ` and ${expectedCount - expected.length} more` : "";
  return `${came}; ${since} it was ${expected.join(", ")}${more}`;
}

function cameText(item: Item, { process }: RuntimeEvent): string {
  const actor = process.exePath === "" ? process.name : process.exePath;
  const name = nameOf(item);
  switch (item.kind) {
    case "executable":
    case "hash":
      return `the program ${name} ran`;
    case "parent":
      return `the program ${item.subject} was started ${item.value === OUTSIDE ? "from outside" : `by ${item.value}`}`;
    case "peer":
      return `${actor} talked to ${name}`;
    case "port":
      return `${actor} talked to a port ${name}`;
    case "name":
      return `${actor} asked for the name ${name}`;
    case "listen":
      return `${actor} listened on ${name}`;
    case "socket":
      return `${actor} connected to the socket ${name}`;
    case "write":
      return `${actor} wrote ${name}`;
    case "secret":
      return `${actor} read the secret ${name}`;
    case "capability":
      return `${actor} used the capability ${name}`;
    case "user":
      return `${actor} ran with ${name}`;
    case "syscall":
      return `${actor} made the system call ${name}`;
    case "mount":
      return `something was mounted on ${name}`;
  }
}

function priorityOf(item: Item, reason: Deviation["reason"]): Priority {
  if (reason === "rejected") return "error";
  switch (item.kind) {
    case "executable":
      return executablePriority(item.value);
    case "hash":
    case "mount":
      return "error";
    case "socket":
    case "write":
      return isSensitivePath(item.value) ? "error" : "notice";
    case "user":
      return item.value === "0" ? "error" : "warning";
    case "peer":
    case "listen":
    case "secret":
    case "capability":
      return "warning";
    case "parent":
    case "port":
    case "name":
    case "syscall":
      return "notice";
  }
}

function executablePriority(layer: string): Priority {
  if (layer === "memory") return "critical";
  return layer === "added" ? "error" : "warning";
}

function layerText(layer: string): string {
  return layer === "memory" ? "in memory only" : "not from the image";
}

function isoTime(time: number): string {
  return new Date(time).toISOString().replace(/\.\d+Z$/u, "Z");
}
