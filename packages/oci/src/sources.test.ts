import { readdirSync } from "node:fs";
import { imageSchemes } from "@pratique/core";
import { Engine } from "@pratique/engine";
import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { OciError, type OciErrorCode } from "./errors.ts";
import { openImage } from "./open-image.ts";
import type { ImageSource } from "./source.ts";
import { registrySource } from "./sources/registry/registry-source.ts";
import { hostSources, localSources } from "./sources.ts";

it("lists every source that has a folder, under a scheme that users can name", async () => {
  await using engine = new Engine();
  await using http = new HttpClient({ now: () => 0, random: () => 0 });
  const host = hostSources({
    docker: { engine },
    podman: { roots: [] },
    containerd: { roots: [] },
    container: { engine, podmanRoots: [], containerdRoots: [] },
    lxc: { paths: [] },
  });
  const names = [...localSources, ...host, registrySource({ http })].map(({ name }) => name);
  const entries = readdirSync(new URL("./sources", import.meta.url), { withFileTypes: true });
  const folders = entries.filter((entry) => entry.isDirectory()).map((entry) => entry.name);
  expect(names.toSorted()).toEqual(folders.sort());
  expect(names.toSorted()).toEqual([...imageSchemes].sort());
});

function failing(name: ImageSource["name"], code: OciErrorCode): ImageSource {
  return {
    name,
    open: async () => {
      throw new OciError(code, name);
    },
  };
}

it.each<[string, OciErrorCode, OciErrorCode, Partial<OciError>]>([
  [
    "the engine does not have it",
    "IMAGE_NOT_FOUND",
    "UNAUTHORIZED",
    { code: "UNAUTHORIZED", message: "registry" },
  ],
  [
    "there is no engine",
    "SOURCE_UNAVAILABLE",
    "IMAGE_NOT_FOUND",
    { code: "IMAGE_NOT_FOUND", message: "registry" },
  ],
  [
    "the engine's image is broken",
    "DIGEST_MISMATCH",
    "IMAGE_NOT_FOUND",
    { code: "DIGEST_MISMATCH", message: "docker" },
  ],
])("asks the registry for an image without a scheme only when %s", async (_, docker, registry, expected) => {
  const sources = [failing("registry", registry), failing("docker", docker)];
  const target = { scheme: undefined, value: "a", text: "a" };
  await expect(openImage(target, { sources })).rejects.toMatchObject(expected);
});

it("asks only the source that is named", async () => {
  const sources = [failing("docker", "IMAGE_NOT_FOUND"), failing("registry", "IMAGE_MALFORMED")];
  const named = openImage({ scheme: "docker", value: "a", text: "docker:a" }, { sources });
  await expect(named).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND", message: "docker" });
  const missing = openImage({ scheme: "dir", value: "a", text: "dir:a" }, { sources });
  await expect(missing).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
});
