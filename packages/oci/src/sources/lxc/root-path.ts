import { OciError } from "../../errors.ts";

/** Where the root of a container lies. */
export type RootPath =
  | { readonly kind: "directory"; readonly path: string }
  /** Laid over each other as overlayfs does; lowest first, the container's own last. */
  | { readonly kind: "overlay"; readonly directories: readonly string[] };

/** `lxc.rootfs` is its name before LXC 2.1. */
const ROOT_KEY = /^lxc\.rootfs(?:\.path)?\s*=\s*(?<value>|\S.*)$/u;
/** Backing stores that are no directory while the container does not run. */
const DEVICES = /^(?<type>loop|lvm|nbd|rbd|zfs):/u;
/** As many as the kernel takes. */
const MAX_DIRECTORIES = 512;

/**
 * Reads `lxc.rootfs.path` (lxc.container.conf(5)): the last one holds. Undefined where there is none; included files are
 * not looked into. Throws `LAYER_UNSUPPORTED` for what is no directory, and `IMAGE_MALFORMED`.
 */
export function parseRootPath(config: string): RootPath | undefined {
  const values = config.split("\n").map((line) => ROOT_KEY.exec(line.trim())?.groups?.value);
  const value = values.findLast((text) => text !== undefined && text !== "");
  if (value === undefined) return undefined;
  const device = DEVICES.exec(value)?.groups?.type;
  if (device !== undefined) {
    throw new OciError(
      "LAYER_UNSUPPORTED",
      `roots of LXC containers on ${JSON.stringify(device)} are not read`,
    );
  }
  const overlay = /^overlay(?:fs)?:(?<paths>.*)$/u.exec(value)?.groups?.paths;
  if (overlay === undefined) return { kind: "directory", path: value.replace(/^(?:dir|btrfs):/u, "") };
  const directories = overlay.split(":");
  const own = directories.pop();
  if (own === undefined || directories.length === 0 || directories.length > MAX_DIRECTORIES) {
    throw new OciError("IMAGE_MALFORMED", `expected overlay:LOWER:UPPER, found ${JSON.stringify(value)}`);
  }
  // The kernel's order: the first has the highest of the lower layers.
  return { kind: "overlay", directories: [...directories.toReversed(), own] };
}
