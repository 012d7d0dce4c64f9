import { existsSync, readFileSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import process from "node:process";
import { setTimeout as sleep } from "node:timers/promises";
import { hasCode } from "@pratique/core";
import { ResponseError } from "./errors.ts";
import { containerGroup } from "./flows/cgroup-paths.ts";
import type {
  ContainerControl,
  ContainerDescription,
  ContainerReference,
  ContainerView,
  ControlPower,
  KernelView,
} from "./ports.ts";

const LOOK_AGAIN_MS = 5;

export interface CgroupContainersOptions {
  readonly kernel: KernelView;
  readonly proc?: string;
  readonly cgroups?: string;
}

/**
 * Containers of runtimes that we do not speak to, by their control groups alone: they can be frozen and killed. To stop
 * or start one, and to change its networks, its runtime would have to be asked.
 */
export class CgroupContainers implements ContainerControl {
  readonly #kernel: KernelView;
  readonly #proc: string;
  readonly #cgroups: string;

  constructor({ kernel, proc = "/proc", cgroups = "/sys/fs/cgroup" }: CgroupContainersOptions) {
    this.#kernel = kernel;
    this.#proc = proc;
    this.#cgroups = cgroups;
  }

  powers(container: ContainerReference, { pid }: ContainerView): readonly ControlPower[] {
    return this.#freezer(container, pid) === undefined ? ["kill"] : ["pause", "kill"];
  }

  /** A container without a process is none to the kernel. */
  async look(container: ContainerReference, signal: AbortSignal): Promise<ContainerView | undefined> {
    const [pid] = await this.#kernel.processes(container, signal);
    if (pid === undefined) return undefined;
    return {
      running: true,
      paused: (await this.#kernel.frozen(pid)) === true,
      pid,
      restartPolicy: { name: "", maximumRetries: 0 },
      networks: [],
      ownNetwork: false,
    };
  }

  async countRunning(): Promise<number> {
    throw unspoken("how many containers run");
  }

  async pause(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#freeze(container, true, signal);
  }

  async unpause(container: ContainerReference, signal: AbortSignal): Promise<void> {
    await this.#freeze(container, false, signal);
  }

  async stop(): Promise<void> {
    throw unspoken("a stop");
  }

  /** By one word to the kernel where it knows it, so that nothing can fork faster than it is killed. */
  async kill(container: ContainerReference, signal: AbortSignal): Promise<void> {
    const [first] = await this.#kernel.processes(container, signal);
    if (first === undefined) return;
    const file = this.#file(container, first, { file: "cgroup.kill" });
    const frozen = (await this.#kernel.frozen(first)) === true;
    if (file !== undefined) await writeFile(file, "1");
    else await this.#killEach(container, signal);
    // What a freezer of version 1 holds dies when it is let go.
    if (frozen) await this.#freeze(container, false, signal);
  }

  async start(): Promise<void> {
    throw unspoken("a start");
  }

  async setRestartPolicy(): Promise<void> {
    throw unspoken("a restart policy");
  }

  async disconnect(): Promise<void> {
    throw unspoken("a network");
  }

  async connect(): Promise<void> {
    throw unspoken("a network");
  }

  changes(): AsyncIterable<object> {
    throw unspoken("a list of changes");
  }

  /** The upper layer is what the root of the container is mounted from. */
  async describe(container: ContainerReference, signal: AbortSignal): Promise<ContainerDescription> {
    const [pid] = await this.#kernel.processes(container, signal);
    const mounts = pid === undefined ? "" : this.#text(`${pid}/mountinfo`);
    const root = mounts.split("\n").find((line) => line.split(" ")[4] === "/");
    const upper = /[ ,]upperdir=(?<path>[^,\s]+)/u.exec(root ?? "")?.groups?.path;
    const { id, runtime, name, image } = container;
    return { description: { id, runtime, name, image, pid: pid ?? null }, upperDirectory: upper };
  }

  async #freeze(container: ContainerReference, wanted: boolean, signal: AbortSignal): Promise<void> {
    const [pid] = await this.#kernel.processes(container, signal);
    if (pid === undefined) return;
    const freezer = this.#freezer(container, pid);
    if (freezer === undefined) throw unspoken("a freezer");
    await writeFile(freezer.file, wanted ? freezer.frozen : freezer.thawed);
    while ((await this.#kernel.frozen(pid)) === !wanted) await sleep(LOOK_AGAIN_MS, undefined, { signal });
  }

  /** Whoever forks is killed in the next round. */
  async #killEach(container: ContainerReference, signal: AbortSignal): Promise<void> {
    const frozen: number[] = [];
    for (;;) {
      const left = (await this.#kernel.processes(container, signal)).filter((pid) => !frozen.includes(pid));
      if (left.length === 0) return;
      for (const pid of left) {
        sendKill(pid);
        if ((await this.#kernel.frozen(pid)) === true) frozen.push(pid);
      }
      await sleep(LOOK_AGAIN_MS, undefined, { signal });
    }
  }

  #freezer(container: ContainerReference, pid: number): Freezer | undefined {
    const old = this.#file(container, pid, { controller: "freezer", file: "freezer.state" });
    if (old !== undefined) return { file: old, frozen: "FROZEN", thawed: "THAWED" };
    const file = this.#file(container, pid, { file: "cgroup.freeze" });
    return file === undefined ? undefined : { file, frozen: "1", thawed: "0" };
  }

  /** Undefined where there is no such file of the container's own group. */
  #file(
    { id }: ContainerReference,
    pid: number,
    { controller, file }: { readonly controller?: string; readonly file: string },
  ): string | undefined {
    for (const line of this.#text(`${pid}/cgroup`).split("\n")) {
      const group = containerGroup(line, id);
      const fits =
        controller === undefined ? group?.controllers.length === 0 : group?.controllers.includes(controller);
      if (group === undefined || fits !== true) continue;
      const roots = controller === undefined ? ["", "/unified"] : [`/${controller}`];
      const found = roots.map((root) => `${this.#cgroups}${root}${group.path}/${file}`).find(existsSync);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Empty once the process has ended. Throws what the system says otherwise: a container that cannot be seen is not gone. */
  #text(name: string): string {
    try {
      return readFileSync(`${this.#proc}/${name}`, "utf8");
    } catch (thrown) {
      if (hasCode(thrown, "ENOENT", "ENOTDIR", "ESRCH")) return "";
      throw thrown;
    }
  }
}

interface Freezer {
  readonly file: string;
  readonly frozen: string;
  readonly thawed: string;
}

function sendKill(pid: number): void {
  try {
    process.kill(pid, "SIGKILL");
  } catch {
    // It has ended by itself.
  }
}

function unspoken(what: string): ResponseError {
  return new ResponseError(
    "RUNTIME_UNSPOKEN",
    `${what} is for the container's runtime, which is not spoken to`,
  );
}
