import { existsSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { mountAt, tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { download, HttpClient } from "./index.ts";
import { listen } from "./testdata/loopback.ts";

const client = new HttpClient({ now: () => 0, random: () => 0 });

it("fetches what is new into a file of its owner, and tells how far it is", async () => {
  await using server = await listen((request, response) => {
    if (request.headers["if-none-match"] === '"1"') response.writeHead(304).end();
    else response.writeHead(200, { etag: '"1"', "content-length": 4 }).end("feed");
  });
  using directory = tempDirectory();
  const path = directory.at("feed");
  const told: unknown[] = [];
  const first = await download(
    client,
    { url: server.url },
    { path, onBytes: (...numbers) => told.push(numbers) },
  );
  expect(first).toEqual({ kind: "changed", bytes: 4, validators: { etag: '"1"' } });
  expect([readFileSync(path, "utf8"), statSync(path).mode & 0o777, told]).toEqual(["feed", 0o600, [[4, 4]]]);

  const again = { path: directory.at("again"), validators: { etag: '"1"' } };
  expect(await download(client, { url: server.url }, again)).toEqual({ kind: "unchanged" });
  expect(existsSync(again.path)).toBe(false);
});

it("takes no number of bytes from a server that says none", async () => {
  await using server = await listen((_, response) => {
    response.writeHead(200);
    response.write("fe");
    response.end("ed");
  });
  using directory = tempDirectory();
  const totals = new Set<number | undefined>();
  const found = await download(
    client,
    { url: server.url },
    { path: directory.at("feed"), onBytes: (_, totalBytes) => totals.add(totalBytes) },
  );
  expect([found, [...totals]]).toEqual([{ kind: "changed", bytes: 4, validators: {} }, [undefined]]);
});

it("writes over nothing, and into no link", async () => {
  await using server = await listen((_, response) => response.writeHead(200).end("feed"));
  using directory = tempDirectory();
  writeFileSync(directory.at("feed"), "mine");
  const refused = download(client, { url: server.url }, { path: directory.at("feed") });
  await expect(refused).rejects.toMatchObject({ code: "EEXIST" });
  expect(readFileSync(directory.at("feed"), "utf8")).toBe("mine");
});

it("says that the disk is full, of a chunk that fits in part", async ({ skip }) => {
  await using server = await listen((_, response) => response.writeHead(200).end("x".repeat(100_000)));
  using directory = tempDirectory();
  using mounted = mountAt(directory.path, { type: "tmpfs", options: "size=64k" });
  skip(mounted === undefined, "no file system can be mounted here");
  const refused = download(client, { url: server.url }, { path: directory.at("feed") });
  await expect(refused).rejects.toMatchObject({ code: "ENOSPC" });
});
