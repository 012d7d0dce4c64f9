import type { ContainerRuntime } from "@pratique/core";
import { expect, it } from "vitest";
import type { ContainerReference } from "./ports.ts";
import { RoutedContainers } from "./routed-containers.ts";
import { MemoryHost } from "./testdata/memory-host.ts";

const signal = new AbortController().signal;

function hosts() {
  const docker = new MemoryHost();
  const kernel = new MemoryHost();
  for (const host of [docker, kernel]) host.run("a");
  const routed = new RoutedContainers(
    new Map<ContainerRuntime, MemoryHost["control"]>([
      ["docker", docker.control],
      ["podman", docker.control],
    ]),
    kernel.control,
  );
  return { docker, kernel, routed };
}

it.each<[ContainerRuntime, "docker" | "kernel"]>([
  ["docker", "docker"],
  ["podman", "docker"],
  ["containerd", "kernel"],
  ["lxc", "kernel"],
])("sends a container of %s to %s", async (runtime, to) => {
  const all = hosts();
  const container: ContainerReference = { id: "a", runtime, name: "a", image: "a" };
  const network = { network: "shop", settings: {} };
  await all.routed.pause(container, signal);
  await all.routed.unpause(container, signal);
  await all.routed.setRestartPolicy(container, { name: "no", maximumRetries: 0 }, signal);
  await all.routed.disconnect(container, network, signal);
  await all.routed.connect(container, network, signal);
  await all.routed.stop(container, 1, signal);
  await all.routed.start(container, signal);
  await all.routed.kill(container, signal);
  expect(all[to].changes().map((call) => call.split(" ")[0])).toEqual([
    "pause",
    "unpause",
    "restart-policy",
    "disconnect",
    "connect",
    "stop",
    "start",
    "kill",
  ]);
  expect(all[to === "docker" ? "kernel" : "docker"].changes()).toEqual([]);
  expect(await all.routed.look(container, signal)).toEqual(all[to].at("a"));
  expect(await all.routed.describe(container, signal)).toMatchObject({ description: { Id: "a" } });
});

it("counts each runtime that is spoken to once", async () => {
  const { routed } = hosts();
  expect(await routed.countRunning(signal)).toBe(1);
});
