import { declaredLicenses } from "../../declared-licenses.ts";
import { isToken } from "../../token.ts";
import type { PhpPackage } from "./parse-installed.ts";
import { readSerialized, type SerializedArray } from "./read-serialized.ts";

/** Vendors under which Packagist, and hence advisories, know the packages of channels. */
const VENDORS: ReadonlyMap<string, string> = new Map([
  ["pear.php.net", "pear"],
  ["pecl.php.net", "pecl"],
]);

/**
 * Reads a record of PEAR's registry, a serialized array of what `package.xml` says (PEAR, `PEAR_Registry`): of
 * version 2 with `name` and a version of the release, of version 1 with `package` and a plain version. The channel
 * is put before the name, as Packagist does: `pear/Archive_Tar`. Gives what is wrong where it is malformed.
 */
export function parseRegistry(content: Buffer): PhpPackage | string {
  const record = readSerialized(content);
  if (!(record instanceof Map)) return "record is not a serialized array";
  const name = textOf(record, "name") ?? textOf(record, "package");
  const release = record.get("version");
  const version = release instanceof Map ? textOf(release, "release") : textOf(record, "version");
  if (name === undefined || !isName(name)) return `malformed name ${quote(name)}`;
  if (version === undefined || !isToken(version)) return `no version of ${name}, found ${quote(version)}`;
  const channel = textOf(record, "channel") ?? "pear.php.net";
  if (!isName(channel)) return `malformed channel ${quote(channel)}`;
  return {
    name: `${VENDORS.get(channel) ?? channel}/${name}`,
    version,
    ...declaredLicenses([licenseOf(record)]),
  };
}

/** A text, or the text with an address beside it. */
function licenseOf(record: SerializedArray): unknown {
  const license = record.get("license") ?? record.get("release_license");
  return license instanceof Map ? license.get("_content") : license;
}

function textOf(record: SerializedArray, key: string): string | undefined {
  const value = record.get(key);
  return typeof value === "string" ? value : undefined;
}

function isName(text: string): boolean {
  return isToken(text) && !text.includes("/");
}

function quote(text: string | undefined): string {
  return text === undefined ? "nothing" : JSON.stringify(text.slice(0, 80));
}
