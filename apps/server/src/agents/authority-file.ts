import { closeSync, fsyncSync, mkdirSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { messageOf } from "@pratique/core";
import { ServerError } from "../errors.ts";
import type { AuthorityVault } from "./agent-authority.ts";

/** Seals what only this installation may read. */
export interface AuthoritySeal {
  seal(text: string): Promise<string>;
  /** Rejects what was changed, or sealed for something else. */
  open(sealed: string): Promise<string>;
}

/**
 * Keeps the authority in `authority` of a directory, mode 0600, sealed where there is a seal. A file from before
 * there was one is read as it is, and sealed with the next change.
 */
export function authorityFile(directory: string, seal?: AuthoritySeal): AuthorityVault {
  const file = path.join(directory, "authority");
  return {
    read: async () => {
      const text = readIfThere(file);
      if (text === undefined || text.startsWith("{")) return text;
      if (seal === undefined) {
        throw new ServerError("CERTIFICATE_UNUSABLE", `${file} is sealed, and there is no key to open it`);
      }
      return await seal.open(text);
    },
    // One server alone writes its own directory.
    replace: async (_read, text) => {
      replaceDurably(file, seal === undefined ? text : await seal.seal(text));
      return true;
    },
  };
}

function readIfThere(file: string): string | undefined {
  try {
    return readFileSync(file, "utf8");
  } catch (cause) {
    if (cause instanceof Error && "code" in cause && cause.code === "ENOENT") return undefined;
    // To make another one now would lock out every host.
    throw new ServerError("CERTIFICATE_UNUSABLE", `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}

/** The new text is on the disk, under its name, when this returns: hosts rely on it from then on. */
function replaceDurably(file: string, text: string): void {
  const directory = path.dirname(file);
  mkdirSync(directory, { recursive: true, mode: 0o700 });
  const fresh = `${file}.${process.pid}.new`;
  const written = openSync(fresh, "w", 0o600);
  try {
    writeFileSync(written, text);
    fsyncSync(written);
  } finally {
    closeSync(written);
  }
  renameSync(fresh, file);
  const parent = openSync(directory, "r");
  try {
    fsyncSync(parent);
  } finally {
    closeSync(parent);
  }
}
