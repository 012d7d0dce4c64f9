import { parseDigest } from "@pratique/core";
import { FileLayerIndexCache } from "@pratique/oci";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { sharedLayerIndexes } from "./shared-layer-indexes.ts";

const KEY = keyOf("ab");
const forever = new AbortController().signal;

function keyOf(byte: string) {
  return { diffId: parseDigest(`sha256:${byte.repeat(32)}`), text: byte.repeat(32) };
}

/** As a process of its own would open it. */
function open(directory: string) {
  const cache = FileLayerIndexCache.open(directory, { revision: "1", now: () => 0 });
  if (cache === undefined) throw new Error("the cache cannot be opened");
  return sharedLayerIndexes(cache, directory);
}

it("lets one process have a layer at a time", async () => {
  using directory = tempDirectory();
  const [first, second] = [open(directory.path), open(directory.path)];
  const held = await first.hold(KEY, forever);
  let has = false;
  const waiting = second.hold(KEY, forever).then((mine) => {
    has = true;
    return mine;
  });
  // Another layer is nobody's business.
  (await second.hold(keyOf("cd"), forever))[Symbol.dispose]();
  expect(has).toBe(false);
  held[Symbol.dispose]();
  (await waiting)[Symbol.dispose]();
  expect(has).toBe(true);
});

it("stops waiting when it is told to, and holds nothing then", async () => {
  using directory = tempDirectory();
  const [first, second] = [open(directory.path), open(directory.path)];
  const held = await first.hold(KEY, forever);
  await expect(second.hold(KEY, AbortSignal.abort())).rejects.toMatchObject({ name: "AbortError" });
  held[Symbol.dispose]();
  (await second.hold(KEY, forever))[Symbol.dispose]();
});
