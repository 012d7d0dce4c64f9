import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { parseXml, XmlProblem } from "./xml.ts";

it("reads elements, attributes, text and sections, whatever the prefix", () => {
  const root = parseXml(
    `<?xml version="1.0"?><!-- <a> --><b:bom xmlns:b='urn:x' version="1&amp;2"><b:name> a&lt;b &#x41;&#66; </b:name>` +
      `<b:empty/><b:raw><![CDATA[<x>&amp;]]></b:raw></b:bom>`,
  );
  expect(root.name).toBe("bom");
  expect(Object.fromEntries(root.attributes)).toEqual({ b: "urn:x", version: "1&2" });
  expect(root.children.map(({ name, text }) => [name, text])).toEqual([
    ["name", "a<b AB"],
    ["empty", ""],
    ["raw", "<x>&amp;"],
  ]);
});

it.each([
  ["a type definition, so that no entity grows", `<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>`, "definitions"],
  ["an element without an end", "<a><b></b>", "has no end"],
  ["an end without a beginning", "<a></a></b>", "ends nothing"],
  ["elements that cross", "<a><b></a></b>", "ends nothing"],
  ["two at the top", "<a/><b/>", "one element"],
  ["nothing", "  ", "one element"],
  ["an attribute without quotes", "<a b=c/>", "attribute"],
  ["a tag that breaks off", "<a", "without an end"],
  ["a comment that breaks off", "<a><!-- ", "before the end"],
  ["what is nested without bound", "<a>".repeat(300), "deep"],
])("refuses %s", (_, text, message) => {
  expect(() => parseXml(text)).toThrow(message);
});

it("leaves an entity that nobody defined as it is", () => {
  expect(parseXml("<a>&lol; &#x110000;</a>").text).toBe("&lol; &#x110000;");
});

it("never throws anything but its problem", () => {
  assert(
    property(string(), (text) => {
      expect(thrownBy(() => parseXml(`<a ${text}</a>`))).toBeOneOf([undefined, expect.any(XmlProblem)]);
    }),
  );
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
