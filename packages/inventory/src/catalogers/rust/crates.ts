import { isRecord, listOf, parseJson, textOf } from "@pratique/core";
import { isToken } from "../../token.ts";

/** A crate that a program was built from. */
export interface Crate {
  readonly name: string;
  readonly version: string;
}

/** Crates of one program; the largest have some thousand. */
const MAX_CRATES = 20_000;

/**
 * Reads the list that cargo-auditable leaves in a program (cargo-auditable, `PARSING.md`; its schema is that of the crate
 * auditable-serde). What only the build ran is not in the program. A crate from the builder's disk is in no registry, and
 * whatever has its name there is another one; the program itself counts. Undefined where the list is none, or too long.
 */
export function parseCrates(text: string): readonly Crate[] | undefined {
  let list: unknown;
  try {
    list = parseJson(text);
  } catch {
    return undefined;
  }
  if (!isRecord(list) || !Array.isArray(list.packages) || list.packages.length > MAX_CRATES) return undefined;
  const crates: Crate[] = [];
  for (const item of listOf(list.packages)) {
    if (!isRecord(item) || item.kind === "build") continue;
    const name = textOf(item.name);
    const version = textOf(item.version);
    const isKnown = item.root === true || item.source !== "local";
    if (isKnown && name !== undefined && version !== undefined && isToken(name) && isToken(version)) {
      crates.push({ name, version });
    }
  }
  return crates;
}
