import { describe, expect, it } from "vitest";
import { decodeBundle, encodeBundle } from "./entry-bundle.ts";
import { httpTileSource, type TileSource } from "./tile-source.ts";

/** A server that answers paths with bytes, a status, or something else. */
function served(
  parts: Readonly<Record<string, Uint8Array | Response>>,
): TileSource & { readonly asked: string[] } {
  const asked: string[] = [];
  const source = httpTileSource("https://log.example/prefix/", {
    fetch: async (input) => {
      asked.push(String(input));
      const part = parts[String(input).slice("https://log.example/prefix/".length)];
      return part instanceof Response
        ? part
        : new Response(part ? Buffer.from(part) : null, { status: part ? 200 : 404 });
    },
  });
  return { ...source, asked };
}

it("asks for partial tiles first, and takes the full one in their place", async () => {
  const entries = Array.from({ length: 256 }, (_, at) => Buffer.from(`e${at}`));
  const source = served({ "tile/0/000": Buffer.alloc(8192, 3), "tile/entries/000": encodeBundle(entries) });
  expect(await source.tile({ level: 0, index: 0, width: 5 })).toHaveLength(160);
  expect(decodeBundle(await source.bundle(0, 2), 2).map(String)).toEqual(["e0", "e1"]);
  expect(source.asked).toEqual(
    ["tile/0/000.p/5", "tile/0/000", "tile/entries/000.p/2", "tile/entries/000"].map(
      (name) => `https://log.example/prefix/${name}`,
    ),
  );
});

it("tells what is missing from what cannot be reached", async () => {
  const source = served({
    "tile/0/001": new Response(null, { status: 503 }),
    "tile/0/002": Buffer.alloc(32),
  });
  await expect(source.tile({ level: 0, index: 0, width: 256 })).rejects.toMatchObject({
    code: "TILE_MISSING",
  });
  await expect(source.tile({ level: 0, index: 1, width: 256 })).rejects.toMatchObject({
    code: "LOG_UNREADABLE",
  });
  await expect(source.tile({ level: 0, index: 2, width: 256 })).rejects.toMatchObject({
    code: "TILE_MISSING",
  });
  expect(await source.checkpoint()).toBeUndefined();
});

it.each([
  [401, /token is missing, unknown, revoked or expired/u],
  [403, /token may not read/u],
])("says what status %i means", async (status, expected) => {
  await expect(served({ checkpoint: new Response(null, { status }) }).checkpoint()).rejects.toThrow(expected);
});

it("says what lies beneath a fetch that failed", async () => {
  const cause = new Error("self-signed certificate");
  const source = httpTileSource("https://log.example", {
    fetch: () => Promise.reject(new TypeError("fetch failed", { cause })),
  });
  await expect(source.checkpoint()).rejects.toThrow("fetch failed: self-signed certificate");
});

it("does not read more than a part can have", async () => {
  let pulled = 0;
  const endless = new ReadableStream<Uint8Array>({
    pull(controller) {
      pulled += 1;
      controller.enqueue(new Uint8Array(65_536));
    },
  });
  const source = served({ checkpoint: new Response(endless) });
  await expect(source.checkpoint()).rejects.toThrow(/over 65536 bytes/u);
  expect(pulled).toBeLessThan(6);
});

describe("a server that limits how often it is asked", () => {
  /** Answers one part after it has refused so many times. */
  function limited(refusals: number, retryAfter: string | undefined) {
    const waits: number[] = [];
    let left = refusals;
    const source = httpTileSource("https://log.example", {
      fetch: async () => {
        if (left === 0) return new Response(Buffer.alloc(32, 7));
        left -= 1;
        const headers = retryAfter === undefined ? {} : { "retry-after": retryAfter };
        return new Response("later", { status: 429, headers });
      },
      wait: async (waitMs) => waits.push(waitMs),
    });
    return { source, waits };
  }
  const first = { level: 0, index: 0, width: 1 };

  it.each([
    ["for as long as it says", "17", 17_000],
    ["for two minutes at most", "86400", 120_000],
    ["for a minute where it does not say", undefined, 60_000],
    ["for a minute where it says what is no number", "-1", 60_000],
  ])("is waited for, %s", async (_, retryAfter, waitMs) => {
    const { source, waits } = limited(2, retryAfter);
    expect(await source.tile(first)).toHaveLength(32);
    expect(waits).toEqual([waitMs, waitMs]);
  });

  it("is given up in the end", async () => {
    const { source, waits } = limited(99, "1");
    await expect(source.tile(first)).rejects.toMatchObject({
      code: "LOG_UNREADABLE",
      message: expect.stringContaining("status 429"),
    });
    expect(waits).toHaveLength(10);
  });

  it("is waited for no longer than whoever asks wants", async () => {
    const ended = AbortSignal.abort(new Error("no longer"));
    const source = httpTileSource("https://log.example", {
      fetch: async () => new Response(null, { status: 429, headers: { "retry-after": "60" } }),
      signal: ended,
    });
    await expect(source.tile(first)).rejects.toMatchObject({ code: "LOG_UNREADABLE" });
  });
});
