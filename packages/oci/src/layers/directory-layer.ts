import { lstatSync } from "node:fs";
import { join } from "node:path";
import { findInside, findRoot } from "../files/safe-open.ts";
import type { LayerFacts } from "../layer-index/layer-facts.ts";
import type { LayerSource } from "../layer-index/layer-source.ts";
import type { PathHashes } from "../layer-index/path-hashes.ts";
import { DirectoryWalk } from "./directory-walk.ts";

export interface DirectoryLayerOptions {
  readonly directory: string;
  readonly facts?: LayerFacts;
  /** Whiteouts and opaque directories are written the way overlayfs writes them; else there are none. */
  readonly overlay: boolean;
  /** False: the layer may be another than the facts say, and the index says so. True where absent. */
  readonly vouched?: boolean;
  /** The path has been resolved already: where it leads elsewhere by now, it is refused. False where absent. */
  readonly resolved?: boolean;
}

/**
 * A layer that lies unpacked in a directory. Contents are read when asked for; symlinks are never followed
 * out of the directory, also when the tree changes while it is read. Rejects with `IMAGE_NOT_FOUND` where
 * there is no directory.
 */
export function directoryLayer({
  directory,
  facts = {},
  overlay,
  vouched = true,
  resolved = false,
}: DirectoryLayerOptions): LayerSource {
  return {
    facts,
    async index(matcher, context) {
      const root = resolved ? findInside(directory) : findRoot(directory);
      const walk = new DirectoryWalk({ root, overlay, matcher, context });
      await walk.run();
      const { entries, whiteouts, opaques, failures, sizeBytes } = walk;
      const unwanted = context.lowest ? namesOnDisk(root) : walk.unwanted;
      return {
        verified: vouched,
        entries,
        whiteouts,
        opaques,
        unwanted,
        failures: failures.all(),
        heldBytes: walk.heldBytes,
        sizeBytes,
      };
    },
  };
}

/** The lowest layer hides nothing; whether it has a file is a question to the disk. */
function namesOnDisk(root: string): PathHashes {
  return { size: 0, hasHash: () => false, has: (path) => isFile(join(root, path)) };
}

/** A path that leads through a file, or is too long, is an error to the disk and no file to us. */
function isFile(path: string): boolean {
  try {
    return lstatSync(path).isFile();
  } catch {
    // Too long, or through a file: what leads nowhere is no file.
    return false;
  }
}
