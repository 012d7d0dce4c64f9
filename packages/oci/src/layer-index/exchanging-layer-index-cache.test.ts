import { createHash } from "node:crypto";
import { readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { HttpClient } from "@pratique/http";
import {
  type LoopbackRegistry,
  layerOf,
  startRegistry,
  type TempDirectory,
  tempDirectory,
} from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { registrySource } from "../sources/registry/registry-source.ts";
import { ExchangingLayerIndexCache, type LayerIndexExchange } from "./exchanging-layer-index-cache.ts";
import { FileLayerIndexCache } from "./file-layer-index-cache.ts";
import type { LayerIndexCache } from "./layer-index-cache.ts";
import { LayerIndexFiles } from "./layer-index-files.ts";
import { PATH_HASHER_KEY_BYTES } from "./path-hashes.ts";

const http = new HttpClient({ now: () => 0, random: () => 0, sleep: async () => undefined });
const secret = new Uint8Array(PATH_HASHER_KEY_BYTES).fill(9);
const layer = layerOf(
  [
    { path: "etc/kept", content: "text" },
    { path: "usr/plain", content: "nobody wants it" },
  ],
  "gzip",
);

/** What others have made, by its name; whoever asks for what is not there makes it. */
class Shelf {
  readonly made = new Map<string, readonly Uint8Array[]>();

  at(directory: string): LayerIndexExchange {
    const files = new LayerIndexFiles(directory);
    return {
      hold: async ({ name }) => {
        const known = this.made.get(name);
        if (known !== undefined) await files.write(name, partsOf(known)).catch(() => undefined);
        return {
          made: () => {
            const parts = [readFileSync(`${directory}/${name}`)];
            if (!this.made.has(name)) this.made.set(name, parts);
          },
          [Symbol.dispose]: () => undefined,
        };
      },
    };
  }
}

async function* partsOf(parts: readonly Uint8Array[]) {
  yield* parts;
}

function open(directory: string, more: { readonly revision?: string; readonly secret?: Uint8Array } = {}) {
  const files = FileLayerIndexCache.open(directory, { revision: "1", secret, now: () => 0, ...more });
  if (files === undefined) throw new Error("the cache cannot be opened");
  return files;
}

async function read(registry: LoopbackRegistry, layerIndexes: LayerIndexCache): Promise<string> {
  const opened = await registrySource({ http }).open(`${registry.host}/a:1`, {});
  const tree = await opened.readTree([{ under: ["etc"] }], { layerIndexes });
  return Buffer.from(await tree.read("etc/kept")).toString();
}

function readsOf(registry: LoopbackRegistry): number {
  return registry.requests.filter(({ target }) => target.endsWith(`/blobs/${layer.digest}`)).length;
}

/** In a form that nobody reads, with a check sum that is right. */
function forged([bytes = new Uint8Array()]: readonly Uint8Array[]): Uint8Array {
  const rest = Buffer.from(bytes.subarray(32));
  rest.write("9", rest.indexOf('"form":') + 7);
  return Buffer.concat([createHash("sha256").update(rest).digest(), rest]);
}

/** What every cache of indexes has to keep to. */
describe.each([
  ["of files", (directory: TempDirectory) => open(directory.path)],
  [
    "that exchanges with others",
    (directory: TempDirectory) =>
      new ExchangingLayerIndexCache(open(directory.path), new Shelf().at(directory.path)),
  ],
])("a cache %s", (_, make) => {
  it("gives what reading gives, and has a layer read once", async () => {
    await using registry = await startRegistry();
    using directory = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    const cache = make(directory);
    expect(await Promise.all([read(registry, cache), read(registry, cache)])).toEqual(["text", "text"]);
    expect(readsOf(registry)).toBe(1);
  });

  it("keeps nothing that failed", async () => {
    await using registry = await startRegistry();
    using directory = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    registry.faults.lies.set(layer.digest, Buffer.from("something else"));
    const cache = make(directory);
    await expect(read(registry, cache)).rejects.toMatchObject({ name: "OciError" });
    registry.faults.lies.clear();
    expect(await read(registry, cache)).toBe("text");
  });
});

describe("what is exchanged", () => {
  it("is read once by all, each with files of its own", async () => {
    await using registry = await startRegistry();
    using one = tempDirectory();
    using two = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    const shelf = new Shelf();
    for (const { path } of [one, two]) {
      const cache = new ExchangingLayerIndexCache(open(path), shelf.at(path));
      expect(await read(registry, cache)).toBe("text");
    }
    expect(readsOf(registry)).toBe(1);
    expect(readdirSync(one.path)).toEqual(readdirSync(two.path));
  });

  it("is the same whoever has made it", async () => {
    await using registry = await startRegistry();
    using one = tempDirectory();
    using two = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    for (const { path } of [one, two]) await read(registry, open(path));
    const [name = ""] = readdirSync(one.path);
    expect(readsOf(registry)).toBe(2);
    expect(readFileSync(two.at(name))).toEqual(readFileSync(one.at(name)));
  });

  it.each([
    ["the revision", { revision: "2" }],
    ["the secret of the paths", { secret: new Uint8Array(PATH_HASHER_KEY_BYTES).fill(8) }],
  ])("counts for nobody for whom %s is another", async (_, more) => {
    await using registry = await startRegistry();
    using one = tempDirectory();
    using two = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    const shelf = new Shelf();
    await read(registry, new ExchangingLayerIndexCache(open(one.path), shelf.at(one.path)));
    await read(registry, new ExchangingLayerIndexCache(open(two.path, more), shelf.at(two.path)));
    expect(readsOf(registry)).toBe(2);
  });

  it.each([
    ["cut short", (parts: readonly Uint8Array[]) => [(parts[0] ?? new Uint8Array()).subarray(0, 60)]],
    ["empty", () => []],
    ["in no form that is known, with its right check sum", (parts: readonly Uint8Array[]) => [forged(parts)]],
    ["too long", () => Array.from({ length: 65 }, () => new Uint8Array(1024 * 1024))],
  ])("is read anew where it is %s", async (_, damage) => {
    await using registry = await startRegistry();
    using one = tempDirectory();
    using two = tempDirectory();
    registry.push("a", "1", { layers: [layer] });
    const shelf = new Shelf();
    await read(registry, new ExchangingLayerIndexCache(open(one.path), shelf.at(one.path)));
    for (const [name, parts] of shelf.made) shelf.made.set(name, damage(parts));
    expect(await read(registry, new ExchangingLayerIndexCache(open(two.path), shelf.at(two.path)))).toBe(
      "text",
    );
    expect(readsOf(registry)).toBe(2);
  });
});

describe("files of indexes", () => {
  const name = "ab".repeat(32);

  async function readAll(directory: string, file = name): Promise<number> {
    let total = 0;
    for await (const part of new LayerIndexFiles(directory).read(file)) total += part.length;
    return total;
  }

  it("are handed on in parts, and only with their right check sum", async () => {
    using directory = tempDirectory();
    const rest = Buffer.alloc(3 * 1024 * 1024, 5);
    const whole = Buffer.concat([createHash("sha256").update(rest).digest(), rest]);
    const files = new LayerIndexFiles(directory.path);
    // The check sum itself may come in parts.
    await files.write(name, partsOf([whole.subarray(0, 10), whole.subarray(10)]));
    expect([files.has(name), await readAll(directory.path)]).toEqual([true, whole.length]);
    writeFileSync(directory.at(name), whole.subarray(0, whole.length - 1));
    await expect(readAll(directory.path)).rejects.toMatchObject({ code: "DIGEST_MISMATCH" });
  });

  it("leave nothing behind that is not whole", async () => {
    using directory = tempDirectory();
    const files = new LayerIndexFiles(directory.path);
    await expect(files.write(name, partsOf([Buffer.alloc(100)]))).rejects.toMatchObject({
      code: "DIGEST_MISMATCH",
    });
    expect(readdirSync(directory.path)).toEqual([]);
  });

  it("are no links, no directories, and lie nowhere else", async () => {
    using directory = tempDirectory();
    writeFileSync(directory.at("secret"), "a secret of whoever reads");
    symlinkSync(directory.at("secret"), directory.at(name));
    await expect(readAll(directory.path)).rejects.toMatchObject({ code: "ELOOP" });
    await expect(readAll(directory.path, "../secret")).rejects.toThrow(TypeError);
    await expect(readAll(directory.path, ".")).rejects.toThrow(TypeError);
  });
});
