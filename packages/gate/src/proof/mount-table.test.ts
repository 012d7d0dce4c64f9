import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, expect, it } from "vitest";
import { hostMounts, hostPathOf, parseMountTable } from "./mount-table.ts";

const directory = mkdtempSync(path.join(tmpdir(), "mounts-"));
afterAll(() => rmSync(directory, { recursive: true }));

const TABLE = `21 1 254:1 / / rw,relatime shared:1 - ext4 /dev/vda1 rw
30 21 254:1 /srv/a\\040b /mnt/a\\040b ro,noatime master:3 - ext4 /dev/vda1 rw
31 21 0:24 / /home rw shared:7 master:2 - btrfs /dev/vdb rw
not a line
`;

it("reads a table of mounts", () => {
  expect(parseMountTable(TABLE)).toEqual([
    { id: "21", parent: "1", device: "254:1", root: "/", target: "/", readOnly: false, shared: true },
    {
      id: "30",
      parent: "21",
      device: "254:1",
      root: "/srv/a b",
      target: "/mnt/a b",
      readOnly: true,
      shared: false,
    },
    { id: "31", parent: "21", device: "0:24", root: "/", target: "/home", readOnly: false, shared: true },
  ]);
});

it.each([
  ["254:1", "/etc", "/etc"],
  ["254:1", "/srv/a b/c", "/srv/a b/c"],
  ["0:24", "/ann", "/home/ann"],
  ["0:24", "/", "/home"],
  ["0:99", "/ann", undefined],
])("says by which path of the host device %s shows %s", (device, root, expected) => {
  expect(hostPathOf({ device, root }, parseMountTable(TABLE))).toBe(expected);
});

it("identifies what a path leads to, and nothing where a link leads there", () => {
  const [real, link] = [path.join(directory, "real"), path.join(directory, "link")];
  mkdirSync(real);
  symlinkSync(real, link);
  expect(hostMounts.identify(real)).toMatchObject({ inode: expect.stringMatching(/^\d+$/u) });
  expect(hostMounts.identify(link)).toBeUndefined();
  expect(hostMounts.identify(`${link}/..`)).toBeUndefined();
  expect(hostMounts.identify(path.join(directory, "nothing"))).toBeUndefined();
});

it("has no mounts of a process that is of no container, or of another one", () => {
  expect(hostMounts.processes()).toContain(process.pid);
  expect(hostMounts.mountsOf(process.pid, "0".repeat(64))).toBeUndefined();
  expect(hostMounts.mountsOf(0, "0".repeat(64))).toBeUndefined();
});
