import { parseDigest } from "@pratique/core";
import type { EngineAddress, EngineImage } from "@pratique/engine";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { areReadable, imageDirectories } from "./layer-directories.ts";

const unix: EngineAddress = { kind: "unix", socketPath: "/var/run/docker.sock" };
const directoryOf = (id: string) => `/var/lib/docker/overlay2/${id.repeat(64)}/diff`;
const [top, middle, bottom] = [directoryOf("c"), directoryOf("b"), directoryOf("a")];

function imageWith(
  data: Readonly<Record<string, string>>,
  { layers = 3, name = "overlay2" }: { readonly layers?: number; readonly name?: string } = {},
): EngineImage {
  const id = parseDigest(`sha256:${"0".repeat(64)}`);
  return {
    id,
    repoTags: [],
    repoDigests: [],
    variant: "",
    sizeBytes: 0,
    config: {
      os: "linux",
      architecture: "amd64",
      user: "",
      entrypoint: [],
      command: [],
      environment: [],
      workingDirectory: "",
      exposedPorts: [],
      volumes: [],
      labels: {},
      healthcheck: [],
    },
    diffIds: Array.from({ length: layers }, () => id),
    graphDriver: { name, data },
  };
}

it("orders the layers as they lie, lowest first", () => {
  const image = imageWith({ UpperDir: top, LowerDir: `${middle}:${bottom}` });
  expect(imageDirectories(unix, image)).toEqual([bottom, middle, top]);
});

it("finds the one layer of an image of one", () => {
  expect(imageDirectories(unix, imageWith({ UpperDir: top }, { layers: 1 }))).toEqual([top]);
});

it.each<[string, EngineImage]>([
  ["another driver", imageWith({ UpperDir: top, LowerDir: `${middle}:${bottom}` }, { name: "vfs" })],
  ["no directories, as with the containerd image store", imageWith({}, { name: "overlayfs" })],
  ["no layers", imageWith({}, { layers: 0 })],
  ["fewer directories than layers", imageWith({ UpperDir: top, LowerDir: middle })],
  ["more directories than layers", imageWith({ UpperDir: top, LowerDir: middle }, { layers: 1 })],
  ["a directory twice", imageWith({ UpperDir: top, LowerDir: `${middle}:${middle}` })],
  ["a directory of the host", imageWith({ UpperDir: "/etc" }, { layers: 1 })],
  [
    "a way out",
    imageWith({ UpperDir: `/x/overlay2/../../etc/overlay2/${"a".repeat(64)}/diff` }, { layers: 1 }),
  ],
  ["a relative directory", imageWith({ UpperDir: top.slice(1) }, { layers: 1 })],
])("finds none for %s", (_, image) => {
  expect(imageDirectories(unix, image)).toBeUndefined();
});

it("does not look for another host's directories on this one", () => {
  const address: EngineAddress = { kind: "tcp", host: "docker.example", port: 2376, tls: true };
  const image = imageWith({ UpperDir: top, LowerDir: `${middle}:${bottom}` });
  expect(imageDirectories(address, image)).toBeUndefined();
});

it("tells whether directories can be read", async () => {
  using directory = tempDirectory();
  expect(await areReadable([directory.path])).toBe(true);
  expect(await areReadable([directory.path, directory.at("absent")])).toBe(false);
});
