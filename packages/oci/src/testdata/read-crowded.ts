import { type TarItem, tarEntryOf } from "@pratique/testkit";
import { directoryLayer } from "../layers/directory-layer.ts";
import { openLayers } from "../layers/open-layers.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import type { OpenOptions } from "../source.ts";
import { tarLayer } from "../layers/tar-layer.ts";

/** What the process is to read; it is told as JSON in its first argument, and answers with a message. */
export interface CrowdedImage {
  readonly kind: "tar" | "whiteouts" | "directory";
  readonly names: number;
  /** Of a directory on the disk. */
  readonly path: string;
  /** Below it every file is wanted; nothing is where it is empty. */
  readonly under: string;
  readonly limits: OpenOptions["limits"];
}

/** What has come of it. */
export interface CrowdedTree {
  readonly files: number;
  readonly failures: readonly string[];
}

const ITEMS_AT_ONCE = 100;

const image: CrowdedImage = JSON.parse(process.argv[2] ?? "");
process.send?.(await read(image));
process.disconnect();

async function read({ under, limits = {}, ...crowded }: CrowdedImage): Promise<CrowdedTree> {
  const unlayered = crowded.kind === "directory";
  const opened = openLayers({
    facts: { reference: "crowded" },
    layers: layersOf(crowded),
    options: { limits },
    ...(unlayered && { unlayered }),
  });
  const patterns = under === "" ? [{ basenames: ["nobody"] }] : [{ under: [under] }];
  const tree = await opened.readTree(patterns);
  let files = 0;
  for (const _ of tree.files()) files += 1;
  return { files, failures: tree.failures.map(({ code }) => code) };
}

function layersOf({ kind, names, path }: Pick<CrowdedImage, "kind" | "names" | "path">): readonly LayerSource[] {
  if (kind === "directory") return [directoryLayer({ directory: path, overlay: false })];
  const lower = crowdedLayer(names, "");
  return kind === "tar" ? [lower] : [lower, crowdedLayer(names, ".wh.")];
}

function crowdedLayer(names: number, prefix: string): LayerSource {
  return tarLayer({ facts: {}, open: () => blocks(names, prefix) });
}

/** A tar that is never in memory as a whole, with one directory and all names in it. */
async function* blocks(names: number, prefix: string): AsyncGenerator<Uint8Array, void, void> {
  yield tarEntryOf({ path: "d/" });
  for (let at = 0; at < names; at += ITEMS_AT_ONCE) {
    const items = Array.from(
      { length: Math.min(ITEMS_AT_ONCE, names - at) },
      (_, index): TarItem => ({ path: `d/${prefix}name-${at + index}` }),
    );
    yield Buffer.concat(items.map(tarEntryOf));
  }
  yield Buffer.alloc(1024);
}
