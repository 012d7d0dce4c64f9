import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { parseImageReference } from "@pratique/core";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { RegistryCredentials } from "./credentials.ts";
import { dockerConfigCredentials } from "./docker-config.ts";

const base64 = (text: string) => Buffer.from(text).toString("base64");

async function lookUp(
  config: unknown,
  image: string,
  {
    helpers = {},
    helperTimeoutMs = 10_000,
  }: { helpers?: Record<string, string>; helperTimeoutMs?: number } = {},
): Promise<RegistryCredentials | undefined> {
  using directory = tempDirectory();
  writeFileSync(directory.at("config.json"), typeof config === "string" ? config : JSON.stringify(config));
  writeHelpers(directory, helpers);
  const store = dockerConfigCredentials({
    directory: directory.path,
    environment: { PATH: `${directory.at("bin")}:/usr/bin:/bin` },
    helperTimeoutMs,
  });
  return await store.lookUp(parseImageReference(image), new AbortController().signal);
}

/** Helpers as shell scripts; each is told the server on its standard input. */
function writeHelpers(directory: TempDirectory, helpers: Readonly<Record<string, string>>): void {
  mkdirSync(directory.at("bin"));
  for (const [name, script] of Object.entries(helpers)) {
    const file = directory.at("bin", `docker-credential-${name}`);
    writeFileSync(file, `#!/bin/sh\n${script}\n`);
    chmodSync(file, 0o755);
  }
}

const alice = { kind: "password", username: "alice", password: "se:cret" };
const aliceEntry = { auth: base64("alice:se:cret") };
const answer = (username: string) =>
  `read server; printf '{"ServerURL":"%s","Username":"${username}","Secret":"for %s"}' "$server" "$server"`;

it.each<[string, Record<string, unknown>, string, unknown]>([
  ["a host", { "r.example": aliceEntry }, "r.example/a", alice],
  ["a host with a port", { "r.example:5000": aliceEntry }, "r.example:5000/a", alice],
  ["a URL of old", { "https://r.example/v2/": aliceEntry }, "r.example/a", alice],
  ["docker.io by its old URL", { "https://index.docker.io/v1/": aliceEntry }, "nginx", alice],
  ["docker.io by its name", { "docker.io": aliceEntry }, "nginx", alice],
  ["a part of a host's repositories", { "r.example/team": aliceEntry }, "r.example/team/a", alice],
  [
    "a user and a password",
    { "r.example": { username: "alice", password: "se:cret" } },
    "r.example/a",
    alice,
  ],
  [
    "an identity token",
    { "r.example": { ...aliceEntry, identitytoken: "t" } },
    "r.example/a",
    { kind: "identity-token", token: "t" },
  ],
  ["another port", { "r.example:5000": aliceEntry }, "r.example/a", undefined],
  ["another host", { "r.example": aliceEntry }, "evil-r.example/a", undefined],
  ["a host below", { "r.example": aliceEntry }, "x.r.example/a", undefined],
  ["another team", { "r.example/team": aliceEntry }, "r.example/teammate/a", undefined],
  ["an empty entry, as a helper leaves it", { "r.example": {} }, "r.example/a", undefined],
  ["nonsense", { "r.example": { auth: 5 } }, "r.example/a", undefined],
])("finds in auths: %s", async (_, auths, image, expected) => {
  expect(await lookUp({ auths }, image)).toEqual(expected);
});

it("prefers the longest match", async () => {
  const auths = { "r.example": { auth: base64("host:x") }, "r.example/a/b": aliceEntry };
  expect(await lookUp({ auths }, "r.example/a/b/c")).toEqual(alice);
});

it("asks the helper of the registry, else the one for all", async () => {
  const config = { credsStore: "all", credHelpers: { "r.example": "own" } };
  const helpers = { own: answer("own"), all: answer("all") };
  expect(await lookUp(config, "r.example/a", { helpers })).toEqual({
    kind: "password",
    username: "own",
    password: "for r.example",
  });
  expect(await lookUp(config, "nginx", { helpers })).toEqual({
    kind: "password",
    username: "all",
    password: "for https://index.docker.io/v1/",
  });
});

it("takes a helper's identity token", async () => {
  const helpers = { all: answer("<token>") };
  expect(await lookUp({ credsStore: "all" }, "r.example/a", { helpers })).toEqual({
    kind: "identity-token",
    token: "for r.example",
  });
});

it("falls back to auths where the helper has nothing", async () => {
  const helpers = { all: "echo credentials not found in native keychain; exit 1" };
  const config = { credsStore: "all", auths: { "r.example": aliceEntry } };
  expect(await lookUp(config, "r.example/a", { helpers })).toEqual(alice);
});

it.each([
  ["is not there", {}],
  ["fails", { all: "echo secret; exit 2" }],
  ["answers nonsense", { all: "echo secret" }],
  ["answers something else", { all: "echo '{\"secret\":1}'" }],
  ["answers without end", { all: "exec yes secret" }],
  ["does not answer", { all: "exec sleep 100" }],
])("says so where the helper %s, without repeating what it said", async (_, helpers) => {
  const failure = await lookUp({ credsStore: "all" }, "r.example/a", { helpers, helperTimeoutMs: 500 }).catch(
    (thrown: unknown) => thrown,
  );
  expect(failure).toMatchObject({ name: "OciError", code: "CREDENTIALS_UNREADABLE" });
  expect(String(failure)).not.toContain("secret");
});

it.each(["../../bin/sh", "a b", "-x", ""])("runs no helper called %j", async (name) => {
  const looking = lookUp({ credHelpers: { "r.example": name }, credsStore: "a/b" }, "r.example/a");
  await expect(looking).rejects.toMatchObject({ code: "CREDENTIALS_UNREADABLE" });
});

it("refuses a file that is no JSON, or absurdly long", async () => {
  for (const config of ["{", " ".repeat(2 ** 20 + 1)]) {
    await expect(lookUp(config, "nginx")).rejects.toMatchObject({ code: "CREDENTIALS_UNREADABLE" });
  }
});

it("has no credentials where there is no file", async () => {
  using directory = tempDirectory();
  const store = dockerConfigCredentials({ directory: directory.path, environment: {} });
  const { signal } = new AbortController();
  expect(await store.lookUp(parseImageReference("nginx"), signal)).toBeUndefined();
});
