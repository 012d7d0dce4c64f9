import { isAbsolute, join } from "node:path";
import { MiB, messageOf } from "@pratique/core";
import { OciError } from "../../errors.ts";
import { findRoot } from "../../files/safe-open.ts";
import { firstAnswer } from "../../first-answer.ts";
import { directoryLayer } from "../../layers/directory-layer.ts";
import { readDiskFile } from "../../layers/disk-file.ts";
import { openLayers } from "../../layers/open-layers.ts";
import type { ImageSource, OpenedImage, OpenOptions } from "../../source.ts";
import { parseRootPath, type RootPath } from "./root-path.ts";

export interface LxcSourceOptions {
  /** Directories of containers (`lxc.lxcpath`), the user's own first. */
  readonly paths: readonly string[];
}

const MAX_CONFIG_BYTES = MiB;

/**
 * `NAME`: the root of an LXC container, running or stopped, where its configuration says that it is: a directory, or
 * an overlay of several. It has no image id and no configuration; mounts are left out.
 */
export function lxcSource({ paths }: LxcSourceOptions): ImageSource {
  return {
    name: "lxc",
    open: async (value, options) => {
      if (value.includes("/") || value === "." || value === "..") {
        throw new OciError(
          "IMAGE_NOT_FOUND",
          `expected the name of an LXC container, found ${JSON.stringify(value)}`,
        );
      }
      const message = `no LXC container ${JSON.stringify(value)}`;
      return firstAnswer(paths, message, async (path) => openContainer(path, value, options));
    },
  };
}

function openContainer(path: string, name: string, options: OpenOptions): OpenedImage {
  const container = findRoot(join(path, name));
  const root = rootOf(container);
  const facts = { reference: name };
  if (root.kind === "directory") {
    const layers = [directoryLayer({ directory: findRoot(root.path), overlay: false })];
    return openLayers({ facts, layers, options, unlayered: true });
  }
  const layers = root.directories.map((directory) =>
    directoryLayer({ directory: findRoot(directory), overlay: true }),
  );
  return openLayers({ facts, layers, options });
}

function rootOf(container: string): RootPath {
  const usual: RootPath = { kind: "directory", path: join(container, "rootfs") };
  const config = readConfig(join(container, "config"));
  const root = config === undefined ? usual : (parseRootPath(config) ?? usual);
  const named = root.kind === "directory" ? [root.path] : root.directories;
  for (const path of named) {
    if (!isAbsolute(path))
      throw new OciError(
        "IMAGE_MALFORMED",
        `expected an absolute path of a root, found ${JSON.stringify(path)}`,
      );
  }
  return root;
}

/** Undefined where there is none. */
function readConfig(path: string): string | undefined {
  try {
    return Buffer.from(readDiskFile(path, MAX_CONFIG_BYTES)).toString("utf8");
  } catch (thrown) {
    if (!(thrown instanceof OciError)) throw thrown;
    const { cause } = thrown;
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    throw new OciError(
      "SOURCE_UNAVAILABLE",
      `the configuration of the container cannot be read: ${messageOf(thrown)}`,
      {
        cause: thrown,
      },
    );
  }
}
