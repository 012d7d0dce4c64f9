import type { ContainerTest } from "@pratique/rules";
import { describe, expect, it } from "vitest";
import type { Measure, PlannedMeasure } from "./measure.ts";
import { containerPolicy, measureOfIndicator, preventCommand } from "./prevent-commands.ts";

const shop: ContainerTest = {
  field: "container.image.repository",
  argument: undefined,
  text: "container.image.repository = shop",
  holds: (value) => value === "shop",
};

function planned(measure: Measure, group = 0, container: readonly ContainerTest[] = []): PlannedMeasure {
  return { measure, group, container, rules: ["r"] };
}

const drift = planned({ kind: "drift", act: "kill" });
const memory = planned({ kind: "memfd", act: "hold" });
const volume = planned({ kind: "mounted", act: "kill" }, 1, [shop]);
const tool = planned({ kind: "executable", named: { comm: "nc" }, act: "kill" }, 1, [shop]);
const socket = planned({ kind: "socket", named: { suffix: "docker.sock" } }, 1, [shop]);
const address = planned({ kind: "address", address: "192.0.2.1", port: 0 });
const file = planned({ kind: "file", named: { path: "/etc/shadow" } });
const sysctl = planned({ kind: "sysctl", name: "kernel/modprobe" });

const request = { channel: "off", pid: undefined, sysctls: [] } as const;

describe("the policy of a container", () => {
  it("has what it is meant by, and the groups of it", () => {
    const { policy } = containerPolicy([drift, memory, tool, socket], { ...request, answer: () => true });
    expect(policy).toMatchObject({
      drift: "kill",
      memfd: "hold",
      executables: "enforce",
      sockets: "deny",
      devices: "off",
      hold: false,
      groups: 3,
    });
  });

  it("has nothing of what it is not meant by", () => {
    const { policy } = containerPolicy([tool, socket], { ...request, answer: () => false });
    expect(policy).toMatchObject({ executables: "off", sockets: "off", hold: false, groups: 0 });
  });

  it("holds its programs for as long as nobody knows whether it is meant", () => {
    const { policy } = containerPolicy([tool], { ...request, answer: () => undefined });
    expect(policy).toMatchObject({ hold: true, executables: "off", groups: 0 });
  });

  it("holds only what is not of the image, where that is all that it may be meant by", () => {
    const mine = planned({ kind: "drift", act: "kill" }, 1, [shop]);
    const { policy } = containerPolicy([mine], { ...request, answer: () => undefined });
    expect(policy).toMatchObject({ hold: false, drift: "hold", mounted: "off" });
  });

  it("holds only what was mounted, where that is all that it may be meant by", () => {
    const { policy } = containerPolicy([volume], { ...request, answer: () => undefined });
    expect(policy).toMatchObject({ hold: false, drift: "off", mounted: "hold" });
    const known = containerPolicy([volume], { ...request, answer: () => true });
    expect(known.policy).toMatchObject({ hold: false, mounted: "kill" });
  });

  it.each<[string, "off" | "report" | "enforce" | "quarantine", string]>([
    ["listed peers are not looked for", "off", "report"],
    ["they are cut", "enforce", "enforce"],
    ["it is in quarantine", "quarantine", "quarantine"],
  ])("refuses the addresses of rules where %s", (_, channel, expected) => {
    const { policy, addresses } = containerPolicy([drift, address], {
      ...request,
      channel,
      answer: () => true,
    });
    expect(policy.channel).toBe(expected);
    expect(addresses).toMatchObject([{ address: "192.0.2.1", port: 0 }]);
    expect(measureOfIndicator(addresses[0]?.indicator ?? 0)).toBe(1);
  });

  it("guards files once one of its processes is known", () => {
    const without = containerPolicy([file], { ...request, answer: () => true });
    expect(without).toMatchObject({ pid: undefined, policy: { files: [] } });
    const known = containerPolicy([file], { ...request, pid: 7, answer: () => true });
    expect(known).toMatchObject({
      pid: 7,
      policy: { files: [{ rule: 1, on: "open", path: "/etc/shadow" }] },
    });
  });

  it("lets its engine write what it was started with", () => {
    const sysctls = ["net/ipv4/ip_forward"];
    const { policy } = containerPolicy([sysctl], { ...request, sysctls, answer: () => true });
    expect(policy).toMatchObject({ sysctl: "listed", sysctls });
  });
});

it("numbers what it tells the native sensor by its place", () => {
  expect(preventCommand([drift, tool, socket, sysctl], false)).toMatchObject({
    executables: [{ rule: 2, groups: 2, action: "kill", comm: "nc" }],
    sockets: [{ rule: 3, groups: 2, suffix: "docker.sock" }],
    sysctls: [{ rule: 4, groups: 1, name: "kernel/modprobe" }],
  });
});

it("takes indicators of a set for no measures", () => {
  expect([0, 1, 1_850_000].map(measureOfIndicator)).toEqual([undefined, undefined, undefined]);
});
