import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { python } from "./python.ts";

const SITE = "usr/lib/python3/dist-packages";
const METADATA =
  "Metadata-Version: 2.1\nName: Typing_Extensions\nVersion: 4.12.2\nSummary: x\n\nName: wrong\n";

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return python.catalog(fileTreeOf(items), {});
}

it.each([
  ["of a wheel", `${SITE}/typing_extensions-4.12.2.dist-info/METADATA`],
  ["of setuptools", `${SITE}/typing_extensions.egg-info/PKG-INFO`],
  ["of distutils", `${SITE}/typing_extensions-4.12.2.egg-info`],
  ["of an unpacked egg", `${SITE}/typing_extensions-4.12.2-py3.12.egg/EGG-INFO/PKG-INFO`],
  ["of an egg elsewhere", "app/EGG-INFO/PKG-INFO"],
  ["in small letters", `${SITE}/typing_extensions-4.12.2.dist-info/metadata`],
  ["in capitals", `${SITE}/TYPING_EXTENSIONS-4.12.2.EGG-INFO`],
  ["at the root", "a.dist-info/METADATA"],
])("reads the metadata %s", async (_, path) => {
  const { packages, failures } = await read({ [path]: METADATA });
  expect(failures).toEqual([]);
  expect(packages).toEqual([{ type: "pypi", name: "Typing_Extensions", version: "4.12.2", paths: [path] }]);
});

it("knows an egg that is one file by its name", async () => {
  const path = `${SITE}/my_package-1.0.post1-py3.12-linux_x86_64.egg`;
  const { packages } = await read({ [path]: "PK" });
  expect(packages).toEqual([{ type: "pypi", name: "my-package", version: "1.0.post1", paths: [path] }]);
});

it.each([
  ["beside a source", "src/a-1.0/PKG-INFO"],
  ["of something else", "srv/METADATA"],
  ["of a model of a 3D program", "models/environment.egg"],
  ["below the metadata", `${SITE}/a.dist-info/licenses/METADATA`],
])("does not take a file %s for a package", async (_, path) => {
  expect(await read({ [path]: METADATA })).toEqual({ packages: [], failures: [] });
});

it("takes a package that two files tell of for one", async () => {
  const paths = [
    `${SITE}/typing_extensions-4.12.2.dist-info/METADATA`,
    `${SITE}/typing_extensions.egg-info/PKG-INFO`,
  ];
  const { packages } = await read({
    [paths[0] ?? ""]: METADATA,
    [paths[1] ?? ""]: METADATA.replace("Typing_Extensions", "typing.extensions"),
  });
  expect(packages.map((one) => [one.name, one.paths])).toEqual([["Typing_Extensions", paths]]);
});

it("keeps a package apart from the same one elsewhere", async () => {
  const items = {
    [`${SITE}/a.dist-info/METADATA`]: METADATA,
    "venv/site-packages/a.dist-info/METADATA": METADATA,
  };
  const { packages } = await read(items);
  expect(packages).toHaveLength(2);
});

it.each([
  ["nothing", ""],
  ["no name", "Version: 1\n"],
  ["no version", "Name: a\n"],
  ["its name in the description", "Metadata-Version: 2.1\n\nName: a\nVersion: 1\n"],
  ["a space in its version", "Name: a\nVersion: 1 2\n"],
  ["a NUL in its name", "Name: a\0b\nVersion: 1\n"],
  ["a path for a name", "Name: ../a\nVersion: 1\n"],
  ["a name without end", `Name: ${"a".repeat(5_000_000)}\nVersion: 1\n`],
])("records metadata with %s, and keeps the others", async (_, bad) => {
  const path = `${SITE}/bad.dist-info/METADATA`;
  const { packages, failures } = await read({ [path]: bad, [`${SITE}/good.dist-info/METADATA`]: METADATA });
  expect(packages).toHaveLength(1);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it.each([
  ["carriage returns", METADATA.replaceAll("\n", "\r\n")],
  ["a byte order mark", `\uFEFF${METADATA.replace("Metadata-Version: 2.1\n", "")}`],
  ["headers in capitals", METADATA.replace("Name", "NAME").replace("\nVersion", "\nVERSION")],
  ["its name twice", METADATA.replace("Summary: x", "Name: other")],
])("reads metadata with %s", async (_, text) => {
  const { packages } = await read({ [`${SITE}/a.dist-info/METADATA`]: text });
  expect(packages.map(({ name, version }) => [name, version])).toEqual([["Typing_Extensions", "4.12.2"]]);
});

it("passes over a symlink to a directory of metadata", async () => {
  const { packages, failures } = await read({
    [`${SITE}/a-1.egg-info/PKG-INFO`]: METADATA,
    [`${SITE}/a.egg-info`]: { symlink: "a-1.egg-info" },
  });
  expect([packages.length, failures]).toEqual([1, []]);
});

it("never rejects, whatever the metadata hold", async () => {
  await assert(
    asyncProperty(uint8Array({ maxLength: 200 }), async (bytes) => {
      const content = Buffer.concat([Buffer.from("Name: "), bytes, Buffer.from("\nVersion: "), bytes]);
      const { packages, failures } = await read({ [`${SITE}/a.dist-info/METADATA`]: content });
      expect(packages.length + failures.length).toBe(1);
    }),
  );
});
