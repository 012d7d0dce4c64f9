import { isRecord, type JsonRecord, listOf, recordOf, textOf } from "@pratique/core";
import { productName } from "./product-name.ts";
import {
  type ProductName,
  parseJustification,
  type VexDocument,
  type VexProduct,
  type VexStatement,
  type VexStatus,
} from "./statement.ts";

const STATUSES: readonly VexStatus[] = ["not_affected", "affected", "fixed", "under_investigation"];

/** Reads OpenVEX 0.0.1 to 0.2.0 (https://github.com/openvex/spec/blob/main/OPENVEX-SPEC.md). */
export function readOpenVex(document: JsonRecord): VexDocument {
  const problems: string[] = [];
  const statements: VexStatement[] = [];
  const time = textOf(document.last_updated) ?? textOf(document.timestamp);
  for (const [at, item] of listOf(document.statements).entries()) {
    const statement = statementOf(recordOf(item), at + 1, time);
    if (typeof statement === "string") problems.push(`statement ${at + 1} ${statement}`);
    else statements.push(statement);
  }
  return { format: "OpenVEX", statements, problems };
}

/** The statement, or what is wrong with it. */
function statementOf(
  item: JsonRecord,
  number: number,
  documentTime: string | undefined,
): VexStatement | string {
  const status = STATUSES.find((known) => known === item.status);
  if (status === undefined) return "has no status that is known";
  const vulnerabilities = vulnerabilitiesOf(item.vulnerability);
  if (vulnerabilities.length === 0) return "names no vulnerability";
  const ofAll = listOf(item.subcomponents);
  const products = listOf(item.products)
    .map((product) => productOf(product, ofAll))
    .filter((product) => product !== undefined);
  if (products.length === 0) return "names no product";
  const time = textOf(item.last_updated) ?? textOf(item.timestamp) ?? documentTime;
  const justification = parseJustification(item.justification);
  const words = [textOf(item.justification), textOf(item.impact_statement), textOf(item.status_notes)];
  return {
    number,
    vulnerabilities,
    products,
    status,
    words: words.filter((word) => word !== undefined),
    ...(justification !== undefined && { justification }),
    ...(time !== undefined && { time }),
  };
}

/** An object since 0.2.0, a name before. The `@id` may be an address that ends with the name. */
function vulnerabilitiesOf(value: unknown): readonly string[] {
  if (typeof value === "string") return value === "" ? [] : [value];
  const { name, "@id": id, aliases } = recordOf(value);
  return [name, id, ...listOf(aliases)].map(textOf).filter((text) => text !== undefined);
}

function productOf(value: unknown, ofAll: readonly unknown[]): VexProduct | undefined {
  const names = namesOf(value);
  if (names.length === 0) return undefined;
  const named = listOf(isRecord(value) ? value.subcomponents : undefined);
  const parts = (named.length > 0 ? named : ofAll).map(namesOf);
  // A part that cannot be read is none of the packages; without it, the statement would be about all of them.
  return { names, parts };
}

function namesOf(value: unknown): readonly ProductName[] {
  if (typeof value === "string") return distinct([productName(value)]);
  const { "@id": id, identifiers, hashes } = recordOf(value);
  const texts = [id, recordOf(identifiers).purl].map(textOf).filter((text) => text !== undefined);
  const digest = textOf(recordOf(hashes)["sha-256"]);
  return distinct([...texts, ...(digest === undefined ? [] : [`sha256:${digest}`])].map(productName));
}

function distinct(names: readonly (ProductName | undefined)[]): readonly ProductName[] {
  return names.filter((name) => name !== undefined);
}
