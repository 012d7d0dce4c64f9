import { type BuiltLayer, layerOf, tarOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { ReadOptions } from "../source.ts";
import { openLayers } from "./open-layers.ts";
import { tarLayer } from "./tar-layer.ts";

const items = [{ path: "a/f", content: "1" }];
const wanted = [{ basenames: ["f"] }];

function imageOf(blob: Uint8Array, facts: LayerFacts = {}, options: ReadOptions = {}) {
  const layer = tarLayer({ facts, open: () => pieces(blob) });
  return openLayers({ facts: { reference: "test" }, layers: [layer], options });
}

async function* pieces(bytes: Uint8Array): AsyncGenerator<Uint8Array, void, void> {
  for (let at = 0; at < bytes.length; at += 4096) yield bytes.subarray(at, at + 4096);
}

const factsOf = ({ digest, diffId, blob }: BuiltLayer): LayerFacts => ({
  digest,
  diffId,
  sizeBytes: blob.length,
});

it.each(["none", "gzip", "zstd"] as const)(
  "checks all that is claimed of a layer packed as %s",
  async (compression) => {
    const layer = layerOf(items, compression);
    const other = layerOf([{ path: "other" }], compression);
    const facts = factsOf(layer);
    const tree = await imageOf(layer.blob, facts).readTree(wanted);
    expect(tree.facts.layers).toEqual([facts]);
    expect([...tree.files()][0]?.layer).toBe(layer.diffId);
    for (const lie of [
      { digest: other.digest },
      { diffId: other.diffId },
      { sizeBytes: 1 },
      { sizeBytes: 1e9 },
    ]) {
      const reading = imageOf(layer.blob, { ...facts, ...lie }).readTree(wanted);
      await expect(reading).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
    }
  },
);

it("tells the uncompressed digest of a layer of which nothing is claimed", async () => {
  const layer = layerOf(items, "gzip");
  const tree = await imageOf(layer.blob).readTree(wanted);
  expect(tree.facts.layers).toEqual([{ diffId: layer.diffId }]);
  expect(tree.sizeBytes).toBe(layer.tar.length);
});

it.each([
  ["gzip", layerOf(Buffer.alloc(1 << 24), "gzip").blob],
  ["zstd", layerOf(Buffer.alloc(1 << 24), "zstd").blob],
])("stops a bomb of %s", async (_, blob) => {
  const reading = imageOf(blob, {}, { limits: { layerBytes: 1 << 20 } }).readTree(wanted);
  await expect(reading).rejects.toMatchObject({ code: "LIMIT_REACHED" });
});

it.each([
  ["a compression that is not read", Buffer.from("BZh91AY&SY"), "LAYER_UNSUPPORTED"],
  ["compressed bytes that are cut", layerOf(items, "gzip").blob.subarray(0, 40), "IMAGE_UNREADABLE"],
])("refuses %s", async (_, blob, code) => {
  await expect(imageOf(blob).readTree(wanted)).rejects.toMatchObject({ code });
});

it("tells how far it is, of how much", async () => {
  const blob = tarOf([{ path: "f", content: "x".repeat(10_000) }]);
  const seen: number[] = [];
  const onProgress: ReadOptions["onProgress"] = ({ readBytes, totalBytes }) => {
    expect(totalBytes).toBe(blob.length);
    seen.push(readBytes);
  };
  await imageOf(blob, { sizeBytes: blob.length }).readTree(wanted, { onProgress });
  expect(seen.at(-1)).toBe(blob.length);
  expect(seen).toEqual(seen.toSorted((left, right) => left - right));
});

it("passes on what its stream throws, and stops when told to", async () => {
  const broken = tarLayer({
    facts: {},
    open: () => {
      throw new RangeError("no connection");
    },
  });
  const image = openLayers({ facts: { reference: "test" }, layers: [broken], options: {} });
  await expect(image.readTree(wanted)).rejects.toThrow("no connection");
  const stop = new AbortController();
  const reading = imageOf(tarOf(items), {}, { signal: stop.signal, onProgress: () => stop.abort() }).readTree(
    wanted,
  );
  await expect(reading).rejects.toMatchObject({ code: "ABORTED" });
});
