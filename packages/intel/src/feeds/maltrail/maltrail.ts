import { posix } from "node:path";
import { readLines } from "../../location/lines.ts";
import type { Feed } from "../feed.ts";

/** How sure a trail is, by the directory that it stands in. Scanners call us and are not called. */
const CONFIDENCE: readonly (readonly [RegExp, number])[] = [
  [/(?:^|\/)malware\//u, 80],
  [/(?:^|\/)malicious\//u, 70],
  [/(?:^|\/)suspicious\//u, 40],
  [/(?:^|\/)mass_scanner/u, 20],
];
const DEFAULT_CONFIDENCE = 60;
/** Trails that are regular expressions over names or requests. */
const EXPRESSION = /[\\()|*+?^$]|\[(?!\.|:|[\da-f:.]+\])|\{/iu;

/** Maltrail's trails: a file for each family, an address, `ADDRESS:PORT`, name or URL a line. */
export const maltrail: Feed = {
  name: "maltrail",
  version: 1,
  confidence: DEFAULT_CONFIDENCE,
  wants: (path) => path.endsWith(".txt") && !/(?:^|\/)(?:whitelist|README|LICENSE)[^/]*$/iu.test(path),
  async read(file, sink) {
    const family = posix.basename(file.path).replace(/\.txt(?:\.(?:gz|zst))?$/u, "");
    const confidence = CONFIDENCE.find(([folder]) => folder.test(file.path))?.[1] ?? DEFAULT_CONFIDENCE;
    const onLong = (line: number): void => sink.refused(`${file.path}:${line}`, "the line is too long");
    for await (const { firstNumber, lines } of readLines(file, onLong)) {
      for (let index = 0; index < lines.length; index += 1) {
        const text = contentOf(lines[index] ?? "");
        if (text === "") continue;
        if (text.startsWith("/")) sink.ignored("a path without a server");
        else if (!text.includes("/") && EXPRESSION.test(text)) sink.ignored("an expression over requests");
        else sink.indicator({ where: `${file.path}:${firstNumber + index}`, text, family, confidence });
      }
    }
  },
};

function contentOf(line: string): string {
  // Nearly all lines are a bare trail.
  const hash = line.indexOf("#");
  if (hash < 0) return line.trim();
  return hash === 0 ? "" : line.replace(/\s#.*$/u, "").trim();
}
