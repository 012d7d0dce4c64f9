import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { apk } from "./apk.ts";

const INSTALLED = "lib/apk/db/installed";
const MUSL =
  "C:Q1abc=\nP:musl\nV:1.2.5-r0\nA:x86_64\no:musl\nF:lib\nR:libc.musl-x86_64.so.1\na:0:0:777\nZ:Q1def=\n";
const SSL = "P:libssl3\nV:3.3.1-r0\nA:x86_64\no:openssl\n";

async function read(installed: string | Uint8Array) {
  return apk.catalog(fileTreeOf({ [INSTALLED]: installed }), {});
}

it("reads name, version, architecture and origin", async () => {
  const { packages, failures } = await read(`${MUSL}\n${SSL}\n`);
  expect(failures).toEqual([]);
  const common = { type: "apk", architecture: "x86_64", paths: [INSTALLED] };
  expect(packages).toEqual([
    { ...common, name: "musl", version: "1.2.5-r0", source: { name: "musl", version: "1.2.5-r0" } },
    { ...common, name: "libssl3", version: "3.3.1-r0", source: { name: "openssl", version: "3.3.1-r0" } },
  ]);
});

it.each<[string, string, true | undefined]>([
  ["openssl-doc", "F:usr/share/man\nF:usr/share/man/man1\nR:openssl.1.gz\n", true],
  ["openssl-dev", "F:usr/include/openssl\nR:ssl.h\n", true],
  ["openssl-dev", "F:usr/include/openssl\nR:ssl.h\nF:usr/lib\nR:libssl.so\n", undefined],
  ["openssl-doc", "", undefined],
  ["openssl-doc", "F:usr/share/doc/../../bin\nR:openssl\n", undefined],
  ["openssl", "F:usr/share/man/man1\nR:openssl.1.gz\n", undefined],
])("tells of %s with %j whether anything in it may run", async (name, files, isInert) => {
  const { packages } = await read(`P:${name}\nV:3.3.1-r0\no:openssl\n${files}\n${MUSL}`);
  expect(packages.map((one) => [one.name, one.isInert])).toEqual([
    [name, isInert],
    ["musl", undefined],
  ]);
});

it("takes the package for its own source where no origin is given", async () => {
  const { packages } = await read("P:.build-deps\nV:20260101.120000\n");
  expect(packages[0]).toMatchObject({ name: ".build-deps", source: { name: ".build-deps" } });
});

it.each([
  ["no name", "V:1\n"],
  ["no version", "P:a\n"],
  ["an empty name", "P:\nV:1\n"],
  ["two names", `${SSL}P:other\n`],
  ["a space in its version", "P:a\nV:1 2\n"],
  ["a NUL in its name", "P:a\0b\nV:1\n"],
  ["a path for an origin", "P:a\nV:1\no:../x\n"],
  ["a name without end", `P:${"a".repeat(100_000)}\nV:1\n`],
  ["other text", "this is a corrupt database\n"],
])("records a package with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read(`${bad}\n${MUSL}`);
  expect(packages.map(({ name }) => name)).toEqual(["musl"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path: INSTALLED })]);
});

it.each([
  ["carriage returns", `${MUSL}\n${SSL}`.replaceAll("\n", "\r\n")],
  ["a byte order mark", `\uFEFF${MUSL}\n${SSL}`],
  ["no newline at its end", `${MUSL}\n${SSL}`.trimEnd()],
  ["a package twice", `${MUSL}\n${SSL}\n${MUSL}`],
])("reads a database with %s", async (_, text) => {
  const { packages, failures } = await read(text);
  expect([packages.map(({ name }) => name), failures]).toEqual([["musl", "libssl3"], []]);
});

it.each([
  ["where it lies since usr-merge", { "usr/lib/apk/db/installed": MUSL }],
  ["through a symlinked directory", { "usr/lib/apk/db/installed": MUSL, lib: { symlink: "usr/lib" } }],
  [
    "through a symlinked file",
    { "usr/lib/apk/db/installed": MUSL, [INSTALLED]: { symlink: "/usr/lib/apk/db/installed" } },
  ],
  ["in two places", { "usr/lib/apk/db/installed": MUSL, [INSTALLED]: MUSL }],
])("counts a database %s once", async (_, items) => {
  const { packages, failures } = await apk.catalog(fileTreeOf(items), {});
  expect([packages.map(({ name }) => name), failures]).toEqual([["musl"], []]);
});

it("records a database that cannot be read", async () => {
  const { failures } = await apk.catalog(fileTreeOf({ [INSTALLED]: { symlink: "nowhere" } }), {});
  expect(failures).toEqual([
    expect.objectContaining({ code: "PACKAGE_DATABASE_UNREADABLE", path: INSTALLED }),
  ]);
});

it("bounds a database of a million records", async () => {
  const { packages, failures } = await read("P:a\n\n".repeat(1_000_000));
  expect(packages).toEqual([]);
  expect(failures.length).toBeLessThanOrEqual(101);
});

it("attributes a package to the layer that brought it", async () => {
  const tree = fileTreeOfLayers([{ [INSTALLED]: MUSL }, { [INSTALLED]: `${MUSL}\n${SSL}` }]);
  const { packages } = await apk.catalog(tree, {});
  expect(packages.map(({ layer }) => layer)).toEqual([layerDigest(0), layerDigest(1)]);
});

it.each([
  ["as written", "usr/lib/python3.12/site-packages/yaml/METADATA", {}],
  [
    "through a symlinked directory",
    "usr/share/yaml/METADATA",
    { "usr/lib/python3.12/site-packages/yaml": { symlink: "/usr/share/yaml" } },
  ],
])("finds the owner of a file %s", async (_, path, links) => {
  const text = `${MUSL}\nP:py3-yaml\nV:6-r0\nF:usr/lib/python3.12/site-packages/yaml\nR:__init__.py\nR:METADATA\n\n${SSL}`;
  const tree = fileTreeOf({ [INSTALLED]: text, [path]: "content", ...links });
  const { packages, findOwners } = await apk.catalog(tree, {});
  const found = await findOwners?.([path, "usr/local/METADATA"]);
  expect([...(found?.owners ?? [])]).toEqual([[path, packages[1]]]);
  expect(packages[1]?.name).toBe("py3-yaml");
});

it("never rejects, whatever the database holds", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 300 }), async (bytes) => {
      const { packages } = await read(Buffer.concat([Buffer.from(`${MUSL}\n\n`), bytes]));
      expect(packages.length).toBeGreaterThanOrEqual(0);
    }),
  );
});
