import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { catalog } from "../catalog.ts";

const release = { "etc/os-release": 'ID="rhel"\nVERSION_ID="8.6"\n' };

async function contentSets(files: Parameters<typeof fileTreeOf>[0]) {
  const { distro } = await catalog(fileTreeOf({ ...release, ...files }));
  return distro?.contentSets;
}

const manifest = (...sets: unknown[]) => JSON.stringify({ metadata: { icm_version: 1 }, content_sets: sets });

it("joins the content sets of all manifests, old and new", async () => {
  expect(
    await contentSets({
      "root/buildinfo/content_manifests/ubi8-container-8.6-1.json": manifest("b-rpms", "a-rpms"),
      "usr/share/buildinfo/content-sets.json": manifest("c-rpms__8_DOT_6", "a-rpms"),
      "usr/share/buildinfo/labels.json": '{"name":"ubi8"}',
    }),
  ).toEqual(["a-rpms", "b-rpms", "c-rpms__8_DOT_6"]);
});

it.each([
  ["there is none", {}],
  ["it is no JSON", { "root/buildinfo/content_manifests/a.json": "{" }],
  ["it has another form", { "root/buildinfo/content_manifests/a.json": '{"content_sets":{"a":1}}' }],
  ["names are none", { "root/buildinfo/content_manifests/a.json": manifest(1, "a b", "\u001b[2J", "") }],
  ["it lies elsewhere", { "srv/content_manifests/a.json": manifest("a-rpms") }],
  [
    "it is of another distribution",
    { "etc/os-release": "ID=fedora\n", "usr/share/buildinfo/a.json": manifest("a") },
  ],
])("finds no content set where %s", async (_, files) => {
  expect(await contentSets(files)).toBeUndefined();
});
