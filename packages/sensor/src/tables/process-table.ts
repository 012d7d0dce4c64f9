import { RecentMap } from "@pratique/core";
import type { BootClock } from "../boot-clock.ts";
import type { WireRecord } from "../wire/record-reader.ts";
import { readProcess, type WireProcess } from "../wire/structures.ts";
import { wireKinds, wireSizes, wireTags } from "../wire/wire-format.ts";
import type { TrackedContainer } from "./container-table.ts";
import { emptyFacts } from "./empty-facts.ts";
import { Environment } from "./environment.ts";
import { cleanPath, joinPath } from "./lexical-path.ts";
import type { ProcessFiles } from "./process-files.ts";
import { type Lineage, type ProcessImage, type ProcessLink, TrackedProcess } from "./tracked-process.ts";

export interface ProcessTableOptions {
  readonly clock: BootClock;
  /** Where processes are looked up whose beginning was missed. */
  readonly files: ProcessFiles;
  readonly maxProcesses?: number;
  /** A flood of processes that were not told must not become a flood of look-ups. */
  readonly maxLookUpsPerSecond?: number;
  /** How long a process that ended is kept for records that come late. */
  readonly keepDeadMs?: number;
}

export interface ProcessCounters {
  readonly processes: number;
  /** Were not told at their beginning, and were looked up. */
  readonly lookedUp: number;
  /** Were not looked up, since too many were. */
  readonly notLookedUp: number;
  /** Made room for others while they still lived. */
  readonly evicted: number;
}

const DEFAULT_MAX_PROCESSES = 65_536;
const DEFAULT_LOOK_UPS_PER_SECOND = 1000;
const DEFAULT_KEEP_DEAD_MS = 30_000;
/** How far up a chain of parents is looked up that nobody told. */
const MAX_LOOKED_UP_PARENTS = 16;
const MAX_ORPHANS = 65_536;
/** How many ancestors of each event are those of its own time; those further up are as they were told last. */
const MAX_SETTLED_ANCESTORS = 32;
/** Older ones of one process are forgotten: an event that still waits then shows its parent as it is now. */
const MAX_LINEAGES = 4;

/** The processes of the host by their numbers, kept up to date by the records that go by. */
export class ProcessTable {
  readonly #clock: BootClock;
  readonly #files: ProcessFiles;
  readonly #maxProcesses: number;
  readonly #maxLookUps: number;
  readonly #keepDeadNs: number;
  readonly #links = new Map<number, ProcessLink>();
  /** In the order of their ends. */
  readonly #dead = new Set<ProcessLink>();
  /** Those that have another number in a namespace of their own, by it. */
  readonly #inNamespaces = new Map<number, Map<number, ProcessLink>>();
  /** What each link's facts were read from, to see at little cost whether they changed. */
  readonly #factBytes = new WeakMap<ProcessLink, Buffer>();
  /** Processes that were told before their parents, with the parents' numbers. */
  readonly #orphans = new RecentMap<ProcessLink, number>(MAX_ORPHANS);
  #before: TrackedProcess | undefined;
  #lookedUp = 0;
  #notLookedUp = 0;
  /** The second of the records' time that look-ups are counted in, and how many there were in it. */
  #second = 0;
  #lookUps = 0;
  #evicted = 0;

  constructor({ clock, files, maxProcesses, maxLookUpsPerSecond, keepDeadMs }: ProcessTableOptions) {
    this.#clock = clock;
    this.#files = files;
    this.#maxProcesses = maxProcesses ?? DEFAULT_MAX_PROCESSES;
    this.#maxLookUps = maxLookUpsPerSecond ?? DEFAULT_LOOK_UPS_PER_SECOND;
    this.#keepDeadNs = (keepDeadMs ?? DEFAULT_KEEP_DEAD_MS) * 1e6;
  }

  /** Takes note of a record, and gives the process that it is about as it is with it. */
  track(record: WireRecord): TrackedProcess {
    this.#forgetDead(record.timeNs);
    this.#before = this.#links.get(record.pid)?.current;
    const told = this.#take(record);
    // What was before has its ancestors already.
    return told === told.link.current ? settle(told.link) : told;
  }

  /** The process of the record that was tracked last, as it was before it; undefined where it was not known. */
  get before(): TrackedProcess | undefined {
    return this.#before;
  }

  /** The process that another one means by a number, which is one of its own namespace. */
  meantBy(process: TrackedProcess, pid: number): TrackedProcess | undefined {
    if (process.pid === process.vpid) return this.get(pid);
    return this.#inNamespaces.get(process.facts.pidNamespace)?.get(pid)?.current;
  }

  /** The newest state of a process; undefined where the table does not have it. */
  get(pid: number): TrackedProcess | undefined {
    return this.#links.get(pid)?.current;
  }

  /** The processes that live. */
  *living(): Generator<TrackedProcess, void, undefined> {
    for (const link of this.#links.values()) if (link.exitedNs === undefined) yield link.current;
  }

  /** Gives the processes that were there before their parents, now that all have been told. */
  joinOrphans(): void {
    for (const [link, ppid] of this.#orphans) {
      const parent = this.#links.get(ppid);
      if (link.parent !== undefined || parent === undefined || isBelow(parent, link.pid)) continue;
      link.parent = parent;
      settle(link);
    }
    this.#orphans.clear();
  }

  /** Forgets everything: the native sensor starts anew, and tells again what there is. */
  clear(): void {
    this.#links.clear();
    this.#inNamespaces.clear();
    this.#dead.clear();
    this.#orphans.clear();
  }

  get counters(): ProcessCounters {
    return {
      processes: this.#links.size,
      lookedUp: this.#lookedUp,
      notLookedUp: this.#notLookedUp,
      evicted: this.#evicted,
    };
  }

  #take(record: WireRecord): TrackedProcess {
    switch (record.kind) {
      case wireKinds.task:
        return this.#isKnown(record) ? this.#complete(record) : this.#begin(record);
      case wireKinds.fork:
      case wireKinds.vfork:
      case wireKinds.clone:
      case wireKinds.clone3:
        return this.#fork(record);
      case wireKinds.execve:
      case wireKinds.execveat:
        return this.#execute(record);
      case wireKinds.procexit:
        return this.#exit(record);
      case wireKinds.chdir:
      case wireKinds.fchdir:
        return this.#changeDirectory(record);
      case wireKinds.setsid:
        return this.#leadSession(record);
      case wireKinds.capset:
        return this.#changeCapabilities(record);
      default:
        return this.#refresh(this.#linkOf(record), record);
    }
  }

  #begin(record: WireRecord): TrackedProcess {
    const facts = readProcess(record) ?? emptyFacts(record.pid, record.timeNs);
    const cwd = record.text(wireTags.cwd) ?? "";
    const began = { directory: cwd, sinceNs: facts.startNs };
    const image = readImage(record, began) ?? noImage(began);
    const parent = this.#links.get(record.ppid);
    const link = this.#newLink(record.pid, parent, (own) => {
      const startedAt = this.#clock.wallMs(facts.startNs);
      const name = record.text(wireTags.comm) ?? "";
      return new TrackedProcess(own, { name, image, cwd, facts, startedAt });
    });
    if (parent === undefined) this.#orphans.set(link, record.ppid);
    return link.current;
  }

  /** A process that was there before is told while it goes on: what it has done since is newer. */
  #complete(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    const { current } = link;
    const image =
      current.image.exePath === ""
        ? readImage(record, {
            directory: record.text(wireTags.cwd) ?? current.cwd,
            sinceNs: current.image.sinceNs,
          })
        : undefined;
    if (image !== undefined) link.current = current.with({ image });
    return link.current;
  }

  #fork(record: WireRecord): TrackedProcess {
    // The record is the child's own. One that is known was found in the iterator's walk already.
    if (this.#isKnown(record)) return this.#refresh(this.#linkOf(record), record);
    const known = this.#links.get(record.ppid);
    const parent = known ?? (this.#mayLookUp(record.timeNs) ? this.#lookUp(record.ppid, 0) : undefined);
    if (parent === undefined) return this.#begin(record);
    const origin = parent.current;
    const facts = readProcess(record) ?? { ...origin.facts, startNs: record.timeNs };
    const link = this.#newLink(record.pid, parent, (own) => {
      const name = record.text(wireTags.comm) ?? origin.name;
      const startedAt = this.#clock.wallMs(facts.startNs);
      const cwd = record.text(wireTags.cwd) ?? origin.cwd;
      return new TrackedProcess(own, { name, image: origin.image, cwd, facts, startedAt });
    });
    link.standard.splice(0, 3, ...parent.standard);
    return link.current;
  }

  #execute(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    if (record.result < 0) return this.#refresh(link, record);
    const facts = readProcess(record) ?? link.current.facts;
    const cwd = record.text(wireTags.cwd) ?? link.current.cwd;
    const began = { directory: cwd, sinceNs: record.timeNs };
    link.before = link.current;
    link.current = link.current.with({
      name: record.text(wireTags.comm) ?? link.current.name,
      image: readImage(record, began) ?? { ...link.current.image, ...began },
      cwd,
      facts,
    });
    return link.current;
  }

  #exit(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    const state = this.#refresh(link, record);
    // Told of the last thread, which need not be the first.
    link.exitedNs = record.timeNs;
    this.#dead.add(link);
    return state;
  }

  #changeDirectory(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    const before = this.#refresh(link, record);
    if (record.result < 0) return before;
    const given = record.text(wireTags.path);
    const cwd =
      record.text(wireTags.cwd) ??
      record.text(wireTags.resolved) ??
      (given === undefined ? before.cwd : cleanPath(joinPath(before.cwd, given)));
    if (cwd !== before.cwd) link.current = before.with({ cwd });
    return before;
  }

  /** Whoever begins a session leads it and a group of processes, and has no terminal: setsid(2). */
  #leadSession(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    const state = this.#refresh(link, record);
    if (record.result < 0) return state;
    const { pid } = link;
    const { vpid } = state;
    link.current = state.with({
      facts: { ...state.facts, sid: pid, pgid: pid, vsid: vpid, vpgid: vpid, tty: 0 },
    });
    return link.current;
  }

  #changeCapabilities(record: WireRecord): TrackedProcess {
    const link = this.#linkOf(record);
    const state = this.#refresh(link, record);
    const capInheritable = record.bigint(wireTags.number0);
    const capPermitted = record.bigint(wireTags.number1);
    const capEffective = record.bigint(wireTags.number2);
    if (record.result < 0 || capInheritable === undefined) return state;
    if (capPermitted === undefined || capEffective === undefined) return state;
    link.current = state.with({ facts: { ...state.facts, capInheritable, capPermitted, capEffective } });
    return link.current;
  }

  /** Takes over what the record says of the process, where it is not what is known. */
  #refresh(link: ProcessLink, record: WireRecord): TrackedProcess {
    // It happened before the last execution and was told after it.
    if (link.before !== undefined && record.timeNs < link.current.image.sinceNs) return link.before;
    const facts = this.#changedFacts(link, record);
    if (facts !== undefined) link.current = link.current.with({ facts });
    if (link.parent?.pid !== record.ppid && record.ppid !== 0) {
      const parent = this.#links.get(record.ppid);
      if (parent !== undefined && !isBelow(parent, link.pid)) link.parent = parent;
    }
    return settle(link);
  }

  #changedFacts(link: ProcessLink, record: WireRecord): WireProcess | undefined {
    const at = record.findSized(wireTags.process, wireSizes.process);
    if (at < 0) return undefined;
    const known = this.#factBytes.get(link);
    const end = at + wireSizes.process;
    if (known?.compare(record.buffer, at, end) === 0) return undefined;
    this.#factBytes.set(link, Buffer.from(record.buffer.subarray(at, end)));
    return readProcess(record);
  }

  #isKnown(record: WireRecord): boolean {
    const link = this.#links.get(record.pid);
    if (link === undefined || link.exitedNs !== undefined) return false;
    const startNs = readProcess(record)?.startNs;
    return startNs !== undefined && startNs === link.current.facts.startNs;
  }

  #linkOf(record: WireRecord): ProcessLink {
    const link = this.#links.get(record.pid);
    if (link !== undefined && !isReused(link, record)) return link;
    if (!this.#mayLookUp(record.timeNs)) return this.#begin(record).link;
    const parent = this.#links.get(record.ppid) ?? this.#lookUp(record.ppid, 0);
    const found = this.#lookUpOne(record.pid, parent);
    const facts = readProcess(record);
    if (found === undefined) return this.#begin(record).link;
    if (facts !== undefined) found.current = found.current.with({ facts });
    return found;
  }

  #mayLookUp(timeNs: number): boolean {
    const second = Math.floor(timeNs / 1e9);
    if (second !== this.#second) {
      this.#second = second;
      this.#lookUps = 0;
    }
    this.#lookUps += 1;
    if (this.#lookUps <= this.#maxLookUps) return true;
    this.#notLookedUp += 1;
    return false;
  }

  #lookUp(pid: number, depth: number): ProcessLink | undefined {
    if (pid === 0 || depth > MAX_LOOKED_UP_PARENTS) return undefined;
    const ppid = this.#files.parentOf(pid);
    if (ppid === undefined) return undefined;
    return this.#lookUpOne(pid, this.#links.get(ppid) ?? this.#lookUp(ppid, depth + 1));
  }

  #lookUpOne(pid: number, parent: ProcessLink | undefined): ProcessLink | undefined {
    const found = this.#files.read(pid);
    if (found === undefined) return undefined;
    this.#lookedUp += 1;
    return this.#newLink(pid, parent, (own) => new TrackedProcess(own, found));
  }

  #newLink(
    pid: number,
    parent: ProcessLink | undefined,
    state: (link: ProcessLink) => TrackedProcess,
  ): ProcessLink {
    this.#makeRoom();
    const replaced = this.#links.get(pid);
    // Its end was lost, as under a flood: nothing else would take it out there any more.
    if (replaced !== undefined && replaced.exitedNs === undefined) this.#forgetInNamespace(replaced);
    const link = new Link(pid, parent === undefined || isBelow(parent, pid) ? undefined : parent, state);
    // Last in order, so that the longest known make room first.
    this.#links.delete(pid);
    this.#links.set(pid, link);
    this.#numberInNamespace(link);
    return link;
  }

  #numberInNamespace(link: ProcessLink): void {
    const { vpid, pidNamespace } = link.current.facts;
    if (vpid === link.pid || pidNamespace === 0) return;
    const numbers = this.#inNamespaces.get(pidNamespace) ?? new Map<number, ProcessLink>();
    this.#inNamespaces.set(pidNamespace, numbers.set(vpid, link));
  }

  #forgetInNamespace(link: ProcessLink): void {
    const { vpid, pidNamespace } = link.current.facts;
    const numbers = this.#inNamespaces.get(pidNamespace);
    if (numbers?.get(vpid) !== link) return;
    numbers.delete(vpid);
    if (numbers.size === 0) this.#inNamespaces.delete(pidNamespace);
  }

  /** Where numbers are used again at once, there are more of the dead than there are numbers. */
  #makeRoom(): void {
    if (Math.max(this.#links.size, this.#dead.size) < this.#maxProcesses) return;
    const [dead] = this.#dead;
    const leaving = dead ?? this.#oldest();
    if (leaving === undefined) return;
    if (dead === undefined) this.#evicted += 1;
    this.#forget(leaving);
  }

  /** Init is the oldest, and the ancestor of all: the one after it goes. */
  #oldest(): ProcessLink | undefined {
    for (const link of this.#links.values()) if (link.pid !== 1) return link;
    return undefined;
  }

  #forgetDead(nowNs: number): void {
    for (const link of this.#dead) {
      if ((link.exitedNs ?? 0) + this.#keepDeadNs > nowNs) return;
      this.#forget(link);
    }
  }

  #forget(link: ProcessLink): void {
    this.#dead.delete(link);
    this.#forgetInNamespace(link);
    // What still names it as its parent keeps it, but not a chain of the dead behind it.
    if (link.exitedNs !== undefined) {
      link.parent = undefined;
      for (const lineage of link.lineages.splice(0)) lineage.parent = undefined;
    }
    if (this.#links.get(link.pid) === link) this.#links.delete(link.pid);
  }
}

class Link implements ProcessLink {
  readonly pid: number;
  current: TrackedProcess;
  before: TrackedProcess | undefined = undefined;
  parent: ProcessLink | undefined;
  readonly lineages: Lineage[] = [];
  container: TrackedContainer | undefined = undefined;
  exitedNs: number | undefined = undefined;
  readonly standard: ProcessLink["standard"] = [undefined, undefined, undefined];

  constructor(pid: number, parent: ProcessLink | undefined, state: (link: ProcessLink) => TrackedProcess) {
    this.pid = pid;
    this.parent = parent;
    this.current = state(this);
  }
}

/** Gives the newest state of a process the newest states of its ancestors. */
function settle(link: ProcessLink, depth = 0): TrackedProcess {
  const above = link.parent;
  const parent =
    above === undefined || depth >= MAX_SETTLED_ANCESTORS ? above?.current : settle(above, depth + 1);
  if (link.current.isBelow(parent)) return link.current;
  const lineage = { parent };
  link.lineages.push(lineage);
  if (link.lineages.length > MAX_LINEAGES) dropOldest(link.lineages);
  link.current = link.current.below(lineage);
  return link.current;
}

function dropOldest(lineages: Lineage[]): void {
  const oldest = lineages.shift();
  if (oldest !== undefined) oldest.parent = undefined;
}

/** A number that was used again makes a parent of its own descendant, and of the chain a ring. */
function isBelow(link: ProcessLink, pid: number): boolean {
  let at: ProcessLink | undefined = link;
  for (let depth = 0; at !== undefined && depth < 1024; depth++) {
    if (at.pid === pid) return true;
    at = at.parent;
  }
  return at !== undefined;
}

/** Whether the record is of another process that has the number now. */
function isReused(link: ProcessLink, record: WireRecord): boolean {
  const at = record.findSized(wireTags.process, wireSizes.process);
  if (at < 0) return link.exitedNs !== undefined && record.timeNs > link.exitedNs + 1e9;
  const known = link.current.facts.startNs;
  const startNs = readProcess(record)?.startNs ?? 0;
  return known !== 0 && startNs !== 0 && Math.abs(known - startNs) > START_TOLERANCE_NS;
}

/** /proc tells a start in hundredths of a second. */
const START_TOLERANCE_NS = 20e6;

type Beginning = Pick<ProcessImage, "directory" | "sinceNs">;

function readImage(record: WireRecord, { directory, sinceNs }: Beginning): ProcessImage | undefined {
  const argv = record.texts(wireTags.arguments);
  const exePath = record.text(wireTags.exePath);
  if (argv === undefined && exePath === undefined) return undefined;
  const [exe, ...args] = argv ?? [];
  const environment = record.text(wireTags.environment);
  return {
    exe: exe ?? exePath ?? "",
    exePath: exePath ?? "",
    args,
    directory,
    environment: environment === undefined ? undefined : new Environment(environment),
    sinceNs,
  };
}

function noImage(began: Beginning): ProcessImage {
  return { exe: "", exePath: "", args: [], environment: undefined, ...began };
}
