import type { TrackedProcess } from "@pratique/sensor";
import { expect, it } from "vitest";
import { readTalks } from "./talks.ts";

const container = { identity: { id: "a" } };
// Sound: nothing else of a process is read.
const processes = new Map([
  [41, { pid: 41, link: { container: undefined } }],
  [42, { pid: 42, link: { container } }],
]) as unknown as ReadonlyMap<number, TrackedProcess>;

it("tells who talks to whom, of containers and of processes that are known", () => {
  const flow = { protocol: 6, address: "203.0.113.7", port: 443 };
  const flows = [
    { pid: 40, ...flow },
    { pid: 41, ...flow },
    { pid: 42, ...flow },
    { pid: 42, ...flow, protocol: 17 },
    { pid: 42, ...flow, protocol: 255 },
  ];
  const talks = readTalks({ ok: true, flows, cut: false }, (pid) => processes.get(pid));
  const talk = { container, process: processes.get(42), address: "203.0.113.7", port: 443 };
  expect(talks).toEqual(["tcp", "udp", "other"].map((protocol) => ({ ...talk, protocol })));
});

it("takes no other answer for one", () => {
  expect(() => readTalks({ ok: true }, () => undefined)).toThrow("flows");
});
