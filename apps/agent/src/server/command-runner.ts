import type { AgentCommand } from "@pratique/api";
import { type Digest, messageOf } from "@pratique/core";
import type { GateMode } from "../gate/gate-state.ts";
import type { ProfileCommand } from "../runtime/door/tell-profiles.ts";
import type { Release } from "../runtime/responses/release-responses.ts";
import type { CommandMemory } from "./command-memory.ts";
import type { RespondCommand } from "./respond-to-order.ts";
import type { Outcome, ServerClient } from "./server-client.ts";

const MAX_DETAIL_CHARACTERS = 4096;

export interface CommandRunnerOptions {
  readonly memory: CommandMemory;
  readonly server: Pick<ServerClient, "sendOutcome">;
  /** Does what a person ordered about a container, and says what came of it. */
  readonly respond: (command: RespondCommand) => Promise<string>;
  readonly scan: (imageId: Digest) => Promise<void>;
  /** Resolves when the gate does so. */
  readonly setGateMode: (mode: GateMode) => Promise<void>;
  /** Undoes what was done about a container: one act, or all of them. */
  readonly release: (what: Release) => Promise<void>;
  /** Does what a person says of a profile. */
  readonly profile: (command: ProfileCommand) => Promise<void>;
  /** Is called before anybody hears of the outcome. */
  readonly onDone: (command: AgentCommand, outcome: Outcome) => void;
}

/**
 * Does what the server tells this host, each command once, over restarts of both. The outcome is reported at least
 * once; only a crash between the deed and its note has it done again.
 */
export class CommandRunner {
  readonly #options: CommandRunnerOptions;
  readonly #running = new Map<string, Promise<void>>();

  constructor(options: CommandRunnerOptions) {
    this.#options = options;
  }

  /** Begins what has not begun. Commands that take long do not hold up others. */
  take(commands: readonly AgentCommand[], onError: (error: unknown) => void): void {
    for (const command of commands) {
      if (this.#running.has(command.id)) continue;
      const run = this.#run(command, onError)
        .catch(onError)
        .finally(() => this.#running.delete(command.id));
      this.#running.set(command.id, run);
    }
  }

  /** Tells the server what it has not heard of. Rejects where it cannot be reached. */
  async report(): Promise<void> {
    const { memory, server } = this.#options;
    for (const { id, state, detail } of memory.unreported()) {
      await server.sendOutcome(id, { state, detail });
      memory.reported(id);
    }
  }

  async #run(command: AgentCommand, onError: (error: unknown) => void): Promise<void> {
    const { memory, server, onDone } = this.#options;
    const known = memory.find(command.id);
    if (known === undefined) {
      const outcome = await this.#outcomeOf(command);
      try {
        memory.done(command, outcome);
      } catch (thrown) {
        // On a full disk the server is told all the same: it then does not ask again.
        onError(thrown);
      }
      onDone(command, outcome);
    }
    const { state, detail } = memory.find(command.id) ?? { state: "failed" as const, detail: "" };
    // It is sent again whenever the server asks for it again: the report may have been lost.
    await server.sendOutcome(command.id, { state, detail });
    memory.reported(command.id);
  }

  /** The server hands out nothing that is over by its own clock; ours may be hours from it, and is not asked. */
  async #outcomeOf(command: AgentCommand): Promise<Outcome> {
    try {
      return { state: "done", detail: (await this.#do(command)).slice(0, MAX_DETAIL_CHARACTERS) };
    } catch (thrown) {
      return { state: "failed", detail: messageOf(thrown).slice(0, MAX_DETAIL_CHARACTERS) };
    }
  }

  async #do(command: AgentCommand): Promise<string> {
    const { respond, scan, setGateMode, release, profile } = this.#options;
    switch (command.kind) {
      case "respond":
        return await respond(command);
      case "scan-image":
        await scan(command.imageId);
        return "the image was scanned";
      case "set-gate-mode":
        await setGateMode(command.mode);
        return command.mode === "enforce" ? "the gate enforces" : "the gate observes";
      case "release-response":
        await release(releaseOf(command));
        return "what was done about the container was undone";
      case "set-profile-mode":
        await profile(command);
        return `the mode of the profile is ${command.mode}`;
      case "decide-profile-item":
        await profile(command);
        return `${command.item} was ${command.verdict}`;
    }
  }
}

/** An account may be called as the host's own users are. */
function releaseOf({ containerId, act, by }: Extract<AgentCommand, { kind: "release-response" }>): Release {
  return { containerId, act, by: by === undefined ? "server" : `person ${by}` };
}
