import { readFile } from "node:fs/promises";
import path from "node:path";
import { hasCode } from "@pratique/core";

/** A program that was built from C, and where it lies: beside the bundle; from a checkout, in its `dist`. Undefined where it was not built. */
export async function builtProgram(
  mainModule: string,
  name: string,
): Promise<{ readonly path: string; readonly bytes: Buffer } | undefined> {
  const directory = path.dirname(mainModule);
  for (const place of [directory, path.join(directory, "../../../dist")]) {
    const file = path.join(place, "sensor", name);
    const bytes = await readFile(file).catch(noneThere);
    if (bytes !== undefined) return { path: file, bytes };
  }
  return undefined;
}

function noneThere(thrown: unknown): undefined {
  if (hasCode(thrown, "ENOENT")) return undefined;
  throw thrown;
}
