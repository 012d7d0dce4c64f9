import { mkdirSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { dirname } from "node:path";
import { Engine } from "@pratique/engine";
import { layerOf, type TempDirectory, tarOf, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { OpenedImage } from "../../source.ts";
import { writeContainerd } from "../../testdata/containerd-root.ts";
import { writePodman } from "../../testdata/podman-storage.ts";
import { containerSource } from "./container-source.ts";

const lower = layerOf([{ path: "etc/a", content: "one" }]);
const upper = layerOf([{ path: "etc/a", content: "three" }]);
const own = { "etc/written": "by the container" };
const ID = "ab".repeat(32);

async function read(opened: OpenedImage) {
  const tree = await opened.readTree([{ under: ["etc"] }]);
  expect(tree.failures).toEqual([]);
  // What a container has written must never be remembered as the image.
  expect([tree.facts.imageId, tree.facts.digest]).toEqual([undefined, undefined]);
  return [...tree.files()].map(({ path, layer }) => [path, layer]);
}

/** A Docker Engine that has one container, and says of it what it is told to. */
async function startDocker(
  directory: TempDirectory,
  container: Readonly<Record<string, unknown>>,
  info = {},
) {
  const image = {
    Id: lower.diffId,
    Os: "linux",
    Architecture: "amd64",
    Config: { User: "app" },
    RootFS: { Layers: [lower.diffId, upper.diffId] },
  };
  const server = createServer(({ url = "" }, response) => {
    response.setHeader("api-version", "1.45");
    if (url.endsWith("/_ping")) response.end("OK");
    else if (url.endsWith("/info")) response.end(JSON.stringify(info));
    else if (url.endsWith("/containers/web/json"))
      response.end(JSON.stringify({ Id: ID, Image: lower.diffId, ...container }));
    else if (url.endsWith(`/containers/${ID}/export`))
      response.end(tarOf([{ path: "etc/exported", content: "x" }]));
    else if (url.includes("/images/")) response.end(JSON.stringify(image));
    else response.writeHead(404).end(JSON.stringify({ message: "No such container" }));
  });
  const socketPath = directory.at("docker.sock");
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  const engine = new Engine({ address: { kind: "unix", socketPath } });
  return {
    engine,
    async [Symbol.asyncDispose]() {
      await engine[Symbol.asyncDispose]();
      server.close();
    },
  };
}

const nowhere = () => new Engine({ address: { kind: "unix", socketPath: "/absent/docker.sock" } });

it("reads a container of Docker in place, what it has written on top", async () => {
  using directory = tempDirectory();
  const directories = ["a".repeat(64), "b".repeat(64), `${"c".repeat(64)}-init`, "c".repeat(64)].map(
    (id, index) => {
      const diff = directory.at("overlay2", id, "diff");
      const file = `${diff}/etc/${["a", "a", "hostname", "written"][index]}`;
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, String(index));
      return diff;
    },
  );
  const [UpperDir, ...lowers] = directories.toReversed();
  const driver = { Name: "overlay2", Data: { UpperDir, LowerDir: lowers.join(":") } };
  await using docker = await startDocker(directory, { GraphDriver: driver });
  const source = containerSource({ engine: docker.engine, podmanRoots: [], containerdRoots: [] });
  const opened = await source.open("web", {});
  expect(opened).toMatchObject({ platform: "linux/amd64", config: { user: "app" } });
  expect(await read(opened)).toEqual([
    ["etc/a", upper.diffId],
    ["etc/hostname", undefined],
    ["etc/written", undefined],
  ]);
});

it.each([
  ["keeps it in another way", { GraphDriver: { Name: "vfs", Data: null } }],
  [
    "names directories of the host",
    { GraphDriver: { Name: "overlay2", Data: { UpperDir: "/etc", LowerDir: "/root" } } },
  ],
])("reads the export of a Docker that %s", async (_, container) => {
  using directory = tempDirectory();
  await using docker = await startDocker(directory, container);
  const source = containerSource({ engine: docker.engine, podmanRoots: [], containerdRoots: [] });
  expect(await read(await source.open("web", {}))).toEqual([["etc/exported", undefined]]);
});

it("finds the snapshot of a Docker that keeps its images in containerd", async () => {
  using directory = tempDirectory();
  const unpacked = [{ "etc/a": "one" }, { "etc/a": "three" }];
  const container = { id: ID, files: own, image: "" };
  const shop = { name: "docker.io/library/shop:1", layers: [lower, upper], unpacked, container };
  writeContainerd(directory.at("data/containerd/daemon"), { moby: [shop] });
  const info = {
    DriverStatus: [["driver-type", "io.containerd.snapshotter.v1"]],
    DockerRootDir: directory.at("data"),
  };
  await using docker = await startDocker(directory, {}, info);
  const source = containerSource({ engine: docker.engine, podmanRoots: [], containerdRoots: [] });
  expect(await read(await source.open("web", {}))).toEqual([
    ["etc/a", upper.diffId],
    ["etc/written", undefined],
  ]);
});

it("reads a container of Podman", async () => {
  using directory = tempDirectory();
  const layers = [
    { layer: lower, files: { "etc/a": "one" } },
    { layer: upper, files: { "etc/a": "three" } },
  ];
  const container = { name: "web", files: own };
  writePodman(directory.path, [{ names: ["localhost/shop:1"], layers, container }]);
  await using engine = nowhere();
  const source = containerSource({ engine, podmanRoots: [directory.path], containerdRoots: [] });
  const opened = await source.open("web", {});
  expect(opened).toMatchObject({ platform: "linux/amd64", config: { user: "app" } });
  expect(await read(opened)).toEqual([
    ["etc/a", upper.diffId],
    ["etc/written", undefined],
  ]);
});

it.each([
  ["its image", undefined, [upper.diffId, "app"]],
  ["no image of its name any more", "docker.io/library/gone:1", [undefined, undefined]],
])("reads a container of containerd, with %s", async (_, image, expected) => {
  using directory = tempDirectory();
  const container = { id: "web-1", files: own, ...(image !== undefined && { image }) };
  const unpacked = [{ "etc/a": "one" }, { "etc/a": "three" }];
  const shop = { name: "docker.io/library/shop:1", layers: [lower, upper], unpacked, container };
  writeContainerd(directory.path, { default: [shop] });
  await using engine = nowhere();
  const source = containerSource({ engine, podmanRoots: ["/absent"], containerdRoots: [directory.path] });
  const opened = await source.open("web", {});
  expect(await read(opened)).toEqual([
    ["etc/a", expected[0]],
    ["etc/written", undefined],
  ]);
  expect(opened.config?.user).toBe(expected[1]);
  await expect(source.open("b-1", {})).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
});

it("asks which of several it is, and says where it looked", async () => {
  using directory = tempDirectory();
  const parts = (name: string, id: string) => ({
    name,
    layers: [lower],
    unpacked: [{}],
    container: { id, files: {} },
  });
  writeContainerd(directory.path, { default: [parts("a:1", "web-1"), parts("b:1", "web-2")] });
  await using engine = nowhere();
  const options = { engine, podmanRoots: [], containerdRoots: [directory.path] };
  await expect(containerSource(options).open("web", {})).rejects.toMatchObject({ code: "IMAGE_AMBIGUOUS" });
  await expect(containerSource({ ...options, containerdRoots: [] }).open("web", {})).rejects.toMatchObject({
    code: "SOURCE_UNAVAILABLE",
    message: expect.stringMatching(/^no container "web" in Docker, Podman or containerd: .*docker\.sock/u),
  });
});
