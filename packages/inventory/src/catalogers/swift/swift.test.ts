import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, jsonValue } from "fast-check";
import { expect, it } from "vitest";
import { swift } from "./swift.ts";

const CHECKED_OUT = { "app/.build/workspace-state.json": "{}" };
const path = "app/Package.resolved";

async function read(content: unknown, items: Parameters<typeof fileTreeOf>[0] = CHECKED_OUT) {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  return swift.catalog(fileTreeOf({ ...items, [path]: text }), {});
}

function pinAt(location: string, more: object = {}) {
  return {
    identity: "a",
    kind: "remoteSourceControl",
    location,
    state: { revision: "6c89", version: "1.1.0" },
    ...more,
  };
}

it.each([
  [
    "the first",
    {
      object: {
        pins: [
          {
            package: "swift-nio",
            repositoryURL: "https://github.com/apple/swift-nio.git",
            state: { branch: null, revision: "ece5", version: "1.1.0" },
          },
        ],
      },
      version: 1,
    },
  ],
  ["the second", { pins: [pinAt("https://github.com/apple/swift-nio.git")], version: 2 }],
  ["the third", { originHash: "70c7", pins: [pinAt("https://github.com/apple/swift-nio")], version: 3 }],
])("finds a package in a lock of %s form", async (_, lock) => {
  expect(await read(lock)).toEqual({
    packages: [{ type: "swift", name: "github.com/apple/swift-nio", version: "1.1.0", paths: [path] }],
    failures: [],
  });
});

it.each([
  ["git@github.com:Vapor/vapor.git", "github.com/Vapor/vapor"],
  ["ssh://git@github.com/vapor/vapor.git", "github.com/vapor/vapor"],
  ["https://git.example.org:8443/a/b/c.git/", "git.example.org:8443/a/b/c"],
])("calls the repository %s %s", async (location, name) => {
  expect((await read({ pins: [pinAt(location)], version: 2 })).packages).toMatchObject([{ name }]);
});

it.each([
  ["to a branch", pinAt("https://github.com/a/b", { state: { branch: "main", revision: "6c89" } })],
  ["of a registry", { identity: "mona.list", kind: "registry", location: "", state: { version: "1.0.0" } }],
  ["of a directory", pinAt("/src/b", { kind: "localSourceControl" })],
])("leaves out a pin %s", async (_, pin) => {
  expect(await read({ pins: [pin], version: 2 })).toEqual({ packages: [], failures: [] });
});

it("does not take a lock by itself for what was built", async () => {
  const lock = { pins: [pinAt("https://github.com/a/b")], version: 2 };
  expect(await read(lock, {})).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no JSON", "{"],
  ["no pins", { version: 2 }],
  ["pins of another form", { version: 1, pins: [] }],
  ["a pin without an address", { pins: [pinAt("")] }],
  ["a pin with a word for an address", { pins: [pinAt("swift-nio")] }],
  ["a space in a version", { pins: [pinAt("https://github.com/a/b", { state: { version: "1 0" } })] }],
])("records %s", async (_, lock) => {
  const { packages, failures } = await read(lock);
  expect(packages).toEqual([]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("never rejects, whatever a lock holds", async () => {
  await assert(
    asyncProperty(jsonValue(), async (value) => {
      const { packages } = await read({ pins: [value, pinAt("https://github.com/a/b")], version: 2 });
      expect(packages).toContainEqual(expect.objectContaining({ name: "github.com/a/b" }));
    }),
  );
});
