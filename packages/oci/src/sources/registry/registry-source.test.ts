import type { FilePattern } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import {
  configOf,
  type ImageParts,
  type LoopbackRegistry,
  layerOf,
  manifestOf,
  startRegistry,
} from "@pratique/testkit";
import { expect, it } from "vitest";
import type { OpenOptions, ReadProgress } from "../../source.ts";
import { registrySource } from "./registry-source.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const everything: readonly FilePattern[] = [{ under: ["etc"] }];
const lower = layerOf(
  [{ path: "etc/" }, { path: "etc/a", content: "one" }, { path: "etc/b", content: "two" }],
  "gzip",
);
const upper = layerOf([{ path: "etc/.wh.b" }, { path: "etc/a", content: "three" }], "zstd");
const image: ImageParts = { layers: [lower, upper], config: { config: { User: "app" } } };

function open(registry: LoopbackRegistry, name: string, options: OpenOptions = {}) {
  return registrySource({ http }).open(`${registry.host}/${name}`, options);
}

function forPlatform(architecture: string, variant?: string): ImageParts {
  const content = `${architecture}/${variant ?? ""}`;
  const layer = layerOf([{ path: "etc/arch", content }], "gzip");
  return { layers: [layer], config: { architecture, ...(variant !== undefined && { variant }) } };
}

function textOf(bytes: Uint8Array): string {
  return Buffer.from(bytes).toString("utf8");
}

it("reads an image by tag, by digest and by both", async () => {
  await using registry = await startRegistry();
  const { digest, imageIds } = registry.push("team/app", "1", image);
  for (const name of ["team/app:1", `team/app@${digest}`, `team/app:1@${digest}`]) {
    const opened = await open(registry, name);
    expect(opened).toMatchObject({
      reference: `${registry.host}/${name}`,
      digest,
      imageId: imageIds[0],
      platform: "linux/amd64",
      config: { user: "app" },
      layers: [
        { diffId: lower.diffId, digest: lower.digest, sizeBytes: lower.blob.length },
        { diffId: upper.diffId, digest: upper.digest, sizeBytes: upper.blob.length },
      ],
    });
    const tree = await opened.readTree(everything);
    expect(tree.failures).toEqual([]);
    expect([...tree.files()].map(({ path }) => path)).toEqual(["etc/a"]);
    expect(textOf(await tree.read("etc/a"))).toBe("three");
    await opened.close();
  }
});

it("asks for no layer before it is read, and tells how far it is", async () => {
  await using registry = await startRegistry();
  registry.push("app", "latest", image);
  const opened = await open(registry, "app");
  const asked = () => registry.requests.filter(({ target }) => target.includes(lower.digest)).length;
  expect(asked()).toBe(0);
  const seen: ReadProgress[] = [];
  await opened.readTree(everything, { onProgress: (progress) => seen.push(progress) });
  expect(asked()).toBe(1);
  const total = lower.blob.length + upper.blob.length;
  expect(seen.at(-1)).toEqual({ readBytes: total, totalBytes: total });
});

it("reads an image whose layers keep breaking off", async () => {
  await using registry = await startRegistry();
  registry.push("app", "latest", image);
  const opened = await open(registry, "app");
  registry.faults.breakBlobsAfter.push(20, 30, 40, 50);
  const tree = await opened.readTree(everything);
  expect(textOf(await tree.read("etc/a"))).toBe("three");
});

it.each([
  ["linux/amd64", { os: "linux", architecture: "amd64" }, "amd64/"],
  ["linux/arm64", { os: "linux", architecture: "arm64" }, "arm64/v8"],
  ["linux/arm64/v8", { os: "linux", architecture: "arm64", variant: "v8" }, "arm64/v8"],
  ["linux/arm/v6", { os: "linux", architecture: "arm", variant: "v6" }, "arm/v6"],
])("picks %s from an index", async (_, platform, expected) => {
  await using registry = await startRegistry();
  const images = [
    forPlatform("amd64"),
    forPlatform("arm64", "v8"),
    forPlatform("arm", "v7"),
    forPlatform("arm", "v6"),
  ];
  const { digest, manifests } = registry.push("app", "1", images);
  const opened = await open(registry, `app@${digest}`, { platform });
  expect(manifests).toContain(opened.digest);
  const tree = await opened.readTree(everything);
  expect(textOf(await tree.read("etc/arch"))).toBe(expected);
});

it("names the platforms where the wanted one is missing", async () => {
  await using registry = await startRegistry();
  registry.push("app", "1", [forPlatform("amd64"), forPlatform("arm64", "v8")]);
  registry.push("one", "1", forPlatform("amd64"));
  const platform = { os: "linux", architecture: "s390x" };
  await expect(open(registry, "app:1", { platform })).rejects.toMatchObject({
    code: "PLATFORM_NOT_FOUND",
    message: expect.stringContaining("linux/amd64, linux/arm64/v8"),
  });
  await expect(open(registry, "one:1", { platform })).rejects.toMatchObject({ code: "PLATFORM_NOT_FOUND" });
});

it("believes no manifest that has another digest", async () => {
  await using registry = await startRegistry();
  const { digest } = registry.push("app", "1", image);
  const { digest: other } = registry.push("app", "2", { layers: [lower] });
  registry.faults.contentDigest = other;
  await expect(open(registry, "app:1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  registry.faults.contentDigest = undefined;
  registry.faults.lies.set(digest, manifestOf(configOf({ layers: [lower] }), [lower]));
  await expect(open(registry, `app@${digest}`)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("believes no manifest in an index that has another digest", async () => {
  await using registry = await startRegistry();
  const { manifests } = registry.push("app", "1", [forPlatform("amd64"), forPlatform("arm64")]);
  const lie = manifestOf(configOf({ layers: [lower] }), [lower]);
  registry.faults.lies.set(String(manifests[0]), lie);
  const platform = { os: "linux", architecture: "amd64" };
  await expect(open(registry, "app:1", { platform })).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("believes no configuration that has another digest", async () => {
  await using registry = await startRegistry();
  const { imageIds } = registry.push("app", "1", image);
  const config = configOf(image);
  registry.faults.lies.set(String(imageIds[0]), Buffer.from(config.toString().replace('"app"', '"bob"')));
  await expect(open(registry, "app:1")).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it.each([
  ["other bytes", (blob: Buffer) => Buffer.from(blob.map((byte) => byte ^ 1))],
  ["fewer bytes", (blob: Buffer) => blob.subarray(0, -1)],
  ["more bytes", (blob: Buffer) => Buffer.concat([blob, Buffer.alloc(1)])],
  ["another layer of the same image", () => upper.blob],
])("believes no layer that has %s", async (_, lie) => {
  await using registry = await startRegistry();
  registry.push("app", "1", image);
  registry.faults.lies.set(lower.digest, lie(lower.blob));
  const opened = await open(registry, "app:1");
  await expect(opened.readTree(everything)).rejects.toMatchObject({
    code: expect.stringMatching(/^(?:DIGEST_MISMATCH|IMAGE_UNREADABLE|SOURCE_UNAVAILABLE)$/u),
  });
});

it("believes no configuration that tells of other layers", async () => {
  await using registry = await startRegistry();
  registry.push("app", "1", { ...image, config: { rootfs: { type: "layers", diff_ids: [lower.diffId] } } });
  await expect(open(registry, "app:1")).rejects.toMatchObject({ code: "IMAGE_MALFORMED" });
  registry.push("app", "2", {
    layers: [lower],
    config: { rootfs: { type: "layers", diff_ids: [upper.diffId] } },
  });
  const opened = await open(registry, "app:2");
  await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it.each([
  ["by its media type", "application/vnd.docker.distribution.manifest.v1+prettyjws", { fsLayers: [] }],
  ["by its version", "application/json", { schemaVersion: 1, fsLayers: [] }],
])("refuses schema 1, known %s", async (_, mediaType, document) => {
  await using registry = await startRegistry();
  registry.putManifest("old", "1", { bytes: Buffer.from(JSON.stringify(document)), mediaType });
  await expect(open(registry, "old:1")).rejects.toMatchObject({
    code: "MANIFEST_UNSUPPORTED",
    message: expect.stringContaining("schema 1"),
  });
});

it.each([
  ["is no JSON", "<html>"],
  ["is no manifest", "{}"],
  ["is both an index and a manifest", '{"manifests":[],"layers":[],"config":{}}'],
])("refuses a manifest that %s", async (_, text) => {
  await using registry = await startRegistry();
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  registry.putManifest("bad", "1", { bytes: Buffer.from(text), mediaType });
  await expect(open(registry, "bad:1")).rejects.toMatchObject({ code: "IMAGE_MALFORMED" });
});

it("refuses a manifest that is longer than the limit", async () => {
  await using registry = await startRegistry();
  registry.push("app", "1", image);
  await expect(open(registry, "app:1", { limits: { documentBytes: 100 } })).rejects.toMatchObject({
    code: "LIMIT_REACHED",
  });
});

it("says which layer the registry has lost", async () => {
  await using registry = await startRegistry();
  const lost = layerOf([{ path: "etc/lost", content: "x" }]);
  const config = configOf({ layers: [lost] });
  registry.putBlob(config);
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  registry.putManifest("app", "1", { bytes: manifestOf(config, [lost]), mediaType });
  const opened = await open(registry, "app:1");
  await expect(opened.readTree(everything)).rejects.toMatchObject({
    code: "IMAGE_UNREADABLE",
    message: expect.stringContaining(lost.digest),
  });
});

it("stops when told to", async () => {
  await using registry = await startRegistry();
  registry.push("app", "1", image);
  const controller = new AbortController();
  const opened = await open(registry, "app:1", { signal: controller.signal });
  controller.abort();
  await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "ABORTED" });
  await expect(open(registry, "app:1", { signal: controller.signal })).rejects.toMatchObject({
    code: "ABORTED",
  });
});

it("takes no name that is none", async () => {
  await expect(registrySource({ http }).open("../../etc/passwd", {})).rejects.toMatchObject({
    code: "REFERENCE_MALFORMED",
  });
});
