import type { LocatedFile } from "@pratique/archive";
import { messageOf } from "@pratique/core";
import { AdvisoryError } from "../errors.ts";
import { readText } from "./read-text.ts";

/** Reads a whole file as one JSON value. Throws `SOURCE_DAMAGED` where it is none, and `SOURCE_TOO_LARGE`. */
export async function readJson(file: LocatedFile): Promise<unknown> {
  const text = await readText(file);
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new AdvisoryError("SOURCE_DAMAGED", `${JSON.stringify(file.path)}: ${messageOf(cause)}`, { cause });
  }
}
