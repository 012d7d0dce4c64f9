import { type JsonObject, type Launch, messageOf, type Violation } from "@pratique/core";
import type { EngineReply } from "../doors/docker-authz/protocol.ts";
import { GateError } from "../errors.ts";
import { type Fields, flagIn, numberIn, objectIn } from "../json-fields.ts";
import type { ReadLaunch } from "../launch-reader.ts";
import type { EngineView, FoundMount, MountProof } from "../ports.ts";
import { type JudgedMount, judgedMounts, type WrongMount, wrongMounts } from "./compare-mounts.ts";

/** A container that is about to have its mounts is looked for so often, and for so long. */
const LOOK_EVERY_MS = 2;
const LOOK_FOR_MS = 10_000;
/** A start whose end the engine has not told of by then is forgotten; what it starts later is judged anew. */
const START_MAX_AGE_MS = 60_000;
const MAX_STARTS = 4096;
/** The engine carried the call out. */
const STARTED = 204;

/** A container as it would be judged now. */
export interface JudgedAnew {
  readonly launched: ReadLaunch;
  /** Rules that it breaks by mounts that others can exchange. */
  readonly broken: readonly Violation[];
}

/** What is wrong with the mounts of a container, for the record. */
export interface MountFailure {
  readonly containerId: string;
  /** Undefined where the container cannot be read. */
  readonly launched: ReadLaunch | undefined;
  readonly violations: readonly Violation[];
  readonly details: JsonObject;
}

export interface MountProverOptions extends MountProof {
  readonly view: Pick<EngineView, "inspectContainer">;
  /** How many calls the engine has asked about so far. */
  readonly questions: () => number;
  readonly elapsedMs: () => number;
  /** Judges a container that the engine has started, by where its mounts lead now. */
  readonly judge: (container: Fields, containerId: string, before: Launch | undefined) => Promise<JudgedAnew>;
  /** Records that mounts were proved. */
  readonly onProved: (containerId: string, details: JsonObject) => void;
  /** Records that nothing is proved of a container, which goes on. */
  readonly onUnproved: (containerId: string, details: JsonObject) => void;
  /** Records a failure. Gives the words for whoever started the container, or undefined where it goes on. */
  readonly onFailed: (failure: MountFailure) => string | undefined;
  /** Whether containers are ended, or only recorded. */
  readonly ends: boolean;
}

/** A start that was let in. */
interface Start {
  readonly call: string;
  readonly launched: ReadLaunch | undefined;
  readonly judged: readonly JudgedMount[];
  readonly since: number;
  /** The mounts were seen, and were those that were judged, before the engine said that it has started the container. */
  seenRight: boolean;
  proof: Promise<string | undefined> | undefined;
  /** The engine has told of the event, and of the end of the call. */
  hasStarted: boolean;
  isSettled: boolean;
}

/**
 * Proves that containers have mounted what was judged, where others than root could exchange it between the gate's answer
 * and the engine's mount. Looks as soon as there is a process with the container's mounts, which is before its first
 * instruction unless the host is very busy, and again once the engine says that it has started.
 */
export class MountProver {
  readonly #options: MountProverOptions;
  /** Those of which there is something to prove. */
  readonly #starts = new Map<string, Start>();
  readonly #plain = new Map<string, Pick<Start, "since">>();
  /** How many calls it had asked about when it was found to ask nobody. */
  #silentAt: number | undefined;

  constructor(options: MountProverOptions) {
    this.#options = options;
  }

  /** A start has been judged and is let in; `path` is that of the call. */
  letIn(call: string, path: string, launched: ReadLaunch): void {
    // Nothing is mounted anew.
    if (path.endsWith("/unpause")) return;
    const { mounts, elapsedMs } = this.#options;
    const { containerId } = launched.launch;
    const judged = judgedMounts(launched.launch, mounts.identify);
    const since = elapsedMs();
    this.#starts.delete(containerId);
    this.#plain.delete(containerId);
    if (judged.length === 0) {
      makeRoom(this.#plain, since);
      this.#plain.set(containerId, { since });
      return;
    }
    makeRoom(this.#starts, since);
    const start: Start = { ...unasked(since), call, launched, judged };
    this.#starts.set(containerId, start);
    // One that is restarted has processes with the mounts that it had.
    if (!path.endsWith("/restart")) this.#lookOut(containerId, start).catch(() => undefined);
  }

  /** The engine says that a container has started, whoever asked for it. Never rejects. */
  async started(containerId: string): Promise<void> {
    if (this.#plain.delete(containerId)) return;
    const start = this.#starts.get(containerId);
    // One that has ended meanwhile, and was started again by the engine, is not the one that was asked for.
    const isAsked = start !== undefined && !start.hasStarted;
    if (!isAsked && this.#silentAt === this.#options.questions()) return;
    const proof = isAsked
      ? this.#proofOf(containerId, start)
      : this.#prove(containerId, unasked(this.#options.elapsedMs()));
    if (isAsked) this.#heard(containerId, start, "hasStarted");
    // Who waits for the end of the call hears of a failure; where nobody does, the container has been ended.
    await proof.catch(() => undefined);
  }

  /** Resolves once what a call started is proved. Rejects with `MOUNTS_NOT_AS_JUDGED`. */
  async settled(reply: () => EngineReply | undefined): Promise<void> {
    if (this.#starts.size === 0) return;
    const told = reply();
    const call = `${told?.method} ${told?.uri}`;
    const [containerId, start] = [...this.#starts].find(([, each]) => each.call === call) ?? [];
    if (containerId === undefined || start === undefined) return;
    // What it did not start has no mounts, unless it was ended for them.
    const failed = told?.status !== STARTED;
    if (failed) this.#starts.delete(containerId);
    const proof = failed ? start.proof : this.#proofOf(containerId, start);
    this.#heard(containerId, start, "isSettled");
    const message = await proof;
    if (message !== undefined) throw new GateError("MOUNTS_NOT_AS_JUDGED", message);
  }

  /** The end of the call and the event come in either order. */
  #heard(containerId: string, start: Start, what: "hasStarted" | "isSettled"): void {
    start[what] = true;
    if (start.hasStarted && start.isSettled && this.#starts.get(containerId) === start)
      this.#starts.delete(containerId);
  }

  #proofOf(containerId: string, start: Start): Promise<string | undefined> {
    start.proof ??= this.#prove(containerId, start);
    return start.proof;
  }

  /** Rejects where the gate ends meanwhile. Looks at processes that were not there before, until one is the container's. */
  async #lookOut(containerId: string, start: Start): Promise<void> {
    const { mounts, sleep, elapsedMs } = this.#options;
    const older = new Set(mounts.processes());
    // The answer to the call goes first.
    await sleep(LOOK_EVERY_MS);
    while (start.proof === undefined && this.#starts.get(containerId) === start) {
      for (const pid of mounts.processes()) {
        if (older.has(pid)) continue;
        // Until it has entered the container there is nothing to be seen of it, which takes long on a busy host.
        const found = mounts.mountsOf(pid, containerId);
        if (found === undefined) continue;
        if (wrongMounts(start.judged, found).length === 0) {
          start.seenRight = true;
          return;
        }
        // In the moment in which it enters its root it still sees the mounts of the host as well.
        const again = mounts.mountsOf(pid, containerId);
        if (again === undefined || wrongMounts(start.judged, again).length === 0) continue;
        start.proof = this.#compare({ containerId, pid, start, container: undefined }, again);
        start.proof.catch(() => undefined);
        return;
      }
      if (elapsedMs() - start.since > LOOK_FOR_MS) return;
      await sleep(LOOK_EVERY_MS);
    }
  }

  /** Gives the words for whoever started the container, where it does not go on. Rejects where that cannot be recorded. */
  async #prove(containerId: string, start: Start): Promise<string | undefined> {
    const { view, mounts, questions } = this.#options;
    const asked = questions();
    let container: Fields | undefined;
    try {
      container = await view.inspectContainer(containerId);
    } catch (thrown) {
      return this.#unproved({ containerId, pid: 0, start, container }, messageOf(thrown));
    }
    // An engine with the gate before it asks about this call, too. Of one without it nothing is ended: it is only watched.
    if (start.launched === undefined && questions() === asked) {
      this.#silentAt = asked;
      return undefined;
    }
    const state = objectIn(container ?? {}, "State");
    const pid = flagIn(state, "Running") ? numberIn(state, "Pid") : 0;
    const seen: Seen = { containerId, pid, start, container };
    const found = pid > 0 ? mounts.mountsOf(pid, containerId) : undefined;
    if (found !== undefined) return this.#compare(seen, found);
    if (start.seenRight) return this.#proved(containerId, start.judged);
    return this.#unproved(seen, pid > 0 ? "they cannot be seen" : "it ended before they were looked at");
  }

  /** Whoever has replaced a directory by a newer one meanwhile is innocent, where that one may be mounted too. */
  async #compare(seen: Seen, found: readonly FoundMount[]): Promise<string | undefined> {
    const { containerId, start } = seen;
    const exchanged = wrongMounts(start.judged, found);
    if (start.judged.length > 0 && exchanged.length === 0) return this.#proved(containerId, start.judged);
    let anew: JudgedAnew;
    try {
      anew = await this.#judgeAnew(seen);
    } catch (thrown) {
      if (!isUnreadable(thrown)) return this.#unproved(seen, messageOf(thrown));
      const violations = [violation("mounts-as-judged", wordsOf(exchanged) || thrown.message)];
      const details = detailsOf(start.judged, found);
      return this.#refuse(seen, { containerId, launched: start.launched, violations, details });
    }
    const { launched, broken } = anew;
    const judged = judgedMounts(launched.launch, this.#options.mounts.identify);
    if (judged.length === 0 && start.judged.length === 0) return undefined;
    const wrong = wrongMounts(judged, found);
    if (wrong.length === 0 && broken.length === 0) return this.#proved(containerId, judged);
    const words = wordsOf(start.judged.length > 0 ? exchanged : wrong);
    const violations = [...(words === "" ? [] : [violation("mounts-as-judged", words)]), ...broken];
    const details = detailsOf(start.judged.length > 0 ? start.judged : judged, found);
    return this.#refuse(seen, { containerId, launched, violations, details });
  }

  async #judgeAnew({ container, containerId, start }: Seen): Promise<JudgedAnew> {
    const { view, judge } = this.#options;
    // As long as it starts a container, the engine does not answer questions about it.
    const known = container ?? start.launched?.container ?? (await view.inspectContainer(containerId));
    return judge(known ?? {}, containerId, start.launched?.launch);
  }

  /** Of a container that the engine has started by itself it is not known whether there is anything to prove. */
  async #unproved(seen: Seen, reason: string): Promise<string | undefined> {
    const { containerId, start, container } = seen;
    let { launched } = start;
    if (launched === undefined) {
      if (container === undefined) return undefined;
      launched = await this.#judgeAnew(seen).then(
        (anew) => anew.launched,
        () => undefined,
      );
    }
    if (launched !== undefined && !launched.launch.mounts.some(({ exchangeable }) => exchangeable))
      return undefined;
    const { mounts, whenUnproved } = this.#options;
    const judged = launched === undefined ? [] : judgedMounts(launched.launch, mounts.identify);
    const details = { ...detailsOf(start.judged.length > 0 ? start.judged : judged, []), reason };
    if (whenUnproved === "pass" || launched === undefined) {
      this.#options.onUnproved(containerId, details);
      return undefined;
    }
    const violations = [violation("mounts-proved", reason)];
    return this.#refuse(seen, { containerId, launched, violations, details });
  }

  #proved(containerId: string, judged: readonly JudgedMount[]): undefined {
    this.#options.onProved(containerId, detailsOf(judged, []));
  }

  /** The process first: each moment counts. Only the engine can keep the container from being started again. */
  async #refuse({ containerId, pid }: Seen, failure: MountFailure): Promise<string | undefined> {
    const { ends, mounts, kill, onFailed } = this.#options;
    if (ends && pid > 0) mounts.endProcess(pid, containerId);
    try {
      return onFailed(failure);
    } finally {
      if (ends) await kill(containerId);
    }
  }
}

interface Seen {
  readonly containerId: string;
  /** Zero where it has no process. */
  readonly pid: number;
  readonly start: Start;
  readonly container: Fields | undefined;
}

/** The oldest go. */
function makeRoom(starts: Map<string, Pick<Start, "since">>, now: number): void {
  for (const [id, { since }] of starts) {
    if (now - since < START_MAX_AGE_MS && starts.size < MAX_STARTS) return;
    starts.delete(id);
  }
}

/** A start that nobody asked the gate about. */
function unasked(since: number): Start {
  return {
    call: "",
    launched: undefined,
    judged: [],
    since,
    seenRight: false,
    proof: undefined,
    hasStarted: false,
    isSettled: false,
  };
}

function isUnreadable(thrown: unknown): thrown is GateError {
  return thrown instanceof GateError && thrown.code === "LAUNCH_UNREADABLE";
}

const MESSAGES = {
  "mounts-as-judged": "the engine has mounted something else than what was judged",
  "mounts-proved": "it cannot be proved that the engine has mounted what was judged",
} as const;

function violation(rule: keyof typeof MESSAGES, value: string): Violation {
  const fix = "mount what nobody but root can exchange, or try again";
  return { policy: "gate", rule, enforcement: "enforce", message: MESSAGES[rule], value, fix };
}

function wordsOf(wrong: readonly WrongMount[]): string {
  return wrong
    .map(({ judged: { target, hostPaths }, found }) => {
      const there =
        found === undefined ? "nothing of it" : `${found.hostPath}${found.readOnly ? ", read-only" : ""}`;
      return `${target}: judged ${hostPaths.join(" or ")}, found ${there}`;
    })
    .join("; ");
}

function detailsOf(judged: readonly JudgedMount[], found: readonly FoundMount[]): JsonObject {
  return {
    judged: judged.map(({ target, hostPaths, identities }) => ({
      target,
      hostPaths,
      identities: identities.map((identity) => ({ ...identity })),
    })),
    found: found
      .filter(({ target }) => judged.some((mount) => mount.target === target))
      .map(({ target, hostPath, identity }) => ({
        target,
        hostPath,
        identity: identity === undefined ? null : { ...identity },
      })),
  };
}
