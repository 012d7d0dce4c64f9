import { NAME_HASH_START, stepNameHash } from "@pratique/core";
import { array, assert, integer, property, uint8Array } from "fast-check";
import { describe, expect, it } from "vitest";
import { type FunctionTableOptions, functionTableOf } from "../../testdata/go-program.ts";
import { FunctionTable } from "./function-table.ts";

const ALWAYS = ["main.main", "runtime.main"];

function read(data: Uint8Array, { pieces = [data.length], size = data.length + 4096 } = {}) {
  const table = new FunctionTable(size);
  for (let at = 0, turn = 0; at < data.length; turn += 1) {
    const length = pieces[Math.min(turn, pieces.length - 1)] ?? data.length;
    // A source uses its memory anew for the next piece.
    const piece = Uint8Array.from(data.subarray(at, at + length));
    table.write(piece, 4096 + at);
    piece.fill(0xff);
    at += length;
  }
  return table.finish();
}

/** A table with other data on either side. */
function dataOf(names: readonly string[], options?: FunctionTableOptions): Buffer {
  const table = functionTableOf([...names, ...ALWAYS], options);
  return Buffer.concat([Buffer.alloc(640, "\xf1\xff\xff\xff\0\0\x01", "latin1"), table, Buffer.alloc(64)]);
}

function hashOf(text: string): number {
  return Buffer.from(text, "latin1").reduce(stepNameHash, NAME_HASH_START);
}

function namesIn(names: readonly string[], path: string): ReadonlySet<number> | undefined {
  return read(dataOf(names))?.get(path);
}

it.each([
  ["Go 1.20 and later", { form: 0xf1 }],
  ["Go 1.18", { form: 0xf0 }],
  ["Go 1.16", { form: 0xfa }],
  ["32 bits", { is64Bit: false }],
  ["the other byte order", { littleEndian: false }],
  ["32 bits in the other byte order", { is64Bit: false, littleEndian: false }],
])("finds the functions in the table of %s", (_, options) => {
  const found = read(dataOf(["net/http.Get"], options));
  expect([...(found?.keys() ?? [])].sort()).toEqual(["main", "net/http", "runtime"]);
  expect(found?.get("net/http")).toEqual(new Set([NAME_HASH_START, hashOf("Get")]));
});

it.each([
  ["a.org/x/p.F", "a.org/x/p", ["F"]],
  ["p.T.M", "p", ["T", "T.M"]],
  ["p.(*T).M", "p", ["T.M"]],
  ["p.(*T).M-fm", "p", ["T.M"]],
  ["p.(*T).M.func1", "p", ["T.M"]],
  ["p.F.func1.2", "p", ["F"]],
  ["p.F.gowrap1", "p", ["F", "F.gowrap1"]],
  ["p.F.function", "p", ["F", "F.function"]],
  ["p.F[...]", "p", ["F"]],
  ["p.F[go.shape.*a.org/x/y.T].func1", "p", ["F"]],
  ["a.org/p.(*T[...]).M", "a.org/p", ["T.M"]],
  ["p.(*T[go.shape.struct { A-b int }]).M", "p", ["T.M"]],
  ["p.init.0", "p", ["init", "init.0"]],
  ["gopkg.in/yaml%2ev3.(*parser).peek", "gopkg.in/yaml.v3", ["parser.peek"]],
  ["go.uber.org/zap.New", "go.uber.org/zap", ["New"]],
  ["vendor/golang.org/x/net/http2/hpack.F", "vendor/golang.org/x/net/http2/hpack", ["F"]],
])("reads %s as what is in %s", (name, path, expected) => {
  expect(namesIn([name], path)).toEqual(new Set([NAME_HASH_START, ...expected.map(hashOf)]));
});

it.each(["type:.eq.a.org/x/p.T", "go:struct { a/b.T }.M", "_cgo_init", "", "."])(
  "takes %j for no function",
  (name) => {
    expect([...(read(dataOf([name]))?.keys() ?? [])].sort()).toEqual(["main", "runtime"]);
  },
);

it("finds the same in pieces of whatever size", () => {
  const data = dataOf(Array.from({ length: 300 }, (_, at) => `a.org/p${at % 7}.(*T${at}).Method`));
  const whole = read(data);
  expect(whole?.size).toBe(9);
  assert(
    property(array(integer({ min: 1, max: 900 }), { minLength: 1, maxLength: 5 }), (pieces) => {
      expect(read(data, { pieces })).toEqual(whole);
    }),
  );
});

describe("knows nothing", () => {
  const two = Buffer.concat([dataOf(["p.F"]), Buffer.alloc(32)]);
  it.each([
    ["without a table", Buffer.alloc(4096)],
    ["of a table of before Go 1.16", dataOf(["p.F"], { form: 0xfb })],
    ["of a table at another place than the linker's", Buffer.concat([Buffer.alloc(8), dataOf(["p.F"])])],
    ["of names in front of their beginning", dataOf(["p.F"], { lie: [100, 90] })],
    ["of names within the header", dataOf(["p.F"], { lie: [8, 90] })],
    ["of names behind the end of the file", dataOf(["p.F"], { lie: [72, 1_000_000] })],
    ["of more names than anybody has", dataOf(["p.F"], { lie: [72, 4_000_000_000] })],
    ["where the last name has no end", dataOf(["p.F"], { lie: [72, 75] })],
    ["of a program without a main function", functionTableOf(["p.F", "runtime.main"])],
    ["of a program without Go's own functions", functionTableOf(["p.F", "main.main"])],
    ["where a second table follows", Buffer.concat([two.subarray(0, two.length & ~31), dataOf(["p.G"])])],
    ["of a name without end", dataOf([`p.${"x".repeat(70_000)}`])],
    ["of packages without end", dataOf(Array.from({ length: 20_001 }, (_, at) => `p${at}.F`))],
    ["of functions without end", dataOf(Array.from({ length: 400_001 }, (_, at) => `p.F${at}`))],
  ])("%s", (_, data) => {
    expect(read(data)).toBeUndefined();
    expect(read(data, { pieces: [4096] })).toBeUndefined();
  });

  it("where the table lies in two parts of the file", () => {
    const data = dataOf(["p.F", "p.G"]);
    const table = new FunctionTable(1_000_000);
    table.write(data.subarray(0, 740), 0);
    table.write(data.subarray(740), 8192 + 740);
    expect(table.finish()).toBeUndefined();
  });
});

it("throws for no bytes", () => {
  const data = dataOf(["p.F", "a.org/x.(*T).M"]);
  assert(
    property(
      integer({ min: 0, max: data.length - 64 }),
      uint8Array({ minLength: 1, maxLength: 64 }),
      (at, bytes) => {
        const damaged = Buffer.from(data);
        damaged.set(bytes, at);
        read(damaged, { pieces: [50] });
      },
    ),
  );
});
