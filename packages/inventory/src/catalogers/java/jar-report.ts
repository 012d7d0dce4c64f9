import { type Failure, parseJson } from "@pratique/core";
import { FailureLog } from "../../failure-log.ts";
import { isToken } from "../../token.ts";
import { type Coordinates, isCoordinate } from "./coordinates.ts";
import { isCertainlyJar } from "./jar-path.ts";
import { readJar } from "./read-jar.ts";

/** What matters of one file. */
export interface JarReport {
  readonly artifacts: readonly ReportedArtifact[];
  readonly failures: readonly Failure[];
}

/** An artifact and the place that it was found in: nothing, or what follows the path of the file. */
export interface ReportedArtifact extends Coordinates {
  readonly inside: string;
  readonly licenses?: readonly string[];
}

const MAGIC = "Pratique jar report 2\n";
const MAX_ARTIFACTS = 20_000;
/** Longer than the path of any archive that is read. */
const MAX_TEXT = 16 * 1024;
/** What reading an archive may fail by. */
const CODES: ReadonlySet<unknown> = new Set<Failure["code"]>([
  "ARCHIVE_DAMAGED",
  "LIMIT_REACHED",
  "PACKAGE_RECORD_MALFORMED",
  "PACKAGE_UNIDENTIFIED",
]);

/** Reads an archive of classes. */
export function reportOf(path: string, content: Uint8Array): JarReport {
  if (isSomethingElse(path, content)) return { artifacts: [], failures: [] };
  const log = new FailureLog();
  const found = readJar(content, { path, log });
  if (found.length > MAX_ARTIFACTS) {
    log.add("LIMIT_REACHED", `${found.length} artifacts, of which ${MAX_ARTIFACTS} are listed`, path);
  }
  const artifacts = found
    .slice(0, MAX_ARTIFACTS)
    .map(({ path: place, ...coordinates }) => ({ ...coordinates, inside: place.slice(path.length) }));
  return { artifacts, failures: log.list() };
}

/** Whether a file only shares its ending with archives of classes, or is empty. */
function isSomethingElse(path: string, content: Uint8Array): boolean {
  return content.length === 0 || (!isCertainlyJar(path) && !isZip(content));
}

/** Whether the first entry of a zip begins here (APPNOTE 4.3.7). */
function isZip(content: Uint8Array): boolean {
  return Buffer.from(content.subarray(0, 4)).toString("latin1") === "PK\u0003\u0004";
}

/** Writes what matters of an archive instead of the archive. */
export function condenseJar(path: string, content: Uint8Array): Uint8Array {
  return Buffer.from(MAGIC + JSON.stringify(reportOf(path, content)));
}

/**
 * Reads what {@link condenseJar} has written. Undefined for anything else: an archive that only begins in the same way
 * ends in a way that no report does.
 */
export function parseReport(content: Buffer): JarReport | undefined {
  if (content.subarray(0, MAGIC.length).toString("latin1") !== MAGIC || mayBeZip(content)) return undefined;
  try {
    const value: unknown = parseJson(content.subarray(MAGIC.length).toString("utf8"));
    return isReport(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** The end record of a zip has control characters, which JSON escapes. */
function mayBeZip(content: Buffer): boolean {
  return content.includes("PK\u0005\u0006", 0, "latin1");
}

function isReport(value: unknown): value is JarReport {
  if (typeof value !== "object" || value === null) return false;
  if (!("artifacts" in value && "failures" in value)) return false;
  const { artifacts, failures } = value;
  return (
    Array.isArray(artifacts) &&
    artifacts.length <= MAX_ARTIFACTS &&
    artifacts.every(isArtifact) &&
    Array.isArray(failures) &&
    failures.every(isFailure)
  );
}

function isArtifact(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { group, artifact, version, inside, licenses = [] }: Partial<Record<string, unknown>> = { ...value };
  return (
    (group === undefined || (typeof group === "string" && isCoordinate(group))) &&
    typeof artifact === "string" &&
    isCoordinate(artifact) &&
    typeof version === "string" &&
    isToken(version) &&
    Array.isArray(licenses) &&
    licenses.every(isText) &&
    isText(inside) &&
    (inside === "" || inside.startsWith("!/"))
  );
}

function isFailure(value: unknown): boolean {
  if (typeof value !== "object" || value === null) return false;
  const { code, message, path }: Partial<Record<string, unknown>> = { ...value };
  return CODES.has(code) && isText(message) && (path === undefined || isText(path));
}

function isText(value: unknown): value is string {
  return typeof value === "string" && value.length <= MAX_TEXT;
}
