import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { isItemKind, item, kindShapes, parseItem, pathItem } from "./item.ts";
import { patternOf } from "./path-pattern.ts";
import { anyItem, everyKind } from "./testdata/arbitrary-profile.ts";

const segment = constantFrom(
  "a",
  "etc",
  "..",
  ".",
  "*",
  "**",
  "x12y",
  "9f86d0818",
  "tmpXyZ12a",
  "cron.d",
  "1.2",
  "<n>",
);
const anyPath = array(segment, { maxLength: 8 }).map((segments) => `/${segments.join("/")}`);

describe("levels", () => {
  it("give the same for what they gave", () => {
    assert(
      property(anyItem, ({ kind, value }) => {
        for (const level of kindShapes[kind].levels) expect(level(level(value))).toBe(level(value));
      }),
    );
  });

  it("give the same for a value as for what an earlier level made of it", () => {
    assert(
      property(anyItem, ({ kind, value }) => {
        const { levels } = kindShapes[kind];
        for (const [place, later] of levels.entries()) {
          for (const earlier of levels.slice(0, place)) expect(later(earlier(value))).toBe(later(value));
        }
      }),
    );
  });

  it("keep a value with its subject", () => {
    assert(
      property(anyItem, ({ kind, subject, value }) => {
        const { levels, subjectOf } = kindShapes[kind];
        if (subjectOf === undefined) return;
        for (const level of levels) expect(subjectOf(level(value))).toBe(subject);
      }),
    );
  });

  it("have bounds for each kind", () => {
    expect(Object.keys(kindShapes).sort()).toEqual(everyKind.toSorted());
  });
});

describe("patterns of paths", () => {
  it.each([
    ["/var/log/app.log", "/var/log/app.log"],
    ["/tmp//a/./b/../c", "/tmp/a/c"],
    ["/../etc/passwd", "/etc/passwd"],
    ["/proc/4711/mem", "/proc/<n>/mem"],
    ["/var/lib/db/base/16384/2619", "/var/lib/db/base/<n>/<n>"],
    ["/data/9f86d081884c7d65/blob", "/data/<hex>/blob"],
    ["/tmp/tmpXyZ12a", "/tmp/<random>"],
    ["/cache/0b9c1e6e-77d4-4a52-9f6b-0c7a3d3e5f10", "/cache/<uuid>"],
    ["/usr/lib/python3.11/x", "/usr/lib/python<n>.<n>/x"],
    [`/data/${"n".repeat(80)}`, "/data/nnnnnnnnnnnnnnnn<long>"],
    [`/${"deep/".repeat(60)}x`, `${"/deep".repeat(50)}/**`],
    ["/*", "/<star>"],
    ["/**", "/<star>"],
    ["/a/**/b", "/a/<star>/b"],
    ["@/containerd-shim/abc\0.sock", "@/containerd-shim/abc@.sock"],
  ])("writes %s as %s", (path, expected) => {
    expect(patternOf(path)).toBe(expected);
  });

  it("are their own pattern", () => {
    const names = string().map((name) => `/${name}`);
    assert(
      property(oneof(anyPath, names), (path) => {
        expect(patternOf(patternOf(path))).toBe(patternOf(path));
      }),
      { numRuns: 2000 },
    );
  });

  it("never stand for all of the root", () => {
    assert(
      property(anyPath, (path) => {
        const { kind, value } = pathItem("write", path);
        for (const level of kindShapes[kind].levels) expect(level(value)).not.toBe("/**");
      }),
    );
  });
});

describe("what a person names", () => {
  it("is read as it was learned", () => {
    assert(
      property(anyItem, (what) => {
        expect(parseItem(what.kind, what.subject, what.value)).toEqual(what);
      }),
    );
  });

  it.each([
    ["a kind that there is not", "mood", "", "x"],
    ["a subject that is not the value's", "write", "/etc", "/var/x"],
    ["control characters", "syscall", "", "re\u001bad"],
    ["too much", "syscall", "", "x".repeat(400)],
    ["no text", "syscall", "", 7],
  ])("is refused for %s", (_, kind, subject, value) => {
    expect(() => parseItem(kind, subject, value)).toThrow(
      expect.objectContaining({ code: "ITEM_MALFORMED" }),
    );
  });

  it("has no kinds of objects' own", () => {
    expect(isItemKind("constructor")).toBe(false);
  });
});

it("keeps control characters out of what is shown", () => {
  expect(item("syscall", "a\u001b[31mb").value).toBe("a?[31mb");
});
