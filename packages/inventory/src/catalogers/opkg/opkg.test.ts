import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, string } from "fast-check";
import { expect, it } from "vitest";
import { opkg } from "./opkg.ts";

const LIBC = `Package: libc
Version: 1.2.4-4
Depends: libgcc1
Status: install hold installed
Architecture: x86_64
Installed-Time: 1700000000
`;
const path = "usr/lib/opkg/status";

async function read(text: string, at = path) {
  return opkg.catalog(fileTreeOf({ [at]: text }), {});
}

it.each([
  ["of OpenWrt", path],
  ["of the Yocto project", "var/lib/opkg/status"],
])("finds a package %s", async (_, at) => {
  expect(await read(LIBC, at)).toEqual({
    packages: [{ type: "opkg", name: "libc", version: "1.2.4-4", architecture: "x86_64", paths: [at] }],
    failures: [],
  });
});

it.each([
  ["installed", 1],
  ["unpacked", 1],
  ["removal-failed", 1],
  ["not-installed", 0],
  ["config-files", 0],
])("counts of the state %s %i packages", async (state, count) => {
  const { packages, failures } = await read(LIBC.replace("hold installed", `user ${state}`));
  expect([packages.length, failures]).toEqual([count, []]);
});

it("counts a database behind two names once", async () => {
  const tree = fileTreeOf({ [path]: LIBC, "var/lib/opkg": { symlink: "/usr/lib/opkg" } });
  expect((await opkg.catalog(tree, {})).packages).toHaveLength(1);
});

it("tells which layer brought a package", async () => {
  const more = `${LIBC}\n${LIBC.replace("libc", "zlib")}`;
  const { packages } = await opkg.catalog(fileTreeOfLayers([{ [path]: LIBC }, { [path]: more }]), {});
  expect(packages.map(({ name, layer }) => [name, layer])).toEqual([
    ["libc", layerDigest(0)],
    ["zlib", layerDigest(1)],
  ]);
});

it.each([
  ["no name", "Version: 1\nStatus: install ok installed\n"],
  ["no version", "Package: a\nStatus: install ok installed\n"],
  ["no status", "Package: a\nVersion: 1\n"],
  ["a field twice", "Package: a\nPackage: b\nVersion: 1\nStatus: install ok installed\n"],
])("records a record with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read(`${bad}\n${LIBC}`);
  expect(packages.map(({ name }) => name)).toEqual(["libc"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("never rejects, whatever a database holds", async () => {
  await assert(
    asyncProperty(string({ unit: "binary" }), async (text) => {
      const { packages } = await read(`${LIBC}\n\n${text}`);
      expect(packages).toContainEqual(expect.objectContaining({ name: "libc" }));
    }),
  );
});
