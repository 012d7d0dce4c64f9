import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import path from "node:path";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { afterEach, beforeEach, expect, it } from "vitest";
import type { ContainerReference, Peers } from "../ports.ts";
import { ProcKernel } from "./proc-kernel.ts";

const ID = "0123456789abcdef".repeat(4);
const OTHER_ID = "fedcba9876543210".repeat(4);
const signal = new AbortController().signal;

let directory: TempDirectory;
let kernel: ProcKernel;

beforeEach(() => {
  directory = tempDirectory();
  kernel = new ProcKernel({ proc: directory.at("proc"), cgroups: directory.at("cgroup") });
  process(1, { cgroup: "0::/init.scope\n", network: "net:[1]" });
});

afterEach(() => directory[Symbol.dispose]());

it.each([
  ["docker, cgroup v2", `0::/system.slice/docker-${ID}.scope\n`, true],
  ["docker, cgroup v1", `4:memory:/docker/${ID}\n0::/docker/${ID}\n`, true],
  ["podman", `0::/machine.slice/libpod-${ID}.scope/container\n`, true],
  ["a container within", `0::/docker/${ID}/docker/${OTHER_ID}\n`, true],
  ["another container", `0::/docker/${OTHER_ID}\n`, false],
  ["a name that only looks like it", `0::/docker/x${ID}\n`, false],
  ["the host", "0::/system.slice/ssh.service\n", false],
])("tells processes of a container by its group: %s", async (_, cgroup, own) => {
  process(7, { cgroup });
  expect(await kernel.processes(container(ID), signal)).toEqual(own ? [7] : []);
});

it("does not take a short name for a part of another", async () => {
  process(7, { cgroup: "0::/lxc.payload.web\n" });
  process(8, { cgroup: "0::/lxc.payload.web2\n" });
  process(9, { cgroup: "0::/web\n" });
  expect(await kernel.processes(container("web"), signal)).toEqual([7]);
});

it("gives every socket of a network that is the container's own, held by a process or not", async () => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network: "net:[7]", sockets: { tcp: [11, 0], udp6: [12] } });
  expect(await inodes()).toEqual([11, 0, 12]);
});

it.each([
  ["the host's", "net:[1]", undefined],
  ["shared with another container", "net:[7]", `0::/docker/${OTHER_ID}\n`],
])("gives only what the container holds where the network is %s", async (_, network, neighbour) => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network, sockets: { tcp: [11, 13, 0] }, held: [11] });
  if (neighbour !== undefined) process(8, { cgroup: neighbour, network, held: [13] });
  expect(await inodes()).toEqual([11]);
});

it("refuses a table that it cannot read, and lacks what the kernel has not", async () => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network: "net:[7]", sockets: {} });
  expect(await inodes()).toEqual([]);
  await expect(kernel.sockets({ container: container(ID), pid: 99 }, signal)).rejects.toMatchObject({
    code: "FLOWS_UNREADABLE",
  });
});

it("does not take a process that it cannot look at for one of no container", async () => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network: "net:[7]", sockets: { tcp: [11] } });
  // As where no file descriptor is left: it is there, and cannot be read.
  mkdirSync(directory.at("proc/8/cgroup"), { recursive: true });
  await expect(kernel.processes(container(ID), signal)).rejects.toMatchObject({ code: "FLOWS_UNREADABLE" });
});

it("does not take what it cannot see of a process for nothing", async () => {
  mkdirSync(directory.at("proc/7/ns"), { recursive: true });
  symlinkSync("fd", directory.at("proc/7/fd"));
  mkdirSync(directory.at("proc/7/ns/net"));
  expect(() => kernel.networkOf(7)).toThrow(expect.objectContaining({ code: "FLOWS_UNREADABLE" }));
  await expect(kernel.socketsHeldBy([7], signal)).rejects.toMatchObject({ code: "FLOWS_UNREADABLE" });
  expect(await kernel.socketsHeldBy([6], signal)).toEqual(new Set());
});

it("goes on where the network of the first process is not for it to see", () => {
  // The machine's own, which is closed to whoever has fewer rights than it, on some machines to root as well.
  rmSync(directory.at("proc/1/ns"), { recursive: true });
  symlinkSync("/proc/1/ns", directory.at("proc/1/ns"));
  expect(() => kernel.networkOf("1")).not.toThrow();
});

it.each<[string, Peers, number]>([
  ["a listed peer", ["203.0.113.7"], 1],
  ["its mapped form", ["::ffff:203.0.113.7"], 1],
  ["another peer", ["198.51.100.1"], 0],
  ["everybody", "all", 2],
])("counts tracked connections to %s", async (_, peers, expected) => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network: "net:[7]" });
  write("proc/7/net/fib_trie", "  +-- 172.17.0.0/16\n     |-- 172.17.0.2\n        /32 host LOCAL\n");
  const tracked = (from: string, to: string, state: string) =>
    `ipv4 2 tcp 6 9 ${state} src=${from} dst=${to} sport=1 dport=2 src=${to} dst=192.0.2.1 sport=2 dport=1 use=1\n`;
  write(
    "proc/1/net/nf_conntrack",
    tracked("172.17.0.2", "203.0.113.7", "ESTABLISHED") +
      tracked("172.17.0.2", "203.0.113.7", "TIME_WAIT") +
      tracked("172.17.0.3", "203.0.113.7", "ESTABLISHED") +
      tracked("172.17.0.2", "192.0.2.9", "ESTABLISHED"),
  );
  expect(await kernel.tracked({ container: container(ID), pid: 7 }, peers, signal)).toBe(expected);
});

it("does not claim to see tracked connections where there are none to see", async () => {
  process(7, { cgroup: `0::/docker/${ID}\n`, network: "net:[7]" });
  process(8, { cgroup: `0::/docker/${ID}\n`, network: "net:[1]" });
  write("proc/8/net/nf_conntrack", "");
  expect(await kernel.tracked({ container: container(ID), pid: 7 }, "all", signal)).toBeUndefined();
  expect(await kernel.tracked({ container: container(ID), pid: 8 }, "all", signal)).toBeUndefined();
});

it.each([
  [
    "version 1",
    `3:freezer:/docker/${ID}\n0::/docker/${ID}\n`,
    `freezer/docker/${ID}/freezer.state`,
    "FROZEN\n",
    true,
  ],
  ["version 1", `3:freezer:/docker/${ID}\n`, `freezer/docker/${ID}/freezer.state`, "THAWED\n", false],
  ["version 2", `0::/docker/${ID}\n`, `docker/${ID}/cgroup.events`, "populated 1\nfrozen 1\n", true],
  ["version 2", `0::/docker/${ID}\n`, `docker/${ID}/cgroup.events`, "populated 1\nfrozen 0\n", false],
  ["both", `0::/docker/${ID}\n`, `unified/docker/${ID}/cgroup.events`, "frozen 1\n", true],
  ["none", "0::/../..\n", "cgroup.events", "frozen 1\n", undefined],
])("sees whether a group is frozen, of %s", async (_, cgroup, file, text, expected) => {
  process(7, { cgroup });
  write(`cgroup/${file}`, text);
  expect(await kernel.frozen(7)).toBe(expected);
});

interface ProcessFacts {
  readonly cgroup: string;
  readonly network?: string;
  /** By table, the inodes. */
  readonly sockets?: Readonly<Record<string, readonly number[]>>;
  readonly held?: readonly number[];
}

function process(pid: number, { cgroup, network = "net:[1]", sockets = {}, held = [] }: ProcessFacts): void {
  write(`proc/${pid}/cgroup`, cgroup);
  write(`proc/${pid}/comm`, "sh\n");
  mkdirSync(directory.at(`proc/${pid}/net`), { recursive: true });
  mkdirSync(directory.at(`proc/${pid}/ns`), { recursive: true });
  mkdirSync(directory.at(`proc/${pid}/fd`), { recursive: true });
  symlinkSync(network, directory.at(`proc/${pid}/ns/net`));
  for (const [place, inode] of held.entries())
    symlinkSync(`socket:[${inode}]`, directory.at(`proc/${pid}/fd/${place}`));
  for (const [table, inodesOf] of Object.entries(sockets)) {
    const end = table.endsWith("6") ? "0".repeat(32) : "00000000";
    const lines = inodesOf.map((inode) => `0: ${end}:0001 ${end}:0002 01 0:0 0:0 0 0 0 ${inode} 1\n`);
    write(`proc/${pid}/net/${table}`, `heading\n${lines.join("")}`);
  }
}

function write(name: string, text: string): void {
  mkdirSync(path.dirname(directory.at(name)), { recursive: true });
  writeFileSync(directory.at(name), text);
}

async function inodes(): Promise<readonly number[]> {
  const sockets = await kernel.sockets({ container: container(ID), pid: 7 }, signal);
  return sockets.map(({ inode }) => inode);
}

function container(id: string): ContainerReference {
  return { id, runtime: "docker", name: "web", image: "web:1" };
}
