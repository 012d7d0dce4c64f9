import { readFileSync } from "node:fs";
import { expect, it } from "vitest";
import { fieldReference } from "./field-reference.ts";
import { fieldTable } from "./sensor-fields.ts";

it("is what the documentation shows: node scripts/write-rule-fields.ts", () => {
  expect(readFileSync("docs/reference/rule-fields.md", "utf8")).toBe(fieldReference());
});

it("leaves no field out", () => {
  const text = fieldReference();
  expect(Object.keys(fieldTable).filter((name) => !text.includes(`\`${name}\``))).toEqual([]);
});
