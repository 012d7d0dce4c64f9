import { parseJson } from "@pratique/core";
import { anyOf, declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** What a package says it is. */
export interface NpmManifest {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/**
 * Reads name, version and licence from a `package.json` (npm docs, "package.json"). Gives what is wrong with it where it
 * is malformed, and undefined where it has no name or no version: such a file configures a directory, and is
 * not a package that a registry knows.
 */
export function parseManifest(content: Buffer): NpmManifest | string | undefined {
  let manifest: unknown;
  try {
    manifest = parseJson(decodeUtf8(content));
  } catch {
    return "manifest is not JSON";
  }
  if (typeof manifest !== "object" || manifest === null) return "manifest is not an object";
  const name = ownValue(manifest, "name");
  const version = ownValue(manifest, "version");
  if (isMissing(name) || isMissing(version)) return undefined;
  if (!isName(name)) return `malformed name ${quote(name)}`;
  if (!isVersion(version)) return `malformed version ${quote(version)}`;
  return { name, version: version.trim(), ...declaredLicenses(licensesOf(manifest)) };
}

/** `license` is an expression; packages of before 2014 have an object there, or a list of them in `licenses`. */
function licensesOf(manifest: object): readonly unknown[] {
  const license = ownValue(manifest, "license");
  if (license !== undefined && !Array.isArray(license)) return [nameOfLicense(license)];
  const list: unknown = license ?? ownValue(manifest, "licenses");
  return Array.isArray(list) ? anyOf(list.map(nameOfLicense)) : [nameOfLicense(list)];
}

function nameOfLicense(license: unknown): unknown {
  return typeof license === "object" && license !== null ? ownValue(license, "type") : license;
}

function ownValue(object: object, key: string): unknown {
  return Object.getOwnPropertyDescriptor(object, key)?.value;
}

function isMissing(value: unknown): boolean {
  return value === undefined || value === null || value === "";
}

/** `name` or `@scope/name`. Old packages have capitals and odd characters, so no more is asked. */
function isName(value: unknown): value is string {
  return typeof value === "string" && isToken(value) && /^(?:@[^/@]+\/)?[^/@]+$/u.test(value);
}

function isVersion(value: unknown): value is string {
  return typeof value === "string" && isToken(value.trim());
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}
