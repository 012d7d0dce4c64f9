import { readFunctions } from "@pratique/core";
import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { array, assert, constantFrom, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { elfOf, FIRST_PART } from "../../testdata/elf.ts";
import { functionTableOf, type GoProgramOptions, goProgramOf } from "../../testdata/go-program.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { go } from "./go.ts";
import { inspectGo } from "./inspect-go.ts";

async function namesOf(options: GoProgramOptions) {
  const tree = fileTreeOf({ "usr/bin/x": { content: goProgramOf(options), mode: 0o755 } });
  const { packages, failures } = await go.catalog(tree, {});
  expect(failures).toEqual([]);
  return packages.map(({ name, version }) => `${name} ${version}`);
}

const lines = (...text: readonly string[]): string => text.map((line) => `${line}\n`).join("");

it("finds the modules and the standard library of a program, and the layer that brought it", async () => {
  const modules = lines(
    "path\texample.org/tool/cmd/tool",
    "mod\texample.org/tool\tv1.4.0\th1:x=",
    "dep\tgolang.org/x/text\tv0.3.0\th1:y=",
    "build\t-compiler=gc",
  );
  const tree = fileTreeOfLayers([{}, { "opt/any-name": { content: goProgramOf({ modules }), mode: 0o755 } }]);
  const from = { type: "golang", paths: ["opt/any-name"], layer: layerDigest(1) };
  expect(await go.catalog(tree, {})).toEqual({
    packages: [
      { ...from, name: "stdlib", version: "1.22.3" },
      { ...from, name: "example.org/tool", version: "v1.4.0" },
      { ...from, name: "golang.org/x/text", version: "v0.3.0" },
    ],
    failures: [],
  });
});

it.each([
  ["go1.20.12 (Red Hat 1.20.12-1.el9)", "Red Hat 1.20.12-1.el9"],
  ["go1.22.5 X:boringcrypto (Red Hat 1.22.5-2.el9)", "Red Hat 1.22.5-2.el9"],
  ["go1.22.3", undefined],
  ["go1.21.3-corp", undefined],
  ["go1.21.3 (", undefined],
])("tells whose toolchain %s is", async (goVersion, vendor) => {
  const tree = fileTreeOf({ "opt/x": { content: goProgramOf({ goVersion }), mode: 0o755 } });
  const { packages } = await go.catalog(tree, {});
  expect(packages.map((one) => one.vendor)).toEqual([vendor]);
});

it.each([
  ["a release", "go1.21.0", "1.21.0"],
  ["a candidate", "go1.22rc1", "1.22rc1"],
  ["an experiment", "go1.22.1 X:boringcrypto", "1.22.1"],
  ["a vendor's build", "go1.20.12 (Red Hat 1.20.12-1.el9)", "1.20.12"],
  ["a vendor's patch", "go1.21.3-corp", "1.21.3"],
  ["what is between releases, which cannot be judged", "devel go1.23-abcdef", "devel go1.23-abcdef"],
])("names the standard library by %s", async (_, goVersion, version) => {
  expect(await namesOf({ goVersion })).toEqual([`stdlib ${version}`]);
});

it.each([
  ["what replaces a module", ["dep\ta.org/x\tv1.0.0\th1:=", "=>\tb.org/y\tv1.1.0\th1:="], ["b.org/y v1.1.0"]],
  ["no directory that replaces one", ["dep\ta.org/x\tv1.0.0", "=>\t./local\t(devel)\t"], []],
  ["the main module by its tag", ["mod\ta.org/x\tv1.2.3+dirty\t"], ["a.org/x v1.2.3"]],
  ["no main module in development", ["mod\ta.org/x\t(devel)\t"], []],
  ["no main module without a tag", ["mod\ta.org/x\tv0.0.0-20240101120000-abcdef123456\t"], []],
  ["no main module between tags", ["mod\ta.org/x\tv1.2.4-0.20240101120000-abcdef123456+dirty\t"], []],
  [
    "a dependency between tags",
    ["dep\ta.org/x\tv0.0.0-20240101120000-abcdef123456\th1:="],
    ["a.org/x v0.0.0-20240101120000-abcdef123456"],
  ],
  ["the toolchain", ["path\tcmd/go"], ["toolchain 1.22.3"]],
  [
    "the release that the linker was told",
    ["mod\ta.org/x\t(devel)\t", 'build\t-ldflags="-s -w -X main.version=v2.3.4 -X main.commit=1.2.3"'],
    ["a.org/x v2.3.4"],
  ],
  [
    "a release in the module's own package",
    ["mod\ta.org/x\t(devel)\t", "build\t-ldflags=-X=a.org/x/internal/version.Version=2.3.4-rc.1"],
    ["a.org/x v2.3.4-rc.1"],
  ],
  [
    "a release in a library that keeps that of the program",
    [
      "mod\tgithub.com/prometheus/prometheus\t(devel)\t",
      "build\t-ldflags=-X github.com/prometheus/common/version.Version=2.53.3",
    ],
    ["github.com/prometheus/prometheus v2.53.3"],
  ],
  [
    "the release of Kubernetes, which its libraries keep",
    [
      "mod\tk8s.io/kubernetes\t(devel)\t",
      "build\t-ldflags=-X k8s.io/client-go/pkg/version.gitVersion=v1.30.2 -X k8s.io/component-base/version.gitVersion=v1.30.2",
    ],
    ["k8s.io/kubernetes v1.30.2"],
  ],
  [
    "no release of Kubernetes in what speaks to it",
    ["mod\ta.org/x\t(devel)\t", "build\t-ldflags=-X k8s.io/client-go/pkg/version.gitVersion=v1.30.2"],
    [],
  ],
  [
    "no release of another module",
    ["mod\ta.org/x\t(devel)\t", "build\t-ldflags=-X k8s.io/version.gitVersion=v1.30.0"],
    [],
  ],
  [
    "none of two that differ",
    ["mod\ta.org/x\t(devel)\t", "build\t-ldflags=-X main.version=1.0.0 -X a.org/x/v.Version=2.0.0"],
    [],
  ],
])("names %s", async (_, modules, expected) => {
  expect(await namesOf({ modules: lines(...modules) })).toEqual(["stdlib 1.22.3", ...expected]);
});

it.each([
  ["64 bits", {}],
  ["32 bits", { is64Bit: false }],
  ["the other byte order", { littleEndian: false }],
  ["32 bits in the other byte order", { is64Bit: false, littleEndian: false }],
])("follows the pointers of programs before Go 1.18: %s", async (_, elf) => {
  const modules = lines("path\ta.org/x", "mod\ta.org/x\tv1.0.0\th1:=", "dep\tb.org/y\tv0.1.0\th1:=");
  const found = await namesOf({ goVersion: "go1.16.15", form: "pointers", modules, elf });
  expect(found).toEqual(["stdlib 1.16.15", "a.org/x v1.0.0", "b.org/y v0.1.0"]);
});

it("finds what another linker put where a program may write, and looks for it nowhere else", async () => {
  const found = await namesOf({ modules: lines("mod\ta.org/x\tv1.0.0\th1:="), elf: { goNote: false } });
  expect(found).toEqual(["stdlib 1.22.3", "a.org/x v1.0.0"]);
  const program = goProgramOf({ modules: lines("mod\ta.org/x\tv1.0.0\th1:="), elf: { goNote: false } });
  const read: number[] = [];
  const inspection = inspectGo.inspect(program.subarray(0, 4096), { path: "bin/x", size: program.length });
  for (let at = inspection?.next ?? 0; at < program.length; at = inspection?.next ?? program.length) {
    read.push(at);
    inspection?.write(program.subarray(at, at + 4096), at);
  }
  expect(read).toEqual([FIRST_PART + 8192 + 4096, FIRST_PART + 8192 + 8192]);
});

it.each(["inline", "pointers"] as const)("finds the same in pieces of whatever size: %s", (form) => {
  const modules = lines(
    "mod\ta.org/x\tv1.0.0\th1:=",
    ...Array.from({ length: 200 }, (_, n) => `dep\tb.org/${n}\tv0.${n}.0\th1:=`),
  );
  const program = goProgramOf({ goVersion: "go1.17.1", modules, form });
  const whole = excerptOf(inspectGo, program);
  expect(Buffer.from(whole ?? "").toString()).toBe(`go1.17.1\n${modules}`);
  const sizes = array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 });
  assert(
    property(sizes, (pieces) => {
      expect(excerptOf(inspectGo, program, { pieces })).toEqual(whole);
    }),
    { numRuns: 60 },
  );
});

describe("functions", () => {
  const modules = lines(
    "path\ta.org/x/cmd/x",
    "mod\ta.org/x\tv1.0.0\th1:=",
    "dep\tb.org/y\tv0.1.0\th1:=",
    "dep\tb.org/y/z\tv0.2.0\th1:=",
    "dep\tc.org/old\tv0.3.0\th1:=",
    "=>\td.org/new\tv0.4.0\th1:=",
    "build\tGOOS=linux",
    "build\tGOARCH=amd64",
  );
  const constants = functionTableOf([
    "runtime.main",
    "main.main",
    "a.org/x.Own",
    "b.org/y/z.Deep",
    "c.org/old/p.(*T).M",
    "vendor/golang.org/x/net/idna.F",
  ]);

  async function functionsOf(options: GoProgramOptions) {
    const tree = fileTreeOf({ "usr/bin/x": { content: goProgramOf(options), mode: 0o755 } });
    const { packages } = await go.catalog(tree, {});
    return new Map(packages.map(({ name, functions }) => [name, functions]));
  }

  it.each([
    ["stdlib", "runtime", "main", true],
    ["stdlib", "vendor/golang.org/x/net/idna", "F", true],
    ["stdlib", "net/http", "Get", false],
    ["a.org/x", "", "Own", true],
    ["a.org/x", "cmd/x", "main", true],
    ["a.org/x", "", "Deep", false],
    ["b.org/y/z", "", "Deep", true],
    // It may have been a part of the other module when somebody wrote about it.
    ["b.org/y", "z", "Deep", true],
    ["b.org/y", "", "Deep", false],
    // Its packages are imported by the name of what it replaces.
    ["d.org/new", "p", "T.M", true],
    ["d.org/new", "p", "T.N", false],
  ])("tells of %s whether package %j holds %s", async (module, path, name, expected) => {
    const functions = (await functionsOf({ modules, constants })).get(module) ?? "";
    expect(functions).toMatch(/^linux\/amd64 =[\w.-]+$/u);
    expect(readFunctions(functions)?.mayHold({ path, name })).toBe(expected);
  });

  it.each([
    ["of before Go 1.18, of 32 bits", { is64Bit: false }],
    ["of before Go 1.18, in the other byte order", { littleEndian: false }],
  ])("are told of programs %s", async (_, elf) => {
    const table = functionTableOf(["runtime.main", "main.main"], elf);
    const options = { goVersion: "go1.16.15", form: "pointers", modules, constants: table, elf } as const;
    expect((await functionsOf(options)).get("stdlib")).toMatch(/^linux\/amd64 =[\w.-]+$/u);
  });

  it("are told of the toolchain, whose packages are the library's", async () => {
    const table = functionTableOf(["runtime.main", "main.main", "cmd/go/internal/get.Run"]);
    const functions =
      (await functionsOf({ modules: lines("path\tcmd/go"), constants: table })).get("toolchain") ?? "";
    const holds = (path: string, name: string) => readFunctions(functions)?.mayHold({ path, name });
    expect([holds("cmd/go", "main"), holds("cmd/go/internal/get", "Run"), holds("cmd/go", "Run")]).toEqual([
      true,
      true,
      false,
    ]);
  });

  it("are not told where a package lies deeper than any, which would take long to look up", async () => {
    const deep = (depth: number) =>
      functionTableOf(["runtime.main", "main.main", `a.org/${"x/".repeat(depth)}p.F`]);
    const told = async (depth: number) =>
      (await functionsOf({ modules, constants: deep(depth) })).get("stdlib");
    expect([typeof (await told(62)), typeof (await told(63))]).toEqual(["string", "undefined"]);
  });

  it("are not told where the program does not tell them", async () => {
    const found = await functionsOf({ modules });
    expect([...found.values()]).toEqual([undefined, undefined, undefined, undefined, undefined]);
  });

  it("are the same in pieces of whatever size", () => {
    const program = goProgramOf({ modules, constants });
    const whole = excerptOf(inspectGo, program);
    const sizes = array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 });
    assert(
      property(sizes, (pieces) => {
        expect(excerptOf(inspectGo, program, { pieces })).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });
});

it("records a program of Go that does not tell", async () => {
  const packed = elfOf({ goNote: true, parts: [{ content: Buffer.alloc(6000) }] });
  const tree = fileTreeOf({ "bin/packed": { content: packed, mode: 0o755 } });
  const { packages, failures } = await go.catalog(tree, {});
  expect(packages).toEqual([]);
  expect(failures).toEqual([
    {
      code: "PACKAGE_RECORD_MALFORMED",
      message: "a Go program does not tell what it was built from",
      path: "bin/packed",
    },
  ]);
});

it("takes nothing from programs of other languages", async () => {
  const other = elfOf({ parts: [{ content: Buffer.alloc(6000, "\xff Go buildinf: ", "latin1") }] });
  const tree = fileTreeOf({ "bin/other": { content: other, mode: 0o755 } });
  expect(await go.catalog(tree, {})).toEqual({ packages: [], failures: [] });
});

it("throws for no bytes behind a head that could be a program's", () => {
  const program = goProgramOf({ modules: lines("mod\ta\tv1") });
  assert(
    property(
      integer({ min: 4, max: program.length - 64 }),
      uint8Array({ minLength: 1, maxLength: 64 }),
      (at, bytes) => {
        const damaged = Buffer.from(program);
        damaged.set(bytes, at);
        excerptOf(inspectGo, damaged);
      },
    ),
  );
  const magic = constantFrom("\x7fELF", "MZ\0\0", "\xcf\xfa\xed\xfe");
  assert(
    property(magic, uint8Array({ minLength: 4096, maxLength: 5000 }), (start, bytes) => {
      excerptOf(inspectGo, Buffer.concat([Buffer.from(start, "latin1"), bytes]));
    }),
  );
});
