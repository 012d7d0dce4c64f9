const MOST_SEGMENT = 64;
const MOST_PATH = 256;
const HEX = /^(?=.*\d)(?=.*[a-f])(?:[0-9a-f]{8,}|[0-9A-F]{8,})$/iu;
/** Most names are: without a digit there is no number, no hash and nothing random. */
const UNCHANGING = /^[^\d<]{1,64}$/u;
const UUID = /[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}/giu;
const DIGITS = /\d+/gu;
const DIRECTORY_ENDS = ["/*", "/**"];

/**
 * Writes a path as what stays the same over many runs: numbers become `<n>`, long hexadecimal digits `<hex>`, UUIDs `<uuid>`, names as
 * `mkstemp` makes them `<random>`. What is too long ends in `/**`. The result is the same for a result.
 */
export function patternOf(path: string): string {
  if (path.startsWith("@")) return segmentPattern(path.replaceAll("\0", "@"));
  const segments: string[] = [];
  for (const segment of path.split("/")) {
    if (segment === "..") segments.pop();
    else if (segment !== "" && segment !== ".") segments.push(segmentPattern(segment));
  }
  // A file may be called `*`, which is none of our patterns.
  const named = segments.map((segment) => (isWildcard(segment) ? "<star>" : segment));
  const whole = `/${named.join("/")}`;
  return whole.length <= MOST_PATH ? whole : shortened(named);
}

/** The first directory of a path, by which paths are kept apart: `/` for a file in the root. */
export function topOf(path: string): string {
  if (path.startsWith("@")) return "@";
  const end = path.indexOf("/", 1);
  return end === -1 || path === "/*" ? "/" : path.slice(0, end);
}

/** The directory of a path with `/*`: whatever lies in it, and nothing below. */
export function inDirectory(path: string): string {
  if (path.startsWith("@") || DIRECTORY_ENDS.some((end) => path.endsWith(end))) return path;
  return `${path.slice(0, path.lastIndexOf("/"))}/*`;
}

/** Gives a path with as many directories, or more, as `/a/b/**`: all that is below. Never makes `/**`. */
export function belowDepth(path: string, depth: number): string {
  const pattern = inDirectory(path);
  const segments = pattern.split("/").slice(1, -1);
  return segments.length >= depth && depth > 0 ? `/${segments.slice(0, depth).join("/")}/**` : pattern;
}

/** All that is below the first directory; of the root only what lies in it. */
export function belowTop(path: string): string {
  const top = topOf(path);
  if (top === "@") return path;
  return top === "/" ? "/*" : `${top}/**`;
}

function isWildcard(segment: string): boolean {
  return segment === "*" || segment === "**";
}

function segmentPattern(segment: string): string {
  if (UNCHANGING.test(segment)) return segment;
  // The angle brackets of a pattern are kept, so that a pattern is its own.
  const pattern = segment
    .slice(0, MOST_SEGMENT + 1)
    .replaceAll(UUID, "<uuid>")
    .split(/([._@:+~=-]|<\w+>)/u)
    .map((token) => (token.startsWith("<") ? token : tokenPattern(token)))
    .join("");
  if (segment.length <= MOST_SEGMENT && pattern.length <= MOST_SEGMENT) return pattern;
  return `${/^[a-z]{0,16}/iu.exec(segment)?.[0] ?? ""}<long>`;
}

function tokenPattern(token: string): string {
  if (HEX.test(token)) return "<hex>";
  if (isRandom(token)) return "<random>";
  return token.replaceAll(DIGITS, "<n>");
}

/** Letters of both cases and digits that change more often than words do. */
function isRandom(token: string): boolean {
  if (token.length < 6 || !/\d/u.test(token)) return false;
  let changes = 0;
  for (let place = 1; place < token.length; place += 1) {
    const [before, after] = [classOf(token.charCodeAt(place - 1)), classOf(token.charCodeAt(place))];
    if (before !== after && !(before === "upper" && after === "lower")) changes += 1;
  }
  return changes >= 3;
}

function classOf(code: number): "digit" | "upper" | "lower" {
  if (code >= 48 && code <= 57) return "digit";
  return code >= 65 && code <= 90 ? "upper" : "lower";
}

function shortened(segments: readonly string[]): string {
  let text = "";
  for (const segment of segments) {
    if (text.length + segment.length + 4 > MOST_PATH) break;
    text += `/${segment}`;
  }
  return `${text}/**`;
}
