import { array, assert, constant, constantFrom, oneof, property, record } from "fast-check";
import { describe, expect, it } from "vitest";
import { DirectoryNode, findPlace, type TreeNode } from "./tree-node.ts";

const names = constantFrom("a", "b", "c");
const act = oneof(
  record({ kind: constant("set" as const), name: names }),
  record({ kind: constant("delete" as const), name: names }),
  record({ kind: constant("clear" as const), name: names }),
);

it("holds its children as a map does, also where there is one", () => {
  assert(
    property(array(act, { maxLength: 12 }), (acts) => {
      const directory = new DirectoryNode();
      const expected = new Map<string, TreeNode>();
      for (const { kind, name } of acts) {
        const node = new DirectoryNode();
        if (kind === "set") {
          directory.set(name, node);
          expected.set(name, node);
        } else if (kind === "delete") {
          directory.delete(name);
          expected.delete(name);
        } else {
          directory.clear();
          expected.clear();
        }
        expect([...directory.entries()]).toEqual([...expected]);
        const visited: [string, TreeNode][] = [];
        directory.forEach((child, at) => {
          visited.push([at, child]);
        });
        expect(visited).toEqual([...expected]);
        for (const one of ["a", "b", "c"]) expect(directory.get(one)).toBe(expected.get(one));
      }
    }),
  );
});

describe("the real path", () => {
  const root = new DirectoryNode();
  const lib = new DirectoryNode();
  root.set("lib", lib);
  lib.set("x", { kind: "file", mode: 0o644, size: 0, layer: undefined });
  root.set("link", { kind: "symlink", mode: 0o777, layer: undefined, target: "lib" });

  it.each([
    ["lib/x", "lib/x"],
    ["lib", "lib"],
    ["lib//x", "lib/x"],
    ["lib/./x", "lib/x"],
    ["link/x", "lib/x"],
    ["link/../lib/x", "lib/x"],
    ["lib/x/", "lib/x"],
    ["", ""],
  ])("of %j is %j", (path, real) => {
    expect(findPlace(root, path, { followLast: true })?.path).toBe(real);
  });

  it.each(["new/y", "new/.y", "new/..y/z..", "new/../new/y"])(
    "of %j, to which directories are made",
    (path) => {
      const makeDirectory = () => new DirectoryNode();
      const place = findPlace(new DirectoryNode(), path, { followLast: false, makeDirectory });
      expect(place?.path).toBe(path.replace("new/../", ""));
    },
  );
});
