import { type Component, MAX_COMPONENTS, type SbomDocument } from "./component.ts";
import { spdxPackage, spdxProperties } from "./spdx-package.ts";

interface Entry {
  readonly values: Map<string, string>;
  readonly texts: string[];
  purl: string | undefined;
}

/** The tags of a package that are read. */
const TAGS: ReadonlySet<string> = new Set([
  "PackageName",
  "SPDXID",
  "PackageVersion",
  "PackageSourceInfo",
  "PrimaryPackagePurpose",
  "PackageLicenseDeclared",
  "PackageLicenseConcluded",
]);

/** Reads SPDX 2 in tag-value (SPDX 2.3, annex E). */
export function readSpdxTagValue(text: string): SbomDocument {
  const entries: Entry[] = [];
  const described = new Set<string>();
  let format = "SPDX";
  let entry: Entry | undefined;
  for (const [tag, value] of tagsIn(text)) {
    if (tag === "SPDXVersion") format = value;
    if (tag === "Relationship") noteDescribed(value, described);
    // Files and snippets have an SPDXID, too; they end the package before them.
    if (tag === "FileName" || tag === "SnippetSPDXID") entry = undefined;
    if (tag === "PackageName") {
      entry = { values: new Map(), texts: [], purl: undefined };
      if (entries.length <= MAX_COMPONENTS) entries.push(entry);
    }
    if (entry !== undefined) addTo(entry, tag, value);
  }
  const components = entries.slice(0, MAX_COMPONENTS).map(componentOf);
  const subject = components.find(({ reference = "" }) => described.has(reference));
  return {
    format: `${format} tag-value`,
    ...(described.size === 1 && subject !== undefined && { subject }),
    components,
    isCut: entries.length > MAX_COMPONENTS,
  };
}

function addTo(entry: Entry, tag: string, value: string): void {
  if (TAGS.has(tag) && !entry.values.has(tag)) entry.values.set(tag, value);
  if (tag === "PackageAttributionText" || tag === "AnnotationComment") entry.texts.push(value);
  if (tag !== "ExternalRef") return;
  const [, type, locator] = value.split(" ");
  if (type === "purl") entry.purl ??= locator;
}

function componentOf({ values, texts, purl }: Entry): Component {
  return spdxPackage({
    reference: values.get("SPDXID"),
    name: values.get("PackageName"),
    version: values.get("PackageVersion"),
    purl,
    purpose: values.get("PrimaryPackagePurpose"),
    sourceInfo: values.get("PackageSourceInfo"),
    licenseDeclared: values.get("PackageLicenseDeclared"),
    licenseConcluded: values.get("PackageLicenseConcluded"),
    properties: spdxProperties(texts),
  });
}

function noteDescribed(relationship: string, described: Set<string>): void {
  const [from, kind, to] = relationship.split(" ");
  if (from === "SPDXRef-DOCUMENT" && kind === "DESCRIBES" && to !== undefined) described.add(to);
}

const OPEN = "<text>";
const CLOSE = "</text>";

/** The tags in their order. A text between `<text>` and `</text>` may have several lines. */
function* tagsIn(text: string): Generator<readonly [string, string]> {
  let at = 0;
  while (at < text.length) {
    const newLine = text.indexOf("\n", at);
    let end = newLine < 0 ? text.length : newLine;
    const line = text.slice(at, end);
    const colon = line.indexOf(":");
    let value = colon < 0 ? "" : line.slice(colon + 1).trim();
    if (value.startsWith(OPEN)) {
      const start = text.indexOf(OPEN, at + colon) + OPEN.length;
      const close = text.indexOf(CLOSE, start);
      const stop = close < 0 ? text.length : close;
      value = text.slice(start, stop);
      const rest = text.indexOf("\n", stop);
      end = rest < 0 ? text.length : rest;
    }
    at = end + 1;
    if (colon > 0 && !line.startsWith("#")) yield [line.slice(0, colon).trim(), value];
  }
}
