import { decodeUtf8 } from "../../decode-text.ts";

/** Attributes of the main section of a manifest, by their names in lower case. */
export type Manifest = ReadonlyMap<string, string>;

const MAX_ATTRIBUTES = 1000;

/**
 * Reads the main section of a manifest (Java SE, JAR File Specification, "JAR Manifest"): it ends at the first empty
 * line, and a line that begins with a space goes on with the one before.
 */
export function parseManifest(content: Buffer): Manifest {
  const attributes = new Map<string, string>();
  for (const line of unfold(mainSection(content))) {
    const colon = line.indexOf(":");
    if (colon <= 0) continue;
    const name = line.slice(0, colon).toLowerCase();
    if (!attributes.has(name)) attributes.set(name, line.slice(colon + 1).trim());
    if (attributes.size >= MAX_ATTRIBUTES) break;
  }
  return attributes;
}

/** The sections behind it, with a digest for each file, may be long. */
function mainSection(content: Buffer): readonly string[] {
  const lines = decodeUtf8(content).split(/\r\n|\r|\n/u);
  const end = lines.indexOf("");
  return end < 0 ? lines : lines.slice(0, end);
}

function unfold(lines: readonly string[]): readonly string[] {
  const whole: string[][] = [];
  for (const line of lines) {
    if (line.startsWith(" ")) whole.at(-1)?.push(line.slice(1));
    else whole.push([line]);
  }
  return whole.map((parts) => parts.join(""));
}
