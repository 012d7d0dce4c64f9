import { mkdirSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { lxcPaths } from "./lxc-paths.ts";
import { lxcSource } from "./lxc-source.ts";
import { parseRootPath } from "./root-path.ts";

function write(directory: TempDirectory, path: string, content = "x"): void {
  mkdirSync(dirname(directory.at(path)), { recursive: true });
  writeFileSync(directory.at(path), content);
}

async function filesOf(directory: TempDirectory, name = "web") {
  const opened = await lxcSource({ paths: [directory.at("absent"), directory.path] }).open(name, {});
  const tree = await opened.readTree([{ under: ["etc"] }]);
  return [...tree.files()].map(({ path }) => path);
}

it.each([
  ["no configuration", undefined],
  ["a configuration without a root", "lxc.uts.name = web"],
  ["a directory", "lxc.rootfs.path = dir:DIR/web/rootfs"],
  ["an old key", "lxc.rootfs = DIR/web/rootfs"],
  ["two roots, of which the last holds", "lxc.rootfs.path = /absent\n  lxc.rootfs.path=DIR/web/rootfs  "],
])("reads the root of a container with %s", async (_, config) => {
  using directory = tempDirectory();
  write(directory, "web/rootfs/etc/os-release");
  if (config !== undefined) write(directory, "web/config", config.replaceAll("DIR", directory.path));
  expect(await filesOf(directory)).toEqual(["etc/os-release"]);
});

it("lays what a container has written over what it was made from", async () => {
  using directory = tempDirectory();
  write(directory, "base/rootfs/etc/os-release");
  write(directory, "more/etc/more");
  write(directory, "web/overlay/delta/etc/written");
  const at = (path: string) => directory.at(path);
  write(
    directory,
    "web/config",
    `lxc.rootfs.path = overlay:${at("more")}:${at("base/rootfs")}:${at("web/overlay/delta")}`,
  );
  expect(await filesOf(directory)).toEqual(["etc/more", "etc/os-release", "etc/written"]);
});

it.each([
  ["loop:/srv/web.img", "LAYER_UNSUPPORTED"],
  ["zfs:tank/web", "LAYER_UNSUPPORTED"],
  ["overlay:/only", "IMAGE_MALFORMED"],
  ["rootfs", "IMAGE_MALFORMED"],
  ["/absent/rootfs", "IMAGE_NOT_FOUND"],
])("refuses the root %s", async (root, code) => {
  using directory = tempDirectory();
  write(directory, "web/config", `lxc.rootfs.path = ${root}`);
  await expect(filesOf(directory)).rejects.toMatchObject({ code });
});

it.each(["absent", "../web", "..", "."])("knows no container %j", async (name) => {
  using directory = tempDirectory();
  write(directory, "web/rootfs/etc/os-release");
  await expect(filesOf(directory, name)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

it("takes the first of the lower directories for the highest, as the kernel does", () => {
  expect(parseRootPath("lxc.rootfs.path = overlayfs:/a:/b:/own")).toEqual({
    kind: "overlay",
    directories: ["/b", "/a", "/own"],
  });
});

it("looks where the user's containers are, then where the system's are", () => {
  using directory = tempDirectory();
  const user = { environment: { XDG_CONFIG_HOME: directory.path }, homeDirectory: "/home/eve", userId: 1000 };
  expect(lxcPaths(user)[0]).toBe("/home/eve/.local/share/lxc");
  write(directory, "lxc/lxc.conf", "lxc.lxcpath = /srv/lxc\n");
  expect(lxcPaths(user)[0]).toBe("/srv/lxc");
});
