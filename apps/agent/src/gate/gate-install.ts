import { readFileSync, rmSync } from "node:fs";
import { type AuditSink, hasCode, messageOf } from "@pratique/core";
import type { Engine } from "@pratique/engine";
import { removeDeadSocket } from "@pratique/gate";
import { z } from "zod";
import { replaceFile } from "../durable-file.ts";
import { EngineConfig } from "../engine/engine-config.ts";
import { type EngineDaemon, findEngineDaemon } from "../engine/engine-daemon.ts";
import { pluginSocketOf } from "../engine/plugin-socket.ts";
import { AgentError } from "../errors.ts";

const RELOAD_DEADLINE_MS = 10_000;
const RELOAD_POLL_MS = 50;
const ASK_AGAIN_MS = 1000;

/** What was done to an engine, kept so that it can be undone. */
export interface GateInstall {
  readonly engineSocket: string;
  readonly configFile: string;
  readonly backup: string;
  readonly plugin: string;
}

const installFile = z.strictObject({
  engineSocket: z.string(),
  configFile: z.string(),
  backup: z.string(),
  plugin: z.string(),
});

/** What {@link GateInstaller.install} found, or did. */
export interface GateInstalled extends GateInstall {
  /** By a change of its configuration, now or before; or by its command line, so that there was nothing to change. */
  readonly by: "change" | "change-before" | "command-line";
}

export interface GateInstallerOptions {
  /** Where the installation is remembered. */
  readonly file: string;
  readonly engine: Engine;
  readonly engineSocket: string;
  readonly plugin: string;
  readonly audit: AuditSink;
  /** Who asks: `uid:0`. */
  readonly actor: string;
  readonly now: () => number;
  readonly sleep: (ms: number, signal: AbortSignal) => Promise<void>;
  /** How many calls the gate has been asked about so far. Rejects where no gate answers. */
  readonly countCalls: () => Promise<number>;
}

/**
 * The installation that is remembered, or undefined where there is none. Throws `GATE_INSTALL_UNREADABLE` where that cannot
 * be told: a file that may not be read, or is damaged, is no sign that no engine asks the gate.
 */
export function readGateInstall(file: string): GateInstall | undefined {
  try {
    return installFile.parse(JSON.parse(readFileSync(file, "utf8")));
  } catch (cause) {
    if (hasCode(cause, "ENOENT")) return undefined;
    throw new AgentError("GATE_INSTALL_UNREADABLE", `${JSON.stringify(file)} ${whyUnreadable(cause)}`, {
      cause,
    });
  }
}

function whyUnreadable(cause: unknown): string {
  if (hasCode(cause, "EACCES", "EPERM")) return "cannot be read as this user";
  if (cause instanceof SyntaxError || cause instanceof z.ZodError)
    return "does not say in its form where the gate is installed";
  return `cannot be read: ${messageOf(cause)}`;
}

/**
 * Puts the gate before an engine and takes it away again: one key of the daemon's configuration and a live
 * reload, each way. No container is touched. A reload that does not take effect is undone.
 */
export class GateInstaller {
  readonly #options: GateInstallerOptions;

  constructor(options: GateInstallerOptions) {
    this.#options = options;
  }

  /**
   * Makes the engine ask the gate, from now on and after every start. The gate must answer already. Throws
   * `GATE_INSTALLED_ELSEWHERE` rather than forget another engine that asks. An engine that has the gate on its command
   * line is left alone, and not remembered: there would be nothing to take away.
   */
  async install(): Promise<GateInstalled> {
    const { engineSocket, plugin, file } = this.#options;
    const daemon = findEngineDaemon(engineSocket);
    const install = {
      engineSocket,
      configFile: daemon.configFile,
      backup: `${daemon.configFile}.before-pratique`,
      plugin,
    };
    const before = readGateInstall(file);
    refuseAnother(before, install);
    if (daemon.fixedPlugins.includes(plugin)) return { ...install, by: "command-line" };
    replaceFile(file, JSON.stringify(install));
    try {
      const isChanged = await this.arm(install);
      return { ...install, by: isChanged ? "change" : "change-before" };
    } catch (thrown) {
      // Without it nobody would make the engine stop asking when the gate goes away.
      if (before === undefined) rmSync(file, { force: true });
      throw thrown;
    }
  }

  /** Undoes {@link install}. Throws `GATE_ON_COMMAND_LINE` where the engine goes on asking all the same. */
  async uninstall(): Promise<GateInstall> {
    const { file, engineSocket, plugin } = this.#options;
    const install = readGateInstall(file);
    if (install !== undefined) {
      await this.disarm(install, "uninstalled");
      rmSync(file, { force: true });
    }
    refuseFixed(install?.engineSocket ?? engineSocket, install?.plugin ?? plugin);
    if (install === undefined)
      throw new AgentError("GATE_NOT_INSTALLED", "the gate is not installed on this host");
    return install;
  }

  /** Makes the engine ask, and says whether that took a change. */
  async arm(install: GateInstall): Promise<boolean> {
    const daemon = findEngineDaemon(install.engineSocket);
    if (daemon.fixedPlugins.includes(install.plugin)) return false;
    const config = new EngineConfig(install.configFile);
    if (config.hasPlugin(install.plugin) && (await this.#isAsking())) return false;
    config.addPlugin(install.plugin, install.backup);
    try {
      await this.#reload(daemon, { asking: true });
      // A gate whose arming cannot be recorded could not record a verdict either.
      this.#record("gate.armed", install, "");
    } catch (thrown) {
      config.removePlugin(install.plugin, install.backup);
      signalIfThere(daemon.pid);
      throw thrown;
    }
    return true;
  }

  /** Makes the engine stop asking, so that it stays usable while there is no gate. */
  async disarm(install: GateInstall, why: string): Promise<void> {
    const config = new EngineConfig(install.configFile);
    if (config.hasPlugin(install.plugin)) {
      config.removePlugin(install.plugin, install.backup);
      await this.#reload(findEngineDaemon(install.engineSocket), { asking: false });
      this.#record("gate.disarmed", install, why);
    }
    // An engine that no longer asks would still wait for it.
    await removeDeadSocket(pluginSocketOf(install.plugin));
  }

  /** The engine tells of each reload, but not of its plug-ins: whether it asks is seen at the gate. */
  async #reload({ pid }: EngineDaemon, { asking }: { readonly asking: boolean }): Promise<void> {
    const deadline = AbortSignal.timeout(RELOAD_DEADLINE_MS);
    const sinceMs = this.#options.now();
    process.kill(pid, "SIGHUP");
    try {
      await this.#reloaded(sinceMs, deadline);
      while (asking && !(await this.#isAsking())) await this.#options.sleep(RELOAD_POLL_MS, deadline);
    } catch (cause) {
      if (!deadline.aborted) throw cause;
      throw new AgentError(
        "ENGINE_RELOAD_FAILED",
        `the engine did not take its new configuration within ${RELOAD_DEADLINE_MS} ms`,
        { cause },
      );
    }
  }

  /**
   * An engine that drops its plugins between a call and its answer sends an empty one (moby, authorization middleware), and
   * one whose gate is dead holds the call for half a minute. What asks once more after that hears of what has been, too.
   */
  async #reloaded(sinceMs: number, signal: AbortSignal): Promise<void> {
    for (;;) {
      const impatience = AbortSignal.timeout(ASK_AGAIN_MS);
      try {
        return await this.#toldOfReload(sinceMs, AbortSignal.any([signal, impatience]));
      } catch (thrown) {
        signal.throwIfAborted();
        if (!impatience.aborted && !hasCode(thrown, "ENGINE_MALFORMED")) throw thrown;
      }
      await this.#options.sleep(RELOAD_POLL_MS, signal);
    }
  }

  async #toldOfReload(sinceMs: number, signal: AbortSignal): Promise<void> {
    const filters = { type: ["daemon"], event: ["reload"] };
    for await (const { timeMs } of this.#options.engine.events({ signal, sinceMs, filters })) {
      if (timeMs >= sinceMs) return;
    }
    signal.throwIfAborted();
    throw new AgentError("ENGINE_RELOAD_FAILED", "the engine ended while it took its new configuration");
  }

  async #isAsking(): Promise<boolean> {
    const { engine, countCalls } = this.#options;
    const before = await countCalls();
    await engine.ping();
    return (await countCalls()) > before;
  }

  #record(action: string, { engineSocket, configFile, plugin }: GateInstall, why: string): void {
    const { audit, actor } = this.#options;
    audit.append({ class: "gate", action, actor, data: { engineSocket, configFile, plugin, why } });
  }
}

function refuseAnother(before: GateInstall | undefined, { configFile, plugin }: GateInstall): void {
  if (before === undefined || (before.configFile === configFile && before.plugin === plugin)) return;
  throw new AgentError(
    "GATE_INSTALLED_ELSEWHERE",
    `the gate is installed in ${before.configFile}, as ${JSON.stringify(before.plugin)}`,
  );
}

/** What an engine was started with cannot be taken from it while it runs. One that does not run asks nobody. */
function refuseFixed(engineSocket: string, plugin: string): void {
  if (!fixedPluginsOf(engineSocket).includes(plugin)) return;
  throw new AgentError(
    "GATE_ON_COMMAND_LINE",
    `the engine has the gate on its command line: --authorization-plugin=${plugin}`,
  );
}

function fixedPluginsOf(engineSocket: string): readonly string[] {
  try {
    return findEngineDaemon(engineSocket).fixedPlugins;
  } catch (thrown) {
    if (hasCode(thrown, "ENGINE_NOT_FOUND")) return [];
    throw thrown;
  }
}

/** The engine may be what has failed; that must not hide why. */
function signalIfThere(pid: number): void {
  try {
    process.kill(pid, "SIGHUP");
  } catch {
    // It is gone, and reads its configuration when it comes back.
  }
}
