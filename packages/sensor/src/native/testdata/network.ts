import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import process from "node:process";
import { createInterface } from "node:readline";
import { succeed } from "./native-tools.ts";

/** Addresses of the far end; the cell talks to them from the near one. */
export const far = { v4: ["10.91.0.2", "10.91.0.3"], v6: ["fd91::2", "fd91::3"] } as const;

/**
 * Two network namespaces with a wire between them. At the far one a server answers, and each packet that comes in is
 * noted by its destination.
 */
export class Network implements AsyncDisposable {
  readonly near: string;
  readonly #far: string;
  readonly #children: ChildProcess[] = [];
  readonly #seen: string[] = [];
  #look: () => void = () => undefined;

  private constructor(name: string) {
    this.near = `prqn-${process.pid}-${name}`;
    this.#far = `prqf-${process.pid}-${name}`;
  }

  static async start(name: string, talk: string): Promise<Network> {
    const network = new Network(name);
    network.#makeWire();
    await network.#launch(talk, ["serve"], 2);
    await network.#launch(talk, ["watch", "far"], 1);
    return network;
  }

  /** Destinations of the packets that arrived, once one to `mark` has: what was sent before it has arrived too. */
  async seenBefore(mark: string): Promise<readonly string[]> {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#look = () => {
      if (this.#seen.includes(mark)) resolve();
    };
    this.#look();
    await promise;
    const seen = this.#seen.splice(0);
    return seen.slice(0, seen.indexOf(mark));
  }

  forget(): void {
    this.#seen.length = 0;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const child of this.#children) {
      const ended = once(child, "exit");
      child.kill("SIGKILL");
      await ended;
    }
    for (const name of [this.near, this.#far]) succeed("ip", ["netns", "del", name]);
  }

  /** Without neighbour discovery, so that nothing is on the wire but what somebody sent. */
  #makeWire(): void {
    const ends = { [this.near]: "near", [this.#far]: "far" };
    for (const name of Object.keys(ends)) succeed("ip", ["netns", "add", name]);
    const peer = ["type", "veth", "peer", "name", "far", "netns", this.#far];
    succeed("ip", ["link", "add", "near", "netns", this.near, ...peer]);
    for (const [name, device] of Object.entries(ends)) {
      succeed("ip", ["-n", name, "link", "set", "lo", "up"]);
      succeed("ip", ["-n", name, "link", "set", device, "up"]);
    }
    this.#address(this.near, "near", ["10.91.0.1/24", "fd91::1/64"]);
    this.#address(this.#far, "far", [...far.v4.map((v4) => `${v4}/24`), ...far.v6.map((v6) => `${v6}/64`)]);
    this.#know(this.near, "near", this.#far, "far", [...far.v4, ...far.v6]);
    this.#know(this.#far, "far", this.near, "near", ["10.91.0.1", "fd91::1"]);
    for (const prefix of ["64:ff9b::/96", "64:ff9b:1::/48", "2001::/32", "2002::/16"]) {
      succeed("ip", ["-n", this.near, "-6", "route", "add", prefix, "via", far.v6[0]]);
    }
    succeed("ip", ["-n", this.near, "route", "add", "default", "via", far.v4[0]]);
  }

  #address(namespace: string, device: string, addresses: readonly string[]): void {
    for (const address of addresses) {
      const flags = address.includes(":") ? ["nodad"] : [];
      succeed("ip", ["-n", namespace, "addr", "add", address, "dev", device, ...flags]);
    }
  }

  #know(namespace: string, device: string, other: string, otherDevice: string, addresses: readonly string[]): void {
    const link = succeed("ip", ["-n", other, "-br", "link", "show", otherDevice]);
    const hardware = link.trim().split(/\s+/u)[2] ?? "";
    for (const address of addresses) {
      const neighbour = [address, "lladdr", hardware, "nud", "permanent", "dev", device];
      succeed("ip", ["-n", namespace, "neigh", "replace", ...neighbour]);
    }
  }

  async #launch(talk: string, words: readonly string[], greetings: number): Promise<void> {
    // Not by way of a shell: what is killed is the program itself.
    const child = spawn("ip", ["netns", "exec", this.#far, talk, ...words], { stdio: ["ignore", "pipe", "inherit"] });
    this.#children.push(child);
    const { promise, resolve } = Promise.withResolvers<void>();
    let heard = 0;
    createInterface({ input: child.stdout }).on("line", (line) => {
      if (heard < greetings) {
        heard += 1;
        if (heard === greetings) resolve();
        return;
      }
      this.#seen.push(line);
      this.#look();
    });
    await promise;
  }
}
