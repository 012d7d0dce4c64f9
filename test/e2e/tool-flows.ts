import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import type {
  ContainerReference,
  Denial,
  FlowControl,
  FlowPower,
  FlowTarget,
  Peers,
  ProbeAnswer,
  ProcKernel,
} from "@pratique/response";

/** Why channels cannot be cut with tools here; undefined where they can. */
export function flowToolsUnavailable(): string | undefined {
  for (const name of ["nsenter", "ip", "ss"]) {
    if (spawnSync("which", [name]).status !== 0) return `needs ${name}`;
  }
  return undefined;
}

/**
 * What the native sensor does, by tools of every distribution: peers are refused by routes in the container's network,
 * and sockets are ended by `ss -K`.
 */
export class ToolFlows implements FlowControl {
  readonly #kernel: ProcKernel;

  constructor(kernel: ProcKernel) {
    this.#kernel = kernel;
  }

  async powers(): Promise<readonly FlowPower[]> {
    return ["deny", "destroy", "probe"];
  }

  async deny(container: ContainerReference, peers: Peers, signal: AbortSignal): Promise<Denial> {
    await this.#routes("replace", container, peers, signal);
    return { sockets: 0, connections: 0, flows: undefined };
  }

  async allow(container: ContainerReference, peers: Peers, signal: AbortSignal): Promise<void> {
    await this.#routes("delete", container, peers, signal);
  }

  async destroy(target: FlowTarget, peers: Peers, signal: AbortSignal): Promise<number> {
    let ended = 0;
    for (const filter of peers === "all" ? [[]] : peers.map((peer) => ["dst", peer])) {
      const { stdout } = await inNetworkOf(target.pid, ["ss", "-HKtun", ...filter], signal);
      ended += stdout.split("\n").filter((line) => line !== "").length;
    }
    return ended;
  }

  async forget(): Promise<number> {
    return 0;
  }

  async probe({ pid }: FlowTarget, peer: string, signal: AbortSignal): Promise<ProbeAnswer> {
    const { code, stderr } = await inNetworkOf(pid, ["busybox", "nc", "-w", "2", peer, "1"], signal);
    if (code === 0 || stderr.includes("Connection refused")) return "reached";
    return stderr.includes("Permission denied") ? "refused" : "silent";
  }

  async #routes(
    verb: "replace" | "delete",
    container: ContainerReference,
    peers: Peers,
    signal: AbortSignal,
  ): Promise<void> {
    if (peers === "all") throw new Error("routes refuse single peers only");
    const [pid] = await this.#kernel.processes(container, signal);
    if (pid === undefined) return;
    for (const peer of peers) await inNetworkOf(pid, ["ip", "route", verb, "prohibit", peer], signal);
  }
}

async function inNetworkOf(pid: number, command: readonly string[], signal: AbortSignal) {
  const child = spawn("nsenter", ["-t", String(pid), "-n", ...command], {
    signal,
    stdio: ["ignore", "pipe", "pipe"],
  });
  let stdout = "";
  let stderr = "";
  child.stdout.setEncoding("utf8").on("data", (text: string) => {
    stdout += text;
  });
  child.stderr.setEncoding("utf8").on("data", (text: string) => {
    stderr += text;
  });
  const [code] = await once(child, "close");
  return { code, stdout, stderr };
}
