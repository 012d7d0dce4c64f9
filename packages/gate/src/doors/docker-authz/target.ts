import { KiB } from "@pratique/core";
import { GateError } from "../../errors.ts";
import { type Route, routes } from "./routes.ts";

/** A request line as the engine understands it. */
export interface EngineTarget {
  readonly method: string;
  /** Decoded, without the version. */
  readonly path: string;
  /** `1.45`; absent where the request names none. */
  readonly version?: string;
  readonly route: Route;
  /** What stands for `{id}` or `{name}` in the route's pattern; empty where it has none. */
  readonly subject: string;
  readonly query: ReadonlyMap<string, readonly string[]>;
}

const MAX_TARGET = 64 * KiB;
const VISIBLE_ASCII = /^[!-~]+$/u;
const BAD_ESCAPE = /%(?![0-9a-fA-F]{2})/u;
const ABSOLUTE = /^[a-zA-Z][a-zA-Z0-9+.-]*:(?:\/\/[^/]*)?(?=\/)/u;
const VERSIONED = /^\/v(?<version>[0-9.]+)(?<rest>\/.*)$/su;
/** Before it, a start could carry a whole host configuration. */
const OLDEST_VERSION = [1, 24] as const;
/** Parameters that decide; the engine takes the first of several, but no honest client sends several. */
const SINGLE: readonly string[] = [
  "name",
  "platform",
  "networkmode",
  "securityopt",
  "checkpoint",
  "checkpoint-dir",
  "dir",
  "rollback",
];

/**
 * Decodes a request target as Go's net/http and the engine's router do: absolute form, percent-decoding once,
 * optional version. What no route of the table stands for is refused.
 *
 * @throws GateError `TARGET_MALFORMED` or `ROUTE_UNKNOWN`.
 */
export function readTarget(method: string, uri: string): EngineTarget {
  if (uri.length > MAX_TARGET || !VISIBLE_ASCII.test(uri) || uri.includes("#")) {
    throw malformed("expected visible ASCII characters without a fragment", uri);
  }
  const question = uri.indexOf("?");
  const rawPath = (question < 0 ? uri : uri.slice(0, question)).replace(ABSOLUTE, "");
  const decoded = decodePath(rawPath);
  const versioned = VERSIONED.exec(decoded)?.groups;
  const path = versioned?.rest ?? decoded;
  const version = versioned?.version;

  const { route, subject } = findRoute(method, path);
  const query = readQuery(question < 0 ? "" : uri.slice(question + 1));
  if (route.routeClass !== "read") {
    checkVersion(version);
    checkRepeats(query);
  }
  return { method, path, ...(version !== undefined && { version }), route, subject, query };
}

/** The value of a query parameter as Go's `Form.Get` gives it; empty where there is none. */
export function parameter(target: EngineTarget, name: string): string {
  return target.query.get(name)?.[0] ?? "";
}

function decodePath(rawPath: string): string {
  if (!rawPath.startsWith("/")) throw malformed("expected a path", rawPath);
  const path = percentDecode(rawPath);
  const segments = path.split("/").slice(1);
  // The router answers these with a redirect, so no honest client sends them.
  const unclean = segments.some(
    (segment, index) =>
      segment === "." || segment === ".." || (segment === "" && index < segments.length - 1),
  );
  if (unclean || CONTROL.test(path)) throw malformed("expected a clean path", rawPath);
  return path;
}

const CONTROL = /\p{Cc}/u;

function percentDecode(text: string): string {
  if (!text.includes("%")) return text;
  if (BAD_ESCAPE.test(text)) throw malformed("expected two hexadecimal digits after a percent sign", text);
  try {
    return decodeURIComponent(text);
  } catch (cause) {
    throw new GateError("TARGET_MALFORMED", "expected UTF-8 in the request target", { cause });
  }
}

/** As `url.ParseQuery`: pairs are parted by `&` alone, and a semicolon is an error. */
function readQuery(raw: string): ReadonlyMap<string, readonly string[]> {
  const query = new Map<string, string[]>();
  if (raw === "") return query;
  if (raw.includes(";")) throw malformed("expected a query without semicolons", raw);
  for (const pair of raw.split("&")) {
    if (pair === "") continue;
    const equals = pair.indexOf("=");
    const key = decodeQueryPart(equals < 0 ? pair : pair.slice(0, equals));
    const value = equals < 0 ? "" : decodeQueryPart(pair.slice(equals + 1));
    const values = query.get(key);
    if (values === undefined) query.set(key, [value]);
    else values.push(value);
  }
  return query;
}

function decodeQueryPart(part: string): string {
  return percentDecode(part.replaceAll("+", " "));
}

function checkRepeats(query: EngineTarget["query"]): void {
  for (const name of SINGLE) {
    if ((query.get(name)?.length ?? 0) > 1) throw malformed("expected the query parameter once", name);
  }
}

function checkVersion(version: string | undefined): void {
  if (version === undefined) return;
  const [major = 0, minor = 0] = version.split(".").map(Number);
  if (major < OLDEST_VERSION[0] || (major === OLDEST_VERSION[0] && minor < OLDEST_VERSION[1])) {
    throw malformed(`expected version ${OLDEST_VERSION.join(".")} of the API or a later one`, version);
  }
}

interface CompiledRoute {
  readonly route: Route;
  readonly pattern: RegExp;
}

const compiled: ReadonlyMap<string, readonly CompiledRoute[]> = Map.groupBy(
  routes.map((route) => ({ route, pattern: compile(route.pattern) })),
  ({ route }) => route.method,
);

function findRoute(method: string, path: string): { readonly route: Route; readonly subject: string } {
  for (const { route, pattern } of compiled.get(method) ?? []) {
    const match = pattern.exec(path);
    if (match !== null) return { route, subject: match.groups?.subject ?? "" };
  }
  const shown = JSON.stringify(`${method} ${path}`.slice(0, 200));
  throw new GateError("ROUTE_UNKNOWN", `no route ${shown} of the engine's API is known to the gate`);
}

/** The first placeholder is the subject. */
function compile(pattern: string): RegExp {
  let first = true;
  const source = pattern.replaceAll(/\{\w+(?<many>\*?)\}/gu, (_whole, many: string) => {
    const inner = many === "*" ? ".+" : "[^/]+";
    const group = first ? `(?<subject>${inner})` : inner;
    first = false;
    return group;
  });
  return new RegExp(`^${source}$`, "su");
}

function malformed(expected: string, found: string): GateError {
  return new GateError("TARGET_MALFORMED", `${expected}, found ${JSON.stringify(found.slice(0, 200))}`);
}
