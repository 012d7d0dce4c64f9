import type { LaunchMount } from "@pratique/core";
import { describe, expect, it } from "vitest";
import type { FoundMount } from "../ports.ts";
import { judgedMounts, wrongMounts } from "./compare-mounts.ts";

/** What lies where, by the number of its inode. */
const FILES: Readonly<Record<string, string>> = {
  "/home/a": "1",
  "/home/a/part": "7",
  "/home/b": "2",
  "/etc": "9",
  "/dev/sdb": "5",
};
const identify = (hostPath: string) => {
  const inode = FILES[hostPath];
  if (inode === undefined) return undefined;
  return { device: "8", inode, ...(hostPath.startsWith("/dev/") && { holds: "16" }) };
};

const bind = (source: string, target: string, more: Partial<LaunchMount> = {}): LaunchMount => ({
  kind: "bind",
  source,
  target,
  readOnly: false,
  device: "",
  engineSocket: false,
  exchangeable: true,
  propagation: "",
  ...more,
});
const volume = (device: string, target: string): LaunchMount => bind("v", target, { kind: "volume", device });
const found = (hostPath: string, target: string, more: Partial<FoundMount> = {}): FoundMount => ({
  target,
  hostPath,
  readOnly: false,
  shared: false,
  identity: identify(hostPath),
  ...more,
});
const wrong = (mounts: readonly LaunchMount[], present: readonly FoundMount[]) =>
  wrongMounts(judgedMounts({ mounts }, identify), present).map(
    ({ judged, found: there }) => `${judged.target} ${there?.hostPath ?? "nothing"}`,
  );

describe("what is mounted is what was judged", () => {
  it.each([
    ["a directory at its place", [bind("/home/a", "/t")], [found("/home/a", "/t")]],
    [
      "under another name, as links of the image have it",
      [bind("/home/a", "/l/t")],
      [found("/home/a", "/t")],
    ],
    ["a place that ends with a slash", [bind("/home/a", "/t/")], [found("/home/a", "/t")]],
    [
      "read-only where that was not asked",
      [bind("/home/a", "/t")],
      [found("/home/a", "/t", { readOnly: true })],
    ],
    ["a volume that binds it", [volume("/home/a", "/t")], [found("/home/a", "/t")]],
    ["a part of such a volume", [volume("/home/a", "/t")], [found("/home/a/part", "/t")]],
    [
      "a file system that lies on it",
      [volume("/dev/sdb", "/t")],
      [found("elsewhere", "/t", { identity: { device: "16", inode: "2" } })],
    ],
    [
      "shared, beside one that is to be",
      [bind("/home/a", "/t", { propagation: "rshared" }), bind("/home/b", "/u")],
      [found("/home/a", "/t", { shared: true }), found("/home/b", "/u", { shared: true })],
    ],
    [
      "twice the same, under other names",
      [bind("/home/a", "/l/t"), bind("/home/a", "/l/u", { readOnly: true })],
      [found("/home/a", "/u", { readOnly: true }), found("/home/a", "/t")],
    ],
  ])("%s", (_, judged, present) => {
    expect(wrong(judged, present)).toEqual([]);
  });

  it("is not asked where only root can exchange a path", () => {
    const rootOnly = bind("/home/a", "/t", { exchangeable: false });
    expect(judgedMounts({ mounts: [rootOnly] }, identify)).toEqual([]);
    expect(wrong([rootOnly, bind("/home/b", "/u")], [found("/etc", "/t"), found("/home/b", "/u")])).toEqual(
      [],
    );
  });
});

describe("what is mounted is something else", () => {
  it.each([
    ["another directory", [bind("/home/a", "/t")], [found("/etc", "/t")], "/t /etc"],
    ["a directory in it", [bind("/home/a", "/t")], [found("/home/a/part", "/t")], "/t /home/a/part"],
    ["nothing", [bind("/home/a", "/t")], [], "/t nothing"],
    [
      "what cannot be seen",
      [bind("/home/a", "/t")],
      [found("/home/a", "/t", { identity: undefined })],
      "/t /home/a",
    ],
    [
      "what was not there when it was judged",
      [bind("/home/new", "/t")],
      [found("/home/a", "/t")],
      "/t /home/a",
    ],
    [
      "the same, for writing",
      [bind("/home/a", "/t", { readOnly: true })],
      [found("/home/a", "/t")],
      "/t /home/a",
    ],
    ["the same, shared", [bind("/home/a", "/t")], [found("/home/a", "/t", { shared: true })], "/t /home/a"],
    [
      "another one, with the right one at its own place",
      [bind("/home/a", "/t"), bind("/home/a", "/l/u")],
      [found("/home/a", "/t"), found("/etc", "/u")],
      "/l/u nothing",
    ],
    [
      "another one, with the right one where only root can exchange it",
      [bind("/home/a", "/l/t", { exchangeable: false }), bind("/home/a", "/l/u")],
      [found("/home/a", "/t"), found("/etc", "/u")],
      "/l/u nothing",
    ],
    [
      "another one, once the container has moved the right one to its place",
      [bind("/home/a", "/t"), bind("/home/a", "/u")],
      [found("/home/a", "/t"), found("/etc", "/elsewhere")],
      "/u nothing",
    ],
  ])("%s", (_, judged, present, expected) => {
    expect(wrong(judged, present)).toEqual([expected]);
  });
});
