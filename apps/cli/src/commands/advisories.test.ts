import { once } from "node:events";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { readSettings } from "../settings/settings.ts";
import { recordedConsole } from "../testdata/recorded-console.ts";
import { advisoriesBuild } from "./advisories.ts";

const CHUNKS = 4;
const entry =
  "[03 Jan 2024] DSA-9002-1 bash - security update\n\t{CVE-2024-90002}\n\t[bookworm] - bash 5.2.15-9\n";
const feed = entry.repeat(Math.ceil(1_000_000 / CHUNKS / entry.length));

/** A server on loopback that sends a feed of a megabyte in pieces, and says how long it is, or does not. */
async function serveFeed(saysLength: boolean): Promise<AsyncDisposable & { readonly url: string }> {
  const server = createServer((_, response) => {
    if (saysLength) response.setHeader("content-length", feed.length * CHUNKS);
    for (let chunk = 0; chunk < CHUNKS; chunk += 1) response.write(feed);
    response.end();
  });
  await once(server.listen(0, "127.0.0.1"), "listening");
  // Listening on an address and not on a path.
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}/DSA.list`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

async function built(saysLength: boolean, showsProgress: boolean) {
  using directory = tempDirectory();
  await using server = await serveFeed(saysLength);
  const console = recordedConsole({ showsProgress });
  const surroundings = { environment: {}, isRoot: false, homeDirectory: directory.at("home") };
  const settings = await readSettings({ data: directory.at("data"), run: directory.at("run") }, surroundings);
  const { signal } = new AbortController();
  let elapsed = 0;
  const code = await advisoriesBuild(
    {
      ...surroundings,
      settings,
      console,
      signal,
      userId: 0,
      version: "1.2.3",
      mainModule: "",
      now: () => new Date("2026-11-26T10:00:00Z"),
      // Everything that may be drawn is.
      elapsedMs: () => (elapsed += 1000),
      sleep: async () => undefined,
      untilEnded: async () => undefined,
    },
    { from: [`debian-dsa-dla:${server.url}`] },
  );
  expect(code).toBe(0);
  return { ...console, downloading: console.drawn.filter((line) => line.startsWith("downloading")) };
}

it("draws a bar of what a server says it sends", async () => {
  const { downloading, drawn } = await built(true, true);
  expect(downloading.length).toBeGreaterThan(1);
  for (const line of downloading)
    expect(line).toMatch(/^downloading debian-dsa-dla {2}━*─* +\d+ % .* of 1\.0 MB$/u);
  expect(downloading.at(-1)).toContain("100 %");
  expect(drawn.at(-1)).toBe("");
});

it("counts bytes where the server does not say how many there are", async () => {
  const { downloading } = await built(false, true);
  expect(downloading.length).toBeGreaterThan(1);
  for (const line of downloading) expect(line).toMatch(/^downloading debian-dsa-dla {2}[\d.]+ [kM]B$/u);
});

it("draws nothing where there is no terminal", async () => {
  const { drawn, said } = await built(true, false);
  expect([drawn, said]).toEqual([[], []]);
});
