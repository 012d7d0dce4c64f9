import type { LicenseFinding, Package, Secret } from "@pratique/core";
import { coversPurl, type PurlPattern, parsePurlPattern } from "../purl-pattern.ts";
import type { Candidate } from "../rule.ts";
import { type IgnoreEntries, type IgnoreEntry, parseMoment } from "./entry.ts";
import { matchesPathGlob } from "./path-glob.ts";
import { itemsOf, parseYaml, textIn, textsIn, type YamlValue } from "./yaml-document.ts";

type Problem = IgnoreEntries["problems"][number];

/** Members of every entry; an entry with another one says something that would be passed over. */
const MEMBERS: readonly string[] = ["id", "paths", "expired_at", "statement"];

/** A list of the file that is read, and what else its entries may have. */
interface List {
  readonly name: "vulnerabilities" | "secrets" | "licenses";
  readonly members: readonly string[];
  /** What an entry says besides, or what is wrong with it. */
  readonly conditionsOf: (item: YamlValue) => Conditions | string;
}

type Conditions = Pick<IgnoreEntry, "conditions" | "secretConditions" | "licenseConditions">;

const lists: readonly List[] = [
  { name: "vulnerabilities", members: [...MEMBERS, "purls"], conditionsOf: ofFinding },
  { name: "secrets", members: MEMBERS, conditionsOf: ofSecret },
  { name: "licenses", members: MEMBERS, conditionsOf: ofLicense },
];

/** Reads the vulnerabilities, secrets and licences of `.trivyignore.yaml`; what it ignores besides is nothing that is looked for. */
export function readTrivyIgnoreYaml(text: string, name: string): IgnoreEntries {
  const entries: IgnoreEntry[] = [];
  const problems: Problem[] = [];
  const document = parseYaml(text, name);
  const stray = document === undefined ? undefined : strayOf(document);
  if (stray !== undefined) problems.push(stray);
  for (const list of lists) {
    for (const item of itemsOf(document, list.name)) {
      const entry = entryOf(item, list);
      if (typeof entry === "string") problems.push({ line: item.line, message: entry });
      else entries.push(entry);
    }
  }
  return { entries, problems };
}

/** What the file may ignore; misconfigurations are nothing that is looked for. */
const LISTS: ReadonlySet<string> = new Set([...lists.map(({ name }) => name), "misconfigurations"]);

/** What stands where a list has to, the first alone: a name that is misspelt would be passed over without a word. */
function strayOf(document: YamlValue): Problem | undefined {
  if (document.kind !== "map")
    return { line: document.line, message: "expected lists such as vulnerabilities" };
  for (const [name, { line }] of document.members) {
    if (!LISTS.has(name)) return { line, message: `${JSON.stringify(name.slice(0, 100))} is not known` };
  }
  return undefined;
}

/** The entry, or what is wrong with it. */
function entryOf(item: YamlValue, { members, conditionsOf }: List): IgnoreEntry | string {
  const id = textIn(item, "id");
  if (item.kind !== "map" || id === undefined) return "expected an entry with an id";
  const unknown = [...item.members.keys()].find((member) => !members.includes(member));
  if (unknown !== undefined) return `${JSON.stringify(unknown)} is not known: the entry is not applied`;
  const said = textIn(item, "expired_at");
  const until = parseMoment(said);
  if (item.members.has("expired_at") && until === undefined) return "expired_at is no date";
  const conditions = conditionsOf(item);
  if (typeof conditions === "string") return conditions;
  return { line: item.line, names: [id], reason: textIn(item, "statement"), until, ...conditions };
}

function ofFinding(item: YamlValue): Conditions | string {
  if (item.kind !== "map") return {};
  const conditions: ((candidate: Candidate) => boolean)[] = [];
  if (item.members.has("paths")) conditions.push(inPaths(textsIn(item, "paths")));
  if (item.members.has("purls")) {
    const texts = textsIn(item, "purls");
    const patterns = texts.map(parsePurlPattern).filter((pattern) => pattern !== undefined);
    if (patterns.length < texts.length || texts.length === 0) return "purls has what is no package URL";
    conditions.push(ofPurls(patterns));
  }
  return { conditions };
}

/** What stands in no file is in no path: a secret of the history is named by its rule or its fingerprint. */
function ofSecret(item: YamlValue): Conditions {
  if (item.kind !== "map" || !item.members.has("paths")) return { secretConditions: [] };
  const patterns = textsIn(item, "paths");
  const isThere = ({ path }: Secret): boolean =>
    path !== undefined && patterns.some((pattern) => matchesPathGlob(pattern, path));
  return { secretConditions: [isThere] };
}

/** Where the package lies that has the licence. */
function ofLicense(item: YamlValue): Conditions {
  if (item.kind !== "map" || !item.members.has("paths")) return { licenseConditions: [] };
  const patterns = textsIn(item, "paths");
  const isThere = (_: LicenseFinding, { paths }: Package): boolean =>
    paths.some((path) => patterns.some((pattern) => matchesPathGlob(pattern, path)));
  return { licenseConditions: [isThere] };
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
