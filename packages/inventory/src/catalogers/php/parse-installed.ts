import { parseJson } from "@pratique/core";
import { anyOf, declaredLicenses } from "../../declared-licenses.ts";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** A package as Composer names it. */
export interface PhpPackage {
  readonly name: string;
  readonly version: string;
  readonly licenses?: readonly string[];
}

/** What an `installed.json` lists, and what in it could not be read. */
export interface InstalledList {
  readonly packages: readonly PhpPackage[];
  readonly faults: readonly string[];
}

const MAX_PACKAGES = 100_000;

/**
 * Reads what Composer installed (`Composer\Repository\InstalledFilesystemRepository`): a list of packages as
 * Composer 1 wrote it, or an object with it in `packages`. Those for development count: they are there.
 */
export function parseInstalled(content: Buffer): InstalledList {
  const list = readList(content);
  if (typeof list === "string") return { packages: [], faults: [list] };
  const packages: PhpPackage[] = [];
  const faults: string[] = [];
  for (const [index, item] of list.entries()) {
    if (index === MAX_PACKAGES) {
      faults.push(`${list.length} packages, of which ${MAX_PACKAGES} were read`);
      break;
    }
    const found = readPackage(item);
    if (typeof found === "string") faults.push(`package ${index}: ${found}`);
    else packages.push(found);
  }
  return { packages, faults };
}

function readList(content: Buffer): readonly unknown[] | string {
  let value: unknown;
  try {
    value = parseJson(decodeUtf8(content));
  } catch {
    return "list is not JSON";
  }
  const list: unknown = Array.isArray(value) ? value : ownValue(value, "packages");
  return Array.isArray(list) ? list : "expected a list of packages";
}

function readPackage(item: unknown): PhpPackage | string {
  const name = ownValue(item, "name");
  const version = ownValue(item, "version");
  if (typeof name !== "string" || !isName(name)) return `malformed name ${quote(name)}`;
  if (typeof version !== "string" || !isToken(version)) return `malformed version ${quote(version)}`;
  return { name, version, ...declaredLicenses(licensesOf(item)) };
}

/** Of several, one may be chosen (Composer, "The composer.json schema", `license`). */
function licensesOf(item: unknown): readonly unknown[] {
  const license = ownValue(item, "license");
  return Array.isArray(license) ? anyOf(license) : [license];
}

/** `vendor/name`. */
function isName(text: string): boolean {
  return isToken(text) && /^[^/]+\/[^/]+$/u.test(text);
}

function ownValue(value: unknown, key: string): unknown {
  return typeof value === "object" && value !== null
    ? Object.getOwnPropertyDescriptor(value, key)?.value
    : undefined;
}

function quote(value: unknown): string {
  return typeof value === "string" ? JSON.stringify(value.slice(0, 80)) : `of type ${typeof value}`;
}
