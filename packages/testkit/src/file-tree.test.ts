import { expect, it } from "vitest";
import { fileTreeOf, fileTreeOfLayers, layerDigest } from "./file-tree.ts";

const text = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString();

it("gives files in byte order and only those that patterns name", () => {
  const items = { "b/x.json": "1", "a/x.json": "2", "a/y": "3", é: "4" };
  expect([...fileTreeOf(items).files()].map(({ path }) => path)).toEqual([
    "a/x.json",
    "a/y",
    "b/x.json",
    "é",
  ]);
  const tree = fileTreeOf(items, { patterns: [{ suffixes: [".json"] }] });
  expect([...tree.files()].map(({ path }) => path)).toEqual(["a/x.json", "b/x.json"]);
  expect([...tree.match({ paths: ["b/x.json"] })].map(({ path }) => path)).toEqual(["b/x.json"]);
});

it("follows symlinks inside the root and no further", async () => {
  const tree = fileTreeOf({
    "usr/lib/os-release": "ID=debian",
    "etc/os-release": { symlink: "../usr/lib/os-release" },
    lib: { symlink: "/usr/lib" },
    out: { symlink: "../../../usr/lib/os-release" },
    loop: { symlink: "loop" },
  });
  expect(await text(tree.read("etc/os-release"))).toBe("ID=debian");
  expect(await text(tree.read("lib/os-release"))).toBe("ID=debian");
  expect(await text(tree.read("out"))).toBe("ID=debian");
  expect(tree.stat("lib")?.kind).toBe("directory");
  expect(tree.stat("loop")).toBeUndefined();
  await expect(tree.read("loop")).rejects.toThrow("no file");
  await expect(tree.read("lib/os-release", 3)).rejects.toThrow("longer than 3");
});

it("keeps each layer's version and takes away what a layer takes away", async () => {
  const tree = fileTreeOfLayers([
    { "a/f": "one", "b/g": "x" },
    { "a/f": "two", b: null },
  ]);
  expect(await Promise.all(tree.history("a/f").map((version) => text(version.read())))).toEqual([
    "one",
    "two",
  ]);
  expect(tree.stat("a/f")?.layer).toBe(layerDigest(1));
  expect(tree.stat("b/g")).toBeUndefined();
});

it("shows what patterns name through symlinked directories under the names that they use", () => {
  const items = {
    db: { symlink: "data" },
    list: { symlink: "/data/l" },
    "data/status": "1",
    "data/l/x": "2",
  };
  const tree = fileTreeOf(items, { patterns: [{ paths: ["db/status"], under: ["list"] }] });
  expect([...tree.files()].map(({ path }) => path)).toEqual(["db/status", "list/x"]);
  expect([...tree.match({ under: ["list"] })].map(({ path }) => path)).toEqual(["list/x"]);
});
