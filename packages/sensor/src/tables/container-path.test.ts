import { describe, expect, it } from "vitest";
import { cgroupPathOf, containerOfCgroup, containerOfProcess } from "./container-path.ts";

const id = "0123456789abcdef".repeat(4);
const other = "f".repeat(64);

describe("containerOfCgroup", () => {
  it.each([
    ["Docker", `/docker/${id}`, "docker"],
    [
      "Docker of a rootless user",
      `/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${id}.scope`,
      "docker",
    ],
    ["Docker under systemd", `/system.slice/docker-${id}.scope`, "docker"],
    ["Docker with a parent of its own", `/machine.slice/docker-${id}.scope`, "docker"],
    ["Podman under systemd", `/machine.slice/libpod-${id}.scope`, "podman"],
    ["Podman with a cgroup inside", `/machine.slice/libpod-${id}.scope/container`, "podman"],
    ["Podman under cgroupfs", `/libpod_parent/libpod-${id}`, "podman"],
    [
      "containerd of Kubernetes",
      `/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-podab_cd.slice/cri-containerd-${id}.scope`,
      "containerd",
    ],
    ["containerd under cgroupfs", `/kubepods/besteffort/pod1234-ab/${id}`, "containerd"],
    [
      "containerd where drivers disagree",
      `/system.slice/containerd.service/kubepods-pod1_2.slice:cri-containerd:${id}`,
      "containerd",
    ],
    ["containerd's own namespace", `/default/${id}`, "containerd"],
    ["nerdctl", `/system.slice/nerdctl-${id}.scope`, "containerd"],
    ["CRI-O", `/kubepods.slice/kubepods-podab.slice/crio-${id}.scope`, "cri-o"],
    ["any other place", `/elsewhere/${id}`, "other"],
  ])("knows %s", (_, path, runtime) => {
    expect(containerOfCgroup(path)).toEqual({ id, runtime });
  });

  it.each([
    ["LXC", "/lxc.payload.web-1/init.scope", "web-1"],
    ["LXC of old", "/lxc/web-1", "web-1"],
  ])("knows %s by its name", (_, path, name) => {
    expect(containerOfCgroup(path)).toEqual({ id: name, runtime: "lxc" });
  });

  it.each([
    ["the root", "/"],
    ["a service", "/system.slice/ssh.service"],
    ["what watches over Podman's containers", `/machine.slice/libpod-conmon-${id}.scope`],
    ["what watches over CRI-O's containers", `/system.slice/crio-conmon-${id}.scope`],
    ["what watches over Podman's containers under cgroupfs", "/libpod_parent/conmon"],
    ["the monitor of LXC", "/lxc.monitor.web-1"],
    ["what LXC ends from", "/lxc.pivot"],
    ["an id of containerd that somebody chose, which no path shows", "/default/shop"],
    ["an id that is too short", "/docker/0123456789ab"],
    ["an id in capitals", `/docker/${"A".repeat(64)}`],
  ])("takes %s for the host's", (_, path) => {
    expect(containerOfCgroup(path)).toBeUndefined();
  });

  it("believes the outermost, since a container names what is below it as it likes", () => {
    expect(containerOfCgroup(`/docker/${id}/docker/${other}`)?.id).toBe(id);
    expect(containerOfCgroup(`/system.slice/docker-${id}.scope/libpod-${other}.scope`)?.id).toBe(id);
  });

  it.each(["docker", "podman", "containerd", "cri-o", "lxc", "other"] as const)(
    "knows %s again in a capture",
    (runtime) => {
      const identity = { id: runtime === "lxc" ? "web-1" : id, runtime };
      expect(containerOfCgroup(cgroupPathOf(identity))).toEqual(identity);
    },
  );
});

it("knows an id of containerd that somebody chose again in a capture", () => {
  const path = cgroupPathOf({ id: "shop", runtime: "containerd", namespace: "default" });
  expect(containerOfCgroup(path)).toEqual({ id: "shop", runtime: "containerd" });
});

describe("containerOfProcess", () => {
  it.each([
    ["version 1", `12:pids:/docker/${id}\n11:memory:/docker/${id}\n1:name=systemd:/docker/${id}\n`],
    ["both", `4:devices:/user.slice\n1:name=systemd:/docker/${id}\n0::/\n`],
    ["version 2", `0::/system.slice/docker-${id}.scope\n`],
  ])("reads /proc/PID/cgroup of %s", (_, text) => {
    expect(containerOfProcess(text)).toEqual({ id, runtime: "docker" });
  });

  it("asks whoever else may know for each path", () => {
    const identity = { id: "shop", runtime: "containerd" } as const;
    const of = (cgroup: string) => (cgroup === "/default/shop" ? identity : undefined);
    expect(containerOfProcess("8:pids:/\n0::/default/shop\n", of)).toEqual(identity);
  });

  it("knows the host's own", () => {
    expect(containerOfProcess("2:cpu:/\n0::/init.scope\n")).toBeUndefined();
  });
});
