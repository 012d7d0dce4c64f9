import { gzipSync } from "node:zlib";
import { fileTreeOf, fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { array, assert, integer, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { catalog } from "../../catalog.ts";
import { elfOf } from "../../testdata/elf.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { documentOf, inspectNativeImage } from "./native-image.ts";

const MARK = "com.oracle.svm.core.VM=GraalVM 25.0.2+10.1\0";
const document = JSON.stringify({
  bomFormat: "CycloneDX",
  specVersion: "1.5",
  components: Array.from({ length: 300 }, (_, at) => ({
    type: "library",
    group: "org.example",
    name: `part-${at}`,
    version: `1.${at}.0`,
    purl: `pkg:maven/org.example/part-${at}@1.${at}.0`,
  })),
});
const packed = gzipSync(document);

/** As GraalVM lays it out: constants, what may be written to, and the heap of Java. */
function programOf(...data: readonly (string | Uint8Array)[]): Buffer {
  const content = Buffer.concat(
    data.map((part) => (typeof part === "string" ? Buffer.from(part, "latin1") : part)),
  );
  return elfOf({
    parts: [
      { content: Buffer.alloc(5000, 0x90), executable: true },
      { content: Buffer.concat([Buffer.alloc(700), content, Buffer.alloc(5000)]), writable: true },
      { content: Buffer.alloc(9000, 7), writable: true },
    ],
  });
}

async function found(program: Buffer) {
  const { packages, failures } = await catalog(fileTreeOf({ "opt/app": { content: program, mode: 0o755 } }));
  return {
    packages: packages.map(({ type, name, version, paths }) => `${type} ${name} ${version} ${paths.join()}`),
    failures: failures
      .filter(({ path }) => path === "opt/app")
      .map(({ code, message }) => `${code}: ${message}`),
  };
}

it("finds what a program was made of, and the layer that brought it", async () => {
  const program = programOf(packed, "\0".repeat(30), MARK);
  const { packages } = await catalog(fileTreeOfLayers([{ "opt/app": { content: program, mode: 0o755 } }]));
  expect(packages).toHaveLength(300);
  expect(packages[0]).toEqual({
    id: "pkg:maven/org.example/part-0@1.0.0",
    purl: "pkg:maven/org.example/part-0@1.0.0",
    type: "maven",
    name: "org.example:part-0",
    version: "1.0.0",
    paths: ["opt/app"],
    layer: layerDigest(0),
  });
});

it.each([
  ["in front of the document", [MARK, packed]],
  ["behind it", [packed, MARK]],
  [
    "beside other things that are packed",
    [gzipSync("{}"), gzipSync(Buffer.alloc(9000)), packed, MARK, GZIP()],
  ],
])("finds it where the mark is %s", async (_, data) => {
  expect((await found(programOf(...data))).packages).toHaveLength(300);
});

function GZIP(): Uint8Array {
  return Uint8Array.of(0x1f, 0x8b, 8, 0);
}

it.each([
  ["the program is no native image", [packed]],
  ["it is something else", [MARK, gzipSync(JSON.stringify({ name: "CycloneDX" }))]],
  ["there is none", [MARK]],
])("finds nothing where %s", async (_, data) => {
  expect(await found(programOf(...data))).toEqual({ packages: [], failures: [] });
});

it.each([
  ["changed", packed.length - 600, packed.length - 500, /no JSON|damaged/u],
  ["cut off", 2000, packed.length, /no JSON|damaged/u],
])("records a document that was %s", async (_, from, to, message) => {
  const damaged = Buffer.from(packed).fill(0xff, from, to);
  const { packages, failures } = await found(programOf(MARK, damaged));
  expect([packages, failures]).toEqual([[], [expect.stringMatching(message)]]);
});

it("unpacks no more than a bound", async () => {
  const bomb = gzipSync(
    Buffer.concat([Buffer.from('{"bomFormat":"CycloneDX"'), Buffer.alloc(40 * 1024 * 1024, " ")]),
  );
  expect((await found(programOf(MARK, bomb))).failures).toHaveLength(1);
});

it("finds the same in pieces of whatever size", () => {
  const program = programOf(gzipSync("{}"), packed, MARK);
  const whole = excerptOf(inspectNativeImage, program);
  expect(documentOf(whole ?? Buffer.alloc(0)).toString()).toBe(document);
  assert(
    property(array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 5 }), (pieces) => {
      expect(excerptOf(inspectNativeImage, program, { pieces })).toEqual(whole);
    }),
    { numRuns: 40 },
  );
});

it("throws for no bytes", () => {
  const program = programOf(packed, MARK);
  assert(
    property(
      integer({ min: 64, max: program.length - 64 }),
      uint8Array({ minLength: 1, maxLength: 64 }),
      (at, bytes) => {
        const damaged = Buffer.from(program);
        damaged.set(bytes, at);
        excerptOf(inspectNativeImage, damaged);
      },
    ),
  );
});
