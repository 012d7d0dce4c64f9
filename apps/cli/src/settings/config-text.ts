import { readFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import { CliError } from "../errors.ts";

const MAX_CONFIG_CHARS = 1_000_000;

/** The text of `pratique.yaml`; undefined where there is none, unless it was named. Throws `CONFIG_INVALID`. */
export function readConfigText(file: string, { named }: { readonly named: boolean }): string | undefined {
  try {
    return readFileSync(file, "utf8").slice(0, MAX_CONFIG_CHARS);
  } catch (cause) {
    if (!named) return undefined;
    throw new CliError("CONFIG_INVALID", `${file} cannot be read: ${messageOf(cause)}`, { cause });
  }
}
