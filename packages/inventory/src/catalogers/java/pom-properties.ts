import { decodeLatin1 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";
import { type Coordinates, isCoordinate } from "./coordinates.ts";

/**
 * Reads the coordinates that Maven leaves in each archive that it builds (Maven Archiver, "addMavenDescriptor").
 * Gives what is wrong where they are no coordinates.
 */
export function parsePomProperties(content: Buffer): Coordinates | string {
  const properties = readProperties(decodeLatin1(content));
  const { groupId, artifactId, version } = Object.fromEntries(properties);
  if (!isCoordinate(groupId)) return `malformed groupId ${quote(groupId)}`;
  if (!isCoordinate(artifactId)) return `malformed artifactId ${quote(artifactId)}`;
  if (version === undefined || !isToken(version)) return `malformed version ${quote(version)}`;
  return { group: groupId, artifact: artifactId, version };
}

const WANTED: ReadonlySet<string> = new Set(["artifactId", "groupId", "version"]);

/**
 * The keys of interest in a properties file (Java SE, `java.util.Properties.load`). Lines that go on after a backslash
 * and escapes are not read: none of the values needs them, and a value with one is malformed afterwards.
 */
function readProperties(text: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  for (const line of text.split(/[\r\n]/u)) {
    const at = line.search(/[=:]/u);
    if (at < 0) continue;
    const key = line.slice(0, at).trim();
    if (WANTED.has(key)) found.set(key, line.slice(at + 1).trim());
  }
  return found;
}

function quote(value: string | undefined): string {
  return value === undefined ? "(none)" : JSON.stringify(value.slice(0, 80));
}
