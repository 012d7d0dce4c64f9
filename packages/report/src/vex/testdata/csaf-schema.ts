const text = { type: "string", minLength: 1 };
const time = { type: "string", format: "date-time" };
const products = { type: "array", minItems: 1, uniqueItems: true, items: text };

function strict(properties: Readonly<Record<string, object>>, optional: readonly string[] = []): object {
  const required = Object.keys(properties).filter((name) => !optional.includes(name));
  return { type: "object", required, additionalProperties: false, properties };
}

function listOf(items: object): object {
  return { type: "array", minItems: 1, items };
}

const address = { type: "string", format: "uri" };
const product = strict({
  name: text,
  product_id: text,
  product_identification_helper: {
    oneOf: [
      strict({ purl: { type: "string", pattern: "^pkg:" } }),
      strict({ x_generic_uris: listOf(strict({ namespace: address, uri: address })) }),
    ],
  },
});

/** What CSAF 2.0 demands of the profile VEX (sections 3 and 4.5), and of what it allows only what is written here. */
export const csafSchema = strict({
  document: strict({
    category: { const: "csaf_vex" },
    csaf_version: { const: "2.0" },
    publisher: strict({
      category: { enum: ["coordinator", "discoverer", "other", "translator", "user", "vendor"] },
      name: text,
      namespace: address,
    }),
    title: text,
    tracking: strict({
      id: { type: "string", pattern: "^\\S(.*\\S)?$" },
      status: { const: "final" },
      version: { const: "1" },
      initial_release_date: time,
      current_release_date: time,
      revision_history: listOf(strict({ date: time, number: { const: "1" }, summary: text })),
      generator: strict({ engine: strict({ name: text, version: text }) }),
    }),
  }),
  product_tree: strict({
    full_product_names: listOf(product),
    relationships: listOf(
      strict({
        category: { const: "default_component_of" },
        full_product_name: strict({ name: text, product_id: text }),
        product_reference: text,
        relates_to_product_reference: text,
      }),
    ),
  }),
  vulnerabilities: listOf({
    ...strict(
      {
        cve: { type: "string", pattern: "^CVE-[0-9]{4}-[0-9]{4,}$" },
        ids: listOf(strict({ system_name: text, text })),
        title: text,
        notes: listOf(strict({ category: { const: "summary" }, text })),
        product_status: {
          ...strict(
            {
              fixed: products,
              known_affected: products,
              known_not_affected: products,
              under_investigation: products,
            },
            ["fixed", "known_affected", "known_not_affected", "under_investigation"],
          ),
          minProperties: 1,
        },
        flags: listOf(
          strict({
            label: {
              enum: [
                "component_not_present",
                "inline_mitigations_already_exist",
                "vulnerable_code_cannot_be_controlled_by_adversary",
                "vulnerable_code_not_in_execute_path",
                "vulnerable_code_not_present",
              ],
            },
            product_ids: products,
          }),
        ),
        threats: listOf(strict({ category: { const: "impact" }, details: text, product_ids: products })),
        remediations: listOf(
          strict({
            category: { enum: ["workaround", "mitigation", "vendor_fix", "none_available", "no_fix_planned"] },
            details: text,
            product_ids: products,
          }),
        ),
      },
      ["cve", "ids", "title", "flags", "threats", "remediations"],
    ),
    anyOf: [{ required: ["cve"] }, { required: ["ids"] }],
  }),
});
