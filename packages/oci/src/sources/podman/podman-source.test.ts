import { chmodSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { Engine } from "@pratique/engine";
import { archiveOf, dockerArchiveOf, layerOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { OpenedImage } from "../../source.ts";
import { type PodmanImageParts, writePodman } from "../../testdata/podman-storage.ts";
import { podmanSource } from "./podman-source.ts";

const lower = {
  layer: layerOf([{ path: "etc/a", content: "one" }]),
  files: { "etc/a": "one", "etc/c": "below" },
};
const upper = { layer: layerOf([{ path: "etc/a", content: "three" }]), files: { "etc/a": "three" } };
const shop: PodmanImageParts = {
  names: ["localhost/shop:1", "quay.io/acme/shop:1"],
  layers: [lower, upper],
};

async function filesOf(opened: OpenedImage): Promise<Readonly<Record<string, string>>> {
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect(tree.failures).toEqual([]);
  const files: Record<string, string> = {};
  for (const { path } of tree.files()) files[path] = Buffer.from(await tree.read(path)).toString();
  return files;
}

it("reads layers where they lie, and says which brought a file", async () => {
  using directory = tempDirectory();
  const [made] = writePodman(directory.path, [shop]);
  const opened = await podmanSource({ roots: [directory.at("absent"), directory.path] }).open("shop:1", {});
  expect(opened).toMatchObject({
    imageId: `sha256:${made?.id}`,
    digest: made?.digest,
    platform: "linux/amd64",
  });
  expect(await filesOf(opened)).toEqual({ "etc/a": "three", "etc/c": "below" });
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect([tree.stat("etc/a")?.layer, tree.stat("etc/c")?.layer]).toEqual([
    upper.layer.diffId,
    lower.layer.diffId,
  ]);
  expect(tree.facts.layersVerified).toBe(true);
});

it("reads the one tree of the vfs driver, of which nothing may be remembered", async () => {
  using directory = tempDirectory();
  writePodman(directory.path, [shop], "vfs");
  const opened = await podmanSource({ roots: [directory.path] }).open("shop:1", {});
  expect(await filesOf(opened)).toEqual({ "etc/a": "three", "etc/c": "below" });
  expect((await opened.readTree([])).facts.layersVerified).toBe(false);
});

it("finds images by every name that they have", async () => {
  using directory = tempDirectory();
  const other = { names: ["docker.io/library/other:latest"], layers: [lower] };
  const [made, made2] = writePodman(directory.path, [shop, other]);
  const source = podmanSource({ roots: [directory.path] });
  const named: readonly (readonly [string, string | undefined])[] = [
    ["shop:1", made?.id],
    ["localhost/shop:1", made?.id],
    ["quay.io/acme/shop:1", made?.id],
    ["acme/shop:1", made?.id],
    [`quay.io/acme/shop@${made?.digest}`, made?.id],
    [made?.id ?? "", made?.id],
    [`sha256:${made?.id}`, made?.id],
    [made?.id.slice(0, 12) ?? "", made?.id],
    ["other", made2?.id],
    ["docker.io/library/other:latest", made2?.id],
  ];
  for (const [name, id] of named)
    expect([name, (await source.open(name, {})).imageId]).toEqual([name, `sha256:${id}`]);
  const absent = [
    "shop",
    "hop:1",
    "cme/shop:1",
    "quay.io/shop:1",
    `quay.io/other@${made?.digest}`,
    "x/../shop:1",
  ];
  for (const name of absent) {
    await expect(source.open(name, {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  }
});

it("asks which of several it is", async () => {
  using directory = tempDirectory();
  writePodman(directory.path, [
    { names: ["a.example/x/app:1"], layers: [lower] },
    { names: ["b.example/x/app:1"], layers: [upper] },
  ]);
  const opened = podmanSource({ roots: [directory.path] }).open("x/app:1", {});
  await expect(opened).rejects.toMatchObject({
    code: "IMAGE_AMBIGUOUS",
    message: expect.stringContaining("b.example"),
  });
});

it("does not vouch for what another user may have put there", async () => {
  using directory = tempDirectory();
  writePodman(directory.path, [shop]);
  chmodSync(directory.at("overlay"), 0o777);
  const opened = await podmanSource({ roots: [directory.path] }).open("shop:1", {});
  expect((await opened.readTree([])).facts).toMatchObject({ layersVerified: false });
});

it("does not follow a symlink out of the storage", async () => {
  using elsewhere = tempDirectory();
  using directory = tempDirectory();
  mkdirSync(elsewhere.at("etc"));
  const [made] = writePodman(directory.path, [shop]);
  const diff = directory.at("overlay", made?.layerIds[1] ?? "", "diff");
  rmSync(diff, { recursive: true });
  symlinkSync(elsewhere.path, diff);
  const source = podmanSource({ roots: [directory.path] });
  await expect(source.open("shop:1", {})).rejects.toMatchObject({ code: "ACCESS_DENIED" });
  rmSync(diff);
  mkdirSync(diff);
  const opened = await source.open("shop:1", {});
  rmSync(diff, { recursive: true });
  symlinkSync(elsewhere.path, diff);
  await expect(opened.readTree([])).rejects.toMatchObject({ code: "ACCESS_DENIED" });
});

it.each<[string, (list: readonly Record<string, unknown>[]) => unknown, string, string]>([
  ["layers in a circle", ([low, high]) => [{ ...low, parent: high?.id }, high], "layers", "STORE_DAMAGED"],
  ["a layer too few", ([low]) => [low], "layers", "STORE_DAMAGED"],
  [
    "a layer of another digest",
    ([low, high]) => [low, { ...high, "diff-digest": low?.["diff-digest"] }],
    "layers",
    "DIGEST_MISMATCH",
  ],
  [
    "fewer layers than its configuration",
    ([image]) => [{ ...image, layer: "" }],
    "images",
    "IMAGE_MALFORMED",
  ],
  ["no list", () => ({}), "images", "STORE_DAMAGED"],
  ["ids that are paths", ([image]) => [{ ...image, id: "../../etc" }], "images", "IMAGE_NOT_FOUND"],
  [
    "a manifest of another digest",
    ([image]) => [{ ...image, digest: "", "big-data-names": [] }],
    "images",
    "DIGEST_MISMATCH",
  ],
])("refuses a storage that lists %s", async (_, change, kind, code) => {
  using directory = tempDirectory();
  writePodman(directory.path, [shop]);
  const file = directory.at(`overlay-${kind}`, `${kind}.json`);
  const list: unknown = JSON.parse(readFileSync(file, "utf8"));
  if (!Array.isArray(list)) throw new Error("expected a list");
  writeFileSync(file, JSON.stringify(change(list)));
  await expect(podmanSource({ roots: [directory.path] }).open("shop:1", {})).rejects.toMatchObject({ code });
});

it("asks Podman's service where the storage has no answer", async () => {
  using directory = tempDirectory();
  const saved = dockerArchiveOf({ layers: [lower.layer, upper.layer], tags: ["shop:1"] });
  const inspected = {
    Id: saved.imageId,
    Os: "linux",
    Architecture: "amd64",
    RootFS: { Layers: [lower.layer.diffId, upper.layer.diffId] },
  };
  const server = createServer(({ url = "" }, response) => {
    response.setHeader("api-version", "1.41");
    if (url.endsWith("/_ping")) response.end("OK");
    else if (url.endsWith("/images/shop%3A1/json") || url.endsWith("/images/shop:1/json"))
      response.end(JSON.stringify(inspected));
    else if (url.endsWith("/get")) response.end(archiveOf(saved));
    else response.writeHead(404).end("{}");
  });
  const socketPath = directory.at("podman.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  await using engine = new Engine({ address: { kind: "unix", socketPath } });
  const source = podmanSource({ roots: [directory.at("absent")], engine });
  expect(await filesOf(await source.open("shop:1", {}))).toEqual({ "etc/a": "three" });
  await expect(source.open("other:1", {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  server.close();
});

it("tells of the storage where there is no service either", async () => {
  await using engine = new Engine({ address: { kind: "unix", socketPath: "/absent/podman.sock" } });
  const opened = podmanSource({ roots: ["/absent/storage"], engine }).open("shop:1", {});
  await expect(opened).rejects.toMatchObject({
    code: "SOURCE_UNAVAILABLE",
    message: expect.stringMatching(/^no storage of Podman: no directory "\/absent\/storage"/u),
  });
});
