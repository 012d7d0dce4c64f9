import { inTurn, jsonText } from "../../json-text.ts";
import { stableUuid } from "../../stable-uuid.ts";
import { identifierKind } from "../../vulnerability-page.ts";
import { addressOf, statementTexts } from "../image-address.ts";
import type { VexFormat, VexSource } from "../vex-format.ts";
import type { VexAction, VexStatement, VexWord } from "../vex-statements.ts";

const IMAGE = "image";
const CVE = /^CVE-[0-9]{4}-[0-9]{4,}$/u;

/**
 * CSAF 2.0 of the profile VEX (https://docs.oasis-open.org/csaf/csaf/v2.0/, section 4.5): the image is a product, each
 * package another, and the package in the image a third, of which the statements speak. Members are in the order of
 * their names (section 6.2.13).
 */
export const csafVex: VexFormat = {
  name: "csaf",
  description: "CSAF 2.0, profile VEX",
  render: (source) => jsonText(documentOf(source)),
};

function documentOf(source: VexSource): object {
  const { target, purl, time, author, namespace, version, statements } = source;
  const address = addressOf(target, purl);
  const products = new Products(statements);
  const byVulnerability = Map.groupBy(statements, ({ vulnerability }) => vulnerability);
  return {
    document: {
      category: "csaf_vex",
      csaf_version: "2.0",
      lang: "en",
      publisher: { category: "user", name: author, namespace },
      title: `VEX of ${nameOf(target.reference)}`,
      tracking: {
        current_release_date: time,
        generator: { engine: { name: "pratique", version } },
        id: `pratique-${stableUuid([address, author, ...statementTexts(source)])}`,
        initial_release_date: time,
        revision_history: [{ date: time, number: "1", summary: "as scanned" }],
        status: "final",
        version: "1",
      },
    },
    product_tree: {
      full_product_names: inTurn([
        imageProduct(nameOf(target.reference), address, namespace),
        ...products.all.map(packageProduct),
      ]),
      relationships: inTurn(products.all.map(relationshipOf)),
    },
    vulnerabilities: inTurn([...byVulnerability.values()].map((alike) => vulnerabilityOf(alike, products))),
  };
}

/** The standard demands a name of at least one character. */
function nameOf(text: string): string {
  return text === "" ? "image" : text;
}

interface Product {
  readonly id: string;
  readonly purl: string;
}

/** The packages of all statements, numbered in their order. */
class Products {
  readonly all: readonly Product[];
  readonly #ids: ReadonlyMap<string, string>;

  constructor(statements: readonly VexStatement[]) {
    const purls = [...new Set(statements.flatMap(({ products }) => products))].sort();
    this.all = purls.map((purl, at) => ({ id: `package-${at + 1}`, purl }));
    this.#ids = new Map(this.all.map(({ id, purl }) => [purl, id]));
  }

  /** The ids of packages in the image. */
  inImage({ products }: VexStatement): readonly string[] {
    return products.map((purl) => inImage(this.#ids.get(purl) ?? ""));
  }
}

function inImage(id: string): string {
  return `${IMAGE}:${id}`;
}

function imageProduct(name: string, address: string, namespace: string): object {
  const helper = address.startsWith("pkg:")
    ? { purl: address }
    : { x_generic_uris: [{ namespace, uri: address }] };
  return { name, product_id: IMAGE, product_identification_helper: helper };
}

function packageProduct({ id, purl }: Product): object {
  return { name: purl, product_id: id, product_identification_helper: { purl } };
}

function relationshipOf({ id, purl }: Product): object {
  return {
    category: "default_component_of",
    full_product_name: {
      name: `${purl} in the image`,
      product_id: inImage(id),
      product_identification_helper: { purl },
    },
    product_reference: id,
    relates_to_product_reference: IMAGE,
  };
}

const groups: Readonly<Record<VexWord, string>> = {
  affected: "known_affected",
  fixed: "fixed",
  not_affected: "known_not_affected",
  under_investigation: "under_investigation",
};

const remedies: Readonly<Record<VexAction, string>> = {
  accept: "workaround",
  "none-planned": "no_fix_planned",
  "none-yet": "none_available",
  update: "vendor_fix",
};

/** All that is said of one vulnerability: a CVE may stand in a document once (section 6.1.23). */
function vulnerabilityOf(statements: readonly VexStatement[], products: Products): object {
  const [{ vulnerability, title } = { vulnerability: "", title: undefined }] = statements;
  const aliases = new Set(statements.flatMap((statement) => statement.aliases));
  const isCve = CVE.test(vulnerability);
  const ids = [...(isCve ? [] : [vulnerability]), ...aliases];
  const { flags, threats, remediations } = reasonsOf(statements, products);
  const status = new Map<string, string[]>();
  for (const statement of statements) {
    const group = groups[statement.word];
    status.set(group, [...(status.get(group) ?? []), ...products.inImage(statement)]);
  }
  return {
    ...(isCve && { cve: vulnerability }),
    ...(flags.length > 0 && { flags }),
    ...(ids.length > 0 && { ids: ids.map((text) => ({ system_name: identifierKind(text), text })) }),
    notes: [{ category: "summary", text: title === undefined || title === "" ? vulnerability : title }],
    product_status: Object.fromEntries([...status].sort(([left], [right]) => (left < right ? -1 : 1))),
    ...(remediations.length > 0 && { remediations }),
    ...(threats.length > 0 && { threats }),
    ...(title !== undefined && title !== "" && { title }),
  };
}

/** Why products are not affected (`flags`, `threats`), and what to do about those that are (`remediations`). */
function reasonsOf(statements: readonly VexStatement[], products: Products) {
  const flags: object[] = [];
  const threats: object[] = [];
  const remediations: object[] = [];
  for (const statement of statements) {
    const { word, justification, action, text } = statement;
    const ids = { product_ids: products.inImage(statement) };
    if (justification !== undefined && word === "not_affected") flags.push({ label: justification, ...ids });
    if (word === "affected")
      remediations.push({ category: remedies[action ?? "none-yet"], details: text, ...ids });
    else threats.push({ category: "impact", details: text, ...ids });
  }
  return { flags, threats, remediations };
}
