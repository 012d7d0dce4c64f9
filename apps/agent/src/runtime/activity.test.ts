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
