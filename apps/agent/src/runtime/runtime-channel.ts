import { type Detection, messageOf, RecentMap, type RuntimeEndpoint } from "@pratique/core";
import {
  canonicalName,
  currentSnapshot,
  type IntelSet,
  type ListedIndicator,
  openSet,
} from "@pratique/intel";
import type { ChannelHit } from "@pratique/response";
import { channelHooks, readAddress, recordFlags, type SensorNotice, wireTags } from "@pratique/sensor";
import type { AgentLogger } from "../agent.ts";
import { lineage, runtimeContainerOf } from "./detection-of.ts";
import { measureOfIndicator } from "./prevention/prevent-commands.ts";
import type { RuntimeChoices } from "./runtime-messages.ts";
import type { SensorCommands } from "./runtime-watch.ts";

export interface RuntimeChannelOptions {
  readonly directory: string;
  readonly mode: RuntimeChoices["channel"];
  readonly commands: SensorCommands;
  readonly newId: () => string;
  readonly now: () => number;
  readonly log: AgentLogger;
}

/** A container met a listed peer. */
export interface ListedPeer {
  readonly detection: Detection;
  /**
   * Absent where nothing is to be done: what is listed is a name that was asked for, and whoever was asked is nobody to
   * be cut from; or it is told and not blocked, as what is on a warning list.
   */
  readonly hit: ChannelHit | undefined;
}

/** What was told about one container and indicator is not told again for so long. */
const AGAIN_AFTER_MS = 60_000;
const MAX_TOLD = 8192;
const MAX_WAITING = 1024;
const RULE = "Channel to a listed peer";
const TCP = 6;
const UDP = 17;

/** Has the kernel look for listed peers, by the newest set, and tells who met one. */
export class RuntimeChannel implements Disposable {
  readonly #options: RuntimeChannelOptions;
  readonly #told = new RecentMap<string, number>(MAX_TOLD);
  #set: IntelSet | undefined;
  #loaded: string | undefined;
  /** Of containers that are not known yet. */
  #waiting: SensorNotice[] = [];
  #failed = "";

  constructor(options: RuntimeChannelOptions) {
    this.#options = options;
  }

  [Symbol.dispose](): void {
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

  /** The native sensor began anew and has no set. Never rejects. */
  async begin(): Promise<void> {
    this.#loaded = undefined;
    await this.refresh();
  }

  /** Takes a new set, if there is one. Never rejects: the one before stays in force. */
  async refresh(): Promise<void> {
    const { mode, directory, log } = this.#options;
    if (mode === "off") return;
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

  /** Undefined for what is no listed peer: a measure of a rule, a hash that only looks like a listed name, a repetition. */
  noticed(notice: SensorNotice): ListedPeer | undefined {
    const { kind, record, container } = notice;
    if (kind !== "channel" || container === undefined) return undefined;
    if (container.details === undefined) {
      if (this.#waiting.length < MAX_WAITING) this.#waiting.push(notice);
      return undefined;
    }
    const id = record.number(wireTags.number0) ?? 0;
    if (measureOfIndicator(id) !== undefined) return undefined;
    const listed = this.#set?.byId(id);
    if (listed === undefined || !isMeant(listed, notice) || this.#isQuarantine(id, notice)) return undefined;
    const { now } = this.#options;
    const key = `${container.identity.id} ${id}`;
    if (now() - (this.#told.get(key) ?? Number.NEGATIVE_INFINITY) < AGAIN_AFTER_MS) return undefined;
    this.#told.set(key, now());
    return this.#peerOf(listed, notice);
  }

  /** What was told of containers that are known by now. To be called every second or so. */
  waited(): readonly ListedPeer[] {
    const waiting = this.#waiting;
    this.#waiting = [];
    return waiting.map((notice) => this.noticed(notice)).filter((peer) => peer !== undefined);
  }

  /** What a quarantine refuses has the number of the first indicator. */
  #isQuarantine(id: number, notice: SensorNotice): boolean {
    const remote = readAddress(notice.record, wireTags.remote);
    if (id !== 0 || remote === undefined || isByName(notice)) return false;
    const listed = this.#set?.byAddress(remote.address, remote.port) ?? [];
    return !listed.some((each) => each.id === id);
  }

  async #take({ path, revision }: { readonly path: string; readonly revision: string }): Promise<void> {
    const { directory, now, commands, log } = this.#options;
    const set = openSet(directory, { now });
    try {
      const reply = await commands.command("channel", { mode: "enforce", set: path });
      log.info({ revision, v4: reply.v4, v6: reply.v6, names: reply.names }, "listed peers are looked for");
    } catch (thrown) {
      set[Symbol.dispose]();
      throw thrown;
    }
    this.#set?.[Symbol.dispose]();
    this.#set = set;
    this.#loaded = revision;
  }

  #peerOf({ indicator, reportOnlyBy }: ListedIndicator, notice: SensorNotice): ListedPeer | undefined {
    const { record, container, process } = notice;
    const end = readAddress(record, wireTags.remote);
    const remote: RuntimeEndpoint = { address: end?.address ?? "", port: end?.port ?? 0 };
    const prevented = (record.flags & recordFlags.prevented) !== 0;
    const name = record.text(wireTags.text) ?? "";
    const id = this.#options.newId();
    const time = new Date(this.#options.now()).toISOString();
    const protocol = end?.protocol === TCP ? "tcp" : end?.protocol === UDP ? "udp" : "other";
    const peer = name === "" ? `${remote.address}:${remote.port}` : name;
    const about = runtimeContainerOf(container?.details);
    if (about === undefined) return undefined;
    const detection: Detection = {
      id,
      rule: RULE,
      description: `A container met a peer that ${indicator.source} lists.`,
      priority: "critical",
      tags: ["container", "mitre_command_and_control", "T1071"],
      time,
      eventType: isAsked(notice) ? "dns" : "connect",
      output: `${RULE} ${prevented ? "was refused" : "was seen"} (peer=${peer} listed=${indicator.value} source=${indicator.source} family=${indicator.family} container=${about.name} image=${about.image})`,
      fields: { peer, listed: indicator.value, source: indicator.source, family: indicator.family },
      matched: [],
      container: about,
      processes:
        process === undefined ? [] : lineage(process, { userName: (each) => String(each.facts.euid) }),
      action: undefined,
      outcome: prevented ? "prevented" : "none",
      suppressed: record.number(wireTags.number2) ?? 0,
    };
    const hit = {
      id,
      container: about,
      indicator,
      remote,
      protocol,
      pid: record.pid,
      time,
      prevented,
    } as const;
    return { detection, hit: isAsked(notice) || reportOnlyBy !== undefined ? undefined : hit };
  }
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
