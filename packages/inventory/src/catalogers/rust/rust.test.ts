import { deflateSync, constants as zlib } from "node:zlib";
import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { array, assert, constantFrom, integer, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { elfOf } from "../../testdata/elf.ts";
import { goProgramOf } from "../../testdata/go-program.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { inspectRust } from "./inspect-rust.ts";
import { rust } from "./rust.ts";

interface Listed {
  readonly name?: unknown;
  readonly version?: unknown;
  readonly [key: string]: unknown;
}

const app = { name: "app", version: "0.3.1", source: "local", root: true, dependencies: [1] };
const tokio = { name: "tokio", version: "1.38.0", source: "crates.io" };

function listOf(packages: readonly Listed[]): Buffer {
  return Buffer.from(JSON.stringify({ packages }));
}

/** As the linker leaves it: behind what is loaded, in front of the names of symbols. */
function programWith(section: Uint8Array, noise: Uint8Array = Buffer.alloc(500, "x\x9c")): Buffer {
  return elfOf({
    parts: [{ content: Buffer.alloc(5000, 0x90), executable: true }, { content: Buffer.alloc(5000, "x") }],
    sections: [
      { name: ".comment", content: noise },
      { name: ".dep-v0", content: section },
      { name: ".strtab", content: Buffer.alloc(3000, "a name of a symbol\0") },
    ],
  });
}

function cratesOf(program: Uint8Array, pieces?: readonly number[]): string[] | undefined {
  const excerpt = excerptOf(inspectRust, program, pieces === undefined ? {} : { pieces });
  if (excerpt === undefined) return undefined;
  return Buffer.from(excerpt)
    .toString()
    .split("\n")
    .slice(0, -1)
    .map((line) => line.replace("\t", " "));
}

it("finds the crates of a program, and the layer that brought it", async () => {
  const content = programWith(deflateSync(listOf([app, tokio])));
  const tree = fileTreeOfLayers([{}, { "usr/local/bin/any-name": { content, mode: 0o755 } }]);
  const from = { type: "cargo", paths: ["usr/local/bin/any-name"], layer: layerDigest(1) };
  expect(await rust.catalog(tree, {})).toEqual({
    packages: [
      { ...from, name: "app", version: "0.3.1" },
      { ...from, name: "tokio", version: "1.38.0" },
    ],
    failures: [],
  });
});

it.each([
  ["none that only the build ran", [{ ...tokio, kind: "build" }], []],
  ["those that run, too", [{ ...tokio, kind: "runtime" }], ["tokio 1.38.0"]],
  ["none from the builder's disk", [{ ...tokio, source: "local" }], []],
  [
    "those from another registry, and from repositories",
    [
      { ...tokio, source: "registry" },
      { name: "b", version: "1.0.0", source: "git" },
    ],
    ["tokio 1.38.0", "b 1.0.0"],
  ],
  [
    "none without a name or a version",
    [{ version: "1" }, { name: "a" }, { name: "a b", version: "1" }, { name: 1, version: "1" }],
    [],
  ],
])("takes %s", (_, packages, expected) => {
  expect(cratesOf(programWith(deflateSync(listOf(packages))))).toEqual(expected);
});

const levels = {
  level: constantFrom(1, 3, 6, 9),
  strategy: constantFrom(zlib.Z_DEFAULT_STRATEGY, zlib.Z_FIXED),
};

it("finds a list of any length and compression, in pieces of whatever size", () => {
  assert(
    property(
      integer({ min: 1, max: 300 }),
      levels.level,
      levels.strategy,
      array(integer({ min: 9, max: 9000 }), { minLength: 1, maxLength: 4 }),
      (count, level, strategy, pieces) => {
        const packages = Array.from({ length: count }, (_, at) => ({
          name: `crate-${at * 7919}`,
          version: `${at}.1.${at}`,
        }));
        const program = programWith(deflateSync(listOf(packages), { level, strategy }));
        expect(cratesOf(program, pieces)).toEqual(packages.map(({ name, version }) => `${name} ${version}`));
      },
    ),
    { numRuns: 20 },
  );
});

it("finds the section of a program for Windows by its name", () => {
  const list = deflateSync(listOf([tokio]));
  const head = Buffer.alloc(4096);
  head.write("MZ");
  head.writeUInt32LE(0x80, 0x3c);
  head.write("PE\0\0", 0x80, "latin1");
  head.writeUInt16LE(2, 0x86);
  head.writeUInt16LE(240, 0x94);
  const table = 0x80 + 24 + 240;
  head.write(".text", table);
  head.write(".dep-v0", table + 40);
  head.writeUInt32LE(list.length, table + 56);
  head.writeUInt32LE(8192, table + 60);
  const elsewhere = deflateSync(listOf([app]));
  const program = Buffer.concat([
    head,
    elsewhere,
    Buffer.alloc(4096 - elsewhere.length),
    list,
    Buffer.alloc(500),
  ]);
  expect(cratesOf(program)).toEqual(["tokio 1.38.0"]);
});

it.each([
  ["a program of C", programWith(Buffer.from("GCC: (Debian 14.2.0-19) 14.2.0"))],
  ["a program of Go", Buffer.concat([goProgramOf({ modules: "" }), deflateSync(listOf([tokio]))])],
  ["another compressed list", programWith(deflateSync(Buffer.from('{"package":[]}')))],
  [
    "a program for Windows without the section",
    Buffer.concat([Buffer.from("MZ"), Buffer.alloc(5000), deflateSync(listOf([tokio]))]),
  ],
])("keeps nothing of %s", (_, program) => {
  expect(cratesOf(program)).toBeUndefined();
});

it.each([
  [
    "ends early",
    deflateSync(listOf(Array.from({ length: 300 }, (_, at) => ({ ...tokio, name: `c${at}` })))).subarray(
      0,
      400,
    ),
  ],
  ["is no JSON", deflateSync(Buffer.from('{"packages":[{'))],
  [
    "inflates to too much",
    deflateSync(Buffer.concat([Buffer.from('{"packages":["'), Buffer.alloc(20_000_000, 0x61)])),
  ],
])("records a list that %s", async (_, section) => {
  const tree = fileTreeOf({ "bin/x": { content: programWith(section), mode: 0o755 } });
  expect(await rust.catalog(tree, {})).toMatchObject({
    packages: [],
    failures: [{ code: "PACKAGE_RECORD_MALFORMED", path: "bin/x" }],
  });
});

it("throws nothing for any bytes, and stops looking where there are very many places", () => {
  assert(
    property(uint8Array({ maxLength: 400 }), (noise) => void cratesOf(programWith(noise, noise))),
    { numRuns: 20 },
  );
  const start = deflateSync(Buffer.from('{"packages":{}}'), { strategy: zlib.Z_FIXED }).subarray(0, 8);
  const program = programWith(
    deflateSync(listOf([tokio])),
    Buffer.concat(Array.from({ length: 1200 }, () => start)),
  );
  expect(cratesOf(program)).toBeUndefined();
});
