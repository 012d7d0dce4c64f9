import { mkdirSync, writeFileSync } from "node:fs";
import type { EngineContainerSummary } from "@pratique/engine";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { OwnContainers, ownContainerId } from "./own-containers.ts";

const AGENT = "a".repeat(64);
const OTHER = "b".repeat(64);
const HOST = "192.0.2.10";

function running(more: Partial<EngineContainerSummary>): EngineContainerSummary {
  const { id = OTHER, addresses = [], published = [] } = more;
  return { id, names: [], image: "", imageId: "", state: "running", labels: {}, addresses, published };
}

function own(server: string | undefined, list: () => Promise<readonly EngineContainerSummary[]>) {
  return new OwnContainers({
    agent: AGENT,
    server,
    engine: { listContainers: list },
    lookUp: async (name) => {
      if (name === "gone.example") throw new Error("no such name");
      return name === "pratique.example" ? [HOST] : [name];
    },
    isLocal: (address) => address === HOST || address === "127.0.0.1" || address === "::1",
  });
}

describe("the containers of our own", () => {
  it.each<[string, string | undefined, Partial<EngineContainerSummary>, boolean]>([
    ["has the server's address", "https://172.18.0.3:8444", { addresses: ["172.18.0.3"] }, true],
    ["has the server's IPv6 address", "https://[fd00::3]:8444", { addresses: ["fd00::3"] }, true],
    [
      "has the server's port on loopback",
      "https://127.0.0.1:8444",
      { published: [{ address: "127.0.0.1", port: 8444 }] },
      true,
    ],
    [
      "has the server's port on any address of this host",
      "https://pratique.example:8444",
      { published: [{ address: "0.0.0.0", port: 8444 }] },
      true,
    ],
    [
      "has port 443 of a server that names none",
      "https://pratique.example",
      { published: [{ address: "", port: 443 }] },
      true,
    ],
    ["has another address", "https://172.18.0.3:8444", { addresses: ["172.18.0.4"] }, false],
    [
      "has the port of a server on another host",
      "https://203.0.113.9:8444",
      { published: [{ address: "0.0.0.0", port: 8444 }] },
      false,
    ],
    [
      "has the server's port on another address",
      "https://127.0.0.1:8444",
      { published: [{ address: HOST, port: 8444 }] },
      false,
    ],
    [
      "has another port",
      "https://127.0.0.1:8444",
      { published: [{ address: "0.0.0.0", port: 8443 }] },
      false,
    ],
    ["runs beside a server of this machine", undefined, { addresses: ["172.18.0.3"] }, false],
    ["is the agent's", undefined, { id: AGENT }, true],
  ])("tell of one that %s", async (_, server, more, expected) => {
    const containers = own(server, async () => [running(more)]);
    await containers.refresh(AbortSignal.timeout(1000));
    expect(containers.has(more.id ?? OTHER)).toBe(expected);
  });

  it("stay what they were while the engine does not answer, and are not what they were before", async () => {
    const answers = [
      async () => [running({ addresses: [HOST] })],
      async () => Promise.reject(new Error("no engine")),
      async () => [running({ id: "c".repeat(64), addresses: [HOST] })],
    ];
    const containers = own("https://pratique.example:8444", async () => (await answers.shift()?.()) ?? []);
    await containers.refresh(AbortSignal.timeout(1000));
    await expect(containers.refresh(AbortSignal.timeout(1000))).rejects.toThrow("no engine");
    expect(containers.has(OTHER)).toBe(true);
    await containers.refresh(AbortSignal.timeout(1000));
    expect([containers.has(OTHER), containers.has("c".repeat(64))]).toEqual([false, true]);
  });
});

describe("the container that the agent runs in", () => {
  const resolver = (root: string) =>
    `620 600 8:1 ${root}/resolv.conf /etc/resolv.conf rw,relatime - ext4 /dev/sda1 rw\n`;

  it.each<[string, string, string, string | undefined]>([
    ["by its cgroup", `0::/system.slice/docker-${AGENT}.scope\n`, "", AGENT],
    ["by what Docker mounts", "0::/\n", resolver(`/var/lib/docker/containers/${AGENT}`), AGENT],
    [
      "by what Podman mounts",
      "0::/\n",
      resolver(`/containers/storage/overlay-containers/${AGENT}/userdata`),
      AGENT,
    ],
    [
      "not on a host",
      "0::/system.slice/pratique-agent.service\n",
      resolver("/run/systemd/resolve"),
      undefined,
    ],
    [
      "not by what somebody else mounts",
      "0::/\n",
      `620 600 8:1 /var/lib/docker/containers/${OTHER}/hostname /mnt/hostname rw - ext4 /dev/sda1 rw\n`,
      undefined,
    ],
  ])("is known %s", (_, cgroup, mounts, expected) => {
    using directory = tempDirectory();
    const proc = directory.at("self");
    mkdirSync(proc);
    writeFileSync(`${proc}/cgroup`, cgroup);
    writeFileSync(`${proc}/mountinfo`, mounts);
    expect(ownContainerId(proc)).toBe(expected);
  });
});
