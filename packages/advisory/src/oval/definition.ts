import type { LocatedFile } from "@pratique/archive";
import type { Severity, VulnerabilityDetails } from "@pratique/core";
import { childOf, childrenOf, childText, readXmlElements, type XmlElement } from "../location/xml.ts";
import { severityOfWord } from "../providers/severity-word.ts";
import type { AdvisorySink } from "../providers/source-reader.ts";

/** What the metadata of an OVAL definition say, as far as vendors agree on it. */
export interface DefinitionFacts {
  /** The vendor's own document, or the definition's identifier. */
  readonly document: string;
  /** Each once, in the order of the feed. */
  readonly cves: readonly string[];
  readonly title?: string;
  readonly description?: string;
  readonly severity: Severity;
  readonly published?: string;
  readonly urls: readonly string[];
  readonly metadata: XmlElement;
  readonly criteria: XmlElement;
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;

const WANTED: ReadonlySet<string> = new Set(["definition"]);

/** Whether a file may be a document of OVAL. */
export function isOval(path: string): boolean {
  return /(?:^|\/)[^/]*\.xml(?:\.[a-z0-9]+)?$/u.test(path);
}

/**
 * Reads the definitions of a document one by one; the sink is told of each, and of those that lack metadata or
 * criteria.
 */
export async function* readDefinitions(
  file: LocatedFile,
  sink: AdvisorySink,
  documentSource: string,
): AsyncGenerator<DefinitionFacts> {
  for await (const element of readXmlElements(file, WANTED)) {
    const facts = readDefinition(element, documentSource);
    if (facts === undefined) {
      sink.malformed(element.attributes.get("id") ?? "a definition", "expected metadata and criteria");
      continue;
    }
    sink.entry();
    yield facts;
  }
}

/** Reads a `definition` element (OVAL 5.11, "DefinitionType"); undefined where it lacks metadata or criteria. */
export function readDefinition(element: XmlElement, documentSource: string): DefinitionFacts | undefined {
  const metadata = childOf(element, "metadata");
  const criteria = childOf(element, "criteria");
  const id = element.attributes.get("id");
  if (metadata === undefined || criteria === undefined || id === undefined) return undefined;
  const references = childrenOf(metadata, "reference");
  const own = references.find(({ attributes }) => attributes.get("source") === documentSource);
  const advisory = childOf(metadata, "advisory");
  const title = childText(metadata, "title");
  const description = childText(metadata, "description");
  const published =
    childOf(advisory, "issued")?.attributes.get("date") ?? childText(metadata, "advisory_date");
  const severity = childText(advisory, "severity") ?? childText(metadata, "severity");
  return {
    document: own?.attributes.get("ref_id") ?? id,
    cves: cvesOf(references, advisory),
    ...(title === undefined ? {} : { title: title.replace(/\s+/gu, " ") }),
    ...(description === undefined ? {} : { description }),
    severity: severityOfWord(severity) ?? "unknown",
    ...(published === undefined ? {} : { published }),
    urls: references.map(({ attributes }) => attributes.get("ref_url")).filter((url) => url !== undefined),
    metadata,
    criteria,
  };
}

/** `CVE-…`, also where a word stands in front of it: `Mitre CVE-2021-29154`. */
function cvesOf(references: readonly XmlElement[], advisory: XmlElement | undefined): readonly string[] {
  const names = [
    ...references.map(({ attributes }) => attributes.get("ref_id") ?? ""),
    ...childrenOf(advisory, "cve").map(({ text }) => text),
  ];
  const words = names.map((name) => name.slice(name.lastIndexOf(" ") + 1));
  return [...new Set(words.filter((word) => CVE.test(word)))];
}

/** What a definition says of one vulnerability apart from packages. */
export function detailsOf(id: string, facts: DefinitionFacts): VulnerabilityDetails {
  const { title, description, severity, published, urls } = facts;
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === "unknown" ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
    ...(urls.length === 0 ? {} : { urls }),
  };
}
