import { createHash } from "node:crypto";
import { parseImageReference } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import { type LoopbackRegistry, layerOf, type RegistryAuth, startRegistry } from "@pratique/testkit";
import { expect, it } from "vitest";
import {
  type CredentialStore,
  fixedCredentials,
  noCredentials,
  type RegistryCredentials,
} from "./credentials.ts";
import { Repository } from "./repository.ts";

const { signal } = new AbortController();
const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const content = createHash("shake256", { outputLength: 300_000 }).digest();
const layer = layerOf([{ path: "file", content }]);
const password: RegistryCredentials = { kind: "password", username: "alice", password: "pass:word" };
const login = { username: "alice", password: "pass:word" };

async function open(
  registry: LoopbackRegistry,
  { credentials = noCredentials, name = "team/app" }: { credentials?: CredentialStore; name?: string } = {},
): Promise<Repository> {
  const reference = parseImageReference(`${registry.host}/${name}:1`);
  const options = {
    http,
    credentials,
    insecureRegistries: new Set<string>(),
    endpoints: new Map(),
    blobTimeoutMs: 60_000,
  };
  return Repository.open(reference, options, signal);
}

async function start(auth?: RegistryAuth): Promise<LoopbackRegistry> {
  const registry = await startRegistry(auth);
  registry.push("team/app", "1", { layers: [layer] });
  return registry;
}

async function readBlob(repository: Repository, sizeBytes = layer.blob.length): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of repository.blobStream(layer.digest, { sizeBytes, signal })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

function readManifest(repository: Repository, tag = "1") {
  return repository.manifest(tag, { maxBytes: 100_000, signal });
}

function credentialsFor({ host }: LoopbackRegistry, credentials: RegistryCredentials) {
  return { credentials: fixedCredentials(host, credentials) };
}

it("reads manifests and blobs from a registry that lets in everybody", async () => {
  await using registry = await start();
  const repository = await open(registry);
  expect((await readManifest(repository)).mediaType).toBe("application/vnd.oci.image.manifest.v1+json");
  expect(await readBlob(repository)).toEqual(layer.blob);
});

it.each<[string, RegistryAuth, RegistryCredentials]>([
  ["a password", { kind: "basic", ...login }, password],
  ["a token for a password", { kind: "token", ...login }, password],
  ["a token for a token", { kind: "token", identityToken: "id" }, { kind: "identity-token", token: "id" }],
])("gets in with %s", async (_, auth, credentials) => {
  await using registry = await start(auth);
  const repository = await open(registry, credentialsFor(registry, credentials));
  await readManifest(repository);
  expect(await readBlob(repository)).toEqual(layer.blob);
  // One refusal, and no second one for the blob.
  expect(registry.requests.filter(({ authorization }) => authorization === undefined).length).toBeLessThan(4);
});

it("gets a token as nobody, and asks for no more than to pull", async () => {
  await using registry = await start({ kind: "token" });
  await readManifest(await open(registry));
  const token = registry.requests.find(({ target }) => target.startsWith("/token"));
  expect(token?.authorization).toBeUndefined();
  const query = new URL(token?.target ?? "", "http://x").searchParams;
  expect([...query]).toEqual([
    ["scope", "repository:team/app:pull"],
    ["service", "loopback service"],
  ]);
});

it("gets another token when the first is no longer taken", async () => {
  await using registry = await start({ kind: "token", uses: 1 });
  const repository = await open(registry);
  await readManifest(repository);
  await readManifest(repository);
  expect(await readBlob(repository)).toEqual(layer.blob);
  expect(registry.requests.filter(({ target }) => target.startsWith("/token"))).toHaveLength(3);
});

it.each<[string, RegistryAuth, RegistryCredentials | undefined]>([
  ["without a password", { kind: "basic", ...login }, undefined],
  ["with another password", { kind: "basic", ...login }, { ...password, password: "x" }],
  ["with no password for a token", { kind: "token", ...login }, undefined],
  ["with another password for a token", { kind: "token", ...login }, { ...password, password: "x" }],
  ["with an expired token", { kind: "token", identityToken: "id" }, { kind: "identity-token", token: "x" }],
  ["with a token of its own", { kind: "token" }, { kind: "bearer-token", token: "made-up" }],
])("is refused %s", async (_, auth, credentials) => {
  await using registry = await start(auth);
  const store = credentials === undefined ? {} : credentialsFor(registry, credentials);
  const failure = await readManifest(await open(registry, store)).catch((thrown: unknown) => thrown);
  expect(failure).toMatchObject({ name: "OciError", code: "UNAUTHORIZED" });
  expect(String(failure)).not.toContain("made-up");
});

it("goes on as nobody where credentials cannot be read, and tells when that was not enough", async () => {
  const credentials: CredentialStore = {
    lookUp: async () => {
      throw new Error("the helper is broken");
    },
  };
  await using everybody = await start({ kind: "token" });
  expect((await readManifest(await open(everybody, { credentials }))).bytes.length).toBeGreaterThan(0);
  await using closed = await start({ kind: "basic", ...login });
  await expect(readManifest(await open(closed, { credentials }))).rejects.toThrow(/the helper is broken/u);
});

it.each(["ftp://a.example/", "nonsense", "file:///etc/passwd", ""])(
  "fetches no token from %j",
  async (realm) => {
    await using registry = await start({ kind: "token", realm });
    await expect(readManifest(await open(registry))).rejects.toMatchObject({ code: "REGISTRY_MALFORMED" });
  },
);

it("says what is not there", async () => {
  await using registry = await start();
  await expect(readManifest(await open(registry), "2")).rejects.toMatchObject({ code: "IMAGE_NOT_FOUND" });
  await expect(readManifest(await open(registry, { name: "x" }))).rejects.toMatchObject({
    code: "IMAGE_NOT_FOUND",
  });
});

it("says that nothing is there at all", async () => {
  const registry = await startRegistry();
  await registry[Symbol.asyncDispose]();
  await expect(open(registry)).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
});

it("waits while the registry asks for patience, and gives up in the end", async () => {
  await using registry = await start();
  const repository = await open(registry);
  registry.faults.tooManyRequests = 2;
  expect((await readManifest(repository)).bytes.length).toBeGreaterThan(0);
  registry.faults.tooManyRequests = 99;
  registry.faults.retryAfter = "3600";
  await expect(readManifest(repository)).rejects.toMatchObject({
    code: "RATE_LIMITED",
    message: expect.stringContaining("3600 s"),
  });
});

it("continues a blob where it broke off", async () => {
  await using registry = await start();
  registry.faults.breakBlobsAfter.push(100_000, 0, 50_000);
  expect(await readBlob(await open(registry))).toEqual(layer.blob);
  const ranges = registry.requests.map(({ range }) => range).filter((range) => range !== undefined);
  expect(ranges).toHaveLength(3);
  expect(ranges[0]).toBe("bytes=100000-");
});

it("continues a blob that ended too early in good order", async () => {
  await using registry = await start();
  registry.faults.truncateBlobsAfter.push(7);
  expect(await readBlob(await open(registry))).toEqual(layer.blob);
});

it("skips what it has where the registry knows no ranges", async () => {
  await using registry = await start();
  registry.faults.ignoreRange = true;
  registry.faults.breakBlobsAfter.push(100_000, 200_000);
  expect(await readBlob(await open(registry))).toEqual(layer.blob);
});

it("gives up on a blob that never gets further", async () => {
  await using registry = await start();
  registry.faults.breakBlobsAfter.push(10, ...Array.from({ length: 50 }, () => 0));
  await expect(readBlob(await open(registry))).rejects.toMatchObject({ code: "SOURCE_UNAVAILABLE" });
});

it("stops reading a blob that is longer than its descriptor says", async () => {
  await using registry = await start();
  await expect(readBlob(await open(registry), layer.blob.length - 1)).rejects.toMatchObject({
    code: "DIGEST_MISMATCH",
  });
});
