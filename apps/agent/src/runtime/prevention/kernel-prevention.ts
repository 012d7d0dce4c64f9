import { type ActionOutcome, messageOf } from "@pratique/core";
import type { Rule } from "@pratique/rules";
import {
  type MessageBody,
  primitives,
  recordFlags,
  type SensorEvent,
  type SensorFields,
  type SensorNotice,
  type TrackedContainer,
  wireTags,
} from "@pratique/sensor";
import type { AgentLogger } from "../../agent-logger.ts";
import type { Judgement, Prevention, SensorCommands } from "../runtime-watch.ts";
import { containerAnswers } from "./container-answers.ts";
import { detectsOnly, type Enforcement, notPrevented } from "./enforcement.ts";
import { killProcess } from "./kill-process.ts";
import { type HostDevice, hookOf, isOwnSwitch, type PlannedMeasure, type ProgramSwitch } from "./measure.ts";
import { containerPolicy, isMeant, measureOfIndicator, preventCommand } from "./prevent-commands.ts";
import { emptyPlan, type PreventionPlan, planOf } from "./prevention-plan.ts";
import { type Refusal, Refusals } from "./refusals.ts";

type ChannelPolicy = "off" | "report" | "enforce" | "quarantine";

export interface KernelPreventionOptions {
  readonly commands: SensorCommands;
  readonly fields: SensorFields;
  /** Names of the programs that the native sensor has loaded. */
  readonly loaded: () => ReadonlySet<string>;
  readonly devices: () => readonly HostDevice[];
  /** Cgroups whose policy is that of each new container. */
  readonly parents: () => readonly number[];
  /** Whether rules are enforced; listed peers are looked for all the same. */
  readonly enforces: boolean;
  /** Whether the kernel goes on when the native sensor has ended. */
  readonly survives: boolean;
  /** Whether a container is ours to do anything about. */
  readonly isCovered: (container: TrackedContainer) => boolean;
  /** What is done about its channels to listed peers; of a container that is not known yet where it is undefined. */
  readonly channelOf: (container: TrackedContainer | undefined) => ChannelPolicy;
  /** What its channels need for what was done about it, also where it is not covered. */
  readonly actedOn: (container: TrackedContainer) => ChannelPolicy;
  /** The native sensor has been told the rules; what else it has to know before policies name it. */
  readonly onApply: () => Promise<void>;
  readonly pidIn: (container: TrackedContainer) => number | undefined;
  readonly now: () => number;
  readonly elapsedMs: () => number;
  readonly log: AgentLogger;
}

/** What is opened for writing and not written to for so long was not changed. */
const WRITE_WITHIN_MS = 1000;
const EPERM = -1;
/** For so long an engine may set switches of a container's own. */
const SET_UP_WITHIN_MS = 3000;
/** Rules that the native sensor did not take, since it had no time to answer perhaps, are sent again. */
const TRY_AGAIN_AFTER_MS = 10_000;
const MAX_HELD = 8192;
const MAX_OPEN = 1024;
const SYSCTLS = "/proc/sys/";
const NOTHING: MessageBody = {};
const LATE = "from a moment after a container has started, since its engine keeps others' in the same cgroup";

interface Opened {
  readonly container: string;
  readonly path: string;
  readonly resolve: (outcome: ActionOutcome) => void;
  readonly timer: NodeJS.Timeout;
}

/** What of the kernel's own it was that decided. */
const switches: ReadonlyMap<number, ProgramSwitch> = new Map([
  [primitives.drift, "drift"],
  [primitives.fileless, "memfd"],
  [primitives.mounted, "mounted"],
]);

/** Has the kernel refuse what rules forbid, decides about what it holds, and tells what it refused apart from the rest. */
export class KernelPrevention implements Prevention {
  readonly #options: KernelPreventionOptions;
  readonly #refusals = new Refusals();
  /** By the process: which of its executions waits. */
  readonly #held = new Map<number, number>();
  readonly #opened = new Set<Opened>();
  /** Containers whose files have been found. */
  #guarded = new WeakSet<TrackedContainer>();
  readonly #firstSeen = new WeakMap<TrackedContainer, number>();
  readonly #setUp = new WeakSet<TrackedContainer>();
  /** What each cgroup was told about addresses, as JSON. */
  readonly #addresses = new Map<number, ReadonlySet<string>>();
  /** The cgroups that have a policy, by container. */
  readonly #placed = new Map<TrackedContainer, number>();
  #plan: PreventionPlan = emptyPlan;
  /** Rules and indicators have been in force since this agent began. */
  #isApplied = false;
  #planned = "";
  #failure: string | undefined;
  /** Milliseconds on a clock that never goes back. */
  #failedAt = 0;
  #pinFailure: string | undefined;

  constructor(options: KernelPreventionOptions) {
    this.#options = options;
  }

  async apply(rules: readonly Rule[], containers: Iterable<TrackedContainer>): Promise<void> {
    const { commands, enforces, survives, loaded, devices, onApply, log } = this.#options;
    const plan = planOf(enforces ? rules : [], { loaded: loaded(), devices: devices() });
    try {
      const reply = await commands.command("prevent", preventCommand(plan.measures, survives));
      this.#failure = undefined;
      this.#notePinned(reply);
      this.#plan = plan;
    } catch (thrown) {
      // What was in force before is not what these rules ask for.
      this.#failure = messageOf(thrown);
      this.#failedAt = this.#options.elapsedMs();
      this.#plan = { ...plan, measures: [], killedAfter: everythingAfter(enforces ? rules : []) };
      log.warn({ error: this.#failure }, "the kernel takes no rules");
    }
    this.#planned = this.#plannedBy(rules);
    this.#placed.clear();
    this.#guarded = new WeakSet();
    await onApply();
    this.#isApplied = true;
    await this.#placeParents();
    await this.#containAll(containers);
  }

  async contain(container: TrackedContainer): Promise<void> {
    // Until then what a sensor before this one has left holds, and is more than what is known here.
    if (!this.#isApplied) return;
    try {
      await this.#place(container);
    } catch (thrown) {
      // It is among those that the next tick finds without a policy.
      this.#placed.delete(container);
      throw thrown;
    }
  }

  async #place(container: TrackedContainer): Promise<void> {
    const [cgroupId] = container.cgroupIds;
    if (cgroupId === undefined) return;
    const { isCovered, channelOf, actedOn, pidIn, fields } = this.#options;
    this.#placed.set(container, cgroupId);
    if (!isCovered(container)) {
      const channel = actedOn(container);
      const policy = channel === "off" ? NOTHING : { channel };
      return await this.#send(cgroupId, container.identity.id, { policy });
    }
    await this.#send(
      cgroupId,
      container.identity.id,
      containerPolicy(this.#plan.measures, {
        answer: containerAnswers(container, fields),
        channel: channelOf(container),
        pid: pidIn(container),
        // Engines set switches of a container's own that nobody asked for, too.
        sysctls: [
          ...(container.details?.sysctls ?? []),
          ...(this.#isSetUp(container) ? [] : this.#ownSwitches()),
        ],
      }),
    );
  }

  /** To be called every second or so: new devices, containers that are gone, refusals that no event explains. */
  async tick(rules: readonly Rule[], containers: Iterable<TrackedContainer>): Promise<readonly Refusal[]> {
    const { elapsedMs } = this.#options;
    const all = new Set(containers);
    await this.#forget([...this.#placed].filter(([container]) => !all.has(container)));
    const isToBeTriedAgain =
      this.#failure !== undefined && elapsedMs() - this.#failedAt >= TRY_AGAIN_AFTER_MS;
    if (isToBeTriedAgain || this.#planned !== this.#plannedBy(rules)) await this.apply(rules, all);
    await this.#containAll(
      [...all].filter(
        (container) =>
          !this.#placed.has(container) || this.#wantsFiles(container) || this.#becomesSetUp(container),
      ),
    );
    return this.#refusals.overdue(elapsedMs());
  }

  enforcementOf(rule: Rule): Enforcement {
    if (!this.#options.enforces) return notPrevented(rule);
    const planned = this.#plan.enforcements.get(rule.name);
    if (planned === undefined) return detectsOnly(rule);
    if (this.#failure === undefined) {
      const isLate = planned.enforceability === "prevents" && this.#options.parents().length === 0;
      return isLate ? { ...planned, why: [...planned.why, LATE] } : planned;
    }
    return { enforceability: "kills", why: [`the kernel takes no rules: ${this.#failure}`, ...planned.why] };
  }

  /** Why the kernel does not go on with it when the native sensor has ended, although it should; empty where it does. */
  get pinFailure(): string {
    return this.#pinFailure ?? "";
  }

  /** The measures in force. */
  get measures(): readonly PlannedMeasure[] {
    return this.#plan.measures;
  }

  noticed({ kind, record, container, process }: SensorNotice): void {
    const { flags } = record;
    if (kind === "prevent" && (flags & recordFlags.held) !== 0) this.#hold(record);
    if ((flags & recordFlags.prevented) === 0) return;
    const measures = kind === "prevent" ? this.#measuresOf(record, container) : this.#addressOf(record);
    const [first] = measures;
    if (first === undefined) return;
    const { now, elapsedMs } = this.#options;
    const hook = hookOf(first.measure.kind);
    const what = whatOf(first, record.text(wireTags.path) ?? "");
    if (first.measure.kind === "sysctl" && this.#settleOpened(container, what)) return;
    this.#refusals.note({
      at: elapsedMs(),
      time: now(),
      pid: record.pid,
      tid: record.tid,
      hook,
      rules: [...new Set(measures.flatMap(({ rules }) => rules))],
      what,
      killed: hook !== "exec" && (flags & recordFlags.killed) !== 0,
      container,
      process,
    });
  }

  judge(
    event: SensorEvent,
    asking: readonly Rule[],
    { isSetUp }: { readonly isSetUp: boolean } = { isSetUp: false },
  ): Judgement {
    if (this.#decideHeld(event, asking)) return { outcome: "prevented" };
    const refusal = this.#refusals.of(event);
    if (refusal !== undefined) {
      // One that no rule matches that it was refused for is told by itself.
      if (asking.some(({ name }) => refusal.rules.includes(name))) this.#refusals.settle(refusal);
      return { outcome: refusal.killed ? "killed" : "prevented" };
    }
    if (asking.length === 0) return {};
    if (this.#isRefusedAddress(event, asking)) return { outcome: "prevented" };
    if (asking.some(({ name }) => this.#plan.killedAfter.get(name)?.has(event.type) === true)) {
      return { outcome: isSetUp ? "none" : this.#kill(event) };
    }
    const path = [event.path, event.resolvedPath].find((each) => each !== undefined && this.#isSwitch(each));
    return path === undefined ? {} : this.#untilWritten(event, path);
  }

  /** Tells what was waited for as it is now. */
  close(): void {
    for (const { timer, resolve } of this.#opened) {
      clearTimeout(timer);
      resolve("none");
    }
    this.#opened.clear();
  }

  /** One that the native sensor cannot be told of keeps no other without a policy. */
  async #containAll(containers: Iterable<TrackedContainer>): Promise<void> {
    for (const container of containers) {
      if (container.details === undefined) continue;
      try {
        await this.contain(container);
      } catch (thrown) {
        const { id } = container.identity;
        this.#options.log.warn({ container: id, error: messageOf(thrown) }, "a container has no policy yet");
      }
    }
  }

  #notePinned({ pinned, pinFailure }: MessageBody): void {
    const { survives, log } = this.#options;
    const failure =
      survives && pinned !== true ? `prevention ends with the sensor: ${String(pinFailure)}` : undefined;
    if (failure !== undefined && failure !== this.#pinFailure)
      log.warn({ failure }, "runtime.survive does not hold");
    this.#pinFailure = failure;
  }

  async #placeParents(): Promise<void> {
    const { parents, channelOf } = this.#options;
    const sysctls = this.#ownSwitches();
    const request = { answer: () => undefined, channel: channelOf(undefined), pid: undefined, sysctls };
    for (const cgroupId of parents()) {
      await this.#send(cgroupId, "", containerPolicy(this.#plan.measures, request));
    }
  }

  async #send(
    cgroupId: number,
    container: string,
    {
      policy,
      pid,
      addresses = [],
    }: Partial<ReturnType<typeof containerPolicy>> & { readonly policy: MessageBody },
  ): Promise<void> {
    const { commands } = this.#options;
    const set = [{ cgroupId: String(cgroupId), container, policy, ...(pid !== undefined && { pid }) }];
    // Written one after the other, so that the native sensor does them in this order, whenever it answers.
    const told = [this.#list(cgroupId, addresses), commands.command("containers", { set })];
    const [, reply] = await Promise.all(told);
    const refused = reply?.refused;
    if (Array.isArray(refused) && refused.length > 0) {
      this.#options.log.info({ container, refused }, "a container has no policy of its own");
    }
  }

  async #list(
    cgroupId: number,
    addresses: readonly { readonly address: string; readonly port: number; readonly indicator: number }[],
  ): Promise<MessageBody | undefined> {
    const known = this.#addresses.get(cgroupId) ?? new Set<string>();
    const keys = new Set(addresses.map(({ address, port }) => JSON.stringify({ address, port })));
    if (keys.size === 0 && known.size === 0) return undefined;
    this.#addresses.set(cgroupId, keys);
    const of = { cgroupId: String(cgroupId) };
    const stale = [...known.difference(keys)].map((key): object => ({ ...JSON.parse(key), ...of }));
    const add = addresses.map((each) => ({ ...each, ...of }));
    return await this.#options.commands.command("channel", { add, remove: stale });
  }

  async #forget(gone: readonly (readonly [TrackedContainer, number])[]): Promise<void> {
    if (gone.length === 0) return;
    for (const [container, cgroupId] of gone) {
      this.#placed.delete(container);
      await this.#list(cgroupId, []);
      this.#addresses.delete(cgroupId);
    }
    await this.#options.commands.command("containers", { remove: gone.map(([, id]) => String(id)) });
  }

  /** Of the switches that rules refuse those that are a container's own. */
  #ownSwitches(): readonly string[] {
    return this.#plan.measures.flatMap(({ measure }) =>
      measure.kind === "sysctl" && isOwnSwitch(measure.name) ? [measure.name] : [],
    );
  }

  /** Whether its engine has done with it by now. */
  #isSetUp(container: TrackedContainer): boolean {
    const at = this.#firstSeen.get(container) ?? this.#options.elapsedMs();
    this.#firstSeen.set(container, at);
    return this.#options.elapsedMs() - at >= SET_UP_WITHIN_MS;
  }

  #becomesSetUp(container: TrackedContainer): boolean {
    if (this.#setUp.has(container) || !this.#placed.has(container) || !this.#isSetUp(container)) return false;
    this.#setUp.add(container);
    return this.#ownSwitches().length > 0;
  }

  /** Changes where the plan may have to. Rules are replaced as a whole. */
  #plannedBy(rules: readonly Rule[]): string {
    const { devices, parents, channelOf } = this.#options;
    const numbers = devices().map(({ path, major, minor }) => `${path} ${major}:${minor}`);
    return [rules.length, channelOf(undefined), ...parents(), ...numbers].join(" ");
  }

  /** Its files are found through one of its processes, and when it became known there may have been none. */
  #wantsFiles(container: TrackedContainer): boolean {
    if (this.#guarded.has(container) || !this.#placed.has(container)) return false;
    if (!this.#plan.measures.some(({ measure }) => measure.kind === "file")) return false;
    if (this.#options.pidIn(container) === undefined) return false;
    this.#guarded.add(container);
    return true;
  }

  #hold(record: SensorNotice["record"]): void {
    if (this.#held.size >= MAX_HELD) return;
    this.#held.set(record.pid, record.number(wireTags.number3) ?? 0);
  }

  /** Whether it was held, and does not run. */
  #decideHeld(event: SensorEvent, asking: readonly Rule[]): boolean {
    const { pid } = event.record;
    if (event.type !== "execve" && event.type !== "execveat") return false;
    // One that was before it, and did not wait, says nothing of the one that does.
    if (this.#held.get(pid) !== (event.record.number(wireTags.number1) ?? 0)) return false;
    this.#held.delete(pid);
    const isForbidden = asking.length > 0;
    const { commands, log } = this.#options;
    const verdict = isForbidden ? "kill" : "continue";
    commands.command("release", { pid, verdict }).catch((error: unknown) => {
      // It ends at its deadline.
      log.warn({ pid, error: messageOf(error) }, "a program that waits could not be answered");
    });
    return isForbidden;
  }

  #kill(event: SensorEvent): ActionOutcome {
    const { tracked } = event;
    return tracked !== undefined && this.#options.isCovered(tracked) ? killProcess(event) : "none";
  }

  #measuresOf(
    record: SensorNotice["record"],
    container: TrackedContainer | undefined,
  ): readonly PlannedMeasure[] {
    const number = record.number(wireTags.number1) ?? 0;
    const { measures } = this.#plan;
    if (number > 0) return measures.slice(number - 1, number);
    const primitive = record.number(wireTags.number0);
    const kind = primitive === undefined ? undefined : switches.get(primitive);
    const answer = containerAnswers(container, this.#options.fields);
    return measures.filter((each) => each.measure.kind === kind && isMeant(each, answer) !== false);
  }

  #addressOf(record: SensorNotice["record"]): readonly PlannedMeasure[] {
    const place = measureOfIndicator(record.number(wireTags.number0) ?? 0);
    return place === undefined ? [] : this.#plan.measures.slice(place, place + 1);
  }

  /** The native sensor tells a refused address once a second. */
  #isRefusedAddress({ result, remote }: SensorEvent, asking: readonly Rule[]): boolean {
    if (result !== EPERM || remote === undefined) return false;
    return this.#plan.measures.some(
      ({ measure, rules }) =>
        measure.kind === "address" &&
        measure.address === remote.address &&
        asking.some(({ name }) => rules.includes(name)),
    );
  }

  #isSwitch(path: string): boolean {
    return this.#plan.measures.some(
      ({ measure }) => measure.kind === "sysctl" && `${SYSCTLS}${measure.name}` === path,
    );
  }

  /** The kernel refuses to write, not to open: what becomes of it is told when it is written to. */
  #untilWritten(event: SensorEvent, path: string): Judgement {
    // Of a container that is not known yet events wait, and refusals are told before them.
    if (this.#refusals.take(event.scope, path)) return { outcome: "prevented" };
    const { promise, resolve } = Promise.withResolvers<ActionOutcome>();
    if (this.#opened.size >= MAX_OPEN) return {};
    const timer = setTimeout(() => {
      this.#opened.delete(opened);
      resolve("none");
    }, WRITE_WITHIN_MS);
    const opened: Opened = { container: event.scope, path, resolve, timer };
    this.#opened.add(opened);
    return { later: promise };
  }

  #settleOpened(container: TrackedContainer | undefined, path: string): boolean {
    for (const opened of this.#opened) {
      if (opened.container !== container?.identity.id || opened.path !== path) continue;
      clearTimeout(opened.timer);
      this.#opened.delete(opened);
      opened.resolve("prevented");
      return true;
    }
    return false;
  }
}

function whatOf({ measure }: PlannedMeasure, path: string): string {
  switch (measure.kind) {
    case "sysctl":
      return `${SYSCTLS}${measure.name}`;
    case "address":
      return measure.address;
    case "device":
      return `${measure.type} ${measure.major}:${measure.minor}`;
    default:
      return path;
  }
}

function everythingAfter(rules: readonly Rule[]): PreventionPlan["killedAfter"] {
  return new Map(rules.map(({ name, eventTypes }) => [name, new Set(eventTypes)]));
}
