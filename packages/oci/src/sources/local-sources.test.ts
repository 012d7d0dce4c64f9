import { appendFileSync, mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { basename } from "node:path";
import { gzipSync, zstdCompressSync } from "node:zlib";
import type { ImageTarget } from "@pratique/core";
import {
  archiveOf,
  type BuiltLayer,
  configOf,
  dockerArchiveOf,
  layerOf,
  ociLayoutOf,
  tarOf,
  tempDirectory,
  writeFiles,
} from "@pratique/testkit";
import { array, assert, asyncProperty, constantFrom, nat, tuple, uint8Array } from "fast-check";
import { expect, it } from "vitest";
import { OciError } from "../errors.ts";
import { openImage } from "../open-image.ts";
import type { ImageTree, OpenedImage, ReadOptions } from "../source.ts";
import { dirSource } from "./dir/dir-source.ts";
import { dockerArchiveSource } from "./docker-archive/docker-archive-source.ts";
import { ociArchiveSource } from "./oci-archive/oci-archive-source.ts";
import { ociDirSource } from "./oci-dir/oci-dir-source.ts";

const lower = [
  { path: "etc/" },
  { path: "etc/os-release", kind: "symlink", target: "../usr/lib/os-release" },
  { path: "usr/lib/os-release", content: "ID=debian" },
  { path: "app/node_modules/a/package.json", content: "{}" },
  { path: "app/big", content: "x".repeat(100_000) },
] as const;
const upper = [
  { path: "app/.wh.node_modules" },
  { path: "app/package.json", content: '{"name":"b"}' },
] as const;
const patterns = [{ paths: ["etc/os-release", "usr/lib/os-release"] }, { basenames: ["package.json"] }];
const config = {
  config: { User: "app", Env: ["A=b"], Labels: { x: "y", n: 1 }, ExposedPorts: { "80/tcp": {} } },
};

async function expectTheImage(image: OpenedImage, options: ReadOptions = {}): Promise<ImageTree> {
  const tree = await image.readTree(patterns, options);
  const files = [...tree.files()].map(({ path }) => path);
  expect(files).toEqual(["app/package.json", "etc/os-release", "usr/lib/os-release"]);
  expect(Buffer.from(await tree.read("etc/os-release")).toString()).toBe("ID=debian");
  expect(tree.failures).toEqual([]);
  await image.close();
  return tree;
}

it.each([
  ["plain layers", "none", (bytes: Buffer) => bytes],
  ["gzip layers", "gzip", (bytes: Buffer) => bytes],
  ["zstd layers", "zstd", (bytes: Buffer) => bytes],
  ["a gzip archive", "none", gzipSync],
  ["a zstd archive of gzip layers", "gzip", zstdCompressSync],
] as const)("reads the same image from archives and layouts with %s", async (_, compression, pack) => {
  using directory = tempDirectory();
  const parts = {
    layers: [layerOf(lower, compression), layerOf(upper, compression)],
    config,
    tags: ["app:1"],
  };
  const docker = dockerArchiveOf(parts);
  const oci = ociLayoutOf(parts);
  writeFileSync(directory.at("docker.tar"), pack(archiveOf(docker)));
  writeFileSync(directory.at("oci.tar"), pack(archiveOf(oci)));
  writeFiles(directory.at("oci"), oci);

  await expectTheImage(await dockerArchiveSource.open(directory.at("docker.tar"), {}));
  await expectTheImage(await ociArchiveSource.open(directory.at("oci.tar"), {}));
  await expectTheImage(await dockerArchiveSource.open(directory.at("oci.tar"), {}));
  const image = await ociDirSource.open(directory.at("oci"), {});
  expect(image.digest).toBe(oci.digest);
  expect(image.imageId).toBe(oci.imageId);
  expect(image.platform).toBe("linux/amd64");
  expect(image.layers.map(({ diffId }) => diffId)).toEqual(parts.layers.map(({ diffId }) => diffId));
  expect(image.config).toMatchObject({
    user: "app",
    environment: ["A=b"],
    labels: { x: "y" },
    exposedPorts: ["80/tcp"],
  });
  await expectTheImage(image);
});

it("reads plain layers of local files by seeking where their digests do not matter", async () => {
  using directory = tempDirectory();
  for (const compression of ["none", "gzip"] as const) {
    const layers = [layerOf(lower, compression), layerOf(upper, compression)];
    const [docker, oci] = [dockerArchiveOf({ layers, config }), ociLayoutOf({ layers, config })];
    writeFileSync(directory.at("docker.tar"), archiveOf(docker));
    writeFileSync(directory.at("docker.tgz"), gzipSync(archiveOf(docker)));
    writeFileSync(directory.at("oci.tar"), archiveOf(oci));
    writeFiles(directory.at(compression), oci);
    for (const [source, path] of [
      [dockerArchiveSource, "docker.tar"],
      [dockerArchiveSource, "docker.tgz"],
      [ociArchiveSource, "oci.tar"],
      [ociDirSource, compression],
    ] as const) {
      const open = () => source.open(directory.at(path), {});
      const whole = await expectTheImage(await open());
      const quick = await expectTheImage(await open(), { verifyPlainLayers: false });
      expect(whole.facts.layersVerified).toBe(true);
      expect(quick.facts).toEqual({
        ...whole.facts,
        layersVerified: compression !== "none" || path === "docker.tgz",
      });
      expect([...quick.files()]).toEqual([...whole.files()]);
      expect(quick.sizeBytes).toBe(whole.sizeBytes);
    }
  }
});

it("says that it does not know whose layers it read when it did not check", async () => {
  using directory = tempDirectory();
  const good = dockerArchiveOf({ layers: [layerOf(lower)], config });
  const other = layerOf([{ path: "usr/lib/os-release", content: "ID=evil__" }, ...lower.slice(3)]);
  const forged = { files: new Map(good.files) };
  forged.files.set(`${layerOf(lower).diffId.slice(7)}/layer.tar`, other.blob);
  writeFileSync(directory.at("a.tar"), archiveOf(forged));
  const image = await dockerArchiveSource.open(directory.at("a.tar"), {});
  expect(image.imageId).toBe(good.imageId);
  await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  const tree = await image.readTree(patterns, { verifyPlainLayers: false });
  expect(tree.facts.layersVerified).toBe(false);
  expect(Buffer.from(await tree.read("usr/lib/os-release")).toString()).toBe("ID=evil__");
  await image.close();
});

it("records the damage of a layer that is read by seeking", async () => {
  using directory = tempDirectory();
  const layer = layerOf(layerOf(lower).tar.subarray(0, 5000));
  writeFiles(directory.path, ociLayoutOf({ layers: [layer], config }));
  const image = await ociDirSource.open(directory.path, {});
  const trees = [
    await image.readTree(patterns),
    await image.readTree(patterns, { verifyPlainLayers: false }),
  ];
  for (const tree of trees) {
    expect(tree.failures).toMatchObject([{ code: "ARCHIVE_DAMAGED" }]);
    expect(tree.stat("usr/lib/os-release")?.size).toBe(9);
  }
});

it("bounds the length of a layer that is read by seeking, and refuses another one than was claimed", async () => {
  using directory = tempDirectory();
  const layer = layerOf(lower);
  writeFiles(directory.path, ociLayoutOf({ layers: [layer] }));
  const image = await ociDirSource.open(directory.path, { verifyPlainLayers: false });
  await expect(image.readTree(patterns, { limits: { layerBytes: 1000 } })).rejects.toMatchObject({
    code: "LIMIT_REACHED",
  });
  appendFileSync(directory.at(`blobs/sha256/${layer.digest.slice(7)}`), "more");
  await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("tells the facts of a packed archive with its tree", async () => {
  using directory = tempDirectory();
  const docker = dockerArchiveOf({ layers: [layerOf(lower), layerOf(upper)], config });
  writeFileSync(directory.at("a.tgz"), gzipSync(archiveOf(docker)));
  const image = await dockerArchiveSource.open(directory.at("a.tgz"), { reference: "docker-archive:a.tgz" });
  expect(image.layers).toEqual([]);
  const tree = await image.readTree(patterns);
  expect(tree.facts).toMatchObject({ reference: "docker-archive:a.tgz", imageId: docker.imageId });
  expect(tree.facts.layers).toHaveLength(2);
  expect(tree.facts.config?.user).toBe("app");
  await image.close();
});

it("chooses by name among several images, and names them where it cannot choose", async () => {
  using directory = tempDirectory();
  const images = [
    { layers: [layerOf([{ path: "a/package.json", content: "1" }])], tags: ["one:1", "uno:1"] },
    {
      layers: [layerOf([{ path: "b/package.json", content: "2" }])],
      tags: ["two:2"],
      config: { author: "two" },
    },
  ];
  writeFileSync(directory.at("a.tar"), archiveOf(dockerArchiveOf(images)));
  writeFiles(directory.at("oci"), ociLayoutOf(images));
  for (const [source, path] of [
    [dockerArchiveSource, directory.at("a.tar")],
    [ociDirSource, directory.at("oci")],
  ] as const) {
    await expect(source.open(path, {})).rejects.toMatchObject({
      code: "IMAGE_AMBIGUOUS",
      message: expect.stringContaining("two:2"),
    });
    await expect(source.open(`${path}:three`, {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
    const image = await source.open(`${path}:docker.io/library/two:2`, {});
    const tree = await image.readTree(patterns);
    expect([...tree.files()].map((file) => file.path)).toEqual(["b/package.json"]);
    await image.close();
  }
});

it("chooses the platform, and names those there are where it is missing", async () => {
  using directory = tempDirectory();
  const layers = [layerOf(lower)];
  const images = [
    { layers, config: { architecture: "amd64" } },
    { layers, config: { architecture: "arm64", variant: "v8" } },
  ];
  writeFiles(directory.at("oci"), ociLayoutOf(images));
  const arm = await ociDirSource.open(directory.at("oci"), {
    platform: { os: "linux", architecture: "arm64" },
  });
  expect(arm.platform).toBe("linux/arm64/v8");
  await expect(
    ociDirSource.open(directory.at("oci"), { platform: { os: "linux", architecture: "s390x" } }),
  ).rejects.toMatchObject({ code: "PLATFORM_NOT_FOUND", message: expect.stringContaining("linux/arm64/v8") });
});

it("finds layers behind the links that old archives have", async () => {
  using directory = tempDirectory();
  const layer = layerOf(lower);
  const { files } = dockerArchiveOf({ layers: [layer, layer], config });
  const items = [...files].map(([path, content]) => ({ path, content }));
  const linked = layer.diffId.slice(7);
  const archive = [
    ...items.filter(({ path }) => path !== "manifest.json"),
    { path: "again/layer.tar", kind: "symlink", target: `../${linked}/layer.tar` } as const,
    {
      path: "manifest.json",
      content: files.get("manifest.json")?.toString().replace(`,"${linked}/`, ',"again/') ?? "",
    },
  ];
  writeFileSync(directory.at("a.tar"), tarOf(archive));
  writeFileSync(directory.at("a.tgz"), gzipSync(tarOf(archive)));
  for (const name of ["a.tar", "a.tgz"]) {
    const image = await dockerArchiveSource.open(directory.at(name), {});
    const tree = await image.readTree(patterns);
    expect(tree.facts.layers).toHaveLength(2);
    expect(tree.stat("usr/lib/os-release")?.kind).toBe("file");
    await image.close();
  }
});

it.each([
  ["a layer that is another one", (files: Map<string, Buffer>) => replaceLayer(files, layerOf(upper).blob)],
  ["a layer of another length", (files: Map<string, Buffer>) => replaceLayer(files, Buffer.alloc(3))],
])("refuses %s", async (_, change) => {
  using directory = tempDirectory();
  const parts = { layers: [layerOf(lower)], config };
  for (const [source, built] of [
    [dockerArchiveSource, dockerArchiveOf(parts)],
    [ociArchiveSource, ociLayoutOf(parts)],
  ] as const) {
    const files = new Map(built.files);
    change(files);
    for (const pack of [(bytes: Buffer) => bytes, gzipSync]) {
      writeFileSync(directory.at("a.tar"), pack(archiveOf({ files })));
      const image = await source.open(directory.at("a.tar"), {});
      await expect(image.readTree(patterns)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
      await image.close();
    }
  }
});

function replaceLayer(files: Map<string, Buffer>, blob: Buffer): void {
  const { diffId } = layerOf(lower);
  for (const path of files.keys()) if (path.includes(diffId.slice(7))) files.set(path, blob);
}

it("refuses a configuration and a manifest that are not what their digests say", async () => {
  using directory = tempDirectory();
  const oci = ociLayoutOf({ layers: [layerOf(lower)], config });
  for (const digest of [oci.imageId, oci.digest]) {
    const files = new Map(oci.files);
    const path = `blobs/sha256/${digest.slice(7)}`;
    files.set(path, Buffer.from(files.get(path)?.toString().replace("sha256", "SHA256") ?? ""));
    writeFileSync(directory.at("a.tar"), archiveOf({ files }));
    await expect(ociArchiveSource.open(directory.at("a.tar"), {})).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
  }
});

/** What an engine saves: an archive of its own kind, and an OCI layout, which the containerd image store reads. */
function ofBothKinds(ofDocker: BuiltLayer, ofOci: BuiltLayer): { files: Map<string, Buffer> } {
  const [archive, layout] = [dockerArchiveOf({ layers: [ofDocker] }), ociLayoutOf({ layers: [ofOci] })];
  return { files: new Map([...archive.files, ...layout.files]) };
}

it("reads an archive that is of both kinds, and one image", async () => {
  using directory = tempDirectory();
  for (const pack of [(bytes: Buffer) => bytes, gzipSync]) {
    writeFileSync(directory.at("a.tar"), pack(archiveOf(ofBothKinds(layerOf(lower), layerOf(lower)))));
    for (const source of [dockerArchiveSource, ociArchiveSource]) {
      const image = await source.open(directory.at("a.tar"), {});
      expect((await image.readTree(patterns)).stat("usr/lib/os-release")?.kind).toBe("file");
      await image.close();
    }
  }
});

function withManifest(change: (text: string) => string): ReturnType<typeof dockerArchiveOf> {
  const archive = dockerArchiveOf({ layers: [layerOf(lower)] });
  const manifest = Buffer.from(change(archive.files.get("manifest.json")?.toString() ?? ""));
  return { ...archive, files: new Map([...archive.files, ["manifest.json", manifest]]) };
}

it.each([
  ["nothing", Buffer.alloc(0)],
  ["no archive", Buffer.from("hello".repeat(300))],
  ["an archive of nothing that matters", archiveOf({ files: new Map([["x", Buffer.from("y")]]) })],
  ["a truncated archive", archiveOf(dockerArchiveOf({ layers: [layerOf(lower)] })).subarray(0, 2000)],
  ["a truncated gzip", gzipSync(archiveOf(dockerArchiveOf({ layers: [layerOf(lower)] }))).subarray(0, 300)],
  ["a manifest that is no JSON", archiveOf({ files: new Map([["manifest.json", Buffer.from("[")]]) })],
  ["a manifest of nothing", archiveOf({ files: new Map([["manifest.json", Buffer.from("[]")]]) })],
  [
    "a manifest with layers for an engine and others for us",
    archiveOf(withManifest((text) => text.replace('"Layers":', '"layers":["x"],"Layers":'))),
  ],
  [
    "an image for one store of an engine and another one for the other",
    archiveOf(ofBothKinds(layerOf(upper), layerOf(lower))),
  ],
  [
    "a manifest behind a link",
    tarOf([
      ...[...dockerArchiveOf({ layers: [layerOf(lower)] }).files].map(([path, content]) => ({
        path,
        content,
      })),
      { path: "here", kind: "symlink", target: "." },
      { path: "here/manifest.json", content: "[]" },
    ]),
  ],
  ["an index of nothing", archiveOf({ files: new Map([["index.json", Buffer.from('{"manifests":[]}')]]) })],
])("refuses %s with an error of its own", async (_, bytes) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.tar"), bytes);
  const open = async () => {
    const image = await dockerArchiveSource.open(directory.at("a.tar"), {});
    await image.readTree(patterns).finally(() => image.close());
  };
  await expect(open()).rejects.toMatchObject({ name: "OciError" });
});

it.each([
  ["a configuration", (path: string) => [{ Config: path, Layers: [] }]],
  ["a layer", (path: string) => [{ Config: "config.json", Layers: [path] }]],
])("refuses a layout that names a file outside of it as %s", async (_, manifest) => {
  using outside = tempDirectory();
  using directory = tempDirectory();
  const layer = layerOf(lower);
  writeFileSync(outside.at("file"), configOf({ layers: [] }));
  writeFileSync(directory.at("config.json"), configOf({ layers: [layer] }));
  symlinkSync(outside.at("file"), directory.at("link"));
  for (const path of [`../${basename(outside.path)}/file`, outside.at("file"), "link"]) {
    writeFileSync(directory.at("manifest.json"), JSON.stringify(manifest(path)));
    await expect(ociDirSource.open(directory.path, {})).rejects.toMatchObject({ name: "OciError" });
  }
});

it("never throws anything but its own error, whatever is changed in an archive", async () => {
  using directory = tempDirectory();
  const parts = { layers: [layerOf(lower, "gzip"), layerOf(upper, "zstd")], config, tags: ["a:1"] };
  const bases = [
    archiveOf(dockerArchiveOf(parts)),
    archiveOf(ociLayoutOf(parts)),
    gzipSync(archiveOf(ociLayoutOf(parts))),
    archiveOf(dockerArchiveOf({ layers: [layerOf(lower), layerOf(upper)] })),
  ];
  const changes = array(tuple(nat(), uint8Array({ minLength: 1, maxLength: 6 })), {
    minLength: 1,
    maxLength: 3,
  });
  await assert(
    asyncProperty(constantFrom(...bases), changes, async (base, list) => {
      const bytes = Buffer.from(base);
      for (const [at, values] of list) {
        const start = at % bytes.length;
        bytes.set(values.subarray(0, bytes.length - start), start);
      }
      writeFileSync(directory.at("a.tar"), bytes);
      const reading = (async () => {
        const image = await dockerArchiveSource.open(directory.at("a.tar"), {});
        await image.readTree(patterns, { verifyPlainLayers: false }).finally(() => image.close());
      })();
      const thrown = await reading.catch((error: unknown) => error);
      expect(thrown ?? new OciError("ABORTED", "none")).toBeInstanceOf(OciError);
    }),
    { numRuns: 150 },
  );
});

it("refuses what is not there, or no file", async () => {
  using directory = tempDirectory();
  await expect(dockerArchiveSource.open(directory.at("none"), {})).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
  });
  await expect(dockerArchiveSource.open(directory.path, {})).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
  });
  await expect(dirSource.open(directory.at("none"), {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  await expect(ociDirSource.open(directory.path, {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

it("gives up when told to", async () => {
  using directory = tempDirectory();
  writeFileSync(directory.at("a.tar"), archiveOf(dockerArchiveOf({ layers: [layerOf(lower)] })));
  const image = await dockerArchiveSource.open(directory.at("a.tar"), {});
  const signal = AbortSignal.abort();
  await expect(image.readTree(patterns, { signal })).rejects.toMatchObject({ code: "ABORTED" });
  await image.close();
});

it("reads a root file system as it lies, without layers", async () => {
  using directory = tempDirectory();
  mkdirSync(directory.at("etc"));
  writeFileSync(directory.at("etc/os-release"), "ID=alpine");
  writeFileSync(directory.at("etc/.wh.os-release"), "");
  const target: ImageTarget = { scheme: "dir", value: directory.path, text: `dir:${directory.path}` };
  const image = await openImage(target, { sources: [dirSource] });
  const tree = await image.readTree(patterns);
  expect(tree.facts).toEqual({ reference: target.text, layers: [], layersVerified: true });
  expect([...tree.files()]).toEqual([{ path: "etc/os-release", kind: "file", size: 9, mode: 0o644 }]);
  expect(tree.history("etc/os-release")).toHaveLength(1);
  expect(tree.history("etc/os-release")[0]).not.toHaveProperty("layer");
});
