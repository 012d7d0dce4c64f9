import { execFileSync } from "node:child_process";
import { chmodSync, linkSync, mkdirSync, renameSync, symlinkSync, writeFileSync } from "node:fs";
import type { FilePattern } from "@pratique/core";
import { mountAt, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { ImageTree, OpenOptions } from "../source.ts";
import { directoryLayer } from "./directory-layer.ts";
import { openLayers } from "./open-layers.ts";

const patterns: readonly FilePattern[] = [{ basenames: ["f"] }, { paths: ["db/status"], under: ["list"] }];

async function treeOf(directory: TempDirectory, options: OpenOptions = {}): Promise<ImageTree> {
  const layers = [directoryLayer({ directory: directory.path, overlay: false })];
  return openLayers({ facts: { reference: "test" }, layers, options, unlayered: true }).readTree(patterns);
}

function write(directory: TempDirectory, path: string, content = "1"): void {
  mkdirSync(directory.at(path, ".."), { recursive: true });
  writeFileSync(directory.at(path), content);
}

const text = async (bytes: Promise<Uint8Array>) => Buffer.from(await bytes).toString();

it("finds wanted files with their facts, and follows symlinks inside the root only", async () => {
  using outside = tempDirectory();
  using directory = tempDirectory();
  write(outside, "f", "secret");
  write(directory, "a/b/f", "here");
  chmodSync(directory.at("a/b/f"), 0o4750);
  symlinkSync(outside.at("f"), directory.at("out"));
  symlinkSync(outside.path, directory.at("dir-out"));
  symlinkSync("/a", directory.at("in"));
  const tree = await treeOf(directory);
  expect([...tree.files()]).toEqual([{ path: "a/b/f", kind: "file", size: 4, mode: 0o4750 }]);
  expect(await text(tree.read("in/b/f"))).toBe("here");
  await expect(tree.read("out")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
  await expect(tree.read("dir-out/f")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

it("finds what lies behind a symlink under a name that nobody asked for", async () => {
  using directory = tempDirectory();
  write(directory, "data/status");
  write(directory, "data/lists/x");
  write(directory, "y", "linked");
  symlinkSync("data", directory.at("db"));
  symlinkSync("/data/lists", directory.at("list"));
  symlinkSync("y", directory.at("f"));
  const tree = await treeOf(directory);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["db/status", "f", "list/x"]);
  expect(await text(tree.read("db/status"))).toBe("1");
  expect(await text(tree.read("f"))).toBe("linked");
});

it("shares content between hard links", async () => {
  using directory = tempDirectory();
  write(directory, "store/1234", "shared");
  mkdirSync(directory.at("a"));
  linkSync(directory.at("store/1234"), directory.at("a/f"));
  expect(await text((await treeOf(directory)).read("a/f"))).toBe("shared");
});

it("reads names that are not UTF-8", async () => {
  using directory = tempDirectory();
  const odd = Buffer.concat([Buffer.from(`${directory.path}/`), Buffer.from([0xe9])]);
  mkdirSync(odd);
  writeFileSync(Buffer.concat([odd, Buffer.from("/f")]), "1");
  const tree = await treeOf(directory);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["é/f"]);
  expect(await text(tree.read("é/f"))).toBe("1");
});

it("does not wait for pipes and reads no devices", async () => {
  using directory = tempDirectory();
  execFileSync("mkfifo", [directory.at("f")]);
  const tree = await treeOf(directory);
  expect([...tree.files()]).toEqual([]);
  await expect(tree.read("f")).rejects.toMatchObject({ code: "FILE_NOT_FOUND" });
});

it.each([
  ["the file by a symlink", "a/f", "file"],
  ["the file by a pipe", "a/f", "pipe"],
  ["its directory by a symlink", "a", "directory"],
])("reads nothing from elsewhere when somebody replaces %s in the meantime", async (_, path, kind) => {
  using outside = tempDirectory();
  using directory = tempDirectory();
  write(outside, "f", "secret");
  write(directory, "a/f", "here");
  const tree = await treeOf(directory);
  renameSync(directory.at(path), directory.at("moved"));
  if (kind === "pipe") execFileSync("mkfifo", [directory.at(path)]);
  else symlinkSync(kind === "file" ? outside.at("f") : outside.path, directory.at(path));
  await expect(tree.read("a/f")).rejects.toMatchObject({ name: "OciError" });
});

it("leaves out what is longer than the limit, and says so", async () => {
  using directory = tempDirectory();
  write(directory, "a/f", "12345");
  const tree = await treeOf(directory, { limits: { fileBytes: 4 } });
  expect([...tree.files()]).toEqual([]);
  expect(tree.failures).toMatchObject([{ code: "LIMIT_REACHED", path: "a/f" }]);
  const other = await treeOf(directory);
  await expect(other.read("a/f", 4)).rejects.toMatchObject({ code: "LIMIT_REACHED" });
});

it("goes down as far as the limit, and says so", async () => {
  using directory = tempDirectory();
  write(directory, `${"d/".repeat(450)}f`);
  write(directory, `${"e/".repeat(390)}f`);
  const tree = await treeOf(directory);
  expect([...tree.files()].map(({ path }) => path)).toEqual([`${"e/".repeat(390)}f`]);
  expect(tree.failures).toMatchObject([{ code: "LIMIT_REACHED", path: "d/".repeat(400).slice(0, -1) }]);
});

it("refuses more entries than the limit, and what is no directory", async () => {
  using directory = tempDirectory();
  for (const name of ["a", "b", "c"]) write(directory, name);
  await expect(treeOf(directory, { limits: { layerEntries: 2 } })).rejects.toMatchObject({
    code: "LIMIT_REACHED",
  });
  const image = openLayers({
    facts: { reference: "test" },
    layers: [directoryLayer({ directory: directory.at("a"), overlay: false })],
    options: {},
  });
  await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

it.skipIf(process.getuid?.() !== 0)(
  "stays out of file systems that the kernel makes up (skipped where proc cannot be mounted)",
  async () => {
    using directory = tempDirectory();
    write(directory, "a/f");
    using mounted = mountAt(directory.at("proc"), { type: "proc" });
    expect(mounted).toBeDefined();
    const tree = await treeOf(directory, { limits: { layerEntries: 50 } });
    expect([...tree.files()].map((entry) => entry.path)).toEqual(["a/f"]);
    expect(tree.stat("proc")?.kind).toBe("directory");
    expect(tree.failures).toEqual([]);
  },
);
