import { type JsonRecord, listOf, recordOf, textOf, type VexJustification } from "@pratique/core";
import { productName } from "./product-name.ts";
import type { ProductName, VexDocument, VexProduct, VexStatement, VexStatus } from "./statement.ts";

/** States of an analysis (CycloneDX 1.6, "impactAnalysisState") in VEX's words. */
const STATUSES: ReadonlyMap<unknown, VexStatus> = new Map<unknown, VexStatus>([
  ["not_affected", "not_affected"],
  ["false_positive", "not_affected"],
  ["resolved", "fixed"],
  ["resolved_with_pedigree", "fixed"],
  ["exploitable", "affected"],
  ["in_triage", "under_investigation"],
]);

/** Of the words of CycloneDX ("impactAnalysisJustification"), those that mean what one of the others means. */
const JUSTIFICATIONS: ReadonlyMap<unknown, VexJustification> = new Map<unknown, VexJustification>([
  ["code_not_present", "vulnerable_code_not_present"],
  ["code_not_reachable", "vulnerable_code_not_in_execute_path"],
  ["protected_by_mitigating_control", "inline_mitigations_already_exist"],
]);

/** Reads the vulnerabilities of a CycloneDX document that have an analysis; the others are no statements. */
export function readCycloneDxVex(document: JsonRecord): VexDocument {
  const components = componentsOf(document);
  const serialNumber = textOf(document.serialNumber)?.replace(/^urn:uuid:/u, "");
  const problems: string[] = [];
  const statements: VexStatement[] = [];
  const documentTime = textOf(recordOf(document.metadata).timestamp);
  for (const [at, item] of listOf(document.vulnerabilities).entries()) {
    const vulnerability = recordOf(item);
    const analysis = recordOf(vulnerability.analysis);
    if (analysis.state === undefined) continue;
    const status = STATUSES.get(analysis.state);
    const names = [vulnerability.id, ...listOf(vulnerability.references).map((other) => recordOf(other).id)]
      .map(textOf)
      .filter((name) => name !== undefined);
    const products = listOf(vulnerability.affects).flatMap((affected) =>
      productOf(recordOf(affected), { components, serialNumber, at: at + 1, problems }),
    );
    if (status === undefined || names.length === 0 || products.length === 0) {
      problems.push(
        `vulnerability ${at + 1} is no statement: expected an id, a known state, and what is affected`,
      );
      continue;
    }
    const justification = JUSTIFICATIONS.get(analysis.justification);
    const time = textOf(analysis.lastUpdated) ?? textOf(vulnerability.updated) ?? documentTime;
    statements.push({
      number: at + 1,
      vulnerabilities: names,
      products,
      status,
      words: [textOf(analysis.justification), textOf(analysis.detail)].filter((word) => word !== undefined),
      ...(justification !== undefined && { justification }),
      ...(time !== undefined && { time }),
    });
  }
  return { format: "CycloneDX", statements, problems };
}

/** The package URLs of the document's own components, by `bom-ref`. */
function componentsOf(document: JsonRecord): ReadonlyMap<string, ProductName> {
  const known = new Map<string, ProductName>();
  const waiting: unknown[] = [recordOf(document.metadata).component, ...listOf(document.components)];
  for (let next = waiting.pop(); next !== undefined || waiting.length > 0; next = waiting.pop()) {
    const component = recordOf(next);
    const reference = textOf(component["bom-ref"]);
    const purl = textOf(component.purl);
    const name = purl === undefined ? undefined : productName(purl);
    if (reference !== undefined && name !== undefined) known.set(reference, name);
    waiting.push(...listOf(component.components));
  }
  return known;
}

interface ProductContext {
  readonly components: ReadonlyMap<string, ProductName>;
  readonly serialNumber: string | undefined;
  readonly at: number;
  readonly problems: string[];
}

function productOf(
  affected: JsonRecord,
  { components, serialNumber, at, problems }: ProductContext,
): readonly VexProduct[] {
  const reference = textOf(affected.ref);
  if (reference === undefined) return [];
  const isAddress = reference.startsWith("urn:cdx:") || reference.startsWith("pkg:");
  const name = components.get(reference) ?? (isAddress ? productName(reference) : undefined);
  const names: readonly ProductName[] = [name ?? { kind: "reference", serialNumber, reference }];
  const versions = versionsOf(listOf(affected.versions));
  if (versions.hasRange) problems.push(`vulnerability ${at} names ranges of versions, which are not read`);
  return [{ names, parts: [], ...(versions.list !== undefined && { versions: versions.list }) }];
}

/**
 * The versions for which the analysis holds: those that are called unaffected, where any are, because the others are
 * then its exceptions; else all that are named.
 */
function versionsOf(entries: readonly unknown[]): { list?: readonly string[]; hasRange: boolean } {
  if (entries.length === 0) return { hasRange: false };
  const items = entries.map(recordOf);
  const unaffected = items.filter(({ status }) => status === "unaffected");
  const chosen = unaffected.length > 0 ? unaffected : items.filter(({ status }) => status !== "unknown");
  return {
    list: chosen.map(({ version }) => textOf(version)).filter((version) => version !== undefined),
    hasRange: chosen.some(({ range }) => range !== undefined),
  };
}
