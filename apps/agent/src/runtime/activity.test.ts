import type { SensorEvent } from "@pratique/sensor";
import { expect, it } from "vitest";
import { Activity } from "./activity.ts";

const EPERM = -1;
const ECONNREFUSED = -111;
const EINPROGRESS = -115;

it("tells whom a container reached, and what of it the kernel refused", () => {
  const activity = new Activity();
  const connects: readonly [string, number][] = [
    ["203.0.113.7", 0],
    ["203.0.113.7", EINPROGRESS],
    ["203.0.113.7", EPERM],
    ["203.0.113.9", EPERM],
    ["203.0.113.11", ECONNREFUSED],
  ];
  for (const [address, result] of connects) activity.observe(connect(address, result));
  expect([...(activity.of("c")?.flows.values() ?? [])]).toMatchObject([
    { address: "203.0.113.7", connections: 2, refused: 1 },
    { address: "203.0.113.9", connections: 0, refused: 1 },
  ]);
});

it("tells which files a container writes, and not what its runtime touches before it runs", () => {
  const activity = new Activity();
  const layer = `/var/lib/docker/overlay2/${"0a".repeat(32)}/merged`;
  for (const path of [
    "/run/docker/runtime-runc/moby/c/exec.fifo",
    `${layer}/dev/null`,
    "/tmp/x",
    "/dev/null",
  ]) {
    activity.observe(write(path));
  }
  expect([...(activity.of("c")?.written.keys() ?? [])]).toEqual(["/tmp/x"]);
});

function write(path: string): SensorEvent {
  const process = { name: "runc:[2:INIT]" };
  // Sound: nothing else of an open is read.
  return {
    type: "openat",
    scope: "c",
    time: 0,
    openFlags: 1,
    result: 3,
    path,
    process,
  } as unknown as SensorEvent;
}

function connect(address: string, result: number): SensorEvent {
  const context = { dns: { nameOf: () => undefined } };
  const remote = { address, port: 443 };
  // Sound: nothing else of a connect is read.
  return {
    type: "connect",
    scope: "c",
    time: 0,
    protocol: "tcp",
    remote,
    result,
    context,
    record: {},
  } as unknown as SensorEvent;
}
