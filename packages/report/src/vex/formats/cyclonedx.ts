import { CoreError, parsePurl } from "@pratique/core";
import { inTurn, jsonText } from "../../json-text.ts";
import { justificationWords } from "../../justification-words.ts";
import { stableUuid } from "../../stable-uuid.ts";
import { vulnerabilityPage } from "../../vulnerability-page.ts";
import { addressOf, statementTexts } from "../image-address.ts";
import type { VexFormat, VexSource } from "../vex-format.ts";
import type { VexAction, VexStatement, VexWord } from "../vex-statements.ts";

const SCHEMA = "http://cyclonedx.org/schema/bom-1.6.schema.json";
const IMAGE = "image";

/** CycloneDX 1.6: the packages that are spoken of are components, and each statement is a vulnerability's analysis. */
export const cycloneDxVex: VexFormat = {
  name: "cyclonedx",
  description: "CycloneDX 1.6 with an analysis of each vulnerability",
  render: (source) => jsonText(bomOf(source)),
};

function bomOf(source: VexSource): object {
  const { target, purl, time, author, version, statements } = source;
  const address = addressOf(target, purl);
  const products = [...new Set(statements.flatMap((statement) => statement.products))].sort();
  return {
    $schema: SCHEMA,
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${stableUuid([address, author, ...statementTexts(source)])}`,
    version: 1,
    metadata: {
      timestamp: time,
      tools: { components: [{ type: "application", name: "pratique", version }] },
      authors: [{ name: author }],
      component: {
        type: "container",
        "bom-ref": IMAGE,
        name: target.reference,
        ...(address.startsWith("pkg:") && { purl: address }),
      },
    },
    components: inTurn(products.map(componentOf)),
    vulnerabilities: inTurn(statements.map((statement, at) => vulnerabilityOf(statement, { at, time }))),
  };
}

function componentOf(purl: string): object {
  const { name, version } = partsOf(purl);
  const isShort = version !== undefined && version.length <= MAX_VERSION;
  return { type: "library", "bom-ref": purl, name, ...(isShort && { version }), purl };
}

/** The longest version that the schema allows. */
const MAX_VERSION = 1024;

/** Images may have names of any length, and package URLs that nobody reads back: nothing is hidden by them. */
function partsOf(purl: string): { readonly name: string; readonly version?: string } {
  try {
    return parsePurl(purl);
  } catch (thrown) {
    if (thrown instanceof CoreError) return { name: purl };
    throw thrown;
  }
}

const states: Readonly<Record<VexWord, string>> = {
  affected: "exploitable",
  fixed: "resolved",
  not_affected: "not_affected",
  under_investigation: "in_triage",
};

const responses: Readonly<Record<VexAction, string>> = {
  accept: "will_not_fix",
  "none-planned": "will_not_fix",
  "none-yet": "can_not_fix",
  update: "update",
};

function vulnerabilityOf(
  { vulnerability, aliases, title, word, products, justification, text, action }: VexStatement,
  { at, time }: { readonly at: number; readonly time: string },
): object {
  const reason = justification === undefined ? undefined : justificationWords[justification];
  return {
    "bom-ref": `statement-${at + 1}`,
    id: vulnerability,
    source: { name: "pratique", url: vulnerabilityPage(vulnerability) },
    references: aliases.map((id) => ({ id, source: { url: vulnerabilityPage(id) } })),
    ...(title !== undefined && { description: title }),
    analysis: {
      state: states[word],
      ...(reason !== undefined && word === "not_affected" && { justification: reason }),
      ...(action !== undefined && { response: [responses[action]] }),
      detail: reason === undefined && justification !== undefined ? `${justification}; ${text}` : text,
      lastUpdated: time,
    },
    affects: products.map((ref) => ({ ref })),
  };
}
