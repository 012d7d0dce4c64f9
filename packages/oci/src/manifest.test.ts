import { digestOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { checkPlatform, choosePlatform } from "./choose-platform.ts";
import { configFacts, parseConfig } from "./image-config.ts";
import { checkBlob, type Descriptor, parseManifest } from "./manifest.ts";

const bytesOf = (value: unknown) => Buffer.from(typeof value === "string" ? value : JSON.stringify(value));
const digest = digestOf("x");
const descriptor = { mediaType: "m", digest, size: 1 };

it("tells manifests and indexes of both families apart", () => {
  expect(parseManifest(bytesOf({ config: descriptor, layers: [descriptor] }))).toEqual({
    kind: "manifest",
    config: descriptor,
    layers: [descriptor],
  });
  const mediaType = "application/vnd.docker.distribution.manifest.list.v2+json";
  const platform = { os: "linux", architecture: "arm", variant: "v7", "os.version": "1" };
  expect(parseManifest(bytesOf({ mediaType, manifests: [{ ...descriptor, platform }] }))).toEqual({
    kind: "index",
    manifests: [{ ...descriptor, platform: { os: "linux", architecture: "arm", variant: "v7" } }],
  });
});

it.each([
  ["no JSON", "{"],
  ["no object", []],
  ["neither", {}],
  ["both at once (CVE-2021-41190)", { config: descriptor, layers: [], manifests: [] }],
  [
    "an index that says it is a manifest",
    { mediaType: "application/vnd.oci.image.manifest.v1+json", manifests: [] },
  ],
  [
    "a manifest that says it is an index",
    { mediaType: "application/vnd.oci.image.index.v1+json", config: descriptor, layers: [] },
  ],
  ["a digest of another kind", { config: { ...descriptor, digest: "md5:1" }, layers: [] }],
  ["a digest that is a path", { config: { ...descriptor, digest: "sha256:../../etc" }, layers: [] }],
  ["a negative size", { config: { ...descriptor, size: -1 }, layers: [] }],
  ["a size that is text", { config: { ...descriptor, size: "1" }, layers: [] }],
  ["layers that are no list", { config: descriptor, layers: {} }],
  ["far too many layers", { config: descriptor, layers: Array.from({ length: 5000 }, () => descriptor) }],
])("refuses %s as a manifest", (_, value) => {
  expect(() => parseManifest(bytesOf(value))).toThrow(expect.objectContaining({ code: "IMAGE_MALFORMED" }));
});

it("reads of a configuration what is of the right kind", () => {
  const parsed = parseConfig(
    bytesOf({
      os: "linux",
      architecture: "arm64",
      variant: "v8",
      created: "2026-01-01T00:00:00Z",
      config: {
        User: 0,
        Cmd: "sh",
        Entrypoint: ["/a", 1],
        Volumes: { "/v": {} },
        Healthcheck: { Test: ["NONE"] },
      },
      rootfs: { diff_ids: [digest] },
    }),
  );
  expect(parsed.platform).toEqual({ os: "linux", architecture: "arm64", variant: "v8" });
  expect(parsed.diffIds).toEqual([digest]);
  expect(parsed.config).toMatchObject({
    created: "2026-01-01T00:00:00Z",
    user: "",
    command: ["sh"],
    entrypoint: ["/a"],
    volumes: ["/v"],
    healthcheck: ["NONE"],
  });
});

it("finds members in the spellings in which an engine finds them", () => {
  const parsed = parseConfig(
    bytesOf({
      OS: "linux",
      CONFIG: { user: "0", Env: ["A=1"], labels: { User: "x", user: "y" }, HealthchecK: { teſt: ["NONE"] } },
      RootFS: { Diff_IDs: [digest] },
      History: [{ Created_By: "RUN x" }],
    }),
  );
  expect(parsed).toMatchObject({ diffIds: [digest], instructions: ["RUN x"], history: ["RUN x"] });
  const { os, user, environment, labels, healthcheck } = parsed.config;
  expect([os, user, environment, healthcheck]).toEqual(["linux", "0", ["A=1"], ["NONE"]]);
  expect(labels).toEqual({ User: "x", user: "y" });
  const manifest = { Config: { ...descriptor, size: undefined, Size: 1 }, LAYERS: [descriptor] };
  expect(parseManifest(bytesOf(manifest))).toEqual({
    kind: "manifest",
    config: descriptor,
    layers: [descriptor],
  });
});

it.each([
  ["a user in two spellings", '{"config":{"User":"1000","user":"0"}}'],
  ["a user twice", '{"config":{"User":"0","User":null}}'],
  ["two of what a container gets", '{"config":{"User":"1000"},"Config":{"User":"0"}}'],
  ["one part and another", '{"config":{"Env":["A=1"]},"config":{"User":"1"}}'],
  ["layers for one reader and for another", '{"rootfs":{"diff_ids":[]},"rootfſ":{"diff_ids":[]}}'],
])("refuses %s in a configuration", (_, text) => {
  expect(() => parseConfig(bytesOf(text))).toThrow(expect.objectContaining({ code: "IMAGE_MALFORMED" }));
});

it.each([
  ["layers for one reader and for another", { config: descriptor, layers: [descriptor], Layers: [] }],
  ["two digests of a layer", { config: descriptor, layers: [{ ...descriptor, Digest: digest }] }],
  ["what is an index to an engine", { config: descriptor, layers: [], Manifests: [] }],
  ["a member twice", '{"config":1,"layers":[],"layers":[]}'],
])("refuses %s in a manifest", (_, value) => {
  expect(() => parseManifest(bytesOf(value))).toThrow(expect.objectContaining({ code: "IMAGE_MALFORMED" }));
});

const steps = [
  { created_by: "/bin/sh -c #(nop) ADD file:1 in / " },
  { created_by: "ENV TOKEN=x", empty_layer: true },
  { created_by: "RUN |1 TOKEN=x /bin/sh -c make # buildkit" },
];

it.each<[string, unknown, readonly string[]]>([
  ["of each layer", steps, ["ADD file:1 in /", "RUN make"]],
  ["where a step says nothing", [{}, 7], ["", ""]],
  ["nowhere where there are more steps than layers", [...steps, {}], []],
  ["nowhere where there are fewer", steps.slice(0, 2), []],
  ["nowhere where the history is none", "x", []],
  ["nowhere where it is far too long", Array.from({ length: 5000 }, () => steps[1]), []],
])("reads the instruction %s", (_, history, expected) => {
  const { instructions } = parseConfig(bytesOf({ history, rootfs: { diff_ids: [digest, digest] } }));
  expect(instructions).toEqual(expected);
});

it("takes what an image says of its base from the manifest, else from the labels", () => {
  const [name, key] = ["org.opencontainers.image.base.name", "org.opencontainers.image.base.digest"];
  const parsed = parseConfig(bytesOf({ config: { Labels: { [name]: "debian:12" } } }));
  expect(configFacts(parsed).base).toEqual({ name: "debian:12" });
  expect(configFacts(parsed, { annotations: { [key]: digest } }).base).toEqual({ digest });
  expect(configFacts(parseConfig(bytesOf({}))).base).toBeUndefined();
  const long = parseConfig(bytesOf({ config: { Labels: { [name]: "x".repeat(9999) } } }));
  expect(configFacts(long).base?.name).toHaveLength(512);
});

it.each([
  ["no JSON", "x"],
  ["no object", "[]"],
  ["layers that are no digests", { rootfs: { diff_ids: ["x"] } }],
  ["layers that are no list", { rootfs: { diff_ids: "x" } }],
])("refuses %s as a configuration", (_, value) => {
  expect(() => parseConfig(bytesOf(value))).toThrow(expect.objectContaining({ code: "IMAGE_MALFORMED" }));
});

it("checks blobs by size and digest", () => {
  checkBlob({ digest, size: 1 }, Buffer.from("x"));
  for (const [size, text] of [
    [2, "x"],
    [1, "y"],
  ] as const) {
    expect(() => checkBlob({ digest, size }, Buffer.from(text))).toThrow(
      expect.objectContaining({ code: "DIGEST_MISMATCH" }),
    );
  }
});

const of = (os: string, architecture: string, variant?: string): Descriptor => ({
  ...descriptor,
  platform: { os, architecture, ...(variant !== undefined && { variant }) },
});
const attestation = {
  ...of("unknown", "unknown"),
  annotations: { "vnd.docker.reference.type": "attestation-manifest" },
};

it.each([
  ["arm64", [of("linux", "amd64"), of("linux", "arm64", "v8")], { os: "linux", architecture: "arm64" }, 1],
  ["arm64/v8", [of("linux", "arm64")], { os: "linux", architecture: "arm64", variant: "v8" }, 0],
  [
    "arm/v6",
    [of("linux", "arm", "v7"), of("linux", "arm", "v6")],
    { os: "linux", architecture: "arm", variant: "v6" },
    1,
  ],
  [
    "arm",
    [of("linux", "arm", "v5"), of("linux", "arm", "v7"), of("linux", "arm", "v6")],
    { os: "linux", architecture: "arm" },
    1,
  ],
  [
    "arm/v7, of older ones",
    [of("linux", "arm", "v5"), of("linux", "arm", "v6")],
    { os: "linux", architecture: "arm", variant: "v7" },
    1,
  ],
  [
    "amd64",
    [of("linux", "amd64", "v3"), of("linux", "amd64", "v2"), of("linux", "amd64")],
    { os: "linux", architecture: "amd64" },
    2,
  ],
  [
    "amd64, where newer processors are all there is",
    [of("linux", "amd64", "v3"), of("linux", "amd64", "v2")],
    { os: "linux", architecture: "amd64" },
    1,
  ],
  [
    "an image that calls itself an attestation",
    [{ ...of("linux", "arm64"), annotations: attestation.annotations }, of("linux", "arm64")],
    { os: "linux", architecture: "arm64" },
    0,
  ],
  ["the only one beside its attestation", [attestation, of("plan9", "mips")], undefined, 1],
  ["the only one, which does not say", [descriptor], { os: "linux", architecture: "arm64" }, 0],
])("chooses %s", (_, manifests, platform, expected) => {
  expect(choosePlatform({ kind: "index", manifests }, platform)).toBe(manifests[expected]);
});

it.each([
  ["arm/v6 of v7", [of("linux", "arm", "v7")], { os: "linux", architecture: "arm", variant: "v6" }],
  ["a platform of attestations", [attestation], { os: "unknown", architecture: "unknown" }],
  ["anything of nothing", [], undefined],
])("finds no %s", (_, manifests, platform) => {
  expect(() => choosePlatform({ kind: "index", manifests }, platform)).toThrow(
    expect.objectContaining({ code: "PLATFORM_NOT_FOUND" }),
  );
});

it("takes the variant that an index tells for that of a configuration that tells none", () => {
  const wanted = { os: "linux", architecture: "arm", variant: "v6" };
  expect(() => checkPlatform({ os: "linux", architecture: "arm" }, wanted)).not.toThrow();
});
