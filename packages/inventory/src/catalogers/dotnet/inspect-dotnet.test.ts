import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { assert, integer, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { elfOf } from "../../testdata/elf.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { dotnet } from "./dotnet.ts";
import { inspectDotnet } from "./inspect-dotnet.ts";

const RESOURCES_AT = 8192;

interface Assembly {
  readonly strings?: Readonly<Record<string, string>>;
  /** Bytes of other resources in front of the version. */
  readonly before?: number;
  readonly managed?: boolean;
  /** Whether addresses take 64 bits. */
  readonly wide?: boolean;
}

const newtonsoft = {
  CompanyName: "Newtonsoft",
  FileVersion: "13.0.3.27908",
  InternalName: "Newtonsoft.Json.dll",
  OriginalFilename: "Newtonsoft.Json.dll",
  ProductName: "Json.NET",
  ProductVersion: "13.0.3+0a2e291c0d9c0c7675d445703e51750363a549ef",
};

/** As compilers of .NET write them: a head, code, and resources with the version. */
function assemblyOf({
  strings = newtonsoft,
  before = 72,
  managed = true,
  wide = false,
}: Assembly = {}): Buffer {
  const head = Buffer.alloc(4096);
  head.write("MZ");
  head.writeUInt32LE(0x80, 0x3c);
  head.write("PE\0\0", 0x80, "latin1");
  head.writeUInt16LE(2, 0x86);
  head.writeUInt16LE(wide ? 240 : 224, 0x94);
  const optional = 0x80 + 24;
  head.writeUInt16LE(wide ? 0x20b : 0x10b, optional);
  if (managed) {
    head.writeUInt32LE(0x2008, optional + (wide ? 112 : 96) + 14 * 8);
    head.writeUInt32LE(72, optional + (wide ? 112 : 96) + 14 * 8 + 4);
  }
  const table = optional + (wide ? 240 : 224);
  head.write(".text", table);
  head.write(".rsrc", table + 40);
  const resources = Buffer.concat([Buffer.alloc(before, 1), versionOf(strings)]);
  head.writeUInt32LE(resources.length, table + 40 + 16);
  head.writeUInt32LE(RESOURCES_AT, table + 40 + 20);
  return Buffer.concat([head, Buffer.alloc(RESOURCES_AT - head.length, 0x2a), resources, Buffer.alloc(512)]);
}

function versionOf(strings: Readonly<Record<string, string>>): Buffer {
  const text = (value: string) => Buffer.from(`${value}\0`, "utf16le");
  const pad = (bytes: Buffer) => Buffer.concat([bytes, Buffer.alloc((4 - (bytes.length % 4)) % 4)]);
  const entries = Object.entries(strings).map(([key, value]) => {
    const head = Buffer.alloc(6);
    head.writeUInt16LE(value.length + 1, 2);
    head.writeUInt16LE(1, 4);
    return pad(Buffer.concat([pad(Buffer.concat([head, text(key)])), text(value)]));
  });
  const info = pad(Buffer.concat([Buffer.alloc(6), text("VS_VERSION_INFO")]));
  return Buffer.concat([info, Buffer.alloc(52, 3), ...entries]);
}

const TARGET = ".NETCoreApp,Version=v8.0/linux-x64";
const listing = (newline = "\n") =>
  JSON.stringify(
    {
      runtimeTarget: { name: TARGET, signature: "" },
      compilationOptions: {},
      targets: {
        [TARGET]: {
          "Shop/1.0.0": { dependencies: { "System.Text.Json": "8.0.0" }, runtime: { "Shop.dll": {} } },
          "System.Text.Json/8.0.0": { runtime: { "lib/net8.0/System.Text.Json.dll": {} } },
        },
      },
      libraries: {
        "Shop/1.0.0": { type: "project" },
        "System.Text.Json/8.0.0": { type: "package", path: "a } brace \\" },
        "runtimepack.Microsoft.NETCore.App.Runtime.linux-x64/8.0.4": { type: "runtimepack" },
      },
    },
    null,
    2,
  ).replaceAll("\n", newline);

/** The host, and the files of the application behind it. */
function bundleOf(...files: readonly (string | Buffer)[]): Buffer {
  const host = elfOf({
    parts: [{ content: Buffer.alloc(5000, 0x90), executable: true }, { content: Buffer.alloc(5000, "x") }],
    sections: [{ name: ".comment", content: Buffer.from("GCC") }],
  });
  return Buffer.concat([
    host,
    Buffer.alloc(64),
    ...files.map((file) => Buffer.from(file)),
    Buffer.alloc(300, 7),
  ]);
}

function textOf(program: Uint8Array, pieces?: readonly number[]): string | undefined {
  const excerpt = excerptOf(inspectDotnet, program, pieces === undefined ? {} : { pieces });
  return excerpt === undefined ? undefined : Buffer.from(excerpt).toString();
}

it.each<[string, Assembly, string | undefined]>([
  ["the version of its product, without the commit", {}, "assembly\nNewtonsoft.Json\t13.0.3\n"],
  ["with wide addresses", { wide: true }, "assembly\nNewtonsoft.Json\t13.0.3\n"],
  ["behind other resources", { before: 100_000 }, "assembly\nNewtonsoft.Json\t13.0.3\n"],
  [
    "before its release",
    { strings: { ...newtonsoft, ProductVersion: "13.0.4-beta.1" } },
    "assembly\nNewtonsoft.Json\t13.0.4-beta.1\n",
  ],
  [
    "the version of the file where that of the product is words",
    { strings: { ...newtonsoft, ProductVersion: "built by hand" } },
    "assembly\nNewtonsoft.Json\t13.0.3.27908\n",
  ],
  ["code for Windows alone", { managed: false }, undefined],
  ["no version", { strings: { OriginalFilename: "a.dll" } }, undefined],
  ["no name", { strings: { ProductVersion: "1.0.0" } }, undefined],
  ["a program", { strings: { ...newtonsoft, OriginalFilename: "Shop.exe" } }, undefined],
  [
    "texts in another language",
    { strings: { ...newtonsoft, OriginalFilename: "A.resources.dll" } },
    undefined,
  ],
  ["a name that is a path", { strings: { ...newtonsoft, OriginalFilename: "../a.dll" } }, undefined],
  [
    "a version that never ends",
    { strings: { ...newtonsoft, ProductVersion: `1.0${"0".repeat(5000)}` } },
    "assembly\nNewtonsoft.Json\t13.0.3.27908\n",
  ],
])("takes of an assembly that has %s", (_, assembly, expected) => {
  expect(textOf(assemblyOf(assembly))).toBe(expected);
});

const found = "bundle\nSystem.Text.Json\t8.0.0\nMicrosoft.NETCore.App.Runtime.linux-x64\t8.0.4\n";

it.each<[string, Buffer, string | undefined]>([
  ["the list of a single file", bundleOf("MZ assembly", listing(), '{"runtimeOptions":{}}'), found],
  ["one with the newlines of Windows", bundleOf(listing("\r\n")), found],
  ["one on a line", bundleOf(JSON.stringify(JSON.parse(listing()))), found],
  [
    "the list behind a text that quotes its beginning",
    bundleOf('see "runtimeTarget" and "runtimeTarget"', listing()),
    found,
  ],
  ["nothing of a list that breaks off", bundleOf(listing().slice(0, -20)), undefined],
  ["nothing of a program without anything behind it", bundleOf().subarray(0, -364), undefined],
  ["nothing of another list", bundleOf('{ "runtimeTarget": 5 }'), "bundle\n"],
])("takes %s", (_, program, expected) => {
  expect(textOf(program)).toBe(expected);
});

it("finds the same in pieces of whatever size", () => {
  const programs = [assemblyOf({ before: 300 }), bundleOf("x".repeat(500), listing(), "y")];
  const whole = programs.map((program) => textOf(program));
  assert(
    property(integer({ min: 1, max: 700 }), integer({ min: 1, max: 9000 }), (one, other) => {
      expect(programs.map((program) => textOf(program, [one, other]))).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

it("throws nothing, whatever an assembly or a bundle holds", () => {
  assert(
    property(uint8Array({ maxLength: 300 }), integer({ min: 0, max: 9000 }), (noise, at) => {
      for (const program of [assemblyOf(), bundleOf(listing())]) {
        program.set(noise, at);
        textOf(program);
      }
    }),
    { numRuns: 100 },
  );
});

const json = assemblyOf();

it("takes a single file for its packages, with the layer that brought it", async () => {
  const tree = fileTreeOfLayers([{}, { "srv/shop": { content: bundleOf(listing()), mode: 0o755 } }]);
  const from = { type: "nuget", paths: ["srv/shop"], layer: layerDigest(1) };
  expect(await dotnet.catalog(tree, {})).toEqual({
    packages: [
      { ...from, name: "System.Text.Json", version: "8.0.0" },
      { ...from, name: "Microsoft.NETCore.App.Runtime.linux-x64", version: "8.0.4" },
    ],
    failures: [],
  });
});

it.each([
  ["that nothing lists", "srv/tool/Newtonsoft.Json.dll", {}, 1],
  [
    "beside a list, which names the packages",
    "srv/app/Newtonsoft.Json.dll",
    { "srv/app/app.deps.json": "{}" },
    0,
  ],
  [
    "below a directory with a list",
    "srv/app/plugins/Newtonsoft.Json.dll",
    { "srv/app/app.deps.json": "{}" },
    1,
  ],
  ["that is for compilers", "usr/share/dotnet/packs/X.Ref/8.0.0/ref/net8.0/Newtonsoft.Json.dll", {}, 0],
  ["of Mono", "usr/lib/mono/4.5/Newtonsoft.Json.dll", {}, 0],
])("counts an assembly %s: %s", async (_, path, others, count) => {
  const { packages, failures } = await dotnet.catalog(fileTreeOf({ ...others, [path]: json }), {});
  expect(failures).toEqual([]);
  expect(packages).toHaveLength(count);
});
