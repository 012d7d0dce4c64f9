import { constants, setPriority } from "node:os";
import { AuditError, AuditLog, EvidenceStore } from "@pratique/audit";
import { type Digest, type Host, KiB, messageOf, type PolicyException } from "@pratique/core";
import { Engine, type EngineAddress } from "@pratique/engine";
import {
  DecisionService,
  engineView,
  GateServer,
  hostMounts,
  hostPaths,
  type ImageKnowledge,
} from "@pratique/gate";
import type { PolicySet } from "@pratique/policy";
import { z } from "zod";
import type { AgentLogger } from "../agent-logger.ts";
import { killContainer } from "../engine/kill-container.ts";
import { ImageFactsFiles } from "../images/image-facts-files.ts";
import type { Layout } from "../layout.ts";
import { askLine } from "../line-socket.ts";
import { type GateState, GateStateFile } from "./gate-state.ts";
import { watchStarts } from "./start-watch.ts";

/** While the agent is away, its socket is tried again so often. */
const AGENT_RETRY_MS = 200;

/** Exceptions are part of the policy set. The same array each time: what is made of it is cached. */
const NO_MORE_EXCEPTIONS: readonly PolicyException[] = [];

const scanReply = z.object({ ok: z.boolean() });

export interface GateProcessOptions {
  readonly layout: Layout;
  readonly engineAddress: EngineAddress;
  /** Where the engine looks for the gate. */
  readonly pluginSocket: string;
  readonly now: () => Date;
  readonly elapsedMs: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly processId: number;
  /** What the record may take on the disk; as much as there is where it is absent. */
  readonly maxRecordBytes?: number;
  /** What becomes of launches that there is no room to record: they are refused unless told. */
  readonly whenRecordFull?: "refuse" | "pass";
  /** What becomes of containers of whose mounts nothing can be proved: they are killed unless told. */
  readonly whenUnproved?: "refuse" | "pass";
  readonly log: AgentLogger;
}

/**
 * The process that answers the engine. It holds its own copy of all that it decides from, and needs neither the
 * agent nor the server to decide about an image that was scanned before.
 */
export class GateProcess {
  readonly #options: GateProcessOptions;
  readonly #state: GateStateFile;
  readonly #engine: Engine;
  readonly #audit: AuditLog;
  readonly #evidence: EvidenceStore;
  readonly #facts: ImageFactsFiles;
  readonly #stopping = new AbortController();
  #server: GateServer | undefined;
  #deciding: DecisionService | undefined;
  #watching: Promise<void> = Promise.resolve();
  #opened: GateState | undefined;
  #openings = 0;
  #reloading: Promise<void> = Promise.resolve();

  constructor(options: GateProcessOptions) {
    const { layout, log } = options;
    this.#options = options;
    this.#state = new GateStateFile(layout.gateState, (error) => {
      log.warn({ error: messageOf(error) }, "the gate's state was not taken");
    });
    this.#engine = new Engine({ address: options.engineAddress });
    this.#audit = new AuditLog({
      directory: layout.audit,
      now: options.now,
      preallocate: true,
      ...(options.maxRecordBytes !== undefined && { maxBytes: options.maxRecordBytes }),
    });
    this.#evidence = new EvidenceStore(layout.evidence, options.now);
    this.#facts = new ImageFactsFiles(layout.imageFacts);
  }

  async start(): Promise<void> {
    this.#runFirst();
    await this.#open(this.#state.current);
    const { now, sleep } = this.#options;
    const { signal } = this.#stopping;
    const onStart = (id: string) => void this.#deciding?.started(id);
    this.#watching = watchStarts({ engine: this.#engine, signal, now, sleep, onStart });
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    await this.#watching;
    await this.#server?.[Symbol.asyncDispose]();
    await this.#engine[Symbol.asyncDispose]();
    this.#audit[Symbol.dispose]();
  }

  /** The engine, and whoever called it, wait for each answer, which takes less time than a turn of anybody else. */
  #runFirst(): void {
    try {
      setPriority(constants.priority.PRIORITY_HIGH);
    } catch (thrown) {
      this.#options.log.warn(
        { error: messageOf(thrown) },
        "the gate runs at the priority of any other process",
      );
    }
  }

  /**
   * One after the other: of two that opened doors at once, one would stay open with what it was opened with, and the engine might
   * go on asking there.
   */
  #reload(): Promise<void> {
    this.#reloading = this.#reloading.catch(() => undefined).then(() => this.#takeState());
    return this.#reloading;
  }

  /** Policies are read at each decision; only what the doors were opened with needs new doors. */
  async #takeState(): Promise<void> {
    const state = this.#state.current;
    const { mode, scanBudgetMs } = this.#opened ?? state;
    if (state.mode === mode && state.scanBudgetMs === scanBudgetMs) return;
    const old = this.#server;
    await this.#open(state);
    await old?.[Symbol.asyncDispose]();
  }

  async #open(state: GateState): Promise<void> {
    const { pluginSocket, layout, processId } = this.#options;
    const opening = this.#openings++;
    const decisions = this.#decisions(state);
    const server = new GateServer({
      decisions,
      pluginSocket,
      controlSocket: layout.gateControlSocket,
      reload: () => this.#reload(),
      instance: opening === 0 ? String(processId) : `${processId}-${opening}`,
    });
    await server.listen();
    this.#server = server;
    this.#deciding = decisions;
    this.#opened = state;
  }

  #decisions({ mode, scanBudgetMs }: GateState): DecisionService {
    const { now, elapsedMs, sleep, layout, whenRecordFull, whenUnproved, log } = this.#options;
    return new DecisionService({
      view: engineView(this.#engine),
      images: this.#images(),
      policies: {
        policies: (): PolicySet => this.#state.policies,
        exceptions: () => NO_MORE_EXCEPTIONS,
        host: (): Host => this.#state.current.host,
      },
      actionRules: () => this.#state.current.actions,
      audit: this.#audit,
      passesUnrecorded: (reason) => whenRecordFull === "pass" && isFull(reason),
      onUnrecorded: (reason) => log.warn({ error: messageOf(reason) }, "launches pass without a record"),
      evidence: this.#evidence,
      paths: hostPaths,
      mountProof: {
        mounts: hostMounts,
        kill: (containerId) => this.#kill(containerId),
        sleep: (ms) => sleep(ms, this.#stopping.signal),
        whenUnproved: whenUnproved ?? "refuse",
      },
      now,
      elapsedMs,
      mode,
      scanBudgetMs,
      // The gate's own sockets, policies, image facts and record lie in these, wherever the operator put them.
      engineSockets: [layout.run, layout.data, ...this.#engineSocket()],
    });
  }

  async #kill(containerId: string): Promise<void> {
    try {
      await killContainer(this.#options.engineAddress, containerId);
    } catch (thrown) {
      this.#options.log.warn(
        { containerId, error: messageOf(thrown) },
        "the engine does not kill a container",
      );
    }
  }

  #engineSocket(): readonly string[] {
    const { engineAddress } = this.#options;
    return engineAddress.kind === "unix" ? [engineAddress.socketPath] : [];
  }

  #images(): ImageKnowledge {
    return {
      facts: (imageId) => this.#facts.get(imageId),
      requestScan: (imageId, signal) => this.#requestScan(imageId, signal),
    };
  }

  /** The agent may be on its way up again: it is asked until the budget is used up. */
  async #requestScan(imageId: Digest, signal: AbortSignal) {
    const { layout, sleep, log } = this.#options;
    while (!signal.aborted) {
      try {
        const reply = await askLine(layout.agentSocket, { command: "scan", imageId }, signal);
        if (!scanReply.parse(reply).ok)
          log.warn({ imageId, reply: JSON.stringify(reply).slice(0, KiB) }, "no scan");
        return this.#facts.get(imageId);
      } catch {
        await sleep(AGENT_RETRY_MS, signal).catch(() => undefined);
      }
    }
    return undefined;
  }
}

function isFull(reason: unknown): boolean {
  return reason instanceof AuditError && reason.code === "DISK_FULL";
}
