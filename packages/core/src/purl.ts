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

/** A package URL taken apart; what it does not say is absent. */
export interface Purl {
  /** In lower case. */
  readonly type: string;
  readonly namespace?: string;
  readonly name: string;
  readonly version?: string;
  readonly qualifiers: Readonly<Record<string, string>>;
  /** A place inside the package, without slashes at its ends. */
  readonly subpath?: string;
  /** The same in canonical form, with the qualifiers sorted and without a subpath. */
  readonly text: string;
}

const MAX_PURL_LENGTH = 4096;

/** Reads a package URL. Throws `PURL_MALFORMED`. */
export function parsePurl(text: string): Purl {
  if (text.length > MAX_PURL_LENGTH) {
    throw new CoreError("PURL_MALFORMED", `a package URL of ${text.length} characters is too long`);
  }
  try {
    const { type, namespace, name, version, qualifiers, subpath } = PackageURL.fromString(text);
    if (type === undefined || name === undefined) throw new Error("a package URL has a type and a name");
    return {
      type,
      ...(namespace && { namespace }),
      name,
      ...(version && { version }),
      qualifiers: { ...qualifiers },
      ...(subpath && { subpath }),
      text: new PackageURL(type, namespace, name, version, qualifiers, undefined).toString(),
    };
  } catch (cause) {
    throw new CoreError("PURL_MALFORMED", `no package URL: ${JSON.stringify(text)}: ${messageOf(cause)}`, {
      cause,
    });
  }
}
