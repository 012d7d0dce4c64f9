import { PackageURL } from "packageurl-js";
import { CoreError, messageOf } from "./errors.ts";

/** The parts of a package URL (https://github.com/package-url/purl-spec). */
export interface PurlParts {
  readonly type: string;
  readonly namespace?: string | undefined;
  readonly name: string;
  readonly version?: string | undefined;
  readonly qualifiers?: Readonly<Record<string, string | undefined>> | undefined;
}

/** Writes a package URL in its canonical form. Throws `PURL_MALFORMED`. */
export function formatPurl({ type, namespace, name, version, qualifiers = {} }: PurlParts): string {
  const known = Object.entries(qualifiers).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && entry[1] !== "",
  );
  try {
    return new PackageURL(type, namespace, name, version, Object.fromEntries(known), undefined).toString();
  } catch (cause) {
    throw new CoreError("PURL_MALFORMED", `no package URL for ${JSON.stringify(name)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
