import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** One package that pub fetched from a registry. */
export interface LockedPackage {
  readonly name: string;
  readonly version: string;
}

const MAX_PACKAGES = 20_000;

/**
 * Reads a `pubspec.lock` (dart.dev, "Package dependencies", "Lockfile"): YAML in the one form that pub writes, two spaces to
 * a level. Packages of the SDK, of paths and of repositories are in no registry, and are left out.
 */
export function parseLock(content: Buffer): {
  readonly packages: readonly LockedPackage[];
  readonly faults: readonly string[];
} {
  const packages: LockedPackage[] = [];
  const faults: string[] = [];
  const entries = entriesOf(decodeUtf8(content));
  for (const [name, { source, version = "" }] of entries) {
    if (packages.length + faults.length >= MAX_PACKAGES) {
      faults.push(`more than ${MAX_PACKAGES} packages`);
      break;
    }
    if (source === undefined) faults.push(`expected a source of ${quote(name)}`);
    else if (source === "hosted" && /^\w+$/u.test(name) && isToken(name) && isToken(version)) {
      packages.push({ name, version });
    } else if (source === "hosted") faults.push(`expected a package and its version, found ${quote(name)}`);
  }
  if (entries.size === 0 && !/^packages: *(?:\{\})?\r?$/mu.test(decodeUtf8(content))) {
    faults.push('expected a lock file with "packages"');
  }
  return { packages, faults };
}

interface Entry {
  source?: string;
  version?: string;
}

function entriesOf(text: string): ReadonlyMap<string, Entry> {
  const entries = new Map<string, Entry>();
  let inPackages = false;
  let entry: Entry = {};
  for (const line of text.split(/\r?\n/u)) {
    if (/^[^\s#]/u.test(line)) inPackages = line.startsWith("packages:");
    if (!inPackages) continue;
    const name = /^ {2}(?<name>[^\s:]+):$/u.exec(line)?.groups?.name;
    if (name !== undefined) {
      entry = {};
      entries.set(unquoted(name), entry);
      continue;
    }
    const { key, value = "" } = /^ {4}(?<key>source|version): (?<value>.+)$/u.exec(line)?.groups ?? {};
    if (key === "source") entry.source = unquoted(value.trim());
    if (key === "version") entry.version = unquoted(value.trim());
  }
  return entries;
}

function unquoted(text: string): string {
  return /^(?<quote>["'])(?<inner>.*)\k<quote>$/u.exec(text)?.groups?.inner ?? text;
}

function quote(text: string): string {
  return JSON.stringify(text.slice(0, 80));
}
