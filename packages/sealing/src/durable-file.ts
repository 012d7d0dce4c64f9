import { randomBytes } from "node:crypto";
import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  fsyncSync,
  linkSync,
  openSync,
  readSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { hasCode } from "@pratique/core";
import { SealingError } from "./errors.ts";

/** Permission bits of all but the owner. */
const OTHERS = 0o077;

/**
 * Makes a file of which the whole is on the disk when this returns. False where a file is there already, which
 * is left as it is: of two processes that begin at once, one makes the file and both use it.
 */
export function createDurably(file: string, bytes: Uint8Array, mode: number): boolean {
  const temporary = writeBeside(file, bytes, mode);
  try {
    linkSync(temporary, file);
  } catch (thrown) {
    if (hasCode(thrown, "EEXIST")) return false;
    throw thrown;
  } finally {
    rmSync(temporary, { force: true });
  }
  syncDirectory(file);
  return true;
}

/** Reads a regular file of bounded length; undefined where there is none. A symlink is not followed. */
export function readBounded(file: string, maxBytes: number): Buffer | undefined {
  return readOpened(file, maxBytes, () => undefined);
}

/**
 * Reads a file with a secret as {@link readBounded} does. Throws `KEY_FILE_EXPOSED` when others than its owner
 * have any right to it, or when its owner is neither this account nor root. What is judged is what is read:
 * the open file, not its name.
 */
export function readSecretFile(file: string, maxBytes: number): Buffer | undefined {
  return readOpened(file, maxBytes, ({ mode, uid }) => {
    if ((mode & OTHERS) !== 0) {
      const found = (mode & 0o777).toString(8).padStart(4, "0");
      throw new SealingError(
        "KEY_FILE_EXPOSED",
        `expected ${JSON.stringify(file)} to have mode 0400, found ${found}`,
      );
    }
    if (uid !== 0 && uid !== process.geteuid?.()) {
      throw new SealingError(
        "KEY_FILE_EXPOSED",
        `${JSON.stringify(file)} belongs to another account, ${uid}`,
      );
    }
  });
}

function readOpened(
  file: string,
  maxBytes: number,
  judge: (stat: { readonly mode: number; readonly uid: number }) => void,
): Buffer | undefined {
  let descriptor: number;
  try {
    // Without O_NONBLOCK, a pipe in the place of the file would hold us for ever.
    descriptor = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  } catch (thrown) {
    if (hasCode(thrown, "ENOENT")) return undefined;
    throw thrown;
  }
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${JSON.stringify(file)} is not a regular file`);
    judge(stat);
    if (stat.size > maxBytes) throw new Error(`${JSON.stringify(file)} is longer than ${maxBytes} bytes`);
    const bytes = Buffer.alloc(stat.size);
    let length = 0;
    for (let read = -1; read !== 0 && length < bytes.length; length += read) {
      read = readSync(descriptor, bytes, length, bytes.length - length, length);
    }
    return bytes.subarray(0, length);
  } finally {
    closeSync(descriptor);
  }
}

function writeBeside(file: string, bytes: Uint8Array, mode: number): string {
  const temporary = `${file}.${randomBytes(8).toString("hex")}.new`;
  const descriptor = openSync(temporary, "wx", 0o600);
  try {
    // Not writeSync, which is content with a part of the bytes when the disk is full.
    writeFileSync(descriptor, bytes);
    fchmodSync(descriptor, mode);
    fsyncSync(descriptor);
  } catch (thrown) {
    rmSync(temporary, { force: true });
    throw thrown;
  } finally {
    closeSync(descriptor);
  }
  return temporary;
}

/** A name is on the disk only when its directory is. */
function syncDirectory(file: string): void {
  const descriptor = openSync(path.dirname(file), constants.O_RDONLY);
  try {
    fsyncSync(descriptor);
  } finally {
    closeSync(descriptor);
  }
}
