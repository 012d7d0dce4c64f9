import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, json } from "fast-check";
import { describe, expect, it } from "vitest";
import { npm } from "./npm.ts";

const MANIFEST = '{"name":"left-pad","version":"1.3.0"}';

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return npm.catalog(fileTreeOf(items), {});
}

it.each([
  ["at the root", "node_modules/left-pad"],
  ["of an application", "app/node_modules/left-pad"],
  ["in a scope", "app/node_modules/@scope/left-pad"],
  ["inside another", "app/node_modules/a/node_modules/left-pad"],
  ["of pnpm", "app/node_modules/.pnpm/left-pad@1.3.0/node_modules/left-pad"],
  ["under another name", "app/node_modules/alias"],
  ["of Debian", "usr/share/nodejs/left-pad"],
  ["of Debian, in a scope", "usr/share/nodejs/@scope/left-pad"],
  ["of Debian, compiled", "usr/lib/x86_64-linux-gnu/nodejs/left-pad"],
])("finds a package %s", async (_, directory) => {
  const { packages, failures } = await read({ [`${directory}/package.json`]: MANIFEST });
  expect(failures).toEqual([]);
  const paths = [`${directory}/package.json`];
  expect(packages).toEqual([{ type: "npm", name: "left-pad", version: "1.3.0", paths }]);
});

const YARN = '{"name":"yarn","version":"1.22.22"}';

it.each([
  ["opt/yarn-v1.22.22/package.json", YARN, 1],
  ["usr/local/lib/yarn-1.22.22/package.json", YARN, 1],
  ["opt/yarn-v1.22.19/package.json", YARN, 0],
  ["opt/mine-v1.22.22/package.json", YARN, 0],
  ["opt/yarn-v1.22.22/lib/package.json", YARN, 0],
  ["srv/yarn-v1.22.22/package.json", YARN, 0],
  ["opt/yarn-v1.22.22/package.json", "{", 0],
  ["opt/app/package.json", '{"name":"app","version":"1.0.0"}', 0],
])("takes %s with %s for an unpacked release: %i", async (path, text, count) => {
  const { packages, failures } = await read({ [path]: text });
  expect([packages.length, failures]).toEqual([count, []]);
});

it.each([
  ["outside node_modules", "app/package.json"],
  ["in a part of a package", "app/node_modules/a/dist/esm/package.json"],
  ["in a part of a package of Debian", "usr/share/nodejs/a/lib/package.json"],
  ["of somebody's own directory", "srv/nodejs/a/package.json"],
  ["in a scope itself", "app/node_modules/@scope/package.json"],
  ["in node_modules itself", "app/node_modules/package.json"],
  ["with another name", "app/node_modules/a/package.json.bak"],
])("does not take a manifest %s for a package", async (_, path) => {
  expect(await read({ [path]: MANIFEST })).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no name", '{"version":"1.0.0"}'],
  ["no version", '{"name":"a"}'],
  ["neither", '{"type":"module"}'],
  ["an empty version", '{"name":"a","version":""}'],
  ["a name that it inherits", '{"__proto__":{"name":"a","version":"1.0.0"}}'],
])("passes over a manifest with %s", async (_, text) => {
  expect(await read({ "node_modules/a/package.json": text })).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["null", "null"],
  ["a number for a name", '{"name":7,"version":"1.0.0"}'],
  ["an object for a version", '{"name":"a","version":{}}'],
  ["a NUL in its name", '{"name":"a\\u0000b","version":"1.0.0"}'],
  ["a space in its version", '{"name":"a","version":"1.0 0"}'],
  ["a path for a name", '{"name":"../../etc/passwd","version":"1.0.0"}'],
  ["a name without end", `{"name":"${"a".repeat(100_000)}","version":"1.0.0"}`],
  ["nesting without end", `{"name":"a","version":${"[".repeat(100_000)}`],
])("records a manifest with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read({
    "node_modules/bad/package.json": bad,
    "node_modules/good/package.json": MANIFEST,
  });
  expect(packages.map(({ name }) => name)).toEqual(["left-pad"]);
  const path = "node_modules/bad/package.json";
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("records a manifest that is too long", async () => {
  const { packages, failures } = await read({
    "node_modules/a/package.json": `${MANIFEST}${" ".repeat(5_000_000)}`,
  });
  expect(packages).toEqual([]);
  expect(failures).toEqual([expect.objectContaining({ code: "FILE_UNREADABLE" })]);
});

it("reads past a byte order mark", async () => {
  const { packages } = await read({ "node_modules/a/package.json": `\uFEFF${MANIFEST}` });
  expect(packages).toHaveLength(1);
});

it("counts a manifest that a symlink leads to once", async () => {
  const { packages, failures } = await read({
    "node_modules/.pnpm/a@1/node_modules/a/package.json": MANIFEST,
    "node_modules/a": { symlink: ".pnpm/a@1/node_modules/a" },
    "node_modules/b/package.json": { symlink: "../a/package.json" },
  });
  expect([packages.length, failures]).toEqual([1, []]);
});

it("reads a manifest that lies elsewhere through its symlink", async () => {
  const { packages } = await read({
    "store/1": MANIFEST,
    "node_modules/a/package.json": { symlink: "/store/1" },
  });
  expect(packages.map(({ paths }) => paths)).toEqual([["node_modules/a/package.json"]]);
});

it("records a manifest that is a symlink to nowhere", async () => {
  const { failures } = await read({ "node_modules/a/package.json": { symlink: "/store/1" } });
  expect(failures).toEqual([expect.objectContaining({ code: "FILE_UNREADABLE" })]);
});

it("attributes a package to the layer of its manifest", async () => {
  const path = "node_modules/a/package.json";
  const tree = fileTreeOfLayers([{ [path]: MANIFEST }, { [path]: MANIFEST }, { "etc/hostname": "x" }]);
  const { packages } = await npm.catalog(tree, {});
  expect(packages[0]?.layer).toBe(layerDigest(1));
});

it("stops when it is aborted", async () => {
  const tree = fileTreeOf({ "node_modules/a/package.json": MANIFEST });
  await expect(npm.catalog(tree, { signal: AbortSignal.abort("enough") })).rejects.toBe("enough");
});

it("never rejects, whatever a manifest holds", async () => {
  await assert(
    asyncProperty(json(), json(), async (name, version) => {
      const text = `{"name":${name},"version":${version}}`;
      const { packages, failures } = await read({ "node_modules/a/package.json": text });
      expect(packages.length + failures.length).toBeLessThanOrEqual(1);
    }),
  );
});

describe("Yarn's map of packages in archives", () => {
  const at = (name: string, file: string) => `./.yarn/cache/${file}.zip/node_modules/${name}/`;
  const entries: readonly (readonly [name: string, reference: string, location: string])[] = [
    ["shop", "workspace:.", "./"],
    ["left-pad", "npm:1.3.0", at("left-pad", "left-pad-npm-1.3.0-0123456789-0123456789")],
    ["@foo-bar/baz", "npm:2.0.0-rc.1", at("@foo-bar/baz", "@foo-bar-baz-npm-2.0.0-rc.1-0123456789-8")],
    [
      "react-dom",
      `virtual:${"a".repeat(128)}#npm:18.2.0`,
      "./.yarn/__virtual__/react-dom-virtual-0/0/cache/react-dom-npm-18.2.0-0-8.zip/node_modules/react-dom/",
    ],
    ["react-dom", "npm:18.2.0", at("react-dom", "react-dom-npm-18.2.0-0-8")],
    [
      "typescript",
      "patch:typescript@npm%3A5.0.4#~builtin<compat/typescript>::version=5.0.4&hash=b5f058",
      at("typescript", "typescript-patch-0-8"),
    ],
    ["far", "npm:4.0.0::__archiveUrl=https%3A%2F%2Fnpm.example%2Ffar.tgz", at("far", "far-npm-4.0.0-0-8")],
    ["esbuild", "npm:0.19.0", "./.yarn/unplugged/esbuild-npm-0.19.0-0/node_modules/esbuild/"],
    ["own", "https://example.com/own.tgz", at("own", "own-https-0-8")],
  ];
  const registry = entries.map(([name, reference, packageLocation]) => [
    name,
    [[reference, { packageLocation, packageDependencies: [["left-pad", "npm:9.9.9"]] }]],
  ]);
  const json = JSON.stringify({ packageRegistryData: registry }, undefined, 2);
  const archived = [
    "left-pad 1.3.0",
    "@foo-bar/baz 2.0.0-rc.1",
    "react-dom 18.2.0",
    "typescript 5.0.4",
    "far 4.0.0",
  ];

  it.each([
    [
      "that Yarn 4 writes",
      "app/.pnp.cjs",
      `const RAW_RUNTIME_STATE =\n'${json.replaceAll("\n", "\\\n")}';\n`,
    ],
    ["that Yarn 2 writes", ".pnp.js", `return hydrateRuntimeState(${json}, {});`],
    ["beside its loader", "app/.pnp.data.json", json],
  ])("%s is read", async (_, path, text) => {
    const { packages, failures } = await read({ [path]: text });
    expect(failures).toEqual([]);
    expect(packages.map(({ name, version }) => `${name} ${version}`)).toEqual(archived);
    expect(packages.map(({ paths }) => paths)).toEqual(archived.map(() => [path]));
  });

  it.each(["", "module.exports = {}", "[".repeat(10_000), '["npm:1.0.0",{"packageLocation":"x"'])(
    "is nothing that names no package: %j",
    async (text) => {
      expect(await read({ "app/.pnp.cjs": text })).toEqual({ packages: [], failures: [] });
    },
  );
});
