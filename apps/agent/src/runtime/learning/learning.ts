import {
  type AuditSink,
  type Digest,
  type EventType,
  messageOf,
  priorities,
  RecentMap,
} from "@pratique/core";
import {
  beginLearning,
  type EnforcementTables,
  ImageLearner,
  type Item,
  type LearningSettings,
  learnedEventTypes,
  type Mode,
  ProfileError,
  type Spoiler,
  type Transition,
} from "@pratique/profile";
import type { AgentLogger } from "../../agent-logger.ts";
import { DEVIATION_RULE, type DetectedMatch, deviationMatch } from "./deviation-match.ts";
import { keyOf } from "./event-key.ts";
import { Lately } from "./lately.ts";
import type { FactReader, LearnedEvent } from "./learned-event.ts";
import { MAX_NAMES, type ProfileFiles, type ReadProfile } from "./profile-files.ts";

export interface LearningOptions<Event extends LearnedEvent> {
  readonly facts: FactReader<Event>;
  readonly hostName: string;
  readonly files: ProfileFiles;
  readonly audit: AuditSink;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  /** Milliseconds of a clock that never turns back. */
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
  readonly maxProfiles?: number;
}

/** One image of which something is learned. */
export interface LearnedImage {
  readonly image: Digest;
  readonly learner: ImageLearner;
  /** By which it was started, the latest last. */
  readonly names: readonly string[];
  /** Milliseconds since 1970; 0 where none came since the start. */
  readonly lastEventAt: number;
}

/** What people ask and say about profiles. */
export interface ProfileBook {
  all(): readonly LearnedImage[];
  find(image: Digest): LearnedImage | undefined;
  /** How many images have no profile since there was no place for one. */
  readonly leftOut: number;
  /** @throws ProfileError `MODE_NOT_ALLOWED` */
  setMode(image: Digest, request: ModeRequest): void;
  /** @throws ProfileError `DECISIONS_TOO_MANY` */
  decide(image: Digest, item: Item, request: DecideRequest): void;
}

interface ModeRequest {
  readonly mode: Mode;
  readonly settings?: Partial<LearningSettings>;
  /** Whether what was learned is forgotten first, and what people said of it is not; for `learn` alone. */
  readonly afresh?: boolean;
  /** Who asks, as the record names people. */
  readonly by: string;
}

interface DecideRequest {
  readonly verdict: "accepted" | "rejected";
  readonly by: string;
}

interface Entry {
  readonly image: Digest;
  learner: ImageLearner;
  readonly names: RecentMap<string, true>;
  lastEventAt: number;
  advanceAt: number;
  savedAt: number;
  isChanged: boolean;
}

const MAX_PROFILES = 256;
const MAX_NAME = 512;
/** A profile gives its place to another image's where nothing ran for so long and nobody has said anything of it. */
const IDLE_MS = 3_600_000;
const SAVE_EVERY_MS = 60_000;
/** Each waits for the disk, and events wait meanwhile. */
const MAX_SAVES = 4;
const MIN_ADVANCE_MS = 1000;
const MAX_ADVANCE_MS = 60_000;
/** What the same process does over and over is looked at once in a while. */
const LATELY = { periodMs: 5000, most: 8192 } as const;
const EINPROGRESS = -115;
const SPOILS = priorities.indexOf("warning");
const learned: ReadonlySet<EventType> = new Set(learnedEventTypes);

/** Learns what the containers of each image do, and tells what is new. It keeps what it learned over restarts. */
export class Learning<Event extends LearnedEvent> implements ProfileBook {
  readonly eventTypes: readonly EventType[] = learnedEventTypes;
  readonly #options: LearningOptions<Event>;
  readonly #maxProfiles: number;
  readonly #entries = new Map<Digest, Entry>();
  /** Images of which nothing is learned, since there was no place. */
  readonly #leftOut = new RecentMap<Digest, true>(MAX_PROFILES);
  readonly #seen = new Lately(LATELY);
  readonly #spoilers = new Lately(LATELY);

  constructor(options: LearningOptions<Event>) {
    this.#options = options;
    this.#maxProfiles = options.maxProfiles ?? MAX_PROFILES;
  }

  /** Reads what was learned before. What is no profile is put aside, and said. */
  load(): void {
    const { files, log } = this.#options;
    try {
      const { profiles, refused } = files.readAll(this.#maxProfiles);
      for (const profile of profiles) this.#restore(profile);
      for (const { file, reason } of refused) log.warn({ file, reason }, "a learned profile was refused");
      log.info({ profiles: this.#entries.size }, "what was learned before is known");
    } catch (thrown) {
      // Rules are to be asked all the same.
      log.warn({ error: messageOf(thrown) }, "what was learned before cannot be read");
    }
  }

  /** Takes in an event, and gives what is to be told of it. */
  observe(event: Event): readonly DetectedMatch<Event>[] {
    if (event.scope === "" || !learned.has(event.type)) return [];
    const { result, container } = event;
    if (result !== undefined && result < 0 && result !== EINPROGRESS) return [];
    const image = container?.imageId;
    if (image === undefined || !this.#isWorthALook(event)) return [];
    const entry = this.#entryOf(image, event);
    if (entry === undefined) return [];
    entry.lastEventAt = event.time;
    entry.isChanged = true;
    noteName(entry, container?.image ?? "");
    return entry.learner
      .observe(event, this.#options.facts.factsOf(event))
      .map((deviation) => deviationMatch(deviation, event));
  }

  /** Hears of everything that a rule matched, also of what nobody is told of since it is too much. */
  matched({ rule, event }: Pick<DetectedMatch<Event>, "rule" | "event">): void {
    const image = event.container?.imageId;
    if (image === undefined || rule.name === DEVIATION_RULE) return;
    if (priorities.indexOf(rule.priority) > SPOILS) return;
    const { pid } = event.process;
    if (!this.#spoilers.isNew(`${event.scope} ${pid} ${rule.name}`, event.time)) return;
    const entry = this.#entryOf(image, event);
    const spoiler: Spoiler = {
      rule: rule.name,
      priority: rule.priority,
      time: new Date(event.time).toISOString(),
      container: { id: event.scope },
      processes: [{ pid }],
    };
    if (entry === undefined) return;
    entry.learner.detected(spoiler);
    entry.isChanged = true;
  }

  /** To be called every second or so: does what the time has come for, and saves what changed. */
  tick(): void {
    const { now, elapsedMs } = this.#options;
    const at = elapsedMs();
    let saves = 0;
    for (const entry of this.#entries.values()) {
      this.#advanceInTime(entry, now());
      if (saves === MAX_SAVES || !entry.isChanged || at - entry.savedAt < SAVE_EVERY_MS) continue;
      this.#save(entry);
      saves += 1;
    }
  }

  /** Saves all that changed. */
  close(): void {
    for (const entry of this.#entries.values()) if (entry.isChanged) this.#save(entry);
  }

  all(): readonly LearnedImage[] {
    return [...this.#entries.values()].map(shown);
  }

  find(image: Digest): LearnedImage | undefined {
    const entry = this.#entries.get(image);
    return entry === undefined ? undefined : shown(entry);
  }

  get leftOut(): number {
    return this.#leftOut.size;
  }

  /** What may happen in containers of the images whose profiles are enforced. */
  enforced(): readonly EnforcementTables[] {
    return [...this.#entries.values()].flatMap(({ learner }) => learner.enforcement() ?? []);
  }

  setMode(image: Digest, { mode, settings, afresh = false, by }: ModeRequest): void {
    const entry = this.#known(image);
    if (afresh && mode !== "learn") {
      throw new ProfileError("MODE_NOT_ALLOWED", `expected to learn afresh, found the mode ${mode}`);
    }
    if (settings !== undefined) entry.learner.setSettings(settings);
    if (afresh) entry.learner = this.#afresh(entry);
    entry.advanceAt = 0;
    this.#tellMode(entry, entry.learner.setMode(mode, by, this.#options.now()), afresh);
    this.#save(entry);
  }

  decide(image: Digest, item: Item, { verdict, by }: DecideRequest): void {
    const { audit, now } = this.#options;
    const entry = this.#known(image);
    if (verdict === "accepted") entry.learner.accept(item, by, now());
    else entry.learner.reject(item, by, now());
    audit.append({
      class: "settings",
      action: `profile.${verdict}`,
      actor: by,
      data: { image, item: { ...item } },
    });
    this.#save(entry);
  }

  /** Knows nothing of an image but what people said of it. */
  #afresh({ image, learner }: Entry): ImageLearner {
    const { settings } = learner.status();
    const fresh = new ImageLearner(this.#learnerOptions(), beginLearning(image, settings));
    for (const { item, verdict, by, at } of learner.profile.decisions) {
      if (verdict === "accepted") fresh.accept(item, by, at);
      else fresh.reject(item, by, at);
    }
    return fresh;
  }

  #known(image: Digest): Entry {
    const entry = this.#entries.get(image);
    if (entry === undefined) throw new Error(`nothing was learned of ${image}`);
    return entry;
  }

  /** What a process does again and again costs little more than once. */
  #isWorthALook(event: Event): boolean {
    const key = keyOf(event, this.#options.facts);
    return key === undefined || this.#seen.isNew(key, event.time);
  }

  #entryOf(image: Digest, event: Event): Entry | undefined {
    const known = this.#entries.get(image);
    if (known !== undefined) return known;
    if (!image.startsWith("sha256:") || !this.#makeRoom(event.time)) {
      this.#leftOut.set(image, true);
      return undefined;
    }
    return this.#add(image, new ImageLearner(this.#learnerOptions(), beginLearning(image)));
  }

  #restore({ image, names, learning }: ReadProfile): void {
    const { files, log } = this.#options;
    try {
      const entry = this.#add(image, ImageLearner.restore(this.#learnerOptions(), learning));
      if (entry.learner.profile.image !== image) throw new Error("it is of another image");
      for (const name of names) entry.names.set(name, true);
    } catch (thrown) {
      this.#entries.delete(image);
      log.warn({ file: files.refuse(image), reason: messageOf(thrown) }, "a learned profile was refused");
    }
  }

  #learnerOptions() {
    return {
      host: this.#options.hostName,
      sight: { systemCalls: "some", capabilities: "implied" },
    } as const;
  }

  #add(image: Digest, learner: ImageLearner): Entry {
    const entry: Entry = {
      image,
      learner,
      names: new RecentMap(MAX_NAMES),
      lastEventAt: 0,
      advanceAt: 0,
      savedAt: Number.NEGATIVE_INFINITY,
      isChanged: false,
    };
    this.#entries.set(image, entry);
    this.#leftOut.delete(image);
    return entry;
  }

  /** Forgets the image that ran longest ago, of those that only learn and of which nobody has said anything. */
  #makeRoom(now: number): boolean {
    if (this.#entries.size < this.#maxProfiles) return true;
    const [idlest] = [...this.#entries.values()]
      .filter(({ learner, lastEventAt }) => isUntouched(learner) && now - lastEventAt > IDLE_MS)
      .toSorted((left, right) => left.lastEventAt - right.lastEventAt);
    if (idlest === undefined) return false;
    this.#entries.delete(idlest.image);
    this.#options.files.remove(idlest.image);
    this.#options.log.info({ image: idlest.image }, "a profile gave its place to that of another image");
    return true;
  }

  #advanceInTime(entry: Entry, now: number): void {
    // More than that ahead is a moment of a clock that was set back since.
    if (now < entry.advanceAt && entry.advanceAt - now <= MAX_ADVANCE_MS) return;
    try {
      this.#advance(entry, now);
    } catch (thrown) {
      // The record is full: the mode has changed, and the log says so.
      this.#options.log.warn(
        { image: entry.image, error: messageOf(thrown) },
        "a change of mode was not recorded",
      );
    }
  }

  #advance(entry: Entry, now: number): void {
    const { learner } = entry;
    const { settleMs, learnMs, watchMs } = learner.status().settings;
    const everyMs = Math.min(settleMs, learnMs, watchMs) / 2;
    entry.advanceAt = now + Math.min(Math.max(everyMs, MIN_ADVANCE_MS), MAX_ADVANCE_MS);
    for (const transition of learner.advance(now)) {
      entry.isChanged = true;
      this.#tellMode(entry, transition);
    }
  }

  #tellMode({ image, names }: Entry, { mode, by }: Transition, afresh = false): void {
    const actor = by === "timer" ? "agent" : by;
    const data = { image, names: [...names.keys()], mode, by, ...(afresh && { afresh }) };
    this.#options.audit.append({ class: "settings", action: "profile.mode-changed", actor, data });
    this.#options.log.info(data, "the mode of a profile changed");
  }

  #save(entry: Entry): void {
    const { files, elapsedMs, log } = this.#options;
    entry.savedAt = elapsedMs();
    try {
      const { image, learner, names } = entry;
      files.write(image, { names: [...names.keys()], learning: learner.toDocument() });
      entry.isChanged = false;
    } catch (thrown) {
      // The next one holds what this one would have.
      log.warn({ image: entry.image, error: messageOf(thrown) }, "a profile could not be saved");
    }
  }
}

function shown({ image, learner, names, lastEventAt }: Entry): LearnedImage {
  return { image, learner, names: [...names.keys()], lastEventAt };
}

function isUntouched(learner: ImageLearner): boolean {
  return learner.mode === "learn" && learner.profile.decisions.length === 0;
}

function noteName({ names }: Entry, name: string): void {
  if (name === "" || name.length > MAX_NAME || [...names.keys()].at(-1) === name) return;
  names.set(name, true);
}
