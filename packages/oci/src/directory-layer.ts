import { lstatSync, realpathSync } from "node:fs";
import { join } from "node:path";
import { messageOf } from "@pratique/core";
import { DirectoryWalk } from "./directory-walk.ts";
import { OciError } from "./errors.ts";
import type { LayerSource } from "./layer-source.ts";
import type { PathHashes } from "./path-hashes.ts";
import type { LayerFacts } from "./source.ts";

export interface DirectoryLayerOptions {
  readonly directory: string;
  readonly facts?: LayerFacts;
  /** Whiteouts and opaque directories are written the way overlayfs writes them; else there are none. */
  readonly overlay: boolean;
}

/**
 * A layer that lies unpacked in a directory. Contents are read when asked for; symlinks are never followed
 * out of the directory, also when the tree changes while it is read. Rejects with `IMAGE_NOT_FOUND` where
 * there is no directory.
 */
export function directoryLayer({ directory, facts = {}, overlay }: DirectoryLayerOptions): LayerSource {
  return {
    facts,
    async index(matcher, context) {
      const root = findRoot(directory);
      const walk = new DirectoryWalk({ root, overlay, matcher, context });
      await walk.run();
      const { entries, whiteouts, opaques, failures, sizeBytes } = walk;
      const unwanted = context.lowest ? namesOnDisk(root) : walk.unwanted;
      return { entries, whiteouts, opaques, unwanted, failures: failures.all(), sizeBytes };
    },
  };
}

function findRoot(directory: string): string {
  try {
    const root = realpathSync(directory);
    if (lstatSync(root).isDirectory()) return root;
  } catch (cause) {
    const message = `no directory ${JSON.stringify(directory)}: ${messageOf(cause)}`;
    throw new OciError("IMAGE_NOT_FOUND", message, { cause });
  }
  throw new OciError("IMAGE_NOT_FOUND", `expected a directory, found ${JSON.stringify(directory)}`);
}

/** The lowest layer hides nothing; whether it has a file is a question to the disk. */
function namesOnDisk(root: string): PathHashes {
  return {
    size: 0,
    hasHash: () => false,
    has: (path) => lstatSync(join(root, path), { throwIfNoEntry: false })?.isFile() ?? false,
  };
}
