import { inTurn, jsonText } from "../../json-text.ts";
import { stableUuid } from "../../stable-uuid.ts";
import { addressOf, statementTexts } from "../image-address.ts";
import type { VexFormat, VexSource } from "../vex-format.ts";
import type { VexStatement } from "../vex-statements.ts";

const CONTEXT = "https://openvex.dev/ns/v0.2.0";

/** OpenVEX 0.2.0 (https://github.com/openvex/spec): each product is the image, and the packages are its subcomponents. */
export const openVex: VexFormat = {
  name: "openvex",
  description: "OpenVEX 0.2.0",
  render: (source) => jsonText(documentOf(source)),
};

function documentOf(source: VexSource): object {
  const { target, purl, time, author, namespace, version, statements } = source;
  const address = addressOf(target, purl);
  return {
    "@context": CONTEXT,
    "@id": `${namespace}/vex-${stableUuid([address, author, ...statementTexts(source)])}`,
    author,
    timestamp: time,
    version: 1,
    tooling: `pratique ${version}`,
    statements: inTurn(statements.map((statement) => statementOf(statement, address))),
  };
}

function statementOf(statement: VexStatement, address: string): object {
  const { vulnerability, aliases, word, products } = statement;
  return {
    vulnerability: { name: vulnerability, ...(aliases.length > 0 && { aliases }) },
    products: [{ "@id": address, subcomponents: products.map((purl) => ({ "@id": purl })) }],
    status: word,
    ...reasonOf(statement),
  };
}

/** The schema takes a justification or an impact statement of what is not affected, and not both. */
function reasonOf({ word, justification, text }: VexStatement): object {
  switch (word) {
    case "affected":
      return { action_statement: text };
    case "not_affected":
      return justification === undefined ? { impact_statement: text } : { status_notes: text, justification };
    case "fixed":
    case "under_investigation":
      return { status_notes: text };
  }
}
