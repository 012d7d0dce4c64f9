import { listFindings, listImages } from "@pratique/api";
import { assert, dictionary, property, string } from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import { addressOf, lenient, parseSearch, writeSearch } from "./address.ts";

const images = addressOf(listImages);
const findings = addressOf(listFindings);

it.each([
  ["a filter", { severity: "high" }, { severity: "high" }],
  ["text that looks like a number", { text: "2026" }, { text: "2026" }],
  ["a page size that is offered", { limit: "25" }, { limit: "25" }],
  ["a place in the list", { cursor: "abc", page: "3" }, { cursor: "abc", page: "3" }],
  ["a value that is none", { severity: "dreadful", text: "x" }, { text: "x" }],
  ["a page size that is not offered", { limit: "100000" }, {}],
  ["a page that is no number", { page: "-1" }, {}],
  ["a member of no list", { evil: "1", __proto__: { severity: "high" } }, {}],
  ["the name of what every object has", { constructor: "x", toString: "y" }, {}],
])("reads %s", (_, search, address) => {
  expect(images(search)).toEqual(address);
});

it("keeps what is a switch as text", () => {
  expect(findings({ fixable: "true", running: "maybe" })).toEqual({ fixable: "true" });
});

it("keeps of any address what fits", () => {
  const read = lenient({ tab: z.enum(["one", "two"]) });
  expect(read({ tab: "two", other: "x" })).toEqual({ tab: "two" });
  expect(read({ tab: "three" })).toEqual({});
});

it("reads back what it wrote, whatever was typed", () => {
  assert(
    property(dictionary(string({ minLength: 1 }), string({ unit: "grapheme" })), (search) => {
      expect({ ...parseSearch(writeSearch(search)) }).toEqual({ ...search });
    }),
  );
});

it("leaves out what is undefined", () => {
  expect(writeSearch({ text: undefined })).toBe("");
  expect(writeSearch({ text: "a b", page: undefined })).toBe("?text=a+b");
});
