import { array, assert, constantFrom, integer, property, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { elfOf } from "../../testdata/elf.ts";
import { goProgramOf } from "../../testdata/go-program.ts";
import { excerptOf } from "../../testdata/inspect.ts";
import { inspectPrograms } from "./inspect-programs.ts";

const banner = Buffer.from("\0nginx version: nginx/1.20.0\0");

function textOf(program: Uint8Array, options?: Parameters<typeof excerptOf>[2]): string | undefined {
  const excerpt = excerptOf(inspectPrograms, program, options);
  return excerpt === undefined ? undefined : Buffer.from(excerpt).toString();
}

function programWith(content: Buffer, executable = false): Buffer {
  return elfOf({
    parts: [
      { content: Buffer.alloc(300, 0x90), executable: true },
      { content, executable },
    ],
  });
}

it("finds the same in pieces of whatever size", () => {
  const content = Buffer.concat([Buffer.alloc(7000, 0x20), banner, Buffer.alloc(5000)]);
  const program = programWith(content);
  assert(
    property(array(integer({ min: 1, max: 9000 }), { minLength: 1, maxLength: 4 }), (pieces) => {
      expect(textOf(program, { pieces })).toBe("nginx\t1.20.0\n");
    }),
    { numRuns: 40 },
  );
});

it.each([
  ["at the end of the file", [banner]],
  [
    "behind a banner that cannot be read",
    [Buffer.from("\0nginx version: nginx/%s\0"), Buffer.alloc(600), banner],
  ],
])("finds a banner %s", (_, parts) => {
  expect(textOf(programWith(Buffer.concat(parts)))).toBe("nginx\t1.20.0\n");
});

it("finds a banner between the code, where old linkers put it, and not between code alone", () => {
  expect(textOf(programWith(banner, true))).toBe("nginx\t1.20.0\n");
  const code = Buffer.concat([Buffer.alloc(100, 0x90), banner]);
  const apart = elfOf({ parts: [{ content: code, executable: true }, { content: Buffer.alloc(5000) }] });
  for (const pieces of [[4096], [apart.length]]) expect(textOf(apart, { pieces })).toBeUndefined();
});

it.each([true, false])("passes over what is for the loader and for unwinding, in 64 bits: %s", (is64Bit) => {
  const other = Buffer.from("\0nginx version: nginx/9.9.9\0");
  const lead = Buffer.alloc(200);
  const program = elfOf({
    is64Bit,
    parts: [
      { content: Buffer.concat([lead, other]) },
      { content: Buffer.concat([lead, other]), executable: true },
      { content: Buffer.concat([lead, banner, lead, other]), unwindingAt: 400 },
    ],
  });
  for (const pieces of [[4096], [program.length]])
    expect(textOf(program, { pieces })).toBe("nginx\t1.20.0\n");
});

it("reads all that is read-only where the constants stand in front of the code", () => {
  const program = elfOf({
    parts: [
      { content: Buffer.concat([Buffer.alloc(200), banner, Buffer.alloc(200)]), unwindingAt: 300 },
      { content: Buffer.alloc(300, 0x90), executable: true },
      { content: Buffer.alloc(300), writable: true },
    ],
  });
  expect(textOf(program)).toBe("nginx\t1.20.0\n");
});

it("finds several programs in one file", () => {
  const openssl = Buffer.from('\0OpenSSL 3.0.19 27 Jan 2026\0\x003.0.19\0OPENSSLDIR: "/etc/ssl"\0');
  expect(textOf(programWith(Buffer.concat([openssl, Buffer.alloc(50), banner])))).toBe(
    "nginx\t1.20.0\nopenssl\t3.0.19\n",
  );
});

it("leaves programs of Go to what they tell of themselves", () => {
  const program = Buffer.concat([goProgramOf({ modules: "" }), banner]);
  expect(textOf(program)).toBeUndefined();
});

it("finds the same program in PE files, of which all is searched", () => {
  expect(textOf(Buffer.concat([Buffer.from("MZ"), Buffer.alloc(5000), banner]))).toBe("nginx\t1.20.0\n");
});

it("throws nothing for any bytes", () => {
  const piece = constantFrom(
    "\x7fELF",
    "\0",
    "nginx version: nginx/",
    "00000000\0",
    "1.2.3",
    'OPENSSLDIR: "',
    "OpenSSL ",
  );
  assert(
    property(array(piece), uint8Array({ maxLength: 40 }), (texts, noise) => {
      const body = Buffer.concat([Buffer.from(texts.join(""), "latin1"), noise]);
      textOf(Buffer.concat([Buffer.from("\x7fELF"), body, Buffer.alloc(5000)]));
      textOf(programWith(body));
    }),
    { numRuns: 60 },
  );
});

it("takes time in proportion to the file, where it was written to make it slow", () => {
  const content = Buffer.from("nginx version: nginx/\0".repeat(200_000));
  const start = process.hrtime.bigint();
  expect(textOf(programWith(content))).toBeUndefined();
  expect(Number(process.hrtime.bigint() - start) / 1e6).toBeLessThan(2000);
});
