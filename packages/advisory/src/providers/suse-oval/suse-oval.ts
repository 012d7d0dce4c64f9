import type { LocatedFile } from "@pratique/archive";
import type { Advisory } from "@pratique/core";
import { childOf } from "../../location/xml.ts";
import { type Criterion, conditionsOf, type Meaning } from "../../oval/criteria.ts";
import { type DefinitionFacts, detailsOf, isOval, readDefinitions } from "../../oval/definition.ts";
import { rateVector } from "../cvss.ts";
import type { AdvisorySink, Provider } from "../source-reader.ts";
import { ecosystemOfProduct } from "./product.ts";

/**
 * SUSE's OVAL of SUSE Linux Enterprise and openSUSE Leap, one definition a vulnerability, with what is not fixed and
 * what is not affected. The comments of the criteria hold all that the tests hold, but epochs, which SUSE does not use.
 */
export const suseOval: Provider = {
  name: "suse-oval",
  version: 1,
  feeds: [],
  wants: isOval,
  read,
};

async function read(file: LocatedFile, sink: AdvisorySink): Promise<void> {
  for await (const facts of readDefinitions(file, sink, "SUSE CVE")) readOne(facts, sink);
}

function readOne(facts: DefinitionFacts, sink: AdvisorySink): void {
  const statements = statementsIn(facts);
  if (statements.length === 0) {
    sink.ignored(facts.document, "names no package of a product that is known");
    return;
  }
  for (const id of facts.cves) {
    for (const statement of statements) sink.advisory({ ...identityOf(id, facts), ...statement });
    sink.details(detailsOf(id, facts));
  }
  if (facts.cves.length === 0) sink.malformed(facts.document, "expected the name of a vulnerability");
}

type Statement = Pick<Advisory, "ecosystem" | "package" | "ranges" | "status">;

function identityOf(id: string, { metadata, severity }: DefinitionFacts) {
  const impact = childOf(childOf(metadata, "advisory"), "cve")?.attributes.get("cvss3");
  // `7/CVSS:3.1/AV:L/…`: the score stands in front.
  const vector = impact?.slice(impact.indexOf("/") + 1);
  const rated = vector === undefined ? undefined : rateVector(vector);
  return {
    id,
    aliases: [],
    document: id,
    severity: severity === "unknown" ? (rated?.severity ?? severity) : severity,
    ...(rated === undefined ? {} : { cvss: rated.vector }),
  };
}

function statementsIn({ criteria }: DefinitionFacts): readonly Statement[] {
  const statements = new Map<string, Statement>();
  for (const { facts, platforms } of conditionsOf(criteria, meaningOf)) {
    for (const platform of platforms) {
      const of = ecosystemOfProduct(platform);
      if (of === undefined) continue;
      for (const fact of facts) {
        // Many products of one release have the same package.
        statements.set(`${of}\n${JSON.stringify(fact)}`, { ecosystem: of, ...fact });
      }
    }
  }
  return [...statements.values()];
}

type Fact = Omit<Statement, "ecosystem">;

function meaningOf({ comment }: Criterion): Meaning<Fact> {
  const installed = before(comment, " is installed");
  if (installed !== undefined) return installed.includes(" ") ? place(installed) : fixOf(installed);
  const safe = before(comment, " is not affected");
  if (safe !== undefined) return fact({ package: safe, ranges: [], status: "affected" });
  const open = before(comment, " is affected");
  if (open !== undefined) return fact({ package: open, ranges: [{}], status: "affected" });
  return { kind: "other" };
}

function before(text: string, end: string): string | undefined {
  return text.endsWith(end) ? text.slice(0, -end.length) : undefined;
}

/** `kernel-default-4.12.14-150.72.1`: a fix, although the words say that it is installed. */
function fixOf(build: string): Meaning<Fact> {
  const { name, fixed } = /^(?<name>\S+)-(?<fixed>[^-\s]+-[^-\s]+)$/u.exec(build)?.groups ?? {};
  if (name === undefined || fixed === undefined) return { kind: "other" };
  return fact({ package: name, ranges: [{ fixed }], status: "fixed" });
}

function place(platform: string): Meaning<Fact> {
  return { kind: "platform", platform };
}

function fact(what: Fact): Meaning<Fact> {
  return { kind: "fact", fact: what };
}
