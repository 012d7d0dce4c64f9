import { chmodSync, lstatSync, mkdirSync, renameSync, rmSync } from "node:fs";
import type { Server } from "node:net";
import path from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { messageOf } from "@pratique/core";
import { ControlDoor } from "./control-door.ts";
import type { DecisionService } from "./decision-service.ts";
import { PluginDoor } from "./doors/docker-authz/plugin-door.ts";
import { GateError } from "./errors.ts";
import { isHeldByAnother } from "./socket-owner.ts";

export interface GateServerOptions {
  readonly decisions: DecisionService;
  /** Where the engine looks for the plugin: `/run/docker/plugins/pratique.sock`. */
  readonly pluginSocket: string;
  readonly controlSocket: string;
  /** Reads policies and image facts anew. */
  readonly reload: () => Promise<void>;
  /** Tells two gates apart, in the names of temporary sockets and in the status: the process id. */
  readonly instance: string;
}

const CLOSE_GRACE_MS = 2000;
/**
 * How long a gate that ends still answers on connections that the engine keeps. It hears with each answer that the
 * connection ends with it; one that is closed under a call loses the call, as the engine repeats it without content.
 */
const DRAIN_MS = 250;
/**
 * A gate that ends goes on as before until the engine has been silent for so long. Of each stream that was listened to, events
 * say, the engine asks once more when the listener goes, and repeats for half a minute what nobody answers.
 */
const SILENCE_MS = 200;
const MAX_SILENCES = 5;

interface Door {
  readonly server: Server;
  readonly socketPath: string;
  readonly closeIdleConnections: () => void;
  readonly closeAllConnections: () => void;
  /** Tells our socket from one that a newer gate put in its place. */
  inode: bigint;
}

/**
 * The two doors of the gate. A new gate takes over from an old one without a gap: it listens on a socket of its
 * own, and then renames it over the old.
 */
export class GateServer implements AsyncDisposable {
  readonly #options: GateServerOptions;
  readonly #plugin: PluginDoor;
  readonly #doors: readonly Door[];

  constructor(options: GateServerOptions) {
    this.#options = options;
    const { decisions, reload } = options;
    const plugin = new PluginDoor(decisions);
    const control = new ControlDoor({ status: () => this.#status(), reload });
    this.#plugin = plugin;
    this.#doors = [
      {
        server: plugin.server,
        socketPath: options.pluginSocket,
        closeIdleConnections: () => plugin.closeIdleConnections(),
        closeAllConnections: () => plugin.closeAllConnections(),
        inode: 0n,
      },
      {
        server: control.server,
        socketPath: options.controlSocket,
        closeIdleConnections: () => control.closeAllConnections(),
        closeAllConnections: () => control.closeAllConnections(),
        inode: 0n,
      },
    ];
  }

  /**
   * Opens both doors. Rejects with `SOCKET_UNUSABLE`, also where a gate that has another control socket answers
   * the engine on the plugin socket: that one would be deaf, and nobody would notice.
   */
  async listen(): Promise<void> {
    const { pluginSocket } = this.#options;
    if (await isHeldByAnother(this.#options)) {
      const held = `another gate answers on ${JSON.stringify(pluginSocket)}`;
      throw new GateError("SOCKET_UNUSABLE", `${held}: end it, or give this one another plugin name`);
    }
    for (const door of this.#doors) await this.#open(door);
    // Nobody waits for it, least of all a launch that came already; it never rejects.
    void this.#options.decisions.warmUp();
  }

  /** Stops answering, and takes away the sockets that are still ours. */
  async [Symbol.asyncDispose](): Promise<void> {
    const open = this.#doors.filter((door) => door.server.listening);
    if (open.length === 0) return;
    if (this.#isFound()) await this.#untilSilent();
    this.#plugin.endWithNextAnswers();
    for (const door of open) if (isOurs(door)) rmSync(door.socketPath, { force: true });
    await sleep(DRAIN_MS);
    await Promise.all(open.map((door) => close(door)));
  }

  async #untilSilent(): Promise<void> {
    for (let turn = 0, before = -1; turn < MAX_SILENCES && before !== this.#plugin.answers; turn += 1) {
      before = this.#plugin.answers;
      await sleep(SILENCE_MS);
    }
  }

  #isFound(): boolean {
    const { pluginSocket } = this.#options;
    return this.#doors.every((door) => door.socketPath !== pluginSocket || isOurs(door));
  }

  #status() {
    const { decisions, instance, pluginSocket } = this.#options;
    const { statistics, mode, policyRevision } = decisions;
    return {
      instance,
      pluginSocket,
      /** Whether the engine still finds this gate, and no other, where it looks. */
      listening: this.#isFound(),
      mode,
      policyRevision,
      counts: { ...statistics.counts() },
      /** Calls that passed without a record since it could last be written. */
      unrecorded: decisions.unrecorded,
      latency: { ...statistics.latency() },
    };
  }

  async #open(door: Door): Promise<void> {
    const temporary = `${door.socketPath}.${this.#options.instance}`;
    try {
      mkdirSync(path.dirname(door.socketPath), { recursive: true, mode: 0o755 });
      rmSync(temporary, { force: true });
      const { promise, resolve, reject } = Promise.withResolvers<void>();
      door.server.once("error", reject);
      door.server.listen(temporary, resolve);
      await promise;
      // Before it can be found under its name: nobody but root may ask either door.
      chmodSync(temporary, 0o600);
      door.inode = inodeOf(temporary);
      renameSync(temporary, door.socketPath);
    } catch (cause) {
      const shown = JSON.stringify(door.socketPath);
      throw new GateError("SOCKET_UNUSABLE", `cannot listen on ${shown}: ${messageOf(cause)}`, { cause });
    }
  }
}

async function close(door: Door): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  door.server.close(() => resolve());
  // Whoever waits for a verdict gets it, if it comes soon; the engine asks the next gate otherwise.
  const timer = setTimeout(() => door.closeAllConnections(), CLOSE_GRACE_MS);
  door.closeIdleConnections();
  await promise;
  clearTimeout(timer);
}

function isOurs(door: Door): boolean {
  return inodeOf(door.socketPath) === door.inode;
}

function inodeOf(socketPath: string): bigint {
  return lstatSync(socketPath, { bigint: true, throwIfNoEntry: false })?.ino ?? 0n;
}
