import type { LocatedFile } from "@pratique/archive";
import { type Advisory, type Ecosystem, ecosystem, type VersionRange } from "@pratique/core";
import { AdvisoryError } from "../../errors.ts";
import { childOf, childText, readXmlElements, type XmlElement } from "../../location/xml.ts";
import { conditionsOf } from "../../oval/criteria.ts";
import { type DefinitionFacts, detailsOf, readDefinition } from "../../oval/definition.ts";
import { withoutZeroEpoch } from "../rpm-version.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";

/** Microsoft's OVAL of Azure Linux and CBL-Mariner. It names source packages. */
export const azureLinux: Provider = {
  name: "azure-linux",
  version: 1,
  feeds: [],
  wants: (path) => /(?:^|\/)[^/]*\.xml(?:\.[a-z0-9]+)?$/u.test(path),
  read,
};

const WANTED: ReadonlySet<string> = new Set([
  "definition",
  "rpminfo_test",
  "rpminfo_object",
  "rpminfo_state",
]);

/** What the document says in pieces; those of real ones are some ten thousand. */
const MAX_PIECES = 500_000;

/** The tests, objects and states to which the definitions refer, which stand behind them. */
interface Pieces {
  readonly definitions: DefinitionFacts[];
  readonly tests: Map<string, { readonly object: string; readonly state: string }>;
  readonly names: Map<string, string>;
  readonly states: Map<string, Bound>;
}

/** One end of a range. */
interface Bound {
  readonly operation: string;
  readonly version: string;
}

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  const pieces: Pieces = { definitions: [], tests: new Map(), names: new Map(), states: new Map() };
  let count = 0;
  for await (const element of readXmlElements(file, WANTED)) {
    count += 1;
    if (count > MAX_PIECES) {
      throw new AdvisoryError("SOURCE_TOO_LARGE", `${JSON.stringify(file.path)} has too many definitions`);
    }
    keep(element, pieces, sink);
  }
  for (const definition of pieces.definitions) readOne(definition, pieces, sink);
}

function keep(element: XmlElement, { definitions, tests, names, states }: Pieces, sink: AdvisorySink): void {
  const id = element.attributes.get("id") ?? "";
  if (element.name === "definition") {
    const facts = readDefinition(element, "");
    if (facts === undefined)
      sink.malformed(id === "" ? "a definition" : id, "expected metadata and criteria");
    else definitions.push(facts);
  } else if (element.name === "rpminfo_test") {
    const object = childOf(element, "object")?.attributes.get("object_ref");
    const state = childOf(element, "state")?.attributes.get("state_ref");
    if (object !== undefined && state !== undefined) tests.set(id, { object, state });
  } else if (element.name === "rpminfo_object") {
    const name = childText(element, "name");
    if (name !== undefined) names.set(id, name);
  } else {
    const evr = childOf(element, "evr");
    const operation = evr?.attributes.get("operation");
    if (evr !== undefined && operation !== undefined) {
      states.set(id, { operation, version: withoutZeroEpoch(evr.text) });
    }
  }
}

function readOne(facts: DefinitionFacts, pieces: Pieces, sink: AdvisorySink): void {
  sink.entry();
  const where = childText(facts.metadata, "advisory_id") ?? facts.document;
  const isApplicable = childText(facts.metadata, "patchable")?.toLowerCase() !== "not applicable";
  let found = false;
  for (const refs of refsIn(facts)) {
    const package_ = packageOf(refs, pieces);
    if (package_ === undefined) {
      sink.malformed(where, "expected tests of one package of a known release");
      continue;
    }
    found = true;
    for (const id of facts.cves) {
      sink.advisory({
        id,
        aliases: [],
        document: id,
        ecosystem: package_.ecosystem,
        package: package_.name,
        ...(isApplicable ? meaningOf(package_.range) : NEVER_AFFECTED),
        severity: facts.severity,
        ofSource: true,
      });
    }
  }
  if (!found) return;
  for (const id of facts.cves) sink.details(detailsOf(id, facts));
  if (facts.cves.length === 0) sink.malformed(where, "expected the name of a vulnerability");
}

const NEVER_AFFECTED: Pick<Advisory, "ranges" | "status"> = { ranges: [], status: "affected" };

function meaningOf(range: VersionRange): Pick<Advisory, "ranges" | "status"> {
  return { ranges: [range], status: range.fixed === undefined ? "affected" : "fixed" };
}

/** The tests that have to hold together; a definition without any is one of a test that nobody finds. */
function refsIn({ criteria }: DefinitionFacts): readonly (readonly string[])[] {
  const conditions = conditionsOf(criteria, ({ testRef }) => ({ kind: "fact", fact: testRef }));
  return conditions.length === 0 ? [[]] : conditions.map(({ facts }) => facts);
}

interface Found {
  readonly ecosystem: Ecosystem;
  readonly name: string;
  readonly range: VersionRange;
}

function packageOf(refs: readonly string[], { tests, names, states }: Pieces): Found | undefined {
  let found: Found | undefined;
  for (const ref of refs) {
    const test = tests.get(ref);
    const name = names.get(test?.object ?? "");
    const bound = states.get(test?.state ?? "");
    const of = ecosystemOf(bound?.version);
    const range = bound === undefined ? undefined : rangeOf(bound);
    if (name === undefined || of === undefined || range === undefined) return undefined;
    if (found !== undefined && (found.name !== name || found.ecosystem !== of)) return undefined;
    found = { ecosystem: of, name, range: { ...found?.range, ...range } };
  }
  return found;
}

/** The document names no release, but each version ends with the mark of one: `1.20.7-1.cm2`, `3.4.0-1.azl3`. */
function ecosystemOf(version: string | undefined): Ecosystem | undefined {
  const release = /\.(?:cm|azl)(\d+)$/u.exec(version ?? "")?.[1];
  return release === undefined ? undefined : ecosystem(`Azure Linux:${release}`);
}

function rangeOf({ operation, version }: Bound): VersionRange | undefined {
  switch (operation) {
    case "less than":
      return { fixed: version };
    case "less than or equal":
      // No fix is known; later builds are not spoken of.
      return { lastAffected: version };
    case "greater than":
    case "greater than or equal":
      return isZero(version) ? {} : { introduced: version };
    default:
      return undefined;
  }
}

/** `0.0.0.azl3`: from the first version. */
function isZero(version: string): boolean {
  return /^0(?:\.0)*\./u.test(version);
}
