import { type JsonRecord, listOf, recordOf, textOf } from "@pratique/core";
import { productName } from "./product-name.ts";
import {
  type ProductName,
  parseJustification,
  type VexDocument,
  type VexProduct,
  type VexStatement,
  type VexStatus,
} from "./statement.ts";

/** Groups of products (CSAF 2.0, 3.2.3.9) in VEX's words. `recommended` says what to install, and nothing of a status. */
const STATUSES: readonly (readonly [string, VexStatus])[] = [
  ["known_not_affected", "not_affected"],
  ["fixed", "fixed"],
  ["first_fixed", "fixed"],
  ["known_affected", "affected"],
  ["first_affected", "affected"],
  ["last_affected", "affected"],
  ["under_investigation", "under_investigation"],
];

/** Reads a CSAF 2.0 document of the profile VEX, or another with product states (https://docs.oasis-open.org/csaf/). */
export function readCsaf(document: JsonRecord): VexDocument {
  const tree = recordOf(document.product_tree);
  const products = productsOf(tree);
  const groups = groupsOf(tree);
  const tracking = recordOf(recordOf(document.document).tracking);
  const time = textOf(tracking.current_release_date);
  const problems: string[] = [];
  const statements: VexStatement[] = [];
  for (const [at, item] of listOf(document.vulnerabilities).entries()) {
    const vulnerability = recordOf(item);
    const vulnerabilities = namesOf(vulnerability);
    if (vulnerabilities.length === 0) problems.push(`vulnerability ${at + 1} has no identifier`);
    else
      statements.push(
        ...statementsOf(vulnerability, {
          vulnerabilities,
          products,
          groups,
          number: at + 1,
          time,
          problems,
        }),
      );
  }
  return { format: "CSAF", statements, problems };
}

function namesOf({ cve, ids }: JsonRecord): readonly string[] {
  return [cve, ...listOf(ids).map((id) => recordOf(id).text)]
    .map(textOf)
    .filter((name) => name !== undefined);
}

interface Context {
  readonly vulnerabilities: readonly string[];
  readonly products: ReadonlyMap<string, VexProduct>;
  readonly groups: ReadonlyMap<string, readonly string[]>;
  readonly number: number;
  readonly time: string | undefined;
  readonly problems: string[];
}

/** One statement for each status and what is said for it, so that each has the words that belong to its products. */
function statementsOf(vulnerability: JsonRecord, context: Context): readonly VexStatement[] {
  const words = wordsOf(vulnerability, context.groups);
  const statements: VexStatement[] = [];
  for (const [group, status] of STATUSES) {
    const byWords = new Map<string, { readonly words: readonly string[]; readonly products: VexProduct[] }>();
    for (const id of textsOf(recordOf(vulnerability.product_status)[group])) {
      const product = context.products.get(id);
      if (product === undefined) {
        context.problems.push(`product ${JSON.stringify(id.slice(0, 100))} has no package URL`);
        continue;
      }
      const said = words.get(id) ?? [];
      const key = said.join("\n");
      const known = byWords.get(key) ?? { words: said, products: [] };
      known.products.push(product);
      byWords.set(key, known);
    }
    const { vulnerabilities, number, time } = context;
    for (const { words: said, products } of byWords.values()) {
      const justification = said.map(parseJustification).find((word) => word !== undefined);
      statements.push({
        number,
        vulnerabilities,
        products,
        status,
        words: said,
        ...(justification !== undefined && { justification }),
        ...(time !== undefined && { time }),
      });
    }
  }
  return statements;
}

/** Justifications (`flags`) and impact statements (`threats` of that category), by product. */
function wordsOf(
  { flags, threats }: JsonRecord,
  groups: ReadonlyMap<string, readonly string[]>,
): ReadonlyMap<string, readonly string[]> {
  const impacts = listOf(threats).map(recordOf);
  const said = [
    ...listOf(flags)
      .map(recordOf)
      .map((flag) => ({ text: textOf(flag.label), ids: meantBy(flag, groups) })),
    ...impacts
      .filter(({ category }) => category === "impact")
      .map((threat) => ({ text: textOf(threat.details), ids: meantBy(threat, groups) })),
  ];
  const words = new Map<string, string[]>();
  for (const { text, ids } of said) {
    if (text === undefined) continue;
    for (const id of ids) {
      const known = words.get(id);
      if (known === undefined) words.set(id, [text]);
      else known.push(text);
    }
  }
  return words;
}

/** The products that something is said of, by their ids or by those of groups (3.2.2.3, "product_groups"); each once. */
function meantBy(
  { product_ids: ids, group_ids: named }: JsonRecord,
  groups: ReadonlyMap<string, readonly string[]>,
): ReadonlySet<string> {
  return new Set([...textsOf(ids), ...textsOf(named).flatMap((group) => groups.get(group) ?? [])]);
}

/** Groups of products, by their ids. */
function groupsOf(tree: JsonRecord): ReadonlyMap<string, readonly string[]> {
  const groups = new Map<string, readonly string[]>();
  for (const { group_id: id, product_ids: products } of listOf(tree.product_groups).map(recordOf)) {
    if (typeof id === "string") groups.set(id, textsOf(products));
  }
  return groups;
}

/** Products by their id: those of the tree, and those that lie in others (3.2.2.4, "relationships"). */
function productsOf(tree: JsonRecord): ReadonlyMap<string, VexProduct> {
  const products = new Map<string, VexProduct>();
  const waiting: unknown[] = [tree];
  while (waiting.length > 0) {
    const branch = recordOf(waiting.pop());
    for (const product of [branch.product, ...listOf(branch.full_product_names)])
      addProduct(recordOf(product), products);
    waiting.push(...listOf(branch.branches));
  }
  for (const item of listOf(tree.relationships)) addRelationship(recordOf(item), products);
  return products;
}

function addProduct(product: JsonRecord, products: Map<string, VexProduct>): void {
  const id = textOf(product.product_id);
  const names = purlsOf(recordOf(product.product_identification_helper));
  if (id !== undefined && names.length > 0) products.set(id, { names, parts: [] });
}

/** One package URL in CSAF 2.0, several in 2.1; what has none may have another address. */
function purlsOf({ purl, purls, x_generic_uris: addresses }: JsonRecord): readonly ProductName[] {
  return [purl, ...listOf(purls), ...listOf(addresses).map((address) => recordOf(address).uri)]
    .map(textOf)
    .map((text) => (text === undefined ? undefined : productName(text)))
    .filter((name) => name !== undefined);
}

function addRelationship(item: JsonRecord, products: Map<string, VexProduct>): void {
  const id = textOf(recordOf(item.full_product_name).product_id);
  const part = products.get(textOf(item.product_reference) ?? "");
  const whole = products.get(textOf(item.relates_to_product_reference) ?? "");
  if (id === undefined || part === undefined || whole === undefined) return;
  products.set(id, { names: whole.names, parts: [part.names] });
}

function textsOf(value: unknown): readonly string[] {
  return listOf(value).filter((item) => typeof item === "string");
}
