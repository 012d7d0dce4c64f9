import { type Digest, isDigest } from "@pratique/core";
import { compareText, type Decision, Decisions, MOST_DECISIONS } from "./decisions.ts";
import { DocumentReader } from "./document-reader.ts";
import { ProfileError } from "./errors.ts";
import { type Item, type ItemKind, itemKinds, kindShapes } from "./item.ts";
import { ItemStore } from "./item-store.ts";
import { LeveledSet, type SetShape } from "./leveled-set.ts";
import {
  type KindDocument,
  readDecision,
  readKind,
  readSet,
  type SetDocument,
  writeDecision,
  writeKind,
  writeSet,
} from "./profile-document.ts";
import { joinSpans, type Span } from "./span.ts";

/** What a source of events can see. What it cannot see was not learned, and is not to be taken away. */
export interface Sight {
  /** `all`: every system call of the container, by `EventFacts.systemCalls`; `some`: those that are event types. */
  readonly systemCalls: "all" | "some";
  /** `used`: each use of a capability, by `EventFacts.capabilities`; `implied`: by calls that cannot do without. */
  readonly capabilities: "used" | "implied";
}

/** Where something was learned, and by what. */
export interface Origin {
  readonly container: string;
  readonly host: string;
  readonly sight: Sight;
}

/** One thing that was learned, as fine as it is kept. */
export interface LearnedItem extends Item, Span {}

/** What is known of one kind, or of one subject of it. */
export interface Openness {
  readonly kind: ItemKind;
  /** Undefined where the whole kind is meant. */
  readonly subject: string | undefined;
  readonly since: number;
}

export interface ProfileDocument {
  readonly version: 1;
  readonly image: Digest;
  /** The first twelve characters of their ids. */
  readonly containers: SetDocument;
  readonly hosts: SetDocument;
  readonly sights: SetDocument;
  /** In the order of {@link itemKinds}, those of which nothing is known left out. */
  readonly kinds: readonly KindDocument[];
  /** Sorted by item. */
  readonly decisions: readonly ReturnType<typeof writeDecision>[];
}

const VERSION = 1;
/** Of origins it does not matter when. */
const NO_SPAN: Span = { first: 0, last: 0 };
const SEEN_IN: SetShape = { levels: [(value) => value], most: 64 };
const SIGHTS: SetShape = { levels: [(value) => value], most: 8 };

/** What containers of one image do. Its size has a bound, whatever they do. */
export class Profile {
  readonly image: Digest;
  readonly #stores = new Map<ItemKind, ItemStore>();
  readonly #decisions = new Decisions();
  #containers = new LeveledSet(SEEN_IN);
  #hosts = new LeveledSet(SEEN_IN);
  #sights = new LeveledSet(SIGHTS);

  constructor(image: Digest) {
    this.image = image;
  }

  learn(item: Item, span: Span): void {
    this.#store(item.kind).add(item, span);
  }

  /** Notes where something was learned, and by what. */
  learnFrom({ container, host, sight }: Origin): void {
    this.#containers.add(container.slice(0, 12), NO_SPAN);
    this.#hosts.add(host.slice(0, 64), NO_SPAN);
    this.#sights.add(`system-calls ${sight.systemCalls}`, NO_SPAN);
    this.#sights.add(`capabilities ${sight.capabilities}`, NO_SPAN);
  }

  /** People said yes to it, or it was learned and nobody said no. */
  knows(item: Item): boolean {
    const verdict = this.#decisions.verdictOf(item);
    if (verdict !== undefined) return verdict === "accepted";
    return this.#store(item.kind).covers(item);
  }

  /** It was learned as it is. What is not can be known, too: by a person's word, or since it cannot be told apart. */
  holds(item: Item): boolean {
    return this.#stores.get(item.kind)?.has(item) === true;
  }

  wasRejected(item: Item): boolean {
    return this.#decisions.verdictOf(item) === "rejected";
  }

  /** Notes that something that is known was seen again. */
  touch(item: Item, time: number): void {
    this.#stores.get(item.kind)?.touch(item, time);
  }

  /** @throws ProfileError `DECISIONS_TOO_MANY` */
  decide(decision: Decision): void {
    this.#decisions.decide(decision);
  }

  get decisions(): readonly Decision[] {
    return this.#decisions.list();
  }

  /** What was learned of a kind, sorted; without what people rejected, with what they accepted. */
  list(kind: ItemKind): readonly LearnedItem[] {
    const found: LearnedItem[] = [];
    for (const [subject, set] of this.#stores.get(kind)?.subjects ?? []) {
      for (const [value, span] of set.values) found.push({ kind, subject, value, ...span });
    }
    const learned = found.filter((item) => !this.wasRejected(item));
    const accepted = this.#accepted(kind).filter(
      (item) => !learned.some(({ subject, value }) => subject === item.subject && value === item.value),
    );
    return [...learned, ...accepted].sort(
      (left, right) => compareText(left.subject, right.subject) || compareText(left.value, right.value),
    );
  }

  /** What there was too much of to know, so that nothing of it is judged. */
  openings(): readonly Openness[] {
    const openings: Openness[] = [];
    for (const kind of itemKinds) {
      const store = this.#stores.get(kind);
      if (store?.open !== undefined) openings.push({ kind, subject: undefined, since: store.open.first });
      const subjects = [...(store?.subjects ?? [])].sort(([left], [right]) => compareText(left, right));
      for (const [subject, { open }] of subjects) {
        if (open !== undefined) openings.push({ kind, subject, since: open.first });
      }
    }
    return openings;
  }

  isOpen(kind: ItemKind): boolean {
    return this.openings().some((opening) => opening.kind === kind);
  }

  /** When anything was learned. */
  get span(): Span | undefined {
    let all: Span | undefined;
    for (const { span } of this.#stores.values()) if (span !== undefined) all = joinSpans(all, span);
    return all;
  }

  /** What every source saw: the least of all of them; undefined where there was none. */
  get sight(): Sight | undefined {
    if (this.#sights.isEmpty) return undefined;
    return {
      systemCalls: this.#sights.has("system-calls some") ? "some" : "all",
      capabilities: this.#sights.has("capabilities implied") ? "implied" : "used",
    };
  }

  /** How many containers and hosts it was learned from; undefined for more than are counted. */
  get origins(): { readonly containers: number | undefined; readonly hosts: number | undefined } {
    const count = (set: LeveledSet) => (set.open === undefined ? set.values.size : undefined);
    return { containers: count(this.#containers), hosts: count(this.#hosts) };
  }

  /** Forgets what was not seen since then. What people said stays. */
  age(before: number): void {
    for (const store of this.#stores.values()) store.age(before);
  }

  /**
   * Adds what another profile of the image knows. The order does not matter, nor how often.
   *
   * @throws ProfileError `PROFILE_OF_OTHER_IMAGE`
   */
  join(other: Profile): void {
    if (other.image !== this.image) {
      throw new ProfileError(
        "PROFILE_OF_OTHER_IMAGE",
        `expected a profile of ${this.image}, found ${other.image}`,
      );
    }
    for (const [kind, store] of other.#stores) this.#store(kind).join(store);
    this.#containers.join(other.#containers);
    this.#hosts.join(other.#hosts);
    this.#sights.join(other.#sights);
    this.#decisions.join(other.#decisions);
  }

  toDocument(): ProfileDocument {
    const kinds = itemKinds.flatMap((kind) => {
      const store = this.#stores.get(kind);
      return store === undefined || store.isEmpty ? [] : [writeKind(kind, store)];
    });
    return {
      version: VERSION,
      image: this.image,
      containers: writeSet(this.#containers),
      hosts: writeSet(this.#hosts),
      sights: writeSet(this.#sights),
      kinds,
      decisions: this.#decisions.list().map(writeDecision),
    };
  }

  /**
   * Reads what {@link toDocument} gave.
   *
   * @throws ProfileError `PROFILE_MALFORMED`, `PROFILE_VERSION_UNKNOWN`, `ITEM_MALFORMED`
   */
  static parse(document: unknown, place = "profile"): Profile {
    checkVersion(document, VERSION, place);
    const parts = new DocumentReader(document, place).members([
      "version",
      "image",
      "containers",
      "hosts",
      "sights",
      "kinds",
      "decisions",
    ]);
    const image = parts.image.text(100);
    if (!isDigest(image)) throw parts.image.error("expected a digest");
    const profile = new Profile(image);
    profile.#containers = readSet(parts.containers, SEEN_IN);
    profile.#hosts = readSet(parts.hosts, SEEN_IN);
    profile.#sights = readSet(parts.sights, SIGHTS);
    profile.#readKinds(parts.kinds);
    for (const one of parts.decisions.list(MOST_DECISIONS)) profile.decide(readDecision(one));
    return profile;
  }

  #readKinds(reader: DocumentReader): void {
    let before = -1;
    for (const one of reader.list(itemKinds.length)) {
      const kind = one.members(["kind", "open", "subjects"]).kind.oneOf(itemKinds);
      if (itemKinds.indexOf(kind) <= before) throw one.error("expected each kind once, and in order");
      before = itemKinds.indexOf(kind);
      readKind(one, kind, this.#store(kind));
    }
  }

  #accepted(kind: ItemKind): readonly LearnedItem[] {
    return this.#decisions
      .list()
      .filter(({ item, verdict }) => item.kind === kind && verdict === "accepted")
      .map(({ item, at }) => ({ ...item, first: at, last: at }));
  }

  #store(kind: ItemKind): ItemStore {
    const known = this.#stores.get(kind);
    if (known !== undefined) return known;
    const store = new ItemStore(kindShapes[kind]);
    this.#stores.set(kind, store);
    return store;
  }
}

/** A document of another version is told apart from one that is broken: somebody may have gone back to an older release. */
export function checkVersion(document: unknown, version: number, place: string): void {
  if (typeof document !== "object" || document === null || !("version" in document)) return;
  if (document.version === version) return;
  throw new ProfileError(
    "PROFILE_VERSION_UNKNOWN",
    `${place}: expected version ${version}, found ${JSON.stringify(document.version)}`,
  );
}
