import { covers } from "@pratique/access";
import type { PolicyException, Scope } from "@pratique/core";
import { evaluate, imageFactsOf, loadPolicies } from "@pratique/policy";
import { openStore, repositoryOf, type Store } from "@pratique/store";
import { tempDirectory } from "@pratique/testkit";
import { array, assert, constantFrom, property, tuple } from "fast-check";
import { afterAll, beforeAll, expect, it } from "vitest";
import { digestOf, sampleReport } from "../testdata/samples.ts";
import { resourcesOfException } from "./exception-resources.ts";

const directory = tempDirectory();
let store: Store;

beforeAll(async () => {
  store = await openStore({ file: directory.at("store.sqlite") });
  await store.hosts.put({
    name: "web-1",
    logId: "log",
    heardAt: "2026-11-25T10:00:00.000Z",
    status: {},
    labels: { env: "test" },
  });
  await store.fleet.locations.noteName(digestOf("known"), "ghcr.io/acme/app:1");
});

afterAll(async () => {
  await store.close();
  directory[Symbol.dispose]();
});

it.each<[string, PolicyException["scope"], readonly Scope[]]>([
  ["nothing that is named", {}, [{}]],
  ["a host with its labels", { hosts: ["web-1"] }, [{ hosts: ["web-1"], labels: { env: ["test"] } }]],
  ["a host that is not there", { hosts: ["gone"] }, [{ hosts: ["gone"] }]],
  ["hosts by a pattern", { hosts: ["web-*"] }, [{ hosts: ["web-*"] }]],
  ["an image by its short name", { images: ["nginx:1"] }, [{ registries: ["docker.io/library/nginx"] }]],
  ["all tags of an image", { images: ["ghcr.io/acme/app:*"] }, [{ registries: ["ghcr.io/acme/app"] }]],
  ["a part of a registry", { images: ["ghcr.io/acme/*"] }, [{ registries: ["ghcr.io/acme/*"] }]],
  ["a star before more", { images: ["ghcr.io/ac*me:1"] }, [{ registries: ["ghcr.io/ac*"] }]],
  ["short names by a pattern", { images: ["nginx*"] }, [{}]],
  ["any registry", { images: ["*/acme/app:1"] }, [{}]],
  ["names of Docker Hub", { images: ["docker.io/nginx*"] }, [{ registries: ["docker.io/*"] }]],
  ["known content", { digests: [digestOf("known")] }, [{ registries: ["ghcr.io/acme/app"] }]],
  ["content that was never seen", { digests: [digestOf("new")] }, [{}]],
  [
    "each host with each image",
    { hosts: ["a", "b"], images: ["nginx:1", "ghcr.io/x/y:1"] },
    ["a", "b"].flatMap((host) =>
      ["docker.io/library/nginx", "ghcr.io/x/y"].map((name) => ({ hosts: [host], registries: [name] })),
    ),
  ],
])("lie in %s", async (_, scope, expected) => {
  const resources = await resourcesOfException(scope, store);
  expect(resources.map(({ within }) => within)).toEqual(expected);
});

const parts = ["ghcr.io", "docker.io", "acme", "library", "nginx", "app", "evil", "localhost:5000"];
const images = tuple(
  array(constantFrom(...parts), { minLength: 1, maxLength: 3 }),
  constantFrom("", ":1", ":1me"),
).map(([path, tag]) => `${path.join("/")}${tag}`);
const patterns = tuple(
  images,
  constantFrom("", "*", "/*", ":*", "*:1", "*me", "*/app:1"),
  constantFrom(0, 2, 5),
).map(([image, end, cut]) => `${image.slice(0, image.length - cut)}${end}` || "*");

const POLICY = `apiVersion: pratique/v1
kind: Policy
metadata: { name: base }
spec: { rules: [{ name: never, deny: "true", message: m, value: v, fix: f }] }
`;

/** Whether an exception for a pattern lifts the rule for an image, as every gate would say. */
function lifts(pattern: string, image: string): boolean {
  const exception: PolicyException = {
    id: "e",
    rules: ["base/never"],
    scope: { images: [pattern] },
    reason: "r",
    owner: "o",
    expires: "2027-01-01T00:00:00Z",
  };
  const verdict = evaluate(set, {
    stage: "build",
    image: { ...facts, reference: image },
    exceptions: [exception],
    now: new Date("2026-11-25T00:00:00Z"),
  });
  return verdict.violations.some(({ waivedBy }) => waivedBy !== undefined);
}

const set = loadPolicies([{ path: "base.yaml", text: POLICY }]);
const facts = imageFactsOf(sampleReport("nginx:1"));

it("lets nobody lift a rule for an image of a registry that their scope does not cover", async () => {
  const places = { hosts: store.hosts, fleet: store.fleet };
  const scopes = ["ghcr.io/*", "ghcr.io/acme/*", "docker.io/library/nginx", "docker.io/library/*", "*/app"];
  const cases: { pattern: string; image: string }[] = [];
  let lifted = 0;
  assert(
    property(patterns, images, (pattern, image) => {
      if (repositoryOf(image) === undefined || !lifts(pattern, image)) return;
      lifted += 1;
      cases.push({ pattern, image });
    }),
    { numRuns: 4000 },
  );
  expect(lifted).toBeGreaterThan(50);
  for (const { pattern, image } of cases) {
    const resources = await resourcesOfException({ images: [pattern] }, places);
    const repository = repositoryOf(image) ?? "";
    for (const registry of scopes) {
      const scope: Scope = { registries: [registry] };
      const may = resources.every((resource) => covers(scope, resource));
      expect([pattern, image, registry, may && !covers(scope, { repositories: [repository] })]).toEqual([
        pattern,
        image,
        registry,
        false,
      ]);
    }
  }
});
