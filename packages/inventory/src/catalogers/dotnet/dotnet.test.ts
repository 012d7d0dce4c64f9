import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, asyncProperty, json } from "fast-check";
import { expect, it } from "vitest";
import { dotnet } from "./dotnet.ts";

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return dotnet.catalog(fileTreeOf(items), {});
}

const TARGET = ".NETCoreApp,Version=v8.0/linux-x64";
const assembly = { runtime: { "lib/net6.0/x.dll": {} } };

function listing(
  libraries: Readonly<Record<string, string>>,
  loaded: Readonly<Record<string, object>> = {},
  target: unknown = { name: TARGET, signature: "" },
): string {
  const all = Object.entries(libraries).map(([key, type]) => [key, { type, serviceable: true, sha512: "" }]);
  return JSON.stringify({
    runtimeTarget: target,
    targets: { [TARGET]: loaded },
    libraries: Object.fromEntries(all),
  });
}

function named(packages: readonly { name: string; version: string }[]): readonly string[] {
  return packages.map(({ name, version }) => `${name} ${version}`);
}

it("finds the packages beside a program, and not the program itself", async () => {
  const text = listing(
    { "App/1.0.0": "project", "Newtonsoft.Json/13.0.1": "package", "Local/1.0.0": "reference" },
    { "App/1.0.0": assembly, "Newtonsoft.Json/13.0.1": assembly },
  );
  expect(await read({ "app/App.deps.json": text })).toEqual({
    packages: [{ type: "nuget", name: "Newtonsoft.Json", version: "13.0.1", paths: ["app/App.deps.json"] }],
    failures: [],
  });
});

it.each([
  ["assemblies", { runtime: { "a.dll": {} } }, true],
  ["files by platform", { runtimeTargets: { "runtimes/linux-x64/native/a.so": {} } }, true],
  ["native files", { native: { "a.so": {} } }, true],
  ["texts in other languages", { resources: { "de/a.dll": {} } }, true],
  ["dependencies only", { dependencies: { b: "1.0.0" } }, false],
  ["an empty list of assemblies", { runtime: {} }, false],
  ["files for the compiler", { compile: { "ref/a.dll": {} } }, false],
])("counts a package with %s: %o %s", async (_, library, counts) => {
  const { packages } = await read({
    "a.deps.json": listing({ "A/1.0.0": "package" }, { "A/1.0.0": library }),
  });
  expect(packages).toHaveLength(counts ? 1 : 0);
});

it.each([
  ["names a target that is missing", listing({ "A/1.0.0": "package" }, {}, { name: "other" })],
  ["names none", listing({ "A/1.0.0": "package" }, {}, null)],
  ["has no targets", '{"runtimeTarget":{"name":"x"},"libraries":{"A/1.0.0":{"type":"package"}}}'],
])("counts every package where the list %s", async (_, text) => {
  expect(named((await read({ "a.deps.json": text })).packages)).toEqual(["A 1.0.0"]);
});

it("finds the runtime inside a self-contained program once", async () => {
  const { packages } = await read({
    "app/App.deps.json": listing({
      "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.0": "runtimepack",
    }),
    "app/App.runtimeconfig.json": JSON.stringify({
      runtimeOptions: {
        includedFrameworks: [
          { name: "Microsoft.NETCore.App", version: "8.0.0" },
          { name: "Microsoft.AspNetCore.App", version: "8.0.1" },
        ],
      },
    }),
  });
  expect(named(packages)).toEqual([
    "Microsoft.NETCore.App.Runtime.linux-x64 8.0.0",
    "Microsoft.AspNetCore.App 8.0.1",
  ]);
});

it("finds a shared framework by its own list", async () => {
  const library = "Microsoft.NETCore.App.Runtime.linux-musl-x64/8.0.11";
  const path = "usr/share/dotnet/shared/Microsoft.NETCore.App/8.0.11/Microsoft.NETCore.App.deps.json";
  const { packages } = await read({ [path]: listing({ [library]: "package" }, { [library]: assembly }) });
  expect(named(packages)).toEqual(["Microsoft.NETCore.App.Runtime.linux-musl-x64 8.0.11"]);
});

it.each([
  ["framework", { framework: { name: "Microsoft.NETCore.App", version: "8.0.0" } }],
  ["frameworks", { frameworks: [{ name: "Microsoft.NETCore.App", version: "8.0.0" }] }],
])("does not take the %s that a program asks for as installed", async (_, runtimeOptions) => {
  const text = JSON.stringify({ runtimeOptions });
  expect(await read({ "a.runtimeconfig.json": text })).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no JSON", "a.deps.json", "{"],
  ["a list of dependencies that is a list", "a.deps.json", "[]"],
  ["libraries in a list", "a.deps.json", '{"libraries":[]}'],
  ["a library without version", "a.deps.json", '{"libraries":{"A":{"type":"package"}}}'],
  ["a library without name", "a.deps.json", '{"libraries":{"/1.0":{"type":"package"}}}'],
  ["a path for a name", "a.deps.json", '{"libraries":{"../../etc/1.0":{"type":"package"}}}'],
  ["nesting without end", "a.deps.json", `{"libraries":${"[".repeat(100_000)}`],
  ["a configuration without JSON", "a.runtimeconfig.json", "{"],
  ["frameworks that are no list", "a.runtimeconfig.json", '{"runtimeOptions":{"includedFrameworks":{}}}'],
  [
    "a framework without version",
    "a.runtimeconfig.json",
    '{"runtimeOptions":{"includedFrameworks":[{"name":"A"}]}}',
  ],
  ["a framework without name", "a.runtimeconfig.json", '{"runtimeOptions":{"includedFrameworks":[7]}}'],
])("records %s, and keeps the others", async (_, path, bad) => {
  const { packages, failures } = await read({
    [path]: bad,
    "good.deps.json": listing({ "A/1": "package" }, {}, 0),
  });
  expect(named(packages)).toEqual(["A 1"]);
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("keeps the packages beside one that cannot be read", async () => {
  const text = listing({ "A/1": "package", B: "package" }, {}, 0);
  const { packages, failures } = await read({ "a.deps.json": text });
  expect([named(packages), failures.length]).toEqual([["A 1"], 1]);
});

it("reads past a byte order mark and types in capitals", async () => {
  const text = `\uFEFF${listing({ "A/1": "Package" }, {}, 0)}`;
  expect(named((await read({ "a.deps.json": text })).packages)).toEqual(["A 1"]);
});

it("attributes packages to the layer of their list", async () => {
  const text = listing({ "A/1": "package" }, {}, 0);
  const { packages } = await dotnet.catalog(fileTreeOfLayers([{}, { "a.deps.json": text }]), {});
  expect(packages[0]?.layer).toBe(layerDigest(1));
});

it("never rejects, whatever the files hold", async () => {
  await assert(
    asyncProperty(json(), json(), async (libraries, frameworks) => {
      const { packages } = await read({
        "a.deps.json": `{"libraries":${libraries}}`,
        "a.runtimeconfig.json": `{"runtimeOptions":{"includedFrameworks":${frameworks}}}`,
      });
      expect(packages).toEqual([]);
    }),
  );
});
