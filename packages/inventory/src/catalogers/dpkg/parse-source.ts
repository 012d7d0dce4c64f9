import type { SourcePackage } from "@pratique/core";

/**
 * The source package of a binary package (Debian Policy 5.6.1): `name (version)`, where what is left out is
 * the same as the binary's. Undefined where the field has another form.
 *
 * A rebuild without changes to the source adds `+bN` to the binary's version. Its `Source` normally carries
 * the version without it; where it does not, the ending is taken off here.
 */
export function parseSource(
  field: string | undefined,
  binary: { readonly name: string; readonly version: string },
): SourcePackage | undefined {
  const version = binary.version.replace(/\+b\d+$/u, "");
  if (field === undefined || field === "") return { name: binary.name, version };
  const groups = /^(?<name>[a-z0-9][a-z0-9+._-]*)(?:\s*\(\s*(?<version>[\x21-\x27\x2a-\x7e]+)\s*\))?$/iu.exec(
    field,
  )?.groups;
  if (groups?.name === undefined) return undefined;
  return { name: groups.name, version: groups.version ?? version };
}
