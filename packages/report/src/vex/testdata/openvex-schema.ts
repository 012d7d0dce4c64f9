const address = { type: "string", format: "uri" };
const text = { type: "string", minLength: 1 };

function saying(status: string, required: readonly string[]): object {
  return { properties: { status: { const: status } }, required };
}

/** To be negated: none of these may be there. */
function without(names: readonly string[]): object {
  return { anyOf: names.map((name) => ({ required: [name] })) };
}

/** What OpenVEX 0.2.0 demands (OPENVEX-SPEC.md), and of what it allows only what is written here. */
export const openVexSchema = {
  type: "object",
  required: ["@context", "@id", "author", "timestamp", "version", "statements"],
  additionalProperties: false,
  properties: {
    "@context": { const: "https://openvex.dev/ns/v0.2.0" },
    "@id": address,
    author: text,
    timestamp: { type: "string", format: "date-time" },
    version: { const: 1 },
    tooling: text,
    statements: {
      type: "array",
      minItems: 1,
      uniqueItems: true,
      items: {
        type: "object",
        required: ["vulnerability", "products", "status"],
        additionalProperties: false,
        properties: {
          vulnerability: {
            type: "object",
            required: ["name"],
            additionalProperties: false,
            properties: { name: { type: "string" }, aliases: { type: "array", minItems: 1, uniqueItems: true } },
          },
          products: {
            type: "array",
            minItems: 1,
            maxItems: 1,
            items: {
              type: "object",
              required: ["@id", "subcomponents"],
              additionalProperties: false,
              properties: {
                "@id": address,
                subcomponents: {
                  type: "array",
                  minItems: 1,
                  uniqueItems: true,
                  items: {
                    type: "object",
                    required: ["@id"],
                    additionalProperties: false,
                    properties: { "@id": address },
                  },
                },
              },
            },
          },
          status: { enum: ["not_affected", "affected", "fixed", "under_investigation"] },
          justification: {
            enum: [
              "component_not_present",
              "vulnerable_code_not_present",
              "vulnerable_code_not_in_execute_path",
              "vulnerable_code_cannot_be_controlled_by_adversary",
              "inline_mitigations_already_exist",
            ],
          },
          status_notes: text,
          impact_statement: text,
          action_statement: text,
        },
        oneOf: [
          { ...saying("not_affected", ["justification"]), not: without(["impact_statement", "action_statement"]) },
          { ...saying("not_affected", ["impact_statement"]), not: without(["justification", "action_statement"]) },
          {
            ...saying("affected", ["action_statement"]),
            not: without(["justification", "impact_statement", "status_notes"]),
          },
          {
            properties: { status: { enum: ["fixed", "under_investigation"] } },
            not: without(["justification", "impact_statement", "action_statement"]),
          },
        ],
      },
    },
  },
};
