import { expect, it } from "vitest";
import { isRuntimeSetup } from "./runtime-setup.ts";
import { main, processOf } from "./testdata/events.ts";

const onHost = (exePath: string, pid = 800) => processOf({ pid, vpid: pid, exePath, parent: undefined });
const runc = onHost("/usr/sbin/runc");
const shim = onHost("/usr/bin/containerd-shim-runc-v2");

it.each([
  ["runc before it begins", { exePath: "", parent: runc }, "unknown"],
  ["runc in memory", { exePath: "memfd:runc_cloned:/proc/self/exe", parent: runc }, "memory"],
  ["runc by its file", { exePath: "/usr/sbin/runc", parent: shim }, "unknown"],
  ["a child of runc in memory", { exePath: "/usr/bin/crun", parent: onHost("memfd:crun") }, "unknown"],
] as const)("knows %s", (_, process, layer) => {
  expect(isRuntimeSetup(processOf(process), layer)).toBe(true);
});

it.each([
  ["the container's first program", { exePath: "/bin/app", parent: shim }, "unknown"],
  ["a file of the image with the runtime's path", { exePath: "/usr/bin/runc", parent: shim }, "image"],
  ["a file that was put there", { exePath: "/usr/bin/runc", parent: shim }, "added"],
  ["a runtime in a container", { exePath: "/usr/bin/runc", parent: main }, "unknown"],
  [
    "a child of one that runs in a container",
    { exePath: "", parent: processOf({ exePath: "/usr/bin/runc", pid: 5, vpid: 3 }) },
    "unknown",
  ],
  ["a file of that name elsewhere", { exePath: "/dev/shm/runc", parent: shim }, "unknown"],
  ["a program without a parent", { exePath: "/usr/bin/runc", parent: undefined }, "unknown"],
] as const)("is not taken in by %s", (_, process, layer) => {
  expect(isRuntimeSetup(processOf(process), layer)).toBe(false);
});
