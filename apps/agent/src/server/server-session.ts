import type { AgentCommand, AgentWork, HostStatus } from "@pratique/api";
import { type Digest, messageOf } from "@pratique/core";
import type { AgentLogger } from "../agent-logger.ts";
import { AgentError } from "../errors.ts";
import type { GateMode } from "../gate/gate-state.ts";
import type { Layout } from "../layout.ts";
import { describePolicyError } from "../policies/policy-files.ts";
import { ServerPolicies, type WantedPolicies } from "../policies/server-policies.ts";
import type { ProfileCommand } from "../runtime/door/tell-profiles.ts";
import type { RuleSources } from "../runtime/rules/rule-files.ts";
import { awaitWorkForever } from "../work-loop.ts";
import { CommandMemory } from "./command-memory.ts";
import { CommandRunner, type CommandRunnerOptions } from "./command-runner.ts";
import { type HostIdentity, IdentityFile } from "./identity-file.ts";
import { renewForever } from "./renew-identity.ts";
import type { RespondCommand } from "./respond-to-order.ts";
import { type Outcome, ServerClient } from "./server-client.ts";
import { ServerRules } from "./server-rules.ts";

export interface ServerSessionOptions {
  readonly layout: Layout;
  /** With what this host shows itself; undefined where the server is on this machine. */
  readonly identity: HostIdentity | undefined;
  /** Which start of the agent this is: 128 random bits in hex. */
  readonly run: string;
  /** Milliseconds since 1970. */
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  readonly random: () => number;
  readonly log: AgentLogger;
  readonly respond: (command: RespondCommand) => Promise<string>;
  readonly scan: (imageId: Digest) => Promise<void>;
  readonly setGateMode: (mode: GateMode) => Promise<void>;
  readonly release: CommandRunnerOptions["release"];
  readonly profile: (command: ProfileCommand) => Promise<void>;
  /** Where rules for running containers come from; undefined where this host watches none. */
  readonly rules: RuleSources | undefined;
  /** The server wants other policies, or gives other labels. */
  readonly onPolicies: () => void;
  readonly onCommand: (command: AgentCommand, outcome: Outcome) => void;
  readonly onRenewed: (identity: HostIdentity) => void;
}

/** How this host stands with its server. */
export interface ServerState {
  /** `https://server.example:8444`, or the path of the socket. */
  readonly server: string;
  /** The host's certificate; null where it needs none. */
  readonly certificate: { readonly expiresAt: string; readonly renewAt: string } | null;
  /** When the server was last reached; null where it has not been. */
  readonly reachedAt: string | null;
  /** Why it is not reached now; empty where it is. */
  readonly problem: string;
  /** What is wrong with the policies and the rules that it sent; empty where nothing is. */
  readonly policyErrors: readonly string[];
  readonly unreportedOutcomes: number;
}

/** How long a server that starts together with this agent, as under `pratique up`, may take until it listens. */
const STARTING_MS = 15_000;

/** What goes on between this host and its server, besides the record and the reports. */
export class ServerSession {
  readonly client: ServerClient;
  readonly #options: ServerSessionOptions;
  readonly #policies: ServerPolicies;
  readonly #rules: ServerRules | undefined;
  readonly #memory: CommandMemory;
  readonly #runner: CommandRunner;
  /** Resolves when the server has answered to a status. */
  readonly #heard = Promise.withResolvers<void>();
  readonly #startedAtMs: number;
  #identity: HostIdentity | undefined;
  #reachedAt: string | null = null;
  #problem = "";
  /** The problem that was logged last; empty since the server was reached. */
  #loggedProblem = "";
  #policyErrors: readonly string[] = [];
  #ruleErrors: readonly string[] = [];

  constructor(options: ServerSessionOptions) {
    const { layout, identity, run, now, respond, scan, setGateMode, release, profile, rules, onCommand } =
      options;
    this.#options = options;
    this.#identity = identity;
    this.#startedAtMs = now();
    this.client = new ServerClient(
      identity === undefined ? { kind: "socket", path: layout.serverSocket } : { kind: "tls", identity },
      run,
    );
    this.#policies = new ServerPolicies(layout.serverPolicies);
    if (this.#policies.problem !== "") this.#policyErrors = [this.#policies.problem];
    this.#rules = rules === undefined ? undefined : new ServerRules(layout.serverPolicies, rules);
    this.#memory = new CommandMemory(layout.agentState, now);
    this.#runner = new CommandRunner({
      memory: this.#memory,
      server: this.client,
      respond,
      scan,
      setGateMode,
      release,
      profile,
      onDone: onCommand,
    });
  }

  get wanted(): WantedPolicies {
    return this.#policies.current;
  }

  get state(): ServerState {
    const { layout } = this.#options;
    const identity = this.#identity;
    return {
      server: identity?.url ?? layout.serverSocket,
      certificate:
        identity === undefined ? null : { expiresAt: identity.expiresAt, renewAt: identity.renewAt },
      reachedAt: this.#reachedAt,
      problem: this.#problem,
      policyErrors: [...this.#policyErrors, ...this.#ruleErrors],
      unreportedOutcomes: this.#memory.unreported().length,
    };
  }

  /**
   * Tells the server how this host is. Work is asked for from the first answer on: the server of this machine knows its
   * host by the status alone, and has no work before. Throws what {@link ServerClient.sendHost} throws.
   */
  async sendStatus(status: HostStatus): Promise<void> {
    try {
      await this.client.sendHost(status);
      this.#heard.resolve();
    } catch (thrown) {
      // A server that takes no status of ours may have work all the same.
      if (!isUnreachable(thrown)) this.#heard.resolve();
      else if (this.#reachedAt === null) this.#failed(thrown);
      throw thrown;
    }
  }

  /**
   * Whether an error says no more than that the server of this machine does not listen yet, or has not heard of its host
   * yet: no news while both start.
   */
  mayBeStarting(error: unknown): boolean {
    const isYoung = this.#options.now() - this.#startedAtMs < STARTING_MS;
    const isExpected =
      isUnreachable(error) || (error instanceof AgentError && error.code === "SERVER_REFUSED");
    return isExpected && this.#identity === undefined && this.#reachedAt === null && isYoung;
  }

  /** Waits for work and renews the certificate, for as long as the signal allows. */
  async run(signal: AbortSignal): Promise<void> {
    signal.addEventListener("abort", () => this.#heard.resolve(), { once: true });
    await Promise.all([this.#work(signal), this.#renew(signal)]);
  }

  async #work(signal: AbortSignal): Promise<void> {
    const { sleep, random } = this.#options;
    await this.#heard.promise;
    await awaitWorkForever({
      server: this.client,
      signal,
      sleep,
      random,
      revision: () => this.#policies.current.revision,
      rules: () => this.#rules?.revision,
      onReached: () => this.#reached(),
      onWork: (work) => this.#take(work),
      onError: (error) => this.#failed(error),
    });
  }

  async #renew(signal: AbortSignal): Promise<void> {
    const { layout, now, sleep, random, log, onRenewed } = this.#options;
    if (this.#identity === undefined) return;
    await renewForever(this.#identity, {
      file: new IdentityFile(layout.identity),
      server: this.client,
      signal,
      now,
      sleep,
      random,
      onRenewed: (identity) => {
        this.#identity = identity;
        onRenewed(identity);
      },
      onError: (error) => log.warn({ error: messageOf(error) }, "the certificate cannot be renewed yet"),
    });
  }

  #reached(): void {
    const { now, log } = this.#options;
    if (this.#loggedProblem !== "") log.info({}, "the server is reached again");
    this.#problem = "";
    this.#loggedProblem = "";
    this.#reachedAt = new Date(now()).toISOString();
    this.#runner.report().catch((error: unknown) => this.#failed(error));
  }

  #failed(error: unknown): void {
    const problem = messageOf(error);
    this.#problem = problem;
    if (problem === this.#loggedProblem || this.mayBeStarting(error)) return;
    this.#options.log.warn({ error: problem }, "the server cannot be reached");
    this.#loggedProblem = problem;
  }

  /** Each is taken by itself: rules that do not load keep no policy from being in force. */
  #take({ revision, policies, rules, commands }: AgentWork): void {
    this.#runner.take(commands, (error) => {
      this.#options.log.info({ error: messageOf(error) }, "the outcome of a command cannot be reported yet");
    });
    try {
      if (policies !== undefined) this.#takePolicies(revision, policies);
    } finally {
      if (rules !== undefined) this.#takeRules(rules);
    }
  }

  #takeRules(rules: NonNullable<AgentWork["rules"]>): void {
    try {
      this.#rules?.take(rules);
      this.#ruleErrors = [];
    } catch (thrown) {
      this.#ruleErrors = [messageOf(thrown)];
      throw thrown;
    }
  }

  #takePolicies(revision: string, policies: NonNullable<AgentWork["policies"]>): void {
    try {
      this.#policies.take(revision, policies);
      this.#policyErrors = [];
    } catch (thrown) {
      this.#policyErrors = describePolicyError(thrown);
      throw thrown;
    } finally {
      this.#options.onPolicies();
    }
  }
}

function isUnreachable(error: unknown): boolean {
  return error instanceof AgentError && error.code === "SERVER_UNREACHABLE";
}
