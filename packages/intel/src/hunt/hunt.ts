import { setImmediate as nextTurn } from "node:timers/promises";
import type { Contact, PastContainer } from "../past/contact.ts";
import { HOUR_MS, listPastHours, type PastHourFile, streamPastHour } from "../past/past-hours.ts";
import type { IntelSet, ListedIndicator } from "../set/intel-set.ts";
import { ContactJudge } from "./contact-judge.ts";

export interface HuntOptions {
  /** Where the past lies. */
  readonly directory: string;
  /** Milliseconds since 1970; undefined for as far back as was recorded. */
  readonly since?: number | undefined;
  readonly now: () => number;
  /** The set in force, where another is hunted with: what it would have done as much about is no news. */
  readonly known?: IntelSet | undefined;
  /** Takes contacts that are only told, too: on a warning list, of little confidence, the server of one page. */
  readonly all?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (doneBytes: number, totalBytes: number) => void;
  /** How many hits are kept; the others are counted. */
  readonly maxHits?: number;
  /** Of one container, so that it does not hide the others. */
  readonly maxHitsOfOne?: number;
}

/** A container met, by one program, a peer that a set lists. */
export interface HuntHit extends Contact {
  readonly container: PastContainer;
  /** What lists it, what is blocked by first. */
  readonly listed: readonly ListedIndicator[];
  /** Whether nothing would be done by the set in force; undefined where that is the one that was hunted with. */
  readonly isNew: boolean | undefined;
}

/** What a set finds in the past. */
export interface HuntReport {
  readonly revision: string;
  /** The span that was asked for, in milliseconds since 1970; `from` is undefined where nothing was recorded. */
  readonly from: number | undefined;
  readonly to: number;
  /** Hours that were recorded and looked through, and those of the span that were not recorded. */
  readonly hours: number;
  readonly hoursMissing: number;
  /** Files that could not be read to their end, with why. */
  readonly damaged: readonly { readonly file: string; readonly reason: string }[];
  /** Contacts that were looked at: each peer of a program of a container counts once an hour. */
  readonly contacts: number;
  /** Meetings that had no place in the record, since their containers had too many, and of how many containers. */
  readonly leftOut: number;
  readonly leftOutContainers: number;
  /** The earliest first. */
  readonly hits: readonly HuntHit[];
  /** Contacts with listed peers that had no place among the hits. */
  readonly hitsLeftOut: number;
  /** Contacts with peers that are told and not blocked, where these were not asked for. */
  readonly told: number;
  /** False where part of the span was not recorded, not read, or not looked at. */
  readonly complete: boolean;
}

const DEFAULT_MAX_HITS = 10_000;
const DEFAULT_MAX_HITS_OF_ONE = 500;
const MAX_LEFT_OUT_CONTAINERS = 100_000;

/**
 * Looks through the past for what a set lists: what a feed would have found, had it been there. It changes nothing, so
 * that it serves as the dry run of a set that is not in force. Throws `PAST_UNREADABLE` and `SET_CORRUPT`.
 */
export async function huntIn(set: IntelSet, options: HuntOptions): Promise<HuntReport> {
  const { directory, since, now, signal, onProgress } = options;
  const to = now();
  const recorded = listPastHours(directory).filter(({ startsAt }) => startsAt <= to);
  const hours = recorded.filter(({ startsAt }) => since === undefined || startsAt + HOUR_MS > since);
  const totalBytes = hours.reduce((bytes, hour) => bytes + hour.bytes, 0);
  const hunt = new Hunt(set, options);
  let done = 0;
  let doneBytes = 0;
  for (const hour of hours) {
    if (signal?.aborted === true) break;
    hunt.search(hour);
    done += 1;
    doneBytes += hour.bytes;
    onProgress?.(doneBytes, totalBytes);
    // So that a signal is heard, and what is shown is drawn.
    await nextTurn();
  }
  const from = since ?? hours[0]?.startsAt;
  const hoursMissing = missingHours(hours, from, to);
  return hunt.report({ from, to, hours: done, hoursMissing, isWhole: done === hours.length });
}

class Hunt {
  readonly #set: IntelSet;
  readonly #options: HuntOptions;
  readonly #judge: ContactJudge;
  readonly #before: ContactJudge | undefined;
  readonly #hits = new Map<string, HuntHit>();
  readonly #hitsOf = new Map<string, number>();
  readonly #damaged: { file: string; reason: string }[] = [];
  readonly #leftOutOf = new Set<string>();
  #contacts = 0;
  #leftOut = 0;
  #hitsLeftOut = 0;
  #told = 0;

  constructor(set: IntelSet, options: HuntOptions) {
    this.#set = set;
    this.#options = options;
    this.#judge = new ContactJudge(set);
    this.#before = options.known === undefined ? undefined : new ContactJudge(options.known);
  }

  search(hour: PastHourFile): void {
    const { directory, since = 0 } = this.#options;
    const shares = streamPastHour(directory, hour, (reason) => {
      if (!this.#isBeingWritten(hour)) this.#damaged.push({ file: hour.name, reason });
    });
    // Where it was removed meanwhile, it had become too old.
    for (const { container, contacts, leftOut } of shares ?? []) {
      if (leftOut > 0) {
        this.#leftOut += leftOut;
        if (this.#leftOutOf.size < MAX_LEFT_OUT_CONTAINERS) this.#leftOutOf.add(container.id);
      }
      for (const contact of contacts) {
        if (contact.lastAt < since) continue;
        this.#contacts += 1;
        const listed = this.#judge.listed(contact);
        if (listed.length > 0) this.#found(container, contact, listed);
      }
    }
  }

  report(
    seen: Pick<HuntReport, "from" | "to" | "hours" | "hoursMissing"> & { readonly isWhole: boolean },
  ): HuntReport {
    const { isWhole, ...span } = seen;
    return {
      revision: this.#set.revision,
      ...span,
      damaged: this.#damaged,
      contacts: this.#contacts,
      leftOut: this.#leftOut,
      leftOutContainers: this.#leftOutOf.size,
      hits: [...this.#hits.values()].sort((left, right) => left.firstAt - right.firstAt),
      hitsLeftOut: this.#hitsLeftOut,
      told: this.#told,
      complete:
        isWhole &&
        span.hours > 0 &&
        span.hoursMissing === 0 &&
        this.#damaged.length === 0 &&
        this.#leftOut === 0,
    };
  }

  /** Its end may not be there yet. */
  #isBeingWritten({ startsAt }: PastHourFile): boolean {
    return startsAt + HOUR_MS > this.#options.now();
  }

  #found(container: PastContainer, contact: Contact, listed: readonly ListedIndicator[]): void {
    const { all = false, maxHits = DEFAULT_MAX_HITS, maxHitsOfOne = DEFAULT_MAX_HITS_OF_ONE } = this.#options;
    if (!all && listed[0]?.reportOnlyBy !== undefined) {
      this.#told += 1;
      return;
    }
    const { kind, protocol, port, peer, executable } = contact;
    const key = `${container.id} ${kind} ${protocol} ${port} ${peer} ${executable}`;
    const known = this.#hits.get(key);
    if (known !== undefined) {
      this.#hits.set(key, joined(known, contact));
      return;
    }
    const ofThis = this.#hitsOf.get(container.id) ?? 0;
    if (this.#hits.size >= maxHits || ofThis >= maxHitsOfOne) {
      this.#hitsLeftOut += 1;
      return;
    }
    this.#hitsOf.set(container.id, ofThis + 1);
    const isNew = this.#before === undefined ? undefined : !isKnown(this.#before.listed(contact), listed);
    this.#hits.set(key, { ...contact, container, listed, isNew });
  }
}

function joined(hit: HuntHit, contact: Contact): HuntHit {
  return {
    ...hit,
    firstAt: Math.min(hit.firstAt, contact.firstAt),
    lastAt: Math.max(hit.lastAt, contact.lastAt),
    count: hit.count + contact.count,
    reached: hit.reached || contact.reached,
    name: contact.name === "" ? hit.name : contact.name,
    answers: [...new Set([...hit.answers, ...contact.answers])].slice(0, MAX_ANSWERS),
  };
}

const MAX_ANSWERS = 16;

/** Known is what the set before would have done as much about. */
function isKnown(before: readonly ListedIndicator[], now: readonly ListedIndicator[]): boolean {
  const [known] = before;
  return known !== undefined && (known.reportOnlyBy === undefined || now[0]?.reportOnlyBy !== undefined);
}

/** Hours of a span of which there is no file: nobody watched. */
function missingHours(hours: readonly PastHourFile[], from: number | undefined, to: number): number {
  if (from === undefined) return 0;
  const first = Math.floor(from / HOUR_MS);
  const last = Math.floor(to / HOUR_MS);
  return Math.max(0, last - first + 1 - hours.length);
}
