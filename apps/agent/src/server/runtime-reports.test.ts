import {
  type ContainerRuntimeReport,
  MAX_AGENT_BODY_BYTES,
  putRuntime,
  type RuntimeReport,
} from "@pratique/api";
import { beforeEach, expect, it } from "vitest";
import { RuntimeReports } from "./runtime-reports.ts";

const takenAt = "2026-11-24T12:00:00.000Z";
const sensor: RuntimeReport["sensor"] = {
  state: "running",
  detail: "",
  primitives: [],
  events: 0,
  dropped: 0,
  suppressed: 0,
  unattributed: 0,
};
const rule = (name: string): NonNullable<RuntimeReport["rules"]>[number] => ({
  rule: name,
  priority: "notice",
  tags: [],
  enabled: true,
  enforceability: "detects",
  reasons: [],
});

function container(containerId: string, more: Partial<ContainerRuntimeReport> = {}): ContainerRuntimeReport {
  const rates = { execs: 0, opens: 0, connects: 0, events: 0, suppressed: 0 };
  return {
    containerId,
    takenAt,
    processes: [],
    listening: [],
    flows: [],
    written: [],
    rates,
    leftOut: 0,
    ...more,
  };
}

const report = (more: Partial<RuntimeReport> = {}): RuntimeReport => ({
  takenAt,
  sensor,
  containers: [],
  ...more,
});

let sent: RuntimeReport[];
let isDown: boolean;
let nowMs: number;
let reports: RuntimeReports;

beforeEach(() => {
  sent = [];
  isDown = false;
  nowMs = 0;
  reports = new RuntimeReports({
    send: async (each) => {
      if (isDown) throw new Error("no answer");
      expect(putRuntime.body.safeParse(each)).toMatchObject({ success: true });
      expect(Buffer.byteLength(JSON.stringify(each))).toBeLessThan(MAX_AGENT_BODY_BYTES);
      sent.push(each);
    },
    elapsedMs: () => nowMs,
  });
});

const rulesSent = () => sent.map(({ rules }) => rules?.map((each) => each.rule));

it("tells rules once, and again when they have changed", async () => {
  await reports.send(report({ rules: [rule("a")] }));
  await reports.send(report());
  await reports.send(report({ rules: [rule("b")] }));
  expect(rulesSent()).toEqual([["a"], undefined, ["b"]]);
});

it("tells rules that the server did not take with the next report", async () => {
  isDown = true;
  await expect(reports.send(report({ rules: [rule("a")] }))).rejects.toThrow("no answer");
  await expect(reports.send(report())).rejects.toThrow("no answer");
  isDown = false;
  await reports.send(report());
  await reports.send(report());
  expect(rulesSent()).toEqual([["a"], undefined]);
});

it("tells rules again now and then, as the server may be an older copy of itself", async () => {
  await reports.send(report({ rules: [rule("a")] }));
  nowMs += 3_599_999;
  await reports.send(report());
  nowMs += 1;
  await reports.send(report());
  expect(rulesSent()).toEqual([["a"], undefined, ["a"]]);
});

it("tells the first of more rules than the server takes, whatever they are called", async () => {
  const long = { ...rule("x".repeat(2000)), tags: Array.from({ length: 70 }, () => "t".repeat(2000)) };
  await reports.send(report({ rules: Array.from({ length: 2001 }, () => long) }));
  expect(sent[0]?.rules).toHaveLength(2000);
});

it("tells the first of more containers than the server takes", async () => {
  await reports.send(
    report({ containers: Array.from({ length: 2001 }, (_, index) => container(`c-${index}`)) }),
  );
  expect(sent[0]?.containers).toHaveLength(2000);
});

it("cuts what is too large, and says how much it left out", async () => {
  const written = Array.from({ length: 256 }, (_, index) => ({
    path: `/${index}${"é".repeat(2000)}`,
    by: "sh",
    lastAt: takenAt,
  }));
  const flows = Array.from({ length: 512 }, (_, index) => ({
    protocol: "tcp" as const,
    direction: "out" as const,
    localPort: index,
    address: "192.0.2.1",
    port: 443,
    name: "n".repeat(1000),
    connections: 1,
    firstAt: takenAt,
    lastAt: takenAt,
  }));
  const processes = Array.from({ length: 512 }, (_, index) => ({
    pid: index + 1,
    ppid: 0,
    name: "sh",
    exePath: "/bin/sh",
    commandLine: "x".repeat(2048),
    user: "root",
    startedAt: takenAt,
  }));
  const small = container("small", { processes: processes.slice(0, 1), written: written.slice(0, 1) });
  const large = Array.from({ length: 60 }, (_, index) =>
    container(`c-${index}`, { processes, flows, written }),
  );
  await reports.send(report({ containers: [...large, small] }));
  const [first] = sent[0]?.containers ?? [];
  expect(sent[0]?.containers.at(-1)).toEqual(small);
  expect(first?.written.at(-1)).toEqual(written.at(-1));
  expect(first?.processes.at(0)).toEqual(processes.at(0));
  const kept = (first?.written.length ?? 0) + (first?.flows.length ?? 0) + (first?.processes.length ?? 0);
  expect(first?.leftOut).toBe(256 + 512 + 512 - kept);
  expect(kept).toBeGreaterThan(200);
});
