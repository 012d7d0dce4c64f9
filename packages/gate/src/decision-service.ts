import { setImmediate as letOthersGoFirst } from "node:timers/promises";
import {
  type Digest,
  denials,
  hasSought,
  type JsonObject,
  type Launch,
  messageOf,
  type Verdict,
  type Violation,
} from "@pratique/core";
import { denialsWithoutImage, type EvaluationInput, type ImageFacts, type PolicySet } from "@pratique/policy";
import type { Decision } from "./decision.ts";
import { actionsOf, type EngineActionRules, ruleOf } from "./doors/docker-authz/engine-actions.ts";
import type { EngineListener, EngineReply } from "./doors/docker-authz/protocol.ts";
import { type EngineRequest, type ReadRequest, readRequest } from "./doors/docker-authz/request.ts";
import type { RouteClass } from "./doors/docker-authz/routes.ts";
import { type EngineTarget, readTarget } from "./doors/docker-authz/target.ts";
import { EngineMemory } from "./engine-memory.ts";
import { GateError } from "./errors.ts";
import { type Fields, fieldsOf, textIn } from "./json-fields.ts";
import { LaunchReader, type ReadLaunch } from "./launch-reader.ts";
import type {
  EngineView,
  Evidence,
  GateRecord,
  HostPaths,
  ImageKnowledge,
  MountProof,
  PolicyState,
} from "./ports.ts";
import { type JudgedAnew, type MountFailure, MountProver } from "./proof/mount-prover.ts";
import { RecentVerdicts } from "./recent-verdicts.ts";
import { Recording } from "./recording.ts";
import { plainRefusal, type RefusedSubject, refusalText } from "./refusal-text.ts";
import {
  REHEARSED_CONTAINER,
  REHEARSED_CREATE,
  REHEARSED_FACTS,
  rehearsedStart,
  unasked,
} from "./rehearsal.ts";
import { GateStatistics } from "./statistics.ts";
import { actorOf, type VerdictRecord, VerdictRecorder, withProof } from "./verdict-record.ts";

/** `observe` never denies, and records what `enforce` would have done. */
export type GateMode = "enforce" | "observe";

export interface DecisionServiceOptions {
  readonly view: EngineView;
  readonly images: ImageKnowledge;
  readonly policies: PolicyState;
  readonly audit: GateRecord;
  /** Whether a call may pass that cannot be recorded for this reason; none may unless told. */
  readonly passesUnrecorded?: (reason: unknown) => boolean;
  /** Hears when calls begin to pass unrecorded. */
  readonly onUnrecorded?: (reason: unknown) => void;
  readonly evidence: Evidence;
  readonly paths: HostPaths;
  /** Looks whether the engine has mounted what was judged; nobody does where it is absent. */
  readonly mountProof?: MountProof;
  readonly now: () => Date;
  /** Milliseconds on a clock that never goes back. */
  readonly elapsedMs: () => number;
  readonly mode?: GateMode;
  /**
   * Sockets that a container must not reach, beside the usual ones: the engine's own, the gate's. A directory stands
   * for all that is in it.
   */
  readonly engineSockets?: readonly string[];
  /** What the operator says of actions now. */
  readonly actionRules?: () => EngineActionRules;
  /** Refuses keys that the engine's API does not have. */
  readonly strictKeys?: boolean;
  /** How long a call may be held while its image is scanned. */
  readonly scanBudgetMs?: number;
  /** How long everything else may take; then there is no verdict. */
  readonly deadlineMs?: number;
  /** Records reads too. */
  readonly recordReads?: boolean;
}

/** After so many the code has been compiled, and most of it optimized; together they take some tenths of a second. */
const REHEARSALS = 300;
/** Whoever asks again and again takes no more than a hundredth of a processor for it. */
const EXPECTED_AGAIN_MS = 50;
const SCAN_BUDGET_MS = 30_000;
const DEADLINE_MS = 5000;

const ALLOW: Outcome = { deny: false, message: "", failed: false };

type Evaluate = (policies: PolicySet, question: EvaluationInput) => Verdict;

interface Outcome {
  readonly deny: boolean;
  readonly message: string;
  readonly failed: boolean;
}

/**
 * Decides whether a call of the engine's API may pass.
 *
 * Everything starts from "deny": what cannot be read, what the engine cannot be asked about, what is late and
 * what cannot be recorded is refused. Only calls that read pass without a record, and without asking anybody:
 * the gate's own questions to the engine come back here as such calls.
 */
export class DecisionService implements EngineListener {
  readonly statistics = new GateStatistics();
  readonly mode: GateMode;
  readonly #options: DecisionServiceOptions;
  readonly #memory: EngineMemory;
  readonly #launches: LaunchReader;
  readonly #rehearsedLaunches: LaunchReader;
  readonly #startedLaunches: LaunchReader;
  readonly #prover: MountProver | undefined;
  readonly #recorder: VerdictRecorder;
  readonly #recording: Recording;
  readonly #verdicts = new RecentVerdicts();
  readonly #scans = new Map<Digest, Promise<ImageFacts | undefined>>();
  readonly #scanBudgetMs: number;
  readonly #deadlineMs: number;
  #settled: Promise<void> = Promise.resolve();
  #expectedAt = Number.NEGATIVE_INFINITY;

  constructor(options: DecisionServiceOptions) {
    const {
      view,
      paths,
      engineSockets = [],
      scanBudgetMs = SCAN_BUDGET_MS,
      deadlineMs = DEADLINE_MS,
    } = options;
    this.#options = options;
    this.mode = options.mode ?? "enforce";
    this.#recorder = new VerdictRecorder(options.evidence);
    const { audit, now, passesUnrecorded, onUnrecorded } = options;
    this.#recording = new Recording({
      audit,
      now,
      ...(passesUnrecorded !== undefined && { mayPass: passesUnrecorded }),
      ...(onUnrecorded !== undefined && { onGap: onUnrecorded }),
    });
    this.#memory = new EngineMemory({ view, elapsedMs: options.elapsedMs });
    const memory = this.#memory;
    const context = {
      view,
      paths,
      engineSockets: engineSockets.flatMap((path) => [path, paths.resolve(path)]),
    };
    this.#launches = new LaunchReader({ context, memory, facts: (imageId) => this.#factsOf(imageId) });
    this.#rehearsedLaunches = new LaunchReader({
      context: { ...context, view: unasked(view) },
      memory,
      facts: async (imageId) => options.images.facts(imageId),
    });
    // What runs already does not wait for a scan.
    const known = async (imageId: Digest) => options.images.facts(imageId);
    this.#startedLaunches = new LaunchReader({ context, memory, facts: known });
    this.#prover = this.#proverOf(options);
    this.#scanBudgetMs = scanBudgetMs;
    this.#deadlineMs = scanBudgetMs + deadlineMs;
  }

  /** How many events are missing in the record since it could last be written. */
  get unrecorded(): number {
    return this.#recording.missing;
  }

  /** The revision of the policies in force. */
  get policyRevision(): string {
    return this.#options.policies.policies().revision;
  }

  /**
   * Goes through launches that nobody asked for, without a record, so that the first that somebody asks for waits
   * neither for code that was never run, nor for the evidence of the policies, nor for the engine to say what it is.
   * Calls that come meanwhile are decided in between. Never rejects.
   */
  async warmUp(): Promise<void> {
    // Whatever goes wrong here goes wrong again at the first launch, which is then told of it.
    await this.#options.view.cgroupVersion().catch(() => undefined);
    for (let times = 0; times < REHEARSALS; times += 1) {
      await letOthersGoFirst();
      await this.#rehearseCreate().catch(() => undefined);
      await this.#rehearseStart(REHEARSED_CONTAINER).catch(() => undefined);
    }
  }

  /** Decides one call. Never rejects, and always answers within the scan budget and the deadline. */
  async decide(request: EngineRequest): Promise<Decision> {
    const started = this.#options.elapsedMs();
    let read: ReadRequest | GateError;
    try {
      read = this.#readRequest(request);
    } catch (thrown) {
      read = thrown instanceof GateError ? thrown : new GateError("NO_VERDICT", messageOf(thrown));
    }
    if (!(read instanceof GateError) && read.target.route.routeClass === "read") {
      return this.#passRead(request, started);
    }
    const target = read instanceof GateError ? undefined : read.target;
    this.#memory.callComes(nameOf(request), target);
    const outcome = await this.#judgeInTime(request, read);
    const denied = outcome.deny && this.mode === "enforce";
    // The engine does not tell of the end of a call that it never carried out.
    if (denied) this.#memory.callEnds(nameOf(request), target);
    const counted = denied ? "denied" : outcome.deny ? "would-deny" : "allowed";
    this.statistics.count(counted, this.#options.elapsedMs() - started, outcome.failed);
    return { allow: !denied, message: denied ? outcome.message : "" };
  }

  /** Resolves when the starts that were let in are on the disk, or nobody is to be kept from hearing that they are not. */
  async settled(reply: () => EngineReply | undefined): Promise<void> {
    try {
      await this.#settled;
      await this.#prover?.settled(reply);
    } catch (thrown) {
      if (this.mode === "enforce") throw thrown;
    }
  }

  /** The engine says that it has started a container, whether it was asked to or did so by itself. Never rejects. */
  async started(containerId: string): Promise<void> {
    await this.#prover?.started(containerId);
  }

  /** Takes note of a call's end, which may change what the gate remembers of the engine. */
  ended(reply: EngineReply | undefined): void {
    const target = reply === undefined ? undefined : targetOf(reply);
    this.#memory.callEnds(reply === undefined ? "" : nameOf(reply), target);
    if (target?.path === "/_ping") void this.#expectCreate();
    if (reply?.status !== CREATED || target?.route.routeClass !== "create") return;
    const id = idIn(reply.body);
    this.#memory.containerMade(id);
    void this.#expectStart(id);
  }

  /**
   * Clients ask what the engine speaks before they have it make a container. What judging one takes is brought back into
   * the processor's caches meanwhile, when the answer to that is on its way. Never rejects.
   */
  async #expectCreate(): Promise<void> {
    const now = this.#options.elapsedMs();
    if (now - this.#expectedAt < EXPECTED_AGAIN_MS) return;
    this.#expectedAt = now;
    await this.#rehearseCreate().catch(() => undefined);
  }

  /**
   * The making of a container leaves nothing of the gate in the processor's caches, without which judging its start
   * takes several times as long. It is judged while nobody waits, and its verdict is there if nothing changes until its
   * start. Never rejects.
   */
  async #expectStart(id: string): Promise<void> {
    const container = await this.#memory.newContainer(id);
    if (container !== undefined) await this.#rehearseStart(container).catch(() => undefined);
  }

  /** A read passes whatever happens to its record: the engine must stay usable to find out why. */
  #passRead(request: EngineRequest, started: number): Decision {
    if (this.#options.recordReads === true) {
      try {
        this.#recordCall(request, "call.allowed", {});
      } catch {
        // The next call that changes something is refused, and says why.
      }
    }
    this.statistics.count("read", this.#options.elapsedMs() - started, false);
    return { allow: true, message: "" };
  }

  async #judgeInTime(request: EngineRequest, read: ReadRequest | GateError): Promise<Outcome> {
    const expired = new AbortController();
    const { promise: deadline, resolve } = Promise.withResolvers<Outcome>();
    const timer = setTimeout(() => {
      expired.abort();
      resolve(
        this.#noVerdict(request, new GateError("NO_VERDICT", `not decided within ${this.#deadlineMs} ms`)),
      );
    }, this.#deadlineMs);
    try {
      return await Promise.race([this.#judge(request, read, expired.signal), deadline]);
    } finally {
      clearTimeout(timer);
    }
  }

  async #judge(
    request: EngineRequest,
    read: ReadRequest | GateError,
    expired: AbortSignal,
  ): Promise<Outcome> {
    try {
      if (read instanceof GateError) return this.#unreadable(request, read);
      const asked = await this.#launches.carriedOut(read);
      // Whoever asked has been answered already; a late verdict must not say anything else.
      if (expired.aborted) return ALLOW;
      const refused = this.#refusedActions(request, asked);
      if (refused !== undefined) return refused;
      const launch = await this.#launches.read(asked, request.caller);
      if (expired.aborted) return ALLOW;
      if (launch === undefined) return this.#passed(request, asked);
      if (launch.isImageAbsent === true) return this.#judgeWithoutImage(request, read, launch);
      const { before } = launch;
      return before === undefined
        ? this.#judgeLaunch(request, read, launch)
        : this.#judgeUpdate(request, read, { ...launch, before });
    } catch (thrown) {
      if (expired.aborted) return ALLOW;
      if (!(thrown instanceof GateError)) return this.#noVerdict(request, thrown);
      if (thrown.code === "SUBJECT_UNKNOWN") return this.#unknownSubject(request, thrown);
      if (thrown.code === "LAUNCH_UNREADABLE")
        return this.#unreadable(request, thrown, "change what is named here in the launch");
      return this.#noVerdict(request, thrown);
    }
  }

  #judgeLaunch(request: EngineRequest, read: ReadRequest, launched: ReadLaunch): Outcome {
    const record = this.#recordOf(`${request.method} ${read.target.path}`, launched, (policies, question) =>
      this.#verdicts.evaluate(policies, question),
    );
    const isDenied = record.verdict.decision === "deny";
    const { routeClass } = read.target.route;
    // Nothing comes of a container that was allowed to be made but its start, whose record is flushed with this one. The
    // start takes the engine longer than a flush; who asked for it does not hear of its end before that of the flush.
    const flush = isDenied || (routeClass !== "create" && routeClass !== "start");
    this.#recording.append(this.#recorder.event(record), { flush });
    if (!flush && routeClass === "start") this.#settle();
    if (routeClass === "start" && !isDenied) this.#prover?.letIn(nameOf(request), read.target.path, launched);
    if (!isDenied) return ALLOW;
    const subject = routeClass === "archive-get" || routeClass === "archive-put" ? "copy" : undefined;
    return { deny: true, message: refusalText(record.verdict, launched.launch, subject), failed: false };
  }

  /**
   * The image is pulled next, and then judged. It may come between this answer and the engine's look, so that what is
   * wrong with any image is refused already: a container that is made brings files into its volumes before it is started.
   */
  #judgeWithoutImage(request: EngineRequest, read: ReadRequest, launched: ReadLaunch): Outcome {
    const record = this.#recordOf(`${request.method} ${read.target.path}`, launched, (policies, question) =>
      this.#verdicts.evaluate(policies, question),
    );
    const broken = denialsWithoutImage(record.policies, record.verdict, record.exceptions);
    if (broken.length === 0) return this.#recorded(request, "create.image-absent", {});
    return this.#refused(record, launched.launch, broken);
  }

  #refused(
    record: VerdictRecord,
    launch: Launch,
    violations: readonly Violation[],
    subject?: RefusedSubject,
  ): Outcome {
    this.#recording.append(this.#recorder.event(record));
    const message = refusalText({ ...record.verdict, violations }, launch, subject);
    return { deny: true, message, failed: false };
  }

  /** Refused is what would break a rule that the container keeps; one that breaks rules already may change all the same. */
  #judgeUpdate(
    request: EngineRequest,
    read: ReadRequest,
    updated: ReadLaunch & { readonly before: Launch },
  ): Outcome {
    const recordOf = (launch: Launch) =>
      this.#recordOf(`${request.method} ${read.target.path}`, { ...updated, launch }, (policies, question) =>
        this.#verdicts.evaluate(policies, question),
      );
    const known = new Set(denials(recordOf(updated.before).verdict).map(ruleOfViolation));
    const record = recordOf(updated.launch);
    const broken = denials(record.verdict).filter((violation) => !known.has(ruleOfViolation(violation)));
    if (broken.length === 0) return this.#passed(request, read);
    return this.#refused(record, updated.launch, broken, "update");
  }

  #proverOf(options: DecisionServiceOptions): MountProver | undefined {
    const { mountProof, view, elapsedMs } = options;
    if (mountProof === undefined) return undefined;
    return new MountProver({
      ...mountProof,
      view,
      questions: () => this.statistics.total,
      elapsedMs,
      ends: this.mode === "enforce",
      judge: (container, containerId, before) => this.#judgeStarted(container, containerId, before),
      onProved: (container, details) => this.#recordMounts("mounts.proved", container, details),
      onUnproved: (container, details) => this.#recordMounts("mounts.unproved", container, details),
      onFailed: (failure) => this.#mountsFailed(failure),
    });
  }

  /** What a container that runs breaks by mounts that others can exchange; whatever else it breaks, it was let in with. */
  async #judgeStarted(
    container: Fields,
    containerId: string,
    before: Launch | undefined,
  ): Promise<JudgedAnew> {
    const read = await this.#startedLaunches.existing(container, containerId, before?.caller ?? "");
    const launched = { ...read, launch: { ...read.launch, ranBefore: before?.ranBefore ?? true } };
    const { launch } = launched;
    const mounts = launch.mounts.filter(({ exchangeable }) => !exchangeable);
    const denialsOf = (each: Launch) => denials(this.#startedRecord({ ...launched, launch: each }).verdict);
    const known = new Set(denialsOf({ ...launch, mounts }).map(ruleOfViolation));
    const broken = denialsOf(launch).filter((violation) => !known.has(ruleOfViolation(violation)));
    return { launched, broken };
  }

  #startedRecord(launched: ReadLaunch): VerdictRecord {
    return this.#recordOf("start of a container", launched, (policies, question) =>
      this.#verdicts.evaluate(policies, question),
    );
  }

  #mountsFailed({ containerId, launched, violations, details }: MountFailure): string | undefined {
    if (launched === undefined) {
      const reason = violations.map(({ value }) => value).join("; ");
      this.#recordMounts("mounts.refused", containerId, { ...details, reason });
    } else {
      const record = this.#startedRecord(launched);
      // Those of policies are in the verdict already.
      const own = violations.filter(({ policy, rule }) => !hasViolation(record.verdict, policy, rule));
      const verdict = withProof(record.verdict, own);
      this.#recording.append(
        this.#recorder.event({ ...record, verdict, proof: { violations: own, details } }),
      );
    }
    if (this.mode !== "enforce") return undefined;
    const [first] = violations;
    const reason = `the container was killed: ${first?.message} (${first?.value})`;
    return plainRefusal(reason, first?.fix ?? "");
  }

  #recordMounts(action: string, containerId: string, details: JsonObject): void {
    const data = { containerId, mode: this.mode, ...details };
    this.#recording.append({ class: "gate", action, actor: "gate", data }, { flush: false });
  }

  /** A flush that failed is told to whoever waits until the next one, of which nobody can say that it includes it. */
  #settle(): void {
    this.#settled = this.#recording.flushed();
    this.#settled.catch(() => undefined);
  }

  #recordOf(call: string, { launch, imageId, facts }: ReadLaunch, evaluate: Evaluate): VerdictRecord {
    const { policies: state, now } = this.#options;
    const [policies, exceptions, host] = [state.policies(), state.exceptions(), state.host()];
    const verdict = evaluate(policies, {
      stage: "launch",
      image: facts,
      launch,
      host,
      exceptions,
      now: now(),
    });
    const actor = actorOf(launch.caller);
    return { verdict, launch, imageId, facts, policies, exceptions, host, mode: this.mode, call, actor };
  }

  /** All of a decision that changes nothing. Made-up facts are evidence of nothing, and are not kept. */
  async #rehearseCreate(): Promise<void> {
    const read = this.#readRequest(REHEARSED_CREATE);
    const launched = await this.#rehearsedLaunches.read(read, REHEARSED_CREATE.caller);
    if (launched === undefined) return;
    const record = this.#rehearse(read, launched);
    this.#recorder.event({ ...record, facts: undefined });
    refusalText(record.verdict, launched.launch);
  }

  async #rehearseStart(container: Fields): Promise<void> {
    const id = textIn(container, "Id");
    const read = this.#readRequest(rehearsedStart(id));
    this.#rehearse(read, await this.#rehearsedLaunches.existing(container, id, ""));
  }

  #rehearse(read: ReadRequest, launched: ReadLaunch): VerdictRecord {
    actionsOf(read);
    const facts = launched.facts ?? REHEARSED_FACTS;
    return this.#recordOf("rehearsal", { ...launched, facts }, (policies, question) =>
      this.#verdicts.rehearse(policies, question),
    );
  }

  #readRequest(request: EngineRequest): ReadRequest {
    return readRequest(request, { strictKeys: this.#options.strictKeys ?? true });
  }

  #refusedActions(request: EngineRequest, read: ReadRequest): Outcome | undefined {
    const rules = this.#options.actionRules?.() ?? {};
    const refused = actionsOf(read).filter((action) => ruleOf(action, rules) === "deny");
    if (refused.length === 0) return undefined;
    this.#recordCall(request, this.#deniedAction(), { actions: refused });
    const lines = refused.map((action) => `"${action}: allow"`).join(" and ");
    const fix = `an operator can allow it: ${lines} under gate.actions in pratique.yaml`;
    return {
      deny: true,
      message: plainRefusal(`the gate refuses ${refused.join(", ")}`, fix),
      failed: false,
    };
  }

  #unreadable(
    request: EngineRequest,
    error: GateError,
    fix = "send the request as the engine's own clients do",
  ): Outcome {
    this.#recordCall(request, this.#deniedAction(), { code: error.code, reason: error.message });
    return {
      deny: true,
      message: plainRefusal(`the gate refuses this call: ${error.message}`, fix),
      failed: false,
    };
  }

  /** A slip of whoever asked. The engine would say the same, unless the name were given to a container meanwhile. */
  #unknownSubject(request: EngineRequest, error: GateError): Outcome {
    this.#recordCall(request, this.#deniedAction(), { code: error.code, reason: error.message });
    const fix = "name one that the engine has: docker ps --all";
    return { deny: true, message: plainRefusal(error.message, fix), failed: false };
  }

  /** The record of a failure may fail as well; the answer stays the same. */
  #noVerdict(request: EngineRequest, thrown: unknown): Outcome {
    const reason = messageOf(thrown);
    try {
      this.#recordCall(request, "call.failed", { reason });
    } catch {
      // What kept the record from being written is most likely the reason that is told.
    }
    const fix = "see what the agent says: pratique gate status";
    return { deny: true, message: plainRefusal(`no verdict: ${reason}`, fix), failed: true };
  }

  /** What reads, and was let pass by what it reads, passes as any other read. */
  #passed(request: EngineRequest, read: ReadRequest): Outcome {
    const isRead = READS.has(read.target.route.routeClass) && this.#options.recordReads !== true;
    return isRead ? ALLOW : this.#recorded(request, "call.allowed", { actions: actionsOf(read) });
  }

  #recorded(request: EngineRequest, action: string, data: CallData): Outcome {
    this.#recordCall(request, action, data);
    return ALLOW;
  }

  #recordCall(request: EngineRequest, action: string, data: CallData): void {
    this.#recording.append({
      class: "gate",
      action,
      actor: actorOf(request.caller),
      data: {
        method: request.method,
        target: request.uri.slice(0, MAX_RECORDED_TARGET),
        mode: this.mode,
        ...data,
      },
    });
  }

  #deniedAction(): string {
    return this.mode === "enforce" ? "call.denied" : "call.would-deny";
  }

  /** Callers of the same unknown image wait for one scan. */
  async #factsOf(imageId: Digest): Promise<ImageFacts | undefined> {
    const { images } = this.#options;
    const known = images.facts(imageId);
    if (known !== undefined && this.#isEnough(known)) return known;
    const running = this.#scans.get(imageId);
    if (running !== undefined) return (await running) ?? known;
    const scan = images.requestScan(imageId, AbortSignal.timeout(this.#scanBudgetMs));
    this.#scans.set(imageId, scan);
    try {
      return (await scan) ?? known;
    } finally {
      this.#scans.delete(imageId);
    }
  }

  /** What was scanned before the policies asked for secrets or licences is scanned anew. */
  #isEnough(facts: ImageFacts): boolean {
    return hasSought(facts, this.#options.policies.policies().sought);
  }
}

const MAX_RECORDED_TARGET = 2048;
const READS: ReadonlySet<RouteClass> = new Set<RouteClass>(["archive-get", "checkpoint-list"]);
/** The status of an answer to a create that made a container. */
const CREATED = 201;

function hasViolation({ violations }: Verdict, policy: string, rule: string): boolean {
  return violations.some((each) => each.policy === policy && each.rule === rule);
}

function ruleOfViolation({ policy, rule }: Violation): string {
  return `${policy}/${rule}`;
}

function nameOf({ method, uri }: Pick<EngineRequest, "method" | "uri">): string {
  return `${method} ${uri}`;
}

function targetOf({ method, uri }: EngineReply): EngineTarget | undefined {
  try {
    return readTarget(method, uri);
  } catch {
    // It was refused when it came, or passed because the gate observes: it may have been any call.
    return undefined;
  }
}

/** The id in the engine's answer to a create; empty where there is none. */
function idIn(body: Uint8Array): string {
  try {
    return textIn(fieldsOf(JSON.parse(Buffer.from(body).toString("utf8"))), "Id");
  } catch {
    // An answer that the engine did not show, or only in part.
    return "";
  }
}

interface CallData {
  readonly actions?: readonly string[];
  readonly code?: string;
  readonly reason?: string;
}
