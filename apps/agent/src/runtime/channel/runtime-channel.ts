import { type FSWatcher, mkdirSync, watch } from "node:fs";
import type { ContainerRuntimeReport } from "@pratique/api";
import { type Detection, type Indicator, messageOf, RecentMap, type RuntimeEndpoint } from "@pratique/core";
import {
  canonicalName,
  currentSnapshot,
  Guard,
  type IntelSet,
  type ListedIndicator,
  openSet,
  parseObservable,
} from "@pratique/intel";
import type { BreakerLimits, ChannelHit } from "@pratique/response";
import {
  channelHooks,
  readAddress,
  recordFlags,
  type SensorEvent,
  type SensorNotice,
  type TrackedContainer,
  type TrackedProcess,
  wireTags,
} from "@pratique/sensor";
import type { AgentLogger } from "../../agent-logger.ts";
import { lineage, runtimeContainerOf } from "../detections/detection-of.ts";
import { measureOfIndicator } from "../prevention/prevent-commands.ts";
import type { RuntimeChoices } from "../runtime-messages.ts";
import type { SensorCommands } from "../runtime-watch.ts";
import { type Answered, AnsweredNames } from "./answered-names.ts";
import { type HeldIndicator, HeldIndicators, type Met } from "./held-indicators.ts";
import type { Peer, Talk } from "./talks.ts";

export interface RuntimeChannelOptions {
  readonly directory: string;
  readonly mode: RuntimeChoices["channel"];
  readonly commands: SensorCommands;
  /** Where it is kept what is held, and what a person has confirmed. */
  readonly stateFile: string;
  readonly save: (file: string, text: string) => void;
  /** Addresses and networks that nobody is cut from because a listed name was answered with them. */
  readonly neverCut: readonly string[];
  readonly containers: () => Iterable<TrackedContainer>;
  /** Whether a container runs, and is cut off what is listed. */
  readonly isConcerned: (container: TrackedContainer) => boolean;
  /** Whom processes of containers talk to now. Never rejects. */
  readonly talks: () => Promise<readonly Talk[]>;
  /** Whom a container talked to a few minutes ago. */
  readonly latePeersOf: (container: TrackedContainer) => readonly Peer[];
  readonly limits: () => BreakerLimits;
  /** Who meets what a set lists that has just come into force: whoever is cut off is not to wait for the next second. */
  readonly onMet: (peer: ListedPeer) => void;
  /** A new set would cut off most containers from this: a person has to hear of it. */
  readonly onHeld: (held: readonly HeldIndicator[]) => void;
  readonly newId: () => string;
  readonly now: () => number;
  readonly log: AgentLogger;
}

/** A container met a listed peer. */
export interface ListedPeer {
  readonly detection: Detection;
  /** Absent where what is listed is only told: nothing is done about it. */
  readonly hit: ChannelHit | undefined;
}

type Flow = ContainerRuntimeReport["flows"][number];

/** What a container met, and how. */
interface Meeting {
  readonly container: TrackedContainer;
  readonly remote: RuntimeEndpoint;
  /** What was asked for or shown; empty where an address was met. */
  readonly name: string;
  readonly answered: readonly string[];
  readonly protocol: ChannelHit["protocol"];
  readonly pid: number;
  readonly processes: Detection["processes"];
  readonly eventType: "dns" | "connect";
  readonly prevented: boolean;
  readonly suppressed: number;
}

/** What was told about one container and indicator is not told again for so long. */
const AGAIN_AFTER_MS = 60_000;
const MAX_TOLD = 8192;
const MAX_WAITING = 1024;
/** Answers that are looked at in one second: each takes some questions to the set, and the thread has other work. */
const ANSWERS_A_SECOND = 500;
const ANSWERS_OF_ONE_A_SECOND = 100;
const MAX_UNLOOKED = 8192;
/** Of the set's directory this one is replaced when there is another set. */
const POINTER = "current";
const RULE = "Channel to a listed peer";
const TCP = 6;
const UDP = 17;

/** Has the kernel look for listed peers, by the newest set, and tells who met one. */
export class RuntimeChannel implements Disposable {
  readonly #options: RuntimeChannelOptions;
  readonly #told = new RecentMap<string, number>(MAX_TOLD);
  readonly #answers = new AnsweredNames();
  readonly #held: HeldIndicators;
  readonly #guard: Guard;
  #set: IntelSet | undefined;
  #loaded: string | undefined;
  /** Of containers that are not known yet, and by a set that is being put in force. */
  #waiting: SensorNotice[] = [];
  #isTaking = false;
  /** Answers that nobody has compared with the set yet. */
  #unlooked: Answered[] = [];
  #looked = new Map<string, number>();
  #failed = "";
  #watcher: FSWatcher | undefined;
  /** One after the other: the native sensor reads one set at a time. */
  #refreshing: Promise<void> = Promise.resolve();

  constructor(options: RuntimeChannelOptions) {
    this.#options = options;
    this.#held = new HeldIndicators(options.stateFile, options.save);
    this.#guard = new Guard(options.neverCut);
  }

  [Symbol.dispose](): void {
    this.#watcher?.close();
    this.#watcher = undefined;
    this.#set?.[Symbol.dispose]();
    this.#set = undefined;
  }

  /** Which set is in force: empty where there is none. */
  get revision(): string {
    return this.#set?.revision ?? "";
  }

  /** Why a set is not in force; empty where nothing is wrong. */
  get failure(): string {
    return this.#failed;
  }

  /** What is told and not refused until a person confirms it. */
  get held(): readonly HeldIndicator[] {
    return this.#held.held;
  }

  /** A report, in which each flow tells what of the set in force its peer is. */
  marked(report: ContainerRuntimeReport): ContainerRuntimeReport {
    const flows = report.flows.map((flow) => {
      const listed = this.#listingOf(flow);
      return listed === undefined ? flow : { ...flow, listed };
    });
    return { ...report, flows };
  }

  /** The native sensor began anew and has no set. Never rejects. */
  async begin(): Promise<void> {
    this.#watchPointer();
    await this.#refreshInTurn(true);
  }

  /** Takes a new set, if there is one. Never rejects: the one before stays in force. */
  async refresh(): Promise<void> {
    await this.#refreshInTurn(false);
  }

  /** A person says that what is held is right. False where nothing of that value is. */
  async confirm(value: string): Promise<boolean> {
    if (!this.#held.confirm(value)) return false;
    // What was only told is to be acted on now.
    this.#told.clear();
    await this.#refreshInTurn(true);
    return true;
  }

  /** Undefined for what is no listed peer: a measure of a rule, a hash that only looks like a listed name, a repetition. */
  noticed(notice: SensorNotice): ListedPeer | undefined {
    const { kind, record, container } = notice;
    if (kind !== "channel" || container === undefined) return undefined;
    const id = record.number(wireTags.number0) ?? 0;
    if (measureOfIndicator(id) !== undefined) return undefined;
    // The kernel may have the next set already, whose numbers are those of other indicators.
    if (container.details === undefined || (this.#isTaking && !this.#isOfSet(id, notice))) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(notice);
      return undefined;
    }
    const listed = this.#set?.byId(id);
    if (listed === undefined || !isMeant(listed, notice) || this.#isQuarantine(id, notice)) return undefined;
    // Whatever was listed for may have been met by its name before, and its addresses not.
    const peer = readAddress(record, wireTags.remote)?.address ?? "";
    if (!this.#isNew(container, listed, isByName(notice) ? [peer] : [])) return undefined;
    return this.#peerOf(listed, meetingOf(notice, container));
  }

  /** Looks at what names were answered with. To be called with each event. */
  observed(event: SensorEvent): readonly ListedPeer[] {
    const { dnsMessage, tracked } = event;
    if (dnsMessage?.isResponse !== true || tracked === undefined || this.#options.mode === "off") return [];
    const answered = this.#answers.observe(tracked.identity.id, dnsMessage, this.#options.now());
    if (answered === undefined || this.#set === undefined) return [];
    const { containerId } = answered;
    const number = (this.#looked.get(containerId) ?? 0) + 1;
    const sum = (this.#looked.get("") ?? 0) + 1;
    if (number > ANSWERS_OF_ONE_A_SECOND || sum > ANSWERS_A_SECOND) {
      if (this.#unlooked.length < MAX_UNLOOKED) this.#unlooked.push(answered);
      return [];
    }
    this.#looked.set(containerId, number).set("", sum);
    return this.#compare(answered);
  }

  /**
   * What was told of containers, or by a set, that are known by now, and what names were answered with that nobody had time for. To
   * be called every second or so.
   */
  waited(): readonly ListedPeer[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    this.#looked = new Map();
    const peers = waiting.map((notice) => this.noticed(notice)).filter((peer) => peer !== undefined);
    return [
      ...peers,
      ...this.#unlooked.splice(0, ANSWERS_A_SECOND).flatMap((answered) => this.#compare(answered)),
    ];
  }

  async #refreshInTurn(isAnew: boolean): Promise<void> {
    const refreshed = this.#refreshing.then(() => this.#refresh(isAnew));
    this.#refreshing = refreshed;
    await refreshed;
  }

  async #refresh(isAnew: boolean): Promise<void> {
    const { mode, directory, log } = this.#options;
    if (mode === "off") return;
    if (isAnew) this.#loaded = undefined;
    try {
      const snapshot = currentSnapshot(directory);
      if (snapshot === undefined || snapshot.revision === this.#loaded) return;
      await this.#take(snapshot);
      this.#failed = "";
    } catch (thrown) {
      const failure = messageOf(thrown);
      if (failure !== this.#failed)
        log.warn({ error: failure }, "listed peers are not looked for by the newest set");
      this.#failed = failure;
    }
  }

  #listingOf({ name, address, port }: Flow): Flow["listed"] {
    const byName = name === "" ? [] : (this.#set?.byName(name) ?? []);
    const byAddress = address === "" ? [] : (this.#set?.byAddress(address, port) ?? []);
    const found = [...byName, ...byAddress];
    const listed = (found.find(isBlocking) ?? found[0])?.indicator;
    return listed === undefined ? undefined : { value: listed.value, source: listed.source };
  }

  /** So that a new set need not wait for the next second. Where it cannot be watched, it does. */
  #watchPointer(): void {
    const { directory, mode } = this.#options;
    if (mode === "off" || this.#watcher !== undefined) return;
    try {
      mkdirSync(directory, { recursive: true, mode: 0o700 });
      this.#watcher = watch(directory, (_, name) => {
        if (name === POINTER && this.#loaded !== undefined) void this.refresh();
      });
      this.#watcher.on("error", () => this.#watcher?.close());
    } catch (thrown) {
      this.#options.log.info({ error: messageOf(thrown) }, "the directory of sets is not watched");
    }
  }

  /** What a quarantine refuses has the number of the first indicator. */
  #isQuarantine(id: number, notice: SensorNotice): boolean {
    return id === 0 && !isByName(notice) && !this.#isOfSet(id, notice);
  }

  /** Whether what was met is listed by this number in the set that is in force here. */
  #isOfSet(id: number, notice: SensorNotice): boolean {
    if (isByName(notice)) {
      const listed = this.#set?.byId(id);
      return listed !== undefined && isMeant(listed, notice);
    }
    const remote = readAddress(notice.record, wireTags.remote);
    if (remote === undefined) return true;
    return (this.#set?.byAddress(remote.address, remote.port) ?? []).some((each) => each.id === id);
  }

  async #take({ path, revision }: { readonly path: string; readonly revision: string }): Promise<void> {
    const { directory, now, commands, log, mode, onMet } = this.#options;
    const set = openSet(directory, { now });
    this.#isTaking = true;
    let talks: readonly Talk[];
    try {
      talks = await this.#options.talks();
      // What is only told cuts nobody off.
      if (mode === "cut" && revision !== this.#held.revision) this.#judge(set, talks);
      const exempt = this.#held.exemptions();
      const reply = await commands.command("channel", { mode: "enforce", set: path, ...exempt });
      log.info({ revision, v4: reply.v4, v6: reply.v6, names: reply.names }, "listed peers are looked for");
    } catch (thrown) {
      set[Symbol.dispose]();
      throw thrown;
    } finally {
      this.#isTaking = false;
    }
    this.#set?.[Symbol.dispose]();
    this.#set = set;
    this.#loaded = revision;
    // Names that were asked for before they were listed.
    this.#unlooked = [...this.#answers.all(now())];
    for (const peer of this.waited()) onMet(peer);
    for (const peer of this.#openTo(talks)) onMet(peer);
  }

  /** Who talks to a peer that has just been listed, whether or not another packet is ever sent. */
  *#openTo(talks: readonly Talk[]): Generator<ListedPeer, void, void> {
    for (const { container, process, address, port, protocol } of talks) {
      const found = this.#set?.byAddress(address, port) ?? [];
      const listed = found.find(isBlocking) ?? found[0];
      if (listed === undefined || !this.#isConcerned(container)) continue;
      if (!this.#isNew(container, listed, [])) continue;
      const peer = this.#peerOf(listed, {
        container,
        remote: { address, port },
        name: "",
        answered: [],
        protocol,
        pid: process.pid,
        processes: lineageOf(process),
        eventType: "connect",
        prevented: this.#options.mode === "cut" && isBlocking(listed) && !this.#held.isHeld(listed.indicator),
        suppressed: 0,
      });
      if (peer !== undefined) yield peer;
    }
  }

  #isConcerned(container: TrackedContainer): boolean {
    return container.details !== undefined && this.#options.isConcerned(container);
  }

  /** Holds what a new set would cut too many containers off from. */
  #judge(set: IntelSet, talks: readonly Talk[]): void {
    const { containers, limits, now, onHeld } = this.#options;
    const running = [...containers()].filter((container) => this.#isConcerned(container));
    const met = this.#metIn(set, running, talks);
    const most = Math.max(1, Math.floor(running.length * limits().shareOfHost));
    const fields = { revision: set.revision, running: running.length, met: met.length, most };
    this.#options.log.info(fields, "a new set was compared with what containers talk to");
    const added = this.#held.judge(set.revision, {
      met,
      running: running.length,
      most,
      since: new Date(now()).toISOString(),
      lists: (kind, value) =>
        (kind === "domain" ? set.byName(value) : set.find(value)).some(
          ({ indicator }) => indicator.kind === kind && indicator.value === value,
        ),
    });
    if (added.length > 0) onHeld(added);
  }

  #metIn(set: IntelSet, containers: readonly TrackedContainer[], talks: readonly Talk[]): readonly Met[] {
    const met = new Map<string, { readonly indicator: Indicator; readonly containers: Set<string> }>();
    const note = (id: string, found: readonly ListedIndicator[], before: readonly ListedIndicator[]) => {
      // What was refused by the set before is not talked to: it was tried.
      if (before.some(isBlocking)) return;
      for (const { indicator } of found.filter(isBlocking)) {
        const key = `${indicator.kind} ${indicator.value}`;
        const known = met.get(key) ?? { indicator, containers: new Set<string>() };
        known.containers.add(id);
        met.set(key, known);
      }
    };
    const noteAddress = (id: string, { address, port }: Peer) =>
      note(id, set.byAddress(address, port), this.#set?.byAddress(address, port) ?? []);
    const concerned = new Set(containers.map(({ identity }) => identity.id));
    for (const container of containers) {
      for (const peer of this.#options.latePeersOf(container)) noteAddress(container.identity.id, peer);
    }
    for (const talk of talks) {
      if (concerned.has(talk.container.identity.id)) noteAddress(talk.container.identity.id, talk);
    }
    for (const { containerId, names } of this.#answers.all(this.#options.now())) {
      if (!concerned.has(containerId)) continue;
      for (const name of names) note(containerId, set.byName(name), this.#set?.byName(name) ?? []);
    }
    return [...met.values()];
  }

  /** By the value and not by the number, which another set gives to another indicator. */
  #isNew(
    { identity }: TrackedContainer,
    { indicator }: ListedIndicator,
    addresses: readonly string[],
  ): boolean {
    const { now } = this.#options;
    const key = [identity.id, indicator.kind, indicator.value, ...addresses].join(" ");
    if (now() - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return false;
    this.#told.set(key, now());
    return true;
  }

  /** A listed name was answered: whoever is at the addresses is a listed peer, too. */
  #compare({ containerId, names, addresses }: Answered): readonly ListedPeer[] {
    const container = [...this.#options.containers()].find(({ identity }) => identity.id === containerId);
    if (container === undefined) return [];
    for (const name of names) {
      const [listed] = (this.#set?.byName(name) ?? []).filter(isBlocking);
      if (listed === undefined) continue;
      const answered = addresses.filter((address) => this.#mayBeCut(address));
      if (!this.#isNew(container, listed, answered)) return [];
      const peer = this.#peerOf(listed, {
        container,
        remote: { address: "", port: 0 },
        name,
        answered,
        protocol: "other",
        pid: 0,
        processes: [],
        eventType: "dns",
        prevented: false,
        suppressed: 0,
      });
      return peer === undefined ? [] : [peer];
    }
    return [];
  }

  /** Whoever answers for a listed name says what the addresses are: they may be the resolver's, or a neighbour's. */
  #mayBeCut(address: string): boolean {
    const observable = parseObservable(address, "address");
    return observable.kind === "address" && this.#guard.faultOf(observable) === undefined;
  }

  #peerOf(listed: ListedIndicator, meeting: Meeting): ListedPeer | undefined {
    const { indicator } = listed;
    const { container, remote, name, answered, prevented } = meeting;
    const id = this.#options.newId();
    const time = new Date(this.#options.now()).toISOString();
    const peer = name === "" ? `${remote.address}:${remote.port}` : name;
    const about = runtimeContainerOf(container.details);
    if (about === undefined) return undefined;
    const isHeld = this.#held.isHeld(indicator);
    const seen = prevented ? "was refused" : isHeld ? "was seen, and waits to be confirmed" : "was seen";
    const addresses = answered.length === 0 ? "" : ` answered=${answered.join(",")}`;
    const detection: Detection = {
      id,
      rule: RULE,
      description: `A container met a peer that ${indicator.source} lists.`,
      priority: "critical",
      tags: ["container", "mitre_command_and_control", "T1071"],
      time,
      eventType: meeting.eventType,
      output: `${RULE} ${seen} (peer=${peer}${addresses} listed=${indicator.value} source=${indicator.source} family=${indicator.family} container=${about.name} image=${about.image})`,
      fields: { peer, listed: indicator.value, source: indicator.source, family: indicator.family },
      matched: [],
      container: about,
      processes: meeting.processes,
      action: undefined,
      outcome: prevented ? "prevented" : "none",
      suppressed: meeting.suppressed,
    };
    // Of two rows of an address, one of them to be told only, the kernel names either.
    if (isHeld || !(isBlocking(listed) || prevented)) return { detection, hit: undefined };
    const hit: ChannelHit = {
      id,
      container: about,
      indicator,
      remote,
      answered,
      confirmed: this.#held.isConfirmed(indicator),
      protocol: meeting.protocol,
      pid: meeting.pid,
      time,
      prevented,
    };
    return { detection, hit };
  }
}

function meetingOf(notice: SensorNotice, container: TrackedContainer): Meeting {
  const { record, process } = notice;
  const end = readAddress(record, wireTags.remote);
  const isQuestion = isAsked(notice);
  return {
    container,
    // Whoever was asked for a name is nobody to be cut from.
    remote:
      end === undefined || isQuestion ? { address: "", port: 0 } : { address: end.address, port: end.port },
    name: record.text(wireTags.text) ?? "",
    answered: [],
    protocol: end?.protocol === TCP ? "tcp" : end?.protocol === UDP ? "udp" : "other",
    pid: record.pid,
    processes: process === undefined ? [] : lineageOf(process),
    eventType: isQuestion ? "dns" : "connect",
    prevented: (record.flags & recordFlags.prevented) !== 0,
    suppressed: record.number(wireTags.number2) ?? 0,
  };
}

function lineageOf(process: TrackedProcess): Detection["processes"] {
  return lineage(process, { userName: (each) => String(each.facts.euid) });
}

function isBlocking({ indicator, reportOnlyBy }: ListedIndicator): boolean {
  return reportOnlyBy === undefined && indicator.kind !== "url" && indicator.kind !== "hash";
}

function isAsked({ record }: SensorNotice): boolean {
  return record.number(wireTags.number1) === channelHooks.name;
}

function isByName({ record }: SensorNotice): boolean {
  const hook = record.number(wireTags.number1);
  return hook === channelHooks.name || hook === channelHooks.sni;
}

/** The kernel knows names by their hash. */
function isMeant({ indicator }: ListedIndicator, notice: SensorNotice): boolean {
  if (!isByName(notice)) return true;
  const name = canonicalName(notice.record.text(wireTags.text) ?? "");
  return name !== undefined && (name === indicator.value || name.endsWith(`.${indicator.value}`));
}
