import { beforeEach, expect, it } from "vitest";
import type { ContainerReference } from "./ports.ts";
import { SensorFlows } from "./sensor-flows.ts";

const container: ContainerReference = { id: "a", runtime: "docker", name: "web", image: "web:1" };
let commands: unknown[];
let answer: Readonly<Record<string, unknown>>;
let cgroupId: string | undefined;
let available: boolean;

beforeEach(() => {
  commands = [];
  answer = { ok: true, destroyed: 3, failed: 0, conntrack: 2 };
  cgroupId = "4711";
  available = true;
});

const flows = new SensorFlows({
  sensor: {
    command: async (name, fields) => {
      commands.push([name, fields]);
      return answer;
    },
  },
  available: () => available,
  cgroupIdOf: () => cgroupId,
  restorePolicy: async (_, id) => {
    commands.push(["restored", id]);
  },
});

it("cuts listed peers, and tells what was ended", async () => {
  const [localPort, remoteAddress, remotePort] = [40000, "203.0.113.7", 443];
  answer = { ...answer, flows: [{ table: "tcp", localPort, remoteAddress, remotePort, state: 1 }] };
  expect(await flows.deny(container, ["203.0.113.7", "2001:db8::1"])).toEqual({
    sockets: 3,
    connections: 2,
    flows: [{ table: "tcp", localPort, remoteAddress, remotePort, state: "established" }],
  });
  expect(commands).toEqual([
    ["cut", { cgroupId: "4711", remotes: [{ address: "203.0.113.7" }, { address: "2001:db8::1" }] }],
  ]);
});

it("isolates, and has the container's own policy restored", async () => {
  await flows.deny(container, "all");
  await flows.allow(container, "all");
  expect(commands).toEqual([
    ["cut", { cgroupId: "4711" }],
    ["restored", "4711"],
  ]);
});

it("allows what it denied", async () => {
  await flows.allow(container, ["203.0.113.7"]);
  expect(commands).toEqual([["channel", { remove: [{ address: "203.0.113.7", cgroupId: "4711" }] }]]);
});

it("has nothing to allow where the control group is gone", async () => {
  cgroupId = undefined;
  await flows.allow(container, "all");
  expect(commands).toEqual([]);
});

it.each<[string, () => void]>([
  ["some sockets were not ended", () => Object.assign(answer, { failed: 1 })],
  [
    "the control group is not known",
    () => {
      cgroupId = undefined;
    },
  ],
])("says that it did not where %s", async (_, fail) => {
  fail();
  await expect(flows.deny(container, ["203.0.113.7"])).rejects.toMatchObject({ code: "FLOWS_UNCONTROLLED" });
});

it("offers nothing where the sensor is away, or does not know the container", async () => {
  expect(await flows.powers(container)).toEqual(["deny", "isolate"]);
  available = false;
  expect(await flows.powers(container)).toEqual([]);
  available = true;
  cgroupId = undefined;
  expect(await flows.powers(container)).toEqual([]);
});
