import { coversPurl, type PurlPattern, parsePurlPattern } from "../purl-pattern.ts";
import type { Candidate } from "../rule.ts";
import { type IgnoreEntries, type IgnoreEntry, parseMoment } from "./entry.ts";
import { matchesPathGlob } from "./path-glob.ts";
import { itemsOf, parseYaml, textIn, textsIn, type YamlValue } from "./yaml-document.ts";

type Problem = IgnoreEntries["problems"][number];

/** Members of an entry; an entry with another one says something that would be passed over. */
const MEMBERS: ReadonlySet<string> = new Set(["id", "paths", "purls", "expired_at", "statement"]);

/** Reads the vulnerabilities of `.trivyignore.yaml`; what it ignores besides is nothing that is looked for. */
export function readTrivyIgnoreYaml(text: string, name: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: Problem[] = [];
  for (const item of itemsOf(parseYaml(text, name), "vulnerabilities")) {
    const entry = entryOf(item);
    if (typeof entry === "string") problems.push({ line: item.line, message: entry });
    else entries.push(entry);
  }
  return { entries, problems };
}

/** The entry, or what is wrong with it. */
function entryOf(item: YamlValue): IgnoreEntry | string {
  const id = textIn(item, "id");
  if (item.kind !== "map" || id === undefined) return "expected an entry with an id";
  const unknown = [...item.members.keys()].find((member) => !MEMBERS.has(member));
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is not known: the entry is not applied`;
  const said = textIn(item, "expired_at");
  const until = parseMoment(said);
  if (item.members.has("expired_at") && until === undefined) return "expired_at is no date";
  const conditions: ((candidate: Candidate) => boolean)[] = [];
  if (item.members.has("paths")) conditions.push(inPaths(textsIn(item, "paths")));
  if (item.members.has("purls")) {
    const texts = textsIn(item, "purls");
    const patterns = texts.map(parsePurlPattern).filter((pattern) => pattern !== undefined);
    if (patterns.length < texts.length || texts.length === 0) return "purls has what is no package URL";
    conditions.push(ofPurls(patterns));
  }
  return { line: item.line, vulnerabilities: [id], reason: textIn(item, "statement"), until, conditions };
}

function inPaths(patterns: readonly string[]): (candidate: Candidate) => boolean {
  return ({ installed }) =>
    installed.paths.some((path) => patterns.some((pattern) => matchesPathGlob(pattern, path)));
}

function ofPurls(patterns: readonly PurlPattern[]): (candidate: Candidate) => boolean {
  return ({ installed, purl, subject }) =>
    purl !== undefined &&
    patterns.some((pattern) => coversPurl(pattern, purl, { installed, distro: subject.target.distro }));
}
