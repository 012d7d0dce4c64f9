import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import path from "node:path";
import process from "node:process";

const SERVERS = path.join(import.meta.dirname, "far-servers.ts");

export interface FarOptions {
  /**
   * Where the servers and the resolver are to be found, the resolver first: of networks for documentation, so that a
   * feed may list them.
   */
  readonly addresses: readonly string[];
  /** What the resolver answers, by name. */
  readonly names: Readonly<
    Record<string, { readonly alias?: string; readonly addresses: readonly string[] }>
  >;
}

/**
 * A network namespace with the far end of all that containers of a test talk to, and a wire to each container. Nothing
 * of it is seen on the host, and nothing of the Internet from it.
 */
export class FarNetwork implements AsyncDisposable {
  readonly #name = `prt-far-${process.pid}`;
  #servers: ChildProcess | undefined;
  #wires = 0;

  private constructor() {}

  static async start({ addresses, names }: FarOptions): Promise<FarNetwork> {
    const network = new FarNetwork();
    const { stdout } = network.#launch(addresses, names);
    if (stdout === null) throw new Error("the far servers say nothing");
    await once(stdout, "data");
    return network;
  }

  /** Gives a process's network a wire, an address and a way to all of the far end. */
  join(pid: number): void {
    this.#wires += 1;
    const wire = `w${this.#wires}`;
    const own = `203.0.113.${200 + this.#wires}`;
    const peer = ["type", "veth", "peer", "name", "eth0", "netns", String(pid)];
    succeed("ip", ["link", "add", wire, "netns", this.#name, ...peer]);
    succeed("ip", ["-n", this.#name, "link", "set", wire, "master", "far", "up"]);
    const inside = (words: readonly string[]) =>
      succeed("nsenter", ["-t", String(pid), "-n", "ip", ...words]);
    inside(["addr", "add", `${own}/24`, "dev", "eth0"]);
    inside(["link", "set", "eth0", "up"]);
    inside(["link", "set", "lo", "up"]);
    inside(["route", "add", "default", "dev", "eth0"]);
  }

  /** One more address of the servers. */
  add(address: string): void {
    succeed("ip", ["-n", this.#name, "addr", "add", `${address}/32`, "dev", "far"]);
  }

  /** When bytes came in last, in milliseconds since 1970, by the address that they were sent to. */
  async lastHeard(): Promise<Readonly<Record<string, number>>> {
    const child = this.#servers;
    if (child?.stdout == null || child.stdin === null) throw new Error("there are no servers");
    const answer = once(child.stdout, "data");
    child.stdin.write("last\n");
    return JSON.parse(String((await answer)[0]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const child = this.#servers;
    if (child !== undefined && child.exitCode === null) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    spawnSync("ip", ["netns", "del", this.#name]);
  }

  #launch(addresses: readonly string[], names: FarOptions["names"]): ChildProcess {
    succeed("ip", ["netns", "add", this.#name]);
    const inside = (words: readonly string[]) => succeed("ip", ["-n", this.#name, ...words]);
    inside(["link", "set", "lo", "up"]);
    // An address of its own: it would take that of a wire, and another one with each that is added.
    inside(["link", "add", "far", "address", "02:00:00:00:00:01", "type", "bridge"]);
    inside(["link", "set", "far", "up"]);
    for (const address of addresses) inside(["addr", "add", `${address}/32`, "dev", "far"]);
    // What has no address of its own to answer from, such as the resolver, answers from the first one.
    inside(["route", "add", "203.0.113.0/24", "dev", "far", "src", addresses[0] ?? ""]);
    const words = ["netns", "exec", this.#name, process.execPath, SERVERS, JSON.stringify(names)];
    const child = spawn("ip", words, { stdio: ["pipe", "pipe", "inherit"] });
    this.#servers = child;
    return child;
  }
}

export function succeed(command: string, args: readonly string[]): string {
  const { status, stdout, stderr, error } = spawnSync(command, args, { encoding: "utf8" });
  if (status !== 0) throw new Error(`${command} ${args.join(" ")}: ${error?.message ?? stderr}`);
  return stdout;
}
