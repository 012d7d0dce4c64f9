import { array, assert, asyncProperty, integer, string, tuple } from "fast-check";
import { expect, it } from "vitest";
import { AdvisoryError } from "../errors.ts";
import { fileOf } from "../testdata/collect.ts";
import { childOf, childrenOf, childText, readXmlElements, type XmlElement } from "./xml.ts";

async function elementsOf(text: string, names: readonly string[], chunkBytes = 1024): Promise<XmlElement[]> {
  const elements: XmlElement[] = [];
  for await (const element of readXmlElements(fileOf(text, "feed", chunkBytes), new Set(names))) {
    elements.push(element);
  }
  return elements;
}

const feed = `<?xml version="1.0"?>
<!DOCTYPE list>
<!-- <item>not this one</item> -->
<o:list xmlns:o="urn:x" note="a > b">
  <item id='1' o:kind="x&amp;y"><name>one &lt;&#49;&#x31;&gt;</name><name>uno</name><empty/></item>
  <other><name>two</name></other>
  <o:item id="2"><![CDATA[a <b> & c]]> d<item id="3"/></o:item>
  <item/>
</o:list>
`;

it.each([1, 2, 3, 7, 1024])("cuts elements out of chunks of %i bytes", async (chunkBytes) => {
  const [first, second, third, ...none] = await elementsOf(feed, ["item"], chunkBytes);
  expect([...(first?.attributes ?? [])]).toEqual([
    ["id", "1"],
    ["kind", "x&y"],
  ]);
  expect(childText(first, "name")).toBe("one <11>");
  expect(childrenOf(first, "name").map(({ text }) => text)).toEqual(["one <11>", "uno"]);
  expect(childOf(first, "empty")).toEqual({ name: "empty", attributes: new Map(), children: [], text: "" });
  expect(childText(first, "empty")).toBeUndefined();
  expect(second).toMatchObject({ name: "item", text: "a <b> & c d" });
  expect(second?.children).toHaveLength(1);
  expect(third).toMatchObject({ children: [], text: "" });
  expect(none).toEqual([]);
});

it("leaves references alone that nobody knows", async () => {
  const [item] = await elementsOf("<item>&nbsp;&#x110000;&;&amp</item>", ["item"]);
  expect(item?.text).toBe("&nbsp;&#x110000;&;&amp");
});

it.each([
  ["an empty file", ""],
  ["an end that is missing", "<list><item></item>"],
  ["half a tag", "<list"],
  ["an attribute that does not end", '<list a="b'],
  ["tags across each other", "<list><a><b></a></b></list>"],
  ["an end of nothing", "<list/></list>"],
  ["a second root", "<list/><list/>"],
  ["text behind the end", "<list/>x"],
  ["entities of its own", '<!DOCTYPE l [<!ENTITY a "aaaa">]><l/>'],
  ["an attribute without quotes", "<list a=b></list>"],
  ["JSON", '{"a": 1}'],
])("refuses %s", async (_, text) => {
  await expect(elementsOf(text, ["item"])).rejects.toMatchObject({ code: "SOURCE_DAMAGED" });
});

it("refuses what nests without end", async () => {
  await expect(elementsOf("<a>".repeat(70), ["b"])).rejects.toMatchObject({ code: "SOURCE_TOO_LARGE" });
});

it("refuses a token and an element without end", async () => {
  const text = "x".repeat(5 * 1024 * 1024);
  const large = `<list><item>${`${"x".repeat(3 * 1024 * 1024)}<a/>`.repeat(6)}</item></list>`;
  await expect(collectLarge(`<list a="${text}`)).rejects.toMatchObject({ code: "SOURCE_TOO_LARGE" });
  await expect(collectLarge(large)).rejects.toMatchObject({ code: "SOURCE_TOO_LARGE" });
});

async function collectLarge(text: string): Promise<XmlElement[]> {
  return elementsOf(text, ["item"], 1024 * 1024);
}

it("gives back what was written, wherever the chunks end", async () => {
  const escaped = (text: string): string =>
    text.replace(/[<>&"']/gu, (character) => `&#${character.charCodeAt(0)};`);
  const printable = string({ unit: "grapheme-ascii" });
  await assert(
    asyncProperty(array(tuple(printable, printable)), integer({ min: 1, max: 9 }), async (items, chunk) => {
      const body = items.map(([a, text]) => `<i a="${escaped(a)}">${escaped(text)}</i>`).join("\n");
      const elements = await elementsOf(`<list>${body}</list>`, ["i"], chunk);
      expect(elements.map(({ attributes, text }) => [attributes.get("a"), text])).toEqual(
        items.map(([a, text]) => [a, text.trim()]),
      );
    }),
  );
});

it("raises nothing but its own error", async () => {
  await assert(
    asyncProperty(integer({ min: 0, max: feed.length }), string({ maxLength: 8 }), async (at, noise) => {
      const text = feed.slice(0, at) + noise + feed.slice(at + noise.length);
      const thrown = await elementsOf(text, ["item"], 5).then(
        () => undefined,
        (error: unknown) => error,
      );
      expect(thrown === undefined || thrown instanceof AdvisoryError).toBe(true);
    }),
  );
});
