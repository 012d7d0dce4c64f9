import { mkdirSync, symlinkSync, writeFileSync } from "node:fs";
import { request as httpRequest } from "node:http";
import { parseDigest } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { HttpMirror } from "./http-mirror.ts";
import { serveMirror } from "./mirror-server.ts";

const NAME = "ab".repeat(32);
const blob = { digest: parseDigest(`sha256:${NAME}`), bytes: 10 };

async function served() {
  const directory = tempDirectory();
  mkdirSync(directory.at("blobs/sha256"), { recursive: true });
  writeFileSync(directory.at("manifest.json"), "{}");
  writeFileSync(directory.at("secret"), "secret");
  writeFileSync(directory.at("blobs/sha256", NAME), "0123456789");
  const server = await serveMirror(directory.path, { host: "127.0.0.1", port: 0 });
  const url = `http://127.0.0.1:${server.port}`;
  return {
    url,
    at: directory.at,
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      directory[Symbol.dispose]();
    },
  };
}

/** Node's own client would make a path clean before it is sent. */
function raw(url: string, path: string, method = "GET"): Promise<number | undefined> {
  return new Promise((resolve, reject) => {
    httpRequest(url, { path, method }, (response) => {
      response.resume();
      resolve(response.statusCode);
    })
      .on("error", reject)
      .end();
  });
}

it.each([
  [404, "GET", "/secret"],
  [404, "GET", "/"],
  [404, "GET", "/blobs/sha256/../../secret"],
  [404, "GET", `/blobs/sha256/${NAME}/`],
  [404, "GET", `/blobs/sha256/${"cd".repeat(32)}`],
  [404, "GET", "/blobs/sha256/..%2f..%2fsecret"],
  [405, "POST", "/manifest.json"],
  [405, "DELETE", `/blobs/sha256/${NAME}`],
  [200, "HEAD", "/manifest.json"],
  [200, "GET", `/blobs/sha256/${NAME}`],
])("answers %i to %s %s", async (status, method, path) => {
  await using server = await served();
  expect(await raw(server.url, path, method)).toBe(status);
});

it("does not begin for a directory that is not there", async () => {
  using directory = tempDirectory();
  const options = { host: "127.0.0.1", port: 0 };
  await expect(serveMirror(directory.at("misspelt"), options)).rejects.toMatchObject({ code: "ENOENT" });
});

it.each([
  ["what never changes", `/blobs/sha256/${NAME}`, "public, max-age=31536000, immutable"],
  ["what is replaced", "/manifest.json", "no-cache"],
])("lets %s be kept for as long as it holds", async (_, path, caching) => {
  await using server = await served();
  const first = await fetch(`${server.url}${path}`);
  expect(first.headers.get("cache-control")).toBe(caching);
  await first.arrayBuffer();
  const again = await fetch(`${server.url}${path}`, {
    headers: { "if-none-match": first.headers.get("etag") ?? "" },
  });
  expect([again.status, await again.text()]).toEqual([304, ""]);
});

it.each([
  ["bytes=4-", 206, "456789"],
  ["bytes=4-5", 206, "45"],
  ["bytes=10-", 416, ""],
  ["bytes=1-2,4-5", 200, "0123456789"],
])("answers a request for %s with %i", async (range, status, text) => {
  await using server = await served();
  const response = await fetch(`${server.url}/blobs/sha256/${NAME}`, { headers: { range } });
  expect([response.status, await response.text()]).toEqual([status, text]);
});

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  let text = "";
  for await (const chunk of chunks) text += Buffer.from(chunk).toString("latin1");
  return text;
}

it("is read by the reader of mirrors, from anywhere on", async () => {
  await using server = await served();
  await using client = new HttpClient({ now: () => 0, random: () => 0 });
  const mirror = new HttpMirror(server.url, client);
  expect(await mirror.readManifest()).toBe("{}");
  const { offset, chunks } = await mirror.readBlob(blob, { offset: 7 });
  expect([offset, await textOf(chunks)]).toEqual([7, "789"]);
  const missing = { digest: parseDigest(`sha256:${"cd".repeat(32)}`), bytes: 10 };
  await expect(mirror.readBlob(missing, { offset: 0 })).rejects.toMatchObject({ code: "MIRROR_MISSING" });
  const short = await mirror.readBlob({ ...blob, bytes: 5 }, { offset: 0 });
  await expect(textOf(short.chunks)).rejects.toMatchObject({ code: "MIRROR_DAMAGED" });
});

it("does not say that a blob is missing where it cannot be read", async () => {
  await using server = await served();
  // A file of the kernel's that nobody may read, not even root.
  symlinkSync("/proc/sys/net/ipv4/route/flush", server.at("blobs/sha256", "ef".repeat(32)));
  await expect(raw(server.url, `/blobs/sha256/${"ef".repeat(32)}`)).rejects.toMatchObject({
    code: "ECONNRESET",
  });
});
