import { generateKeyPairSync } from "node:crypto";
import { chmodSync, mkdirSync, writeFileSync } from "node:fs";
import { type TempDirectory, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { contextIn } from "../testdata/context-in.ts";
import { advisoriesBuild, advisoriesStatus, advisoriesUpdate } from "./advisories.ts";
import { advisoriesPublish } from "./advisories-publish.ts";
import { advisoriesServe } from "./advisories-serve.ts";

const LIST =
  "[03 Jan 2024] DSA-9002-1 bash - security update\n\t{CVE-2024-90002}\n\t[bookworm] - bash 5.2.15-9\n";

/** A mirror that a publisher has made, and the keys to it. */
async function published(directory: TempDirectory) {
  const { privateKey, publicKey } = generateKeyPairSync("ed25519");
  const key = directory.at("mirror.key");
  const pub = directory.at("mirror.pub");
  writeFileSync(key, privateKey.export({ type: "pkcs8", format: "pem" }));
  writeFileSync(pub, publicKey.export({ type: "spki", format: "pem" }));
  writeFileSync(directory.at("DSA.list"), LIST);
  const { context, console } = await contextIn(directory);
  await advisoriesBuild(context, { from: [`debian-dsa-dla:${directory.at("DSA.list")}`] });
  const code = await advisoriesPublish(context, directory.at("mirror"), { key, validFor: "7d" });
  expect([code, console.printed.at(-1)]).toEqual([
    0,
    expect.stringMatching(/^2 shards of \d+ bytes, 2 of them new/u),
  ]);
  return { pub, mirror: directory.at("mirror") };
}

function below(directory: TempDirectory, name: string): TempDirectory {
  mkdirSync(directory.at(name));
  return { ...directory, path: directory.at(name), at: (...parts) => directory.at(name, ...parts) };
}

it("updates from a mirror over HTTP, and again from the same without being told", async () => {
  using directory = tempDirectory();
  const { pub, mirror } = await published(directory);
  const server = await contextIn(below(directory, "server"));
  const ended = Promise.withResolvers<void>();
  const serving = advisoriesServe({ ...server.context, untilEnded: () => ended.promise }, mirror, {
    listen: "127.0.0.1:0",
  });
  await expect.poll(() => server.console.said.length).toBe(1);
  const url = /http:\S+/u.exec(server.console.said[0] ?? "")?.[0] ?? "";
  const reader = below(directory, "reader");
  const { context, console } = await contextIn(reader);
  expect(await advisoriesUpdate(context, { only: [], mirror: [url], key: pub })).toBe(0);
  expect(await advisoriesUpdate(context, { only: [], jitter: "1m" })).toBe(0);
  expect(console.printed.at(-1)).toBe("nothing has changed\n");
  expect(advisoriesStatus(context, {})).toBe(0);
  expect(console.printed.join("")).toMatch(
    /mirror: http:\/\/127\.0\.0\.1:\d+\n {2}version \d+ of .*, signed by [0-9a-f]{64}\n/u,
  );
  ended.resolve();
  expect(await serving).toBe(0);
});

it.each([
  [0o400, []],
  [0o640, [expect.stringMatching(/^others may read ".*mirror\.key" \(mode 0640\): chmod 0400 it/u)]],
])("says where others may read the key that it signs with (%o)", async (mode, said) => {
  using directory = tempDirectory();
  await published(directory);
  const { context, console } = await contextIn(directory);
  const key = directory.at("mirror.key");
  chmodSync(key, mode);
  await advisoriesPublish(context, directory.at("mirror"), { key, validFor: "7d" });
  expect(console.said).toEqual(said);
});

it("takes mirrors and the key from the file", async () => {
  using directory = tempDirectory();
  const { pub, mirror } = await published(directory);
  const config = JSON.stringify({ advisories: { mirrors: [mirror], keyFile: pub, ecosystems: ["Debian"] } });
  const { context, console } = await contextIn(below(directory, "reader"), { config });
  expect(await advisoriesUpdate(context, { only: [] })).toBe(0);
  advisoriesStatus(context, {});
  expect(console.printed.join("")).toContain("  only Debian\n");
});

it.each([
  ["a mirror whose key nobody has given", { mirror: ["/mirror"] }],
  ["a key without a mirror", { key: "/key" }],
  ["a mirror and a feed at once", { mirror: ["/mirror"], only: ["osv"] }],
  ["an address that is none", { mirror: ["ftp://mirror"], key: "mirror.pub" }],
  ["a key that is not there", { mirror: ["/mirror"], key: "/nowhere" }],
])("does not begin with %s", async (_, flags) => {
  using directory = tempDirectory();
  const { context } = await contextIn(directory);
  const { publicKey } = generateKeyPairSync("ed25519");
  writeFileSync(directory.at("mirror.pub"), publicKey.export({ type: "spki", format: "pem" }));
  const given =
    "key" in flags && flags.key === "mirror.pub" ? { ...flags, key: directory.at("mirror.pub") } : flags;
  await expect(advisoriesUpdate(context, { only: [], ...given })).rejects.toMatchObject({ code: "USAGE" });
});
