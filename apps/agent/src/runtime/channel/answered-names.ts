import { RecentMap } from "@pratique/core";
import type { DnsMessage } from "@pratique/sensor";

/** The names that a container found addresses by: the one that it asked for, and those that this is another name for. */
export interface Answered {
  readonly containerId: string;
  readonly names: readonly string[];
  /** As RFC 5952 has them. */
  readonly addresses: readonly string[];
}

interface Entry extends Answered {
  /** Milliseconds since 1970. */
  readonly until: number;
}

const MAX_ENTRIES = 4096;
/** Whoever answers may answer with any number. */
const MAX_ADDRESSES = 32;
const MAX_NAMES = 8;
/** A connection goes on after the answer has ended that it was made by. */
const MIN_TTL_MS = 600_000;
const MAX_TTL_MS = 86_400_000;

/** What names were answered with, of all containers: a name may be listed after it was asked for. */
export class AnsweredNames {
  readonly #known = new RecentMap<string, Entry>(MAX_ENTRIES);

  /** Gives what is known of the question by now; undefined for what answers with no address. */
  observe(containerId: string, message: DnsMessage, now: number): Answered | undefined {
    const [question] = message.questions;
    const found = message.answers.filter(({ kind }) => kind === "address");
    if (question === undefined || !message.isResponse || found.length === 0) return undefined;
    const key = `${containerId} ${question.name}`;
    const before = this.#known.get(key);
    const known = before !== undefined && before.until > now ? before : undefined;
    const ttlMs = Math.max(...found.map(({ ttlSeconds }) => ttlSeconds * 1000));
    const entry: Entry = {
      containerId,
      names: unique([question.name, ...message.answers.flatMap(namesIn), ...(known?.names ?? [])], MAX_NAMES),
      // The newest first: where there are too many, the oldest are left out.
      addresses: unique([...found.map(({ value }) => value), ...(known?.addresses ?? [])], MAX_ADDRESSES),
      until: Math.max(known?.until ?? 0, now + Math.min(Math.max(ttlMs, MIN_TTL_MS), MAX_TTL_MS)),
    };
    this.#known.set(key, entry);
    return entry;
  }

  /** All that still counts. */
  all(now: number): readonly Answered[] {
    return [...this.#known.values()].filter(({ until }) => until > now);
  }
}

function namesIn({ owner, kind, value }: DnsMessage["answers"][number]): readonly string[] {
  return kind === "alias" ? [owner, value] : [owner];
}

function unique(values: readonly string[], most: number): readonly string[] {
  return [...new Set(values)].slice(0, most);
}
