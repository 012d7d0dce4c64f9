import { HttpClient } from "@pratique/http";
import { layerOf, startRegistry } from "@pratique/testkit";
import { expect, it } from "vitest";
import { fixedCredentials, noCredentials } from "../sources/registry/credentials.ts";
import { distribution } from "./kinds/distribution.ts";
import { type ListImagesOptions, listImages } from "./list-images.ts";
import { nextLinkOf } from "./next-link.ts";
import { chooseTags, type RegistryFilter } from "./registry-filter.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const everything: RegistryFilter = { repositories: [], excludeRepositories: [], tags: [], excludeTags: [] };
const image = { layers: [layerOf([{ path: "etc/a", content: "a" }])] };

async function list(registry: string, more: Partial<ListImagesOptions> = {}) {
  const found: string[] = [];
  for await (const listed of listImages({
    registry,
    path: "",
    kind: distribution,
    filter: everything,
    http,
    credentials: noCredentials,
    insecureRegistries: new Set(),
    signal: new AbortController().signal,
    ...more,
  })) {
    found.push(
      listed.kind === "image"
        ? `${listed.image.repository}:${listed.image.tag}`
        : `${listed.repository} ${listed.error.code}`,
    );
  }
  return found;
}

it("lists page by page what is meant, of all, of a namespace and of one repository", async () => {
  await using registry = await startRegistry();
  for (const name of ["team/app", "team/web", "team/web/admin", "other"]) {
    for (const tag of ["1.9", "1.10", "latest", "2.0-rc1"]) registry.push(name, tag, image);
  }
  registry.faults.pageSize = 2;
  expect(await list(registry.host)).toHaveLength(16);
  expect(await list(registry.host, { path: "other" })).toEqual([
    "other:latest",
    "other:2.0-rc1",
    "other:1.10",
    "other:1.9",
  ]);
  const filter = {
    ...everything,
    repositories: ["team/*"],
    excludeRepositories: ["*/admin"],
    excludeTags: ["*-rc*", "latest"],
    newestTags: 1,
  };
  expect(await list(registry.host, { filter })).toEqual(["team/app:1.10", "team/web:1.10"]);
  expect(await list(registry.host, { path: "team", filter: { ...filter, excludeRepositories: [] } })).toEqual(
    ["team/app:1.10", "team/web:1.10", "team/web/admin:1.10"],
  );
});

it("lists a private registry with credentials, and says whose are missing", async () => {
  await using registry = await startRegistry({ kind: "token", username: "u", password: "p" });
  registry.push("team/app", "1", image);
  const credentials = fixedCredentials(registry.host, { kind: "password", username: "u", password: "p" });
  expect(await list(registry.host, { credentials })).toEqual(["team/app:1"]);
  const scopes = registry.requests.flatMap(({ target }) =>
    target.startsWith("/token?") ? [new URLSearchParams(target.slice(7)).get("scope")] : [],
  );
  expect(scopes).toEqual(["registry:catalog:*", "repository:team/app:pull"]);
  await expect(list(registry.host)).rejects.toMatchObject({
    code: "UNAUTHORIZED",
    message: expect.stringContaining("the list of its repositories"),
  });
});

it("leaves out what is no name, and goes on", async () => {
  await using registry = await startRegistry();
  registry.push("good", "1", image);
  registry.push("../../v1/evil", "1", image);
  registry.push("good", "a b", image);
  registry.push("good2", `sha256-${"0".repeat(64)}.sig`, image);
  const found = await list(registry.host);
  expect(found).toContain("../../v1/evil REGISTRY_MALFORMED");
  expect(found).toContain("good:a b REGISTRY_MALFORMED");
  expect(found).toContain("good:1");
  expect(found.filter((text) => text.startsWith("good2"))).toEqual([]);
});

it.each([
  ['</v2/_catalog?last=a&n=2>; rel="next"', "https://registry.example/v2/_catalog?last=a&n=2"],
  ["<https://registry.example/x>; rel=next", "https://registry.example/x"],
  ['<https://registry.example/x>; rel="last", </y>; rel="next"', "https://registry.example/y"],
  ["nonsense", undefined],
  ['</x>; rel="prev"', undefined],
])("follows the link %s", (header, expected) => {
  expect(nextLinkOf(header, new URL("https://registry.example/v2/_catalog"))?.href).toBe(expected);
});

it.each([
  '<https://evil.example/x>; rel="next"',
  '<http://registry.example/x>; rel="next"',
  '<//evil>; rel="next"',
])("does not follow %s with credentials", (header) => {
  expect(() => nextLinkOf(header, new URL("https://registry.example/v2/"))).toThrow(
    expect.objectContaining({ code: "REGISTRY_MALFORMED" }),
  );
});

it("takes the newest tags by the time of their push, before those without", () => {
  const tags = [
    { name: "latest" },
    { name: "old", pushedAtMs: 1 },
    { name: "new", pushedAtMs: 3 },
    { name: "middle", pushedAtMs: 2 },
  ];
  expect(chooseTags({ ...everything, newestTags: 3 }, tags)).toEqual(["new", "middle", "old"]);
});
