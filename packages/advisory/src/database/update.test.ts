import { createHash } from "node:crypto";
import { rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage } from "node:http";
import path from "node:path";
import { ecosystem } from "@pratique/core";
import { HttpClient } from "@pratique/http";
import { expect, it } from "vitest";
import { osvRecord } from "../testdata/feeds.ts";
import { type Workshop, workshop } from "../testdata/workshop.ts";
import { openDatabase } from "./advisory-database.ts";
import { defaultSources, updateDatabase } from "./update.ts";

interface Feeds extends AsyncDisposable {
  readonly url: string;
  /** By path; a missing one is a 404. */
  readonly content: Map<string, string>;
  readonly requests: { readonly path: string; readonly status: number }[];
}

/** A server on loopback that knows ETags. */
async function serveFeeds(): Promise<Feeds> {
  const content = new Map<string, string>();
  const requests: { path: string; status: number }[] = [];
  const server = createServer((request: IncomingMessage, response) => {
    const body = content.get(request.url ?? "");
    const etag = `"${createHash("sha256")
      .update(body ?? "")
      .digest("hex")}"`;
    const status = body === undefined ? 404 : request.headers["if-none-match"] === etag ? 304 : 200;
    requests.push({ path: request.url ?? "", status });
    response.writeHead(status, { etag }).end(status === 200 ? body : undefined);
  });
  const { promise, resolve } = Promise.withResolvers<void>();
  server.listen(0, "127.0.0.1", resolve);
  await promise;
  const address = server.address();
  const port = typeof address === "object" && address !== null ? address.port : 0;
  return {
    url: `http://127.0.0.1:${port}`,
    content,
    requests,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function client(): HttpClient {
  return new HttpClient({ now: () => 0, random: () => 0, retry: { maxRetries: 0 } });
}

const npm = ecosystem("npm");

function titles(shop: Workshop): readonly (string | undefined)[] {
  using database = openDatabase(shop.databases, { clock: shop.now });
  return ["CVE-2023-0001", "CVE-2023-0002"].map((id) => database.details(id)?.title);
}

it("reads again what has changed, and leaves what has not", async () => {
  using shop = workshop();
  await using feeds = await serveFeeds();
  await using http = client();
  feeds.content.set("/a.json", JSON.stringify(osvRecord({ summary: "old" })));
  feeds.content.set(
    "/b.jsonl",
    JSON.stringify(osvRecord({ id: "CVE-2023-0002", aliases: [], summary: "still" })),
  );
  const first = await shop.build([`osv:${feeds.url}/a.json`, `osv:${feeds.url}/b.jsonl`], { http });
  expect(first.sources[0]?.etag).toBeDefined();
  expect(titles(shop)).toEqual(["old", "still"]);

  shop.clock.advance(60_000);
  feeds.content.set("/a.json", JSON.stringify(osvRecord({ summary: "new" })));
  feeds.requests.length = 0;
  const update = await updateDatabase({ directory: shop.databases, clock: shop.now, http });
  expect(feeds.requests).toEqual([
    { path: "/a.json", status: 200 },
    { path: "/b.jsonl", status: 304 },
  ]);
  expect(titles(shop)).toEqual(["new", "still"]);
  // What was found unchanged a moment ago is as fresh as what was read.
  expect(update.sources.map(({ builtAt }) => builtAt)).toEqual([
    shop.now().toISOString(),
    shop.now().toISOString(),
  ]);
  expect(update.changed).toBe(true);

  const again = await updateDatabase({ directory: shop.databases, clock: shop.now, http });
  expect(again.changed).toBe(false);
  expect(again.revision).toBe(update.revision);
});

it("keeps what it holds of a feed that is gone, with its age, and says so", async () => {
  using shop = workshop();
  await using feeds = await serveFeeds();
  await using http = client();
  feeds.content.set("/a.json", JSON.stringify(osvRecord()));
  await shop.build([`osv:${feeds.url}/a.json`, "kev:kev.json"], { http });
  const before = shop.now().toISOString();
  shop.clock.advance(60_000);
  feeds.content.clear();
  const { sources, failures } = await updateDatabase({ directory: shop.databases, clock: shop.now, http });
  expect(failures).toMatchObject([{ provider: "osv", error: { code: "SOURCE_UNREACHABLE" } }]);
  expect(sources.map(({ provider, builtAt }) => [provider, builtAt])).toEqual([
    ["kev", shop.now().toISOString()],
    ["osv", before],
  ]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(npm, "left-pad")).toHaveLength(1);
});

it("does not let a feed that has become rubbish replace what is held", async () => {
  using shop = workshop();
  await using feeds = await serveFeeds();
  await using http = client();
  feeds.content.set("/a.json", JSON.stringify(osvRecord()));
  await shop.build([`osv:${feeds.url}/a.json`], { http });
  feeds.content.set("/a.json", "<html>maintenance</html>");
  const { failures } = await updateDatabase({ directory: shop.databases, clock: shop.now, http });
  expect(failures).toMatchObject([{ error: { code: "SOURCE_EMPTY" } }]);
  using database = openDatabase(shop.databases, { clock: shop.now });
  expect(database.lookUp(npm, "left-pad")).toHaveLength(1);
});

it("updates only the providers that are named", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json", "kev:kev.json"]);
  shop.clock.advance(60_000);
  const { sources } = await updateDatabase({ directory: shop.databases, clock: shop.now, only: ["kev"] });
  expect(sources.map(({ builtAt }) => builtAt === shop.now().toISOString())).toEqual([true, false]);
});

it("takes up a provider that is named and new, and refuses one that does not exist", async () => {
  using shop = workshop();
  await shop.build(["osv:osv.json"]);
  const update = (only: string) =>
    updateDatabase({ directory: shop.databases, clock: shop.now, only: [only] });
  // Without a network the feed cannot be read; that it is told shows that it was asked.
  const { failures, sources } = await update("kev");
  expect(failures).toMatchObject([{ provider: "kev", error: { code: "SOURCE_UNREACHABLE" } }]);
  expect(sources.map(({ provider }) => provider)).toEqual(["osv"]);
  await expect(update("redhat")).rejects.toMatchObject({ code: "PROVIDER_UNKNOWN" });
});

it("begins with the live feeds where there is no database", async () => {
  using shop = workshop();
  const update = updateDatabase({ directory: shop.databases, clock: shop.now, only: ["kev"] });
  await expect(update).rejects.toMatchObject({ code: "SOURCE_UNREACHABLE" });
  expect(new Set(defaultSources.map(({ provider }) => provider))).toEqual(
    new Set([
      "alpine-secdb",
      "arch-security",
      "chainguard-secdb",
      "debian-tracker",
      "eol",
      "epss",
      "kev",
      "nvd",
      "osv",
      "ubuntu-osv",
      "wolfi-secdb",
    ]),
  );
  expect(defaultSources.every(({ location }) => location.startsWith("https://"))).toBe(true);
});

it("builds a damaged database again from where its sources were", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json", "kev:kev.json"]);
  writeFileSync(file, "nonsense");
  const { sources, previousDamage } = await updateDatabase({ directory: shop.databases, clock: shop.now });
  expect(previousDamage).toBeDefined();
  expect(sources.map(({ provider }) => provider)).toEqual(["kev", "osv"]);
});

it("fails where nothing is left to keep", async () => {
  using shop = workshop();
  const { path: file } = await shop.build(["osv:osv.json"]);
  rmSync(file);
  rmSync(path.join(shop.directory, "feeds"), { recursive: true });
  await expect(updateDatabase({ directory: shop.databases, clock: shop.now })).rejects.toMatchObject({
    code: "SOURCE_UNREADABLE",
  });
});
