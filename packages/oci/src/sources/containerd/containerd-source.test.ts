import { mkdirSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { layerOf, type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { OpenedImage } from "../../source.ts";
import { type ContainerdImageParts, writeContainerd } from "../../testdata/containerd-root.ts";
import { containerdSource } from "./containerd-source.ts";

const lower = layerOf(
  [
    { path: "etc/a", content: "one" },
    { path: "etc/b", content: "two" },
  ],
  "gzip",
);
const upper = layerOf([{ path: "etc/.wh.b" }, { path: "etc/a", content: "three" }], "zstd");
const shop: ContainerdImageParts = {
  name: "docker.io/library/shop:1",
  layers: [lower, upper],
  unpacked: [{ "etc/a": "one", "etc/c": "in place" }, { "etc/a": "three" }],
};

async function filesOf(opened: OpenedImage): Promise<Readonly<Record<string, string>>> {
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect(tree.failures).toEqual([]);
  const files: Record<string, string> = {};
  for (const { path } of tree.files()) files[path] = Buffer.from(await tree.read(path)).toString();
  return files;
}

const open = (directory: TempDirectory, value: string) =>
  containerdSource({ roots: [directory.at("absent"), directory.path] }).open(value, {});

it("reads what is unpacked in place, and says which layer brought it", async () => {
  using directory = tempDirectory();
  const { imageId, digest } = writeContainerd(directory.path, { default: [shop] });
  const opened = await open(directory, "shop:1");
  expect(opened).toMatchObject({ imageId, digest, platform: "linux/amd64", reference: "shop:1" });
  expect(await filesOf(opened)).toEqual({ "etc/a": "three", "etc/c": "in place" });
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect([tree.stat("etc/a")?.layer, tree.stat("etc/c")?.layer]).toEqual([upper.diffId, lower.diffId]);
  expect(opened.layers.map(({ instruction }) => instruction)).toEqual(["ADD root", "RUN touch"]);
});

it.each([
  ["nothing is unpacked", undefined],
  ["only the lowest layer is unpacked", [{ "etc/a": "one", "etc/b": "two" }]],
])("reads blobs where %s", async (_, unpacked) => {
  using directory = tempDirectory();
  writeContainerd(directory.path, { default: [{ ...shop, unpacked }] });
  expect(await filesOf(await open(directory, "shop:1"))).toEqual({ "etc/a": "three" });
});

it("knows namespaces, the usual ones first", async () => {
  using directory = tempDirectory();
  const other = { ...shop, layers: [lower], unpacked: undefined };
  const late = { ...other, name: "registry.example/late:2" };
  writeContainerd(directory.path, { another: [late], "k8s.io": [other], default: [shop] });
  expect((await open(directory, "shop:1")).layers).toHaveLength(2);
  expect((await open(directory, "k8s.io/shop:1")).layers).toHaveLength(1);
  expect((await open(directory, "k8s.io/docker.io/library/shop:1")).layers).toHaveLength(1);
  const { digest = "" } = await open(directory, "registry.example/late:2");
  expect((await open(directory, digest)).digest).toBe(digest);
  for (const absent of ["absent", "another/shop:1", "/shop:1", "k8s.io/", "sha256:12"]) {
    await expect(open(directory, absent)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  }
});

it("takes the platform that was pulled, or the one that is asked for", async () => {
  using directory = tempDirectory();
  writeContainerd(directory.path, { default: [{ ...shop, architecture: "s390x", inIndex: true }] });
  expect((await open(directory, "shop:1")).platform).toBe("linux/s390x");
  const platform = { os: "linux", architecture: "amd64" };
  const asked = containerdSource({ roots: [directory.path] }).open("shop:1", { platform });
  await expect(asked).rejects.toMatchObject({ code: "PLATFORM_NOT_FOUND" });
});

it("does not believe a blob that is another's", async () => {
  using directory = tempDirectory();
  const { imageId } = writeContainerd(directory.path, { default: [{ ...shop, unpacked: undefined }] });
  const blob = (digest: string) =>
    directory.at("io.containerd.content.v1.content/blobs/sha256", digest.slice("sha256:".length));
  writeFileSync(blob(lower.digest), layerOf([{ path: "etc/a", content: "evil" }], "gzip").blob);
  const opened = await open(directory, "shop:1");
  await expect(opened.readTree([])).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  writeFileSync(blob(imageId), "{}");
  await expect(open(directory, "shop:1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  rmSync(blob(imageId));
  await expect(open(directory, "shop:1")).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
});

it("does not follow a symlink out of its store", async () => {
  using elsewhere = tempDirectory();
  using directory = tempDirectory();
  mkdirSync(elsewhere.at("etc"));
  writeFileSync(elsewhere.at("etc/a"), "secret");
  writeContainerd(directory.path, { default: [shop] });
  const unpacked = directory.at("io.containerd.snapshotter.v1.overlayfs/snapshots/1/fs");
  rmSync(unpacked, { recursive: true });
  symlinkSync(elsewhere.path, unpacked);
  await expect(open(directory, "shop:1")).rejects.toMatchObject({ code: "ACCESS_DENIED" });
});

it.each([
  ["no database", "rm", "SOURCE_UNAVAILABLE"],
  ["a database of something else", "x".repeat(20_000), "STORE_DAMAGED"],
])("says that there is %s", async (_, content, code) => {
  using directory = tempDirectory();
  writeContainerd(directory.path, { default: [shop] });
  const database = directory.at("io.containerd.metadata.v1.bolt/meta.db");
  if (content === "rm") rmSync(database);
  else writeFileSync(database, content);
  await expect(open(directory, "shop:1")).rejects.toMatchObject({ code });
});
