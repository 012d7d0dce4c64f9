import { createHash } from "node:crypto";
import type { ProgramInspector, TextInspector } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { decodeLayerIndex } from "./layer-index-format.ts";
import { LAYER_INDEX_FORM } from "./layer-index-head.ts";
import { PathHasher } from "./path-hashes.ts";

const hasher = new PathHasher();
const contents = Buffer.concat([Buffer.from("text"), Buffer.from(Float64Array.of(7).buffer)]);
const good = {
  form: LAYER_INDEX_FORM,
  diffId: `sha256:${"a".repeat(64)}`,
  heldBytes: 4,
  sizeBytes: 10,
  whiteouts: ["etc/gone"],
  opaques: [""],
  entries: [
    ["f", "etc/kept", 0o644, 4, [0, 4], [[0, [0, 2]]]],
    ["l", "etc/link", 0o777, "../kept"],
    ["h", "etc/hard", 0o644, "etc/kept"],
    ["d", "etc", 0o755],
    ["o", "dev/null", 0],
  ],
  unwanted: [4, 8],
};

/** With the check sum that is right for it: whoever writes an index can make one. */
function written(head: unknown, after: Uint8Array = contents): Buffer {
  const text = Buffer.from(typeof head === "string" ? head : JSON.stringify(head));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  const rest = Buffer.concat([length, text, after]);
  return Buffer.concat([createHash("sha256").update(rest).digest(), rest]);
}

const programs: ProgramInspector = { inspect: () => undefined };
/** Has made what begins with the first of the contents. */
let asked = 0;
const texts: TextInspector = {
  revision: 1,
  maxBytes: 1,
  wantsName: () => true,
  inspect: () => ({ wantsMore: false, write: () => undefined, finish: () => undefined }),
  accepts: (excerpt) => {
    asked += 1;
    return excerpt[0] === contents[0];
  },
};

function decode(bytes: Buffer) {
  return decodeLayerIndex(bytes, { hasher, inspectors: [programs, texts] });
}

function hashes(numbers: readonly number[]): Uint8Array {
  return new Uint8Array(Float64Array.from(numbers).buffer);
}

it("reads what is in its form", () => {
  const index = decode(written(good));
  expect(index).toMatchObject({ diffId: good.diffId, whiteouts: ["etc/gone"], opaques: [""], heldBytes: 4 });
  expect(index?.entries.map(({ kind, path }) => [kind, path])).toEqual([
    ["file", "etc/kept"],
    ["symlink", "etc/link"],
    ["hardlink", "etc/hard"],
    ["directory", "etc"],
    ["other", "dev/null"],
  ]);
  expect(index?.unwanted.hasHash(7)).toBe(true);
});

it("asks whoever looks into texts about what they are said to have found, once for all names of a file", () => {
  asked = 0;
  const entries = ["a", "b", "c"].map((path) => ["f", path, 0o644, 4, null, [[1, [0, 4]]]]);
  const found = decode(written({ ...good, entries }))?.entries.map((entry) =>
    entry.kind === "file" ? Buffer.from(entry.excerpts?.get(texts) ?? []).toString() : undefined,
  );
  expect([found, asked]).toEqual([["text", "text", "text"], 1]);
});

it("counts what it holds in memory, whatever it says of that", () => {
  expect(decode(written({ ...good, heldBytes: 0 }))?.heldBytes).toBe(4);
});

describe("reads nothing of an index", () => {
  it.each([
    ["that is no JSON", "{"],
    ["that is no object", []],
    ["of another form", { ...good, form: LAYER_INDEX_FORM + 1 }],
    ["of no layer", { ...good, diffId: "sha256:1" }],
    ["with a negative size", { ...good, heldBytes: -1 }],
    ["without whiteouts", { ...good, whiteouts: undefined }],
    ["that takes away what lies above the root", { ...good, whiteouts: ["../etc/passwd"] }],
    ["with a path that is no text", { ...good, entries: [["d", 7, 0o755]] }],
    ["with a path that leaves the root", { ...good, entries: [["d", "../etc", 0o755]] }],
    ["with a path that begins at the root", { ...good, entries: [["d", "/etc", 0o755]] }],
    ["with a path with detours", { ...good, entries: [["d", "etc/./x", 0o755]] }],
    ["with a hard link that leaves the root", { ...good, entries: [["h", "etc/x", 0, "../y"]] }],
    ["with a kind that is not known", { ...good, entries: [["x", "etc", 0o755]] }],
    ["with content that lies beyond its end", { ...good, entries: [["f", "a", 0, 9, [0, 99], []]] }],
    ["with content at no place", { ...good, entries: [["f", "a", 0, 9, [-1, 2], []]] }],
    ["with an excerpt beyond its end", { ...good, entries: [["f", "a", 0, 9, null, [[0, [9, 9]]]]] }],
    ["with an excerpt of nobody", { ...good, entries: [["f", "a", 0, 9, null, [[2, [0, 4]]]]] }],
    ["with an excerpt that was never made", { ...good, entries: [["f", "a", 0, 9, null, [[1, [1, 2]]]]] }],
    [
      "with more excerpts than it has bytes",
      {
        ...good,
        entries: [1, 2, 3, 4, 5].map((length) => ["f", `a${length}`, 0, 9, null, [[1, [0, length]]]]),
      },
    ],
    ["with hashes that are cut short", { ...good, unwanted: [4, 7] }],
  ])("%s", (_, head) => {
    expect(decode(written(head))).toBeUndefined();
  });

  it.each([
    ["not a number", [Number.NaN]],
    ["negative", [-1]],
    ["broken", [1.5]],
    ["beyond what a hash can be", [2 ** 53]],
    ["chosen to fall on each other", Array.from({ length: 4000 }, (_, index) => (index + 1) * 2 ** 32)],
  ])("whose hashes are %s", (_, numbers) => {
    const after = hashes(numbers);
    const bare = { ...good, entries: [], unwanted: [0, after.length] };
    expect(decode(written(bare, after))).toBeUndefined();
  });
});
