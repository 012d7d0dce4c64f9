import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { podmanSocket, podmanStorageRoots } from "./storage-roots.ts";

it.each<[string, string, readonly string[]]>([
  ["graphroot", '[storage]\n# graphroot = "/no"\ngraphroot = "/srv/images"', ["/srv/images"]],
  ["variables", 'graphroot="$HOME/images/$UID/$USER"', ["/home/eve/images/1000/eve"]],
  [
    "more stores",
    '[storage.options]\nadditionalimagestores = [ "/mnt/a",\n# "/no",\n  "/mnt/b" ]\nimagestore = "/mnt/i"',
    ["/home/eve/.local/share/containers/storage", "/mnt/i", "/mnt/a", "/mnt/b"],
  ],
  ["nothing", "", ["/home/eve/.local/share/containers/storage"]],
])("reads %s of the user's storage.conf", (_, text, expected) => {
  using directory = tempDirectory();
  mkdirSync(directory.at("containers"));
  writeFileSync(directory.at("containers/storage.conf"), text);
  const environment = { XDG_CONFIG_HOME: directory.path, USER: "eve" };
  expect(podmanStorageRoots({ environment, homeDirectory: "/home/eve", userId: 1000 })).toEqual(expected);
  const named = { CONTAINERS_STORAGE_CONF: directory.at("containers/storage.conf"), USER: "eve" };
  expect(podmanStorageRoots({ environment: named, homeDirectory: "/home/eve", userId: 1000 })).toEqual(
    expected,
  );
});

it("knows the socket of root and of a user", () => {
  const user = { environment: {}, homeDirectory: "/root" };
  expect(podmanSocket({ ...user, userId: 0 })).toBe("/run/podman/podman.sock");
  expect(podmanSocket({ ...user, userId: 7 })).toBe("/run/user/7/podman/podman.sock");
});
