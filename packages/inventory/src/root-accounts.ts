import type { FilePattern, FileTree } from "@pratique/core";
import { decodeUtf8 } from "./decode-text.ts";
import type { FailureLog } from "./failure-log.ts";
import { readFile } from "./read-file.ts";

const PASSWD = "etc/passwd";
const MAX_BYTES = 1024 * 1024;

export const passwdPattern: FilePattern = { paths: [PASSWD] };

export interface RootAccountsOptions {
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Names of accounts, other than `root`, under which a container runs with the user id 0. An image without a
 * passwd file has none.
 */
export async function findRootAccounts(
  tree: FileTree,
  { log, signal }: RootAccountsOptions,
): Promise<readonly string[]> {
  const wanted = [...tree.match(passwdPattern)].length > 0;
  if (!wanted && tree.stat(PASSWD) === undefined) return [];
  const options = { limitBytes: MAX_BYTES, code: "FILE_UNREADABLE", log, signal } as const;
  const content = await readFile(tree, PASSWD, options);
  return content === undefined ? [] : rootAccountsIn(decodeUtf8(content));
}

/**
 * Reads passwd(5) as container engines do, not as the C library does: they trim lines, and take a user id that
 * is missing or no number for 0. An account with the id `x` is root, and must be seen as that.
 */
export function rootAccountsIn(text: string): readonly string[] {
  const names = new Set<string>();
  for (const line of text.split("\n")) {
    const [name = "", , id = ""] = line.trim().split(":");
    if (name !== "" && name !== "root" && isRootId(id)) names.add(name);
  }
  return [...names];
}

/** Numbers too large for an integer are not 0 for the engines: they become the largest one, and fail later. */
function isRootId(id: string): boolean {
  return !/^[+-]?\d+$/u.test(id) || /^[+-]?0+$/u.test(id);
}
