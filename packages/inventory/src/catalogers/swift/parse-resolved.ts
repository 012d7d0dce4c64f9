import { isRecord, listOf, parseJson, recordOf, textOf } from "@pratique/core";
import { decodeUtf8 } from "../../decode-text.ts";
import { isToken } from "../../token.ts";

/** One package of a repository, by its address without scheme and ending: `github.com/apple/swift-nio`. */
export interface ResolvedPackage {
  readonly name: string;
  readonly version: string;
}

const MAX_PINS = 20_000;

/**
 * Reads a `Package.resolved` of any of its forms (swiftlang/swift-package-manager, ResolvedPackagesStore.swift): pins below
 * `object` with a `repositoryURL` in the first, with a `location` in the second and third. Pins to a branch have no version,
 * and those of a registry or a directory no address; they are left out.
 */
export function parseResolved(content: Buffer): {
  readonly packages: readonly ResolvedPackage[];
  readonly faults: readonly string[];
} {
  const pins = pinsOf(content);
  if (typeof pins === "string") return { packages: [], faults: [pins] };
  const packages: ResolvedPackage[] = [];
  const faults: string[] = pins.length > MAX_PINS ? [`more than ${MAX_PINS} pins`] : [];
  for (const pin of pins.slice(0, MAX_PINS)) {
    const found = readPin(recordOf(pin));
    if (typeof found === "string") faults.push(found);
    else if (found !== undefined) packages.push(found);
  }
  return { packages, faults };
}

function pinsOf(content: Buffer): readonly unknown[] | string {
  let document: unknown;
  try {
    document = parseJson(decodeUtf8(content));
  } catch {
    return "lock file is not JSON";
  }
  if (!isRecord(document)) return "lock file is not an object";
  const pins = document.version === 1 ? recordOf(document.object).pins : document.pins;
  return Array.isArray(pins) ? listOf(pins) : "expected a list of pins";
}

function readPin(pin: Readonly<Record<string, unknown>>): ResolvedPackage | string | undefined {
  const kind = textOf(pin.kind) ?? "remoteSourceControl";
  const version = textOf(recordOf(pin.state).version);
  if (kind !== "remoteSourceControl" || version === undefined) return undefined;
  const name = nameOf(textOf(pin.location) ?? textOf(pin.repositoryURL) ?? "");
  if (name === undefined) return "expected the address of a repository";
  return isToken(version) ? { name, version } : `malformed version of ${JSON.stringify(name)}`;
}

/** `https://host/owner/name.git`, `ssh://git@host/owner/name` and `git@host:owner/name` are one place. */
function nameOf(address: string): string | undefined {
  const place = address
    .replace(/^[a-z+]+:\/\//iu, "")
    .replace(/^[^@/]*@/u, "")
    .replace(/^(?<host>[^/:]+):(?!\d+\/)/u, "$<host>/")
    .replace(/\/$/u, "")
    .replace(/\.git$/u, "");
  return isToken(place) && /^[^/]+(?:\/[^/]+)+$/u.test(place) ? place : undefined;
}
