import type { Contact, ContactKind, Meeting, PastContainer } from "./contact.ts";
import { MAX_BLOCK_CONTACTS, type PastBlock, type PastShare } from "./past-file.ts";

/**
 * What one container may have kept of an hour, by what it is about. Apart, so that neither callers from outside nor a
 * million made-up names can push out the addresses that a container itself calls.
 */
const SHARES = { called: 4096, callers: 1024, names: 4096 } as const;
type Group = keyof typeof SHARES;

/** So much of each group every container has whatever the others do; what goes beyond is taken from the pool. */
const ASSURED = 16;
const POOL = 65_536;
const MAX_CONTAINERS = 2048;
const MAX_ANSWERS = 16;
const MAX_TEXT = 512;
/** Texts as long as this take as much as another contact. */
const UNIT_CHARS = 128;
const MAX_LABELS = 64;
const MAX_LABEL_CHARS = 256;

const groupOf: Readonly<Record<ContactKind, Group>> = {
  out: "called",
  in: "callers",
  name: "names",
  alias: "names",
  sni: "names",
};

interface Held {
  kind: ContactKind;
  peer: string;
  port: number;
  protocol: Contact["protocol"];
  executable: string;
  reached: boolean;
  name: string;
  answers: string[];
  firstAt: number;
  lastAt: number;
  count: number;
  /** What has to be written of it. */
  due: "nothing" | "change" | "all";
}

interface Share {
  container: PastContainer;
  readonly held: Map<string, Held>;
  readonly spent: Record<Group, number>;
  leftOut: number;
  leftOutDue: boolean;
}

/** The contacts of one hour, each once, bounded whatever containers do. */
export class PastHour {
  /** Milliseconds since 1970. */
  readonly startsAt: number;
  readonly #shares = new Map<string, Share>();
  #pool = POOL;
  /** Counts the meetings of containers that found no place at all. */
  readonly #others: Share = emptyShare(nobody);
  /** That the hour is watched is told once, whatever happens in it. */
  #isDue = true;

  constructor(startsAt: number) {
    this.startsAt = startsAt;
  }

  /** Takes back what was written of this hour before. */
  restore({ shares }: PastBlock): void {
    for (const { container, contacts, leftOut } of shares) {
      const share = container.id === "" ? this.#others : this.#shareOf(container);
      share.leftOut = Math.max(share.leftOut, leftOut);
      for (const contact of contacts) this.#restore(share, contact);
    }
  }

  /** To be called for each meeting: it looks into two maps, and writes nothing. */
  meet(container: PastContainer, meeting: Meeting): void {
    const share = this.#shareOf(container);
    const key = keyOf(meeting);
    const held = share.held.get(key);
    if (held !== undefined) again(held, meeting);
    else if (share !== this.#others && this.#pays(share, meeting)) share.held.set(key, heldOf(meeting));
    else {
      share.leftOut += 1;
      share.leftOutDue = true;
    }
  }

  /**
   * What is to be written now, in blocks: contacts that are new, with `changed` those that went on as well, and with
   * `whole` all of them. Nothing, where nothing has happened, but once for each hour: that it was watched.
   */
  *take(what: "new" | "changed" | "whole"): Generator<PastBlock, void, undefined> {
    const wasDue = this.#isDue;
    this.#isDue = false;
    const whole = what === "whole";
    let shares: PastShare[] = [];
    let room = MAX_BLOCK_CONTACTS;
    let given = 0;
    for (const share of [...this.#shares.values(), this.#others]) {
      const contacts = [...taken(share, what)];
      if (contacts.length === 0 && !share.leftOutDue && !(whole && share.leftOut > 0)) continue;
      share.leftOutDue = false;
      const { container } = share;
      for (let at = 0; at === 0 || at < contacts.length; ) {
        const part = contacts.slice(at, at + room);
        // Told once: whoever adds up what was left out adds up all blocks of a whole file.
        shares.push({ container, contacts: part, leftOut: at === 0 || !whole ? share.leftOut : 0 });
        at += Math.max(part.length, 1);
        room -= Math.max(part.length, 1);
        if (room > 0) continue;
        yield { whole, shares };
        given += 1;
        [shares, room] = [[], MAX_BLOCK_CONTACTS];
      }
    }
    if (shares.length > 0 || (given === 0 && (whole || wasDue))) yield { whole, shares };
  }

  #shareOf(container: PastContainer): Share {
    const known = this.#shares.get(container.id);
    if (known !== undefined) {
      // The first that was seen of it may have come before anybody could tell what it is.
      if (known.container.image === "" && container.image !== "") known.container = bounded(container);
      return known;
    }
    if (this.#shares.size >= MAX_CONTAINERS) return this.#others;
    const share = emptyShare(bounded(container));
    this.#shares.set(container.id, share);
    return share;
  }

  #pays({ spent }: Share, meeting: Pick<Meeting, "kind" | "peer" | "executable">): boolean {
    const group = groupOf[meeting.kind];
    const price = 1 + Math.floor((meeting.peer.length + meeting.executable.length) / UNIT_CHARS);
    if (spent[group] + price > SHARES[group]) return false;
    if (spent[group] + price > ASSURED) {
      if (this.#pool < price) return false;
      this.#pool -= price;
    }
    spent[group] += price;
    return true;
  }

  #restore(share: Share, contact: Contact): void {
    const key = keyOf(contact);
    if (!share.held.has(key) && !this.#pays(share, contact)) return;
    share.held.set(key, { ...contact, answers: [...contact.answers], due: "nothing" });
  }
}

function keyOf({ kind, peer, port, protocol, executable }: Omit<Meeting, "time" | "reached">): string {
  return `${kind} ${protocol} ${port} ${peer} ${executable}`;
}

/** Whose meetings are counted that found no place with the others. */
const nobody: PastContainer = {
  id: "",
  runtime: "",
  name: "",
  image: "",
  imageId: "",
  imageDigest: "",
  labels: {},
  own: false,
};

function emptyShare(container: PastContainer): Share {
  const spent = { called: 0, callers: 0, names: 0 };
  return { container, held: new Map(), spent, leftOut: 0, leftOutDue: false };
}

function heldOf({ kind, peer, port, protocol, executable, ...meeting }: Meeting): Held {
  const { time, reached, name = "", answers = [], isAnswer = false } = meeting;
  return {
    kind,
    peer: peer.slice(0, MAX_TEXT),
    port,
    protocol,
    executable: executable.slice(0, MAX_TEXT),
    reached,
    name: name.slice(0, MAX_TEXT),
    answers: answers.slice(0, MAX_ANSWERS),
    firstAt: time,
    lastAt: time,
    count: isAnswer ? 0 : 1,
    due: "all",
  };
}

function again(held: Held, { time, reached, name, answers, isAnswer = false }: Meeting): void {
  if (!isAnswer) held.count += 1;
  // Events wait for who they are about, and come in any order then.
  held.firstAt = Math.min(held.firstAt, time);
  held.lastAt = Math.max(held.lastAt, time);
  held.reached ||= reached;
  if (name !== undefined && name !== "") held.name = name.slice(0, MAX_TEXT);
  for (const answer of answers ?? []) {
    if (held.answers.length < MAX_ANSWERS && !held.answers.includes(answer)) held.answers.push(answer);
  }
  if (held.due === "nothing") held.due = "change";
}

function* taken({ held }: Share, what: "new" | "changed" | "whole"): Generator<Contact, void, undefined> {
  for (const each of held.values()) {
    const isWanted = what === "whole" || each.due === "all" || (what === "changed" && each.due === "change");
    if (!isWanted) continue;
    each.due = "nothing";
    const { due: _due, ...contact } = each;
    yield { ...contact, answers: [...each.answers], count: Math.max(each.count, 1) };
  }
}

/** Labels are chosen by whoever starts the container. */
function bounded(container: PastContainer): PastContainer {
  const labels = Object.entries(container.labels)
    .filter(([key, value]) => key.length <= MAX_LABEL_CHARS && value.length <= MAX_LABEL_CHARS)
    .slice(0, MAX_LABELS);
  const { name, image } = container;
  return {
    ...container,
    name: name.slice(0, MAX_TEXT),
    image: image.slice(0, MAX_TEXT),
    labels: Object.fromEntries(labels),
  };
}
