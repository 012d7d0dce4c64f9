import { mkdirSync, writeFileSync } from "node:fs";
import { createServer, type ServerResponse } from "node:http";
import { dirname } from "node:path";
import type { FilePattern } from "@pratique/core";
import { Engine } from "@pratique/engine";
import {
  archiveOf,
  dockerArchiveOf,
  layerOf,
  ociLayoutOf,
  type TempDirectory,
  tempDirectory,
} from "@pratique/testkit";
import { expect, it } from "vitest";
import { dockerSource } from "./docker-source.ts";

const everything: readonly FilePattern[] = [{ under: ["etc"] }];
const lower = layerOf([
  { path: "etc/a", content: "one" },
  { path: "etc/b", content: "two" },
]);
const upper = layerOf([{ path: "etc/.wh.b" }, { path: "etc/a", content: "three" }]);
const image = { layers: [lower, upper], tags: ["app:1"], config: { config: { User: "app" } } };
const saved = dockerArchiveOf(image);
const layout = ociLayoutOf(image);

const inspected = {
  Id: saved.imageId,
  RepoTags: ["app:1"],
  RepoDigests: [`other@${upper.digest}`, `registry.example/app@${lower.digest}`],
  Os: "linux",
  Architecture: "amd64",
  Config: { User: "app" },
  GraphDriver: { Name: "vfs", Data: null },
  RootFS: { Type: "layers", Layers: [lower.diffId, upper.diffId] },
};

interface FakeEngine {
  readonly image?: Readonly<Record<string, unknown>>;
  readonly info?: Readonly<Record<string, unknown>>;
  /** Newest first. */
  readonly history?: readonly object[];
  /** Writes the export. */
  readonly save?: (response: ServerResponse) => void;
}

/** A server on a Unix socket that knows the one image, and an engine client for it. */
async function startEngine({ image: more, info = {}, history, save }: FakeEngine) {
  const directory = tempDirectory();
  const server = createServer(({ url = "" }, response) => {
    response.setHeader("api-version", "1.45");
    const path = decodeURIComponent(url.replace(/^\/v1\.45/u, ""));
    if (path === "/_ping") response.end("OK");
    else if (path === "/info") response.end(JSON.stringify(info));
    else if (path === `/images/${saved.imageId}/history` && history !== undefined)
      response.end(JSON.stringify(history));
    else if (path === "/images/app:1/json") response.end(JSON.stringify({ ...inspected, ...more }));
    else if (path === "/images/app:1/get" && save !== undefined) save(response);
    else response.writeHead(404).end(JSON.stringify({ message: `No such thing: ${path}` }));
  });
  const socketPath = directory.at("engine.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const engine = new Engine({ address: { kind: "unix", socketPath } });
  return {
    source: dockerSource({ engine }),
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
      directory[Symbol.dispose]();
    },
  };
}

/** Lays files out the way the overlay2 driver does, and tells so as its inspect does. */
function overlay2Of(directory: TempDirectory, layers: readonly Readonly<Record<string, string>>[]) {
  const directories = layers.map((files, index) => {
    const diff = directory.at("overlay2", String(index).repeat(64), "diff");
    for (const [path, content] of Object.entries(files)) {
      mkdirSync(dirname(`${diff}/${path}`), { recursive: true });
      writeFileSync(`${diff}/${path}`, content);
    }
    return diff;
  });
  const [UpperDir, ...LowerDirs] = directories.toReversed();
  return { GraphDriver: { Name: "overlay2", Data: { UpperDir, LowerDir: LowerDirs.join(":") } } };
}

it.each([
  ["as engines saved of old", saved],
  ["as an OCI layout", layout],
])("reads an export %s", async (_, archive) => {
  await using host = await startEngine({ save: (response) => response.end(archiveOf(archive)) });
  const opened = await host.source.open("app:1", {});
  expect(opened).toMatchObject({ reference: "app:1", imageId: saved.imageId, platform: "linux/amd64" });
  const tree = await opened.readTree(everything);
  expect([...tree.files()].map(({ path }) => path)).toEqual(["etc/a"]);
  expect(Buffer.from(await tree.read("etc/a")).toString()).toBe("three");
  expect(tree.stat("etc/a")?.layer).toBe(upper.diffId);
  expect(tree.facts.config?.user).toBe("app");
});

it.each<[string, readonly object[], readonly (string | undefined)[]]>([
  [
    "of each layer that is read in place",
    [
      { CreatedBy: "COPY a /etc # buildkit", Size: 5 },
      { CreatedBy: "CMD a", Size: 0 },
      { CreatedBy: "/bin/sh -c #(nop) ADD file:1 in / ", Size: 6 },
    ],
    ["ADD file:1 in /", "COPY a /etc"],
  ],
  [
    "of none where another number of steps wrote something",
    [{ CreatedBy: "RUN a", Size: 6 }],
    [undefined, undefined],
  ],
])("tells the instruction %s", async (_, history, expected) => {
  using directory = tempDirectory();
  const image = overlay2Of(directory, [{ "etc/a": "one" }, { "etc/a": "three" }]);
  await using host = await startEngine({ image, history });
  const opened = await host.source.open("app:1", {});
  expect(opened.layers.map(({ instruction }) => instruction)).toEqual(expected);
});

it("reads layers in place, and asks for no export", async () => {
  using directory = tempDirectory();
  const overlay2 = overlay2Of(directory, [{ "etc/a": "one", "etc/b": "two" }, { "etc/a": "three" }]);
  await using host = await startEngine({ image: overlay2 });
  const opened = await host.source.open("app:1", {});
  const tree = await opened.readTree(everything);
  expect(tree.failures).toEqual([]);
  expect([...tree.files()].map(({ path, layer }) => [path, layer])).toEqual([
    ["etc/a", upper.diffId],
    ["etc/b", lower.diffId],
  ]);
  expect(opened.layers).toEqual([{ diffId: lower.diffId }, { diffId: upper.diffId }]);
});

it.each([
  ["the host's own files", { UpperDir: "/etc", LowerDir: "/root" }],
  ["directories that are not there", { UpperDir: `/absent/overlay2/${"a".repeat(64)}/diff`, LowerDir: "" }],
])("takes the export where the engine points at %s", async (_, Data) => {
  await using host = await startEngine({
    image: { GraphDriver: { Name: "overlay2", Data } },
    save: (response) => response.end(archiveOf(saved)),
  });
  const tree = await (await host.source.open("app:1", {})).readTree(everything);
  expect(Buffer.from(await tree.read("etc/a")).toString()).toBe("three");
});

it("knows that the id is the manifest's in the containerd image store", async () => {
  await using host = await startEngine({
    image: { Id: layout.digest, GraphDriver: { Name: "overlayfs", Data: null } },
    info: { DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]] },
    save: (response) => response.end(archiveOf(layout)),
  });
  const opened = await host.source.open("app:1", {});
  expect(opened.digest).toBe(layout.digest);
  expect(opened.imageId).toBeUndefined();
  const tree = await opened.readTree(everything);
  expect(tree.facts).toMatchObject({ digest: layout.digest, imageId: layout.imageId });
});

it("names the digest that the image was pulled by", async () => {
  using directory = tempDirectory();
  const image = { ...overlay2Of(directory, [{ "etc/a": "" }, { "etc/b": "" }]) };
  await using host = await startEngine({ image });
  expect((await host.source.open("app:1", {})).digest).toBe(upper.digest);
});

it("believes no export of another image", async () => {
  const other = dockerArchiveOf({ layers: [lower], tags: ["app:1"] });
  await using host = await startEngine({ save: (response) => response.end(archiveOf(other)) });
  const opened = await host.source.open("app:1", {});
  await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
});

it("does not take an export that broke off for an image", async () => {
  await using host = await startEngine({
    save: (response) => {
      response.write(archiveOf(saved).subarray(0, 1500), () => response.destroy());
    },
  });
  const opened = await host.source.open("app:1", {});
  await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "IMAGE_UNREADABLE" });
});

it("says what the engine does not have", async () => {
  await using host = await startEngine({});
  await expect(host.source.open("absent:1", {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  const platform = { os: "linux", architecture: "arm64" };
  await expect(host.source.open("app:1", { platform })).rejects.toMatchObject({ code: "PLATFORM_NOT_FOUND" });
  const opened = await host.source.open("app:1", {});
  await expect(opened.readTree(everything)).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

it("says that there is no engine", async () => {
  const engine = new Engine({ address: { kind: "unix", socketPath: "/absent/engine.sock" } });
  await expect(dockerSource({ engine }).open("app:1", {})).rejects.toMatchObject({
    name: "OciError",
    code: "SOURCE_UNAVAILABLE",
    message: expect.stringContaining("does not exist"),
  });
});
