import { closeSync, constants, lstatSync, openSync, readlinkSync, realpathSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { messageOf } from "@pratique/core";
import { OciError } from "../errors.ts";

const { O_RDONLY, O_DIRECTORY, O_NOFOLLOW, O_NONBLOCK } = constants;

/** A path of the file system; bytes where a name is not UTF-8. */
export type DiskPath = string | Buffer;

/**
 * Opens a file or directory whose path has been found by walking, and makes sure that it is the one at that
 * path: the tree may be changing, and a parent may have become a symlink to somewhere else in the meantime.
 *
 * The root must have been resolved by `realpath`. Throws `ACCESS_DENIED` where the path leads elsewhere.
 */
export function openInside(path: DiskPath, kind: "file" | "directory"): number {
  // A pipe in place of a file would block the opening for ever without O_NONBLOCK.
  const flags = O_RDONLY | O_NOFOLLOW | (kind === "directory" ? O_DIRECTORY : O_NONBLOCK);
  const fd = openSync(path, flags);
  const actual = readlinkSync(descriptorPath(fd), { encoding: "buffer" });
  if (actual.equals(Buffer.from(path))) return fd;
  closeSync(fd);
  throw new OciError("ACCESS_DENIED", `the tree changes: ${JSON.stringify(String(path))} leads elsewhere`);
}

/** A path to what a descriptor has open, below which names are looked up without crossing the tree again. */
export function descriptorPath(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** Joins a name to a path of either kind. */
export function joinDisk(directory: DiskPath, name: DiskPath): DiskPath {
  if (typeof directory === "string" && typeof name === "string") {
    return directory === "/" ? `/${name}` : `${directory}/${name}`;
  }
  const parent = Buffer.from(directory);
  const slash = parent.equals(Buffer.from("/")) ? "" : "/";
  return Buffer.concat([parent, Buffer.from(slash), Buffer.from(name)]);
}

/**
 * The real path of a directory, from which all walking starts. Throws `IMAGE_NOT_FOUND` where there is no
 * directory, or none that has a path: what lies behind the link /proc/PID/root is not what its text says.
 */
export function findRoot(directory: string): string {
  try {
    const root = realpathSync(directory);
    const [named, found] = [statSync(directory), lstatSync(root)];
    if (found.isDirectory() && named.dev === found.dev && named.ino === found.ino) return root;
  } catch (cause) {
    const message = `no directory ${JSON.stringify(directory)}: ${messageOf(cause)}`;
    throw new OciError("IMAGE_NOT_FOUND", message, { cause });
  }
  throw new OciError("IMAGE_NOT_FOUND", `expected a directory, found ${JSON.stringify(directory)}`);
}

/**
 * A directory below another, which must have been resolved by `realpath`; the names have been checked by their form.
 * Throws `IMAGE_NOT_FOUND` where there is none, and `ACCESS_DENIED` where a symlink leads elsewhere.
 */
export function findInside(root: string, ...names: readonly string[]): string {
  const path = join(root, ...names);
  const found = findRoot(path);
  if (found === path) return path;
  throw new OciError("ACCESS_DENIED", `${JSON.stringify(path)} leads elsewhere, to ${JSON.stringify(found)}`);
}

/** Those who may write there when their directory has the sticky bit are its owner's guests. */
const STICKY = 0o1000;
const OTHERS_WRITE = 0o022;

/**
 * Whether nobody but root and the user who asks can have put there what lies in a directory: what an engine of
 * another user holds is whatever that user wants it to be, under any image id. The path must have been resolved.
 */
export function isVouchedFor(directory: string): boolean {
  const own = process.geteuid?.();
  for (let path = directory; ; path = dirname(path)) {
    const { uid, mode } = lstatSync(path);
    const mayWrite = (mode & OTHERS_WRITE) !== 0 && (mode & STICKY) === 0;
    if ((uid !== 0 && uid !== own) || mayWrite) return false;
    if (path === dirname(path)) return true;
  }
}
