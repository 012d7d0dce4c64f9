import { declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** A package of Hex, or an application that was compiled of one; most have the same name. */
export interface HexPackage {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/**
 * Reads `hex_metadata.config` (hexpm, "Package metadata"): Erlang terms, one for each member. Requirements have names and
 * versions of their own, deeper in a term, so only terms that are nothing but one text count.
 */
export function parseHexMetadata(content: Buffer): HexPackage | string {
  const text = decodeUtf8(content);
  const name = /^\{<<"name">>, ?<<"(?<value>[^"\\]+)"(?:\/utf8)?>>\}\.\s*$/mu.exec(text)?.groups?.value;
  const version = /^\{<<"version">>,\s*<<"(?<value>[^"\\]+)"(?:\/utf8)?>>\}\.\s*$/mu.exec(text)?.groups
    ?.value;
  const found = packageOf(name, version);
  return typeof found === "string" ? found : { ...found, ...declaredLicenses(licensesIn(text)) };
}

/** `{<<"licenses">>,[<<"MIT">>]}.` */
function licensesIn(text: string): readonly string[] {
  const list = /^\{<<"licenses">>,\s*\[(?<list>[^\]]{0,4096})\]\}\.\s*$/mu.exec(text)?.groups?.list ?? "";
  return [...list.matchAll(/<<"([^"\\]+)"(?:\/utf8)?>>/gu)].map(([, license = ""]) => license);
}

/**
 * Reads an application resource file (Erlang/OTP, app(4)). Quotes within a text are escaped, so that what stands in a
 * description cannot be taken for a member; lines of comments are passed over.
 */
export function parseApplication(content: Buffer): HexPackage | string {
  const text = decodeUtf8(content).replace(/^[ \t]*%.*$/gmu, "");
  const name = /^\s*\{\s*application\s*,\s*(?<quote>'?)(?<value>\w[\w@]*)\k<quote>\s*,/u.exec(text)?.groups
    ?.value;
  const version = /\{\s*vsn\s*,\s*"(?<value>[^"\\]+)"\s*\}/u.exec(text)?.groups?.value;
  return packageOf(name, version);
}

function packageOf(name: string | undefined, version: string | undefined): HexPackage | string {
  if (name === undefined || !/^\w[\w@]*$/u.test(name) || !isToken(name))
    return "expected the name of a package";
  if (version === undefined || !isToken(version)) return `expected the version of ${JSON.stringify(name)}`;
  return { name, version };
}
