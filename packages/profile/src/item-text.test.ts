import { expect, it } from "vitest";
import type { Item } from "./item.ts";
import { item, OUTSIDE, pathItem, subjectItem } from "./item.ts";
import { formatItem, readItem } from "./item-text.ts";

it.each<readonly [string, Item, string]>([
  ["a path", pathItem("write", "/data/kept"), "write:/data/kept"],
  ["all of a directory", item("write", "/data/**"), "write:/data/**"],
  ["a sensitive path", pathItem("write", "/etc/passwd"), "write:/etc/passwd"],
  ["a peer", item("peer", "example.com tcp/443"), "peer:example.com tcp/443"],
  ["an address of version 6", item("peer", "2001:db8::1 tcp/443"), "peer:2001:db8::1 tcp/443"],
  ["a word", item("capability", "NET_RAW"), "capability:NET_RAW"],
  ["a program", subjectItem("executable", "/bin/a=b", "added"), "executable:/bin/a=b=added"],
  ["a parent", subjectItem("parent", "/bin/a=b", "/bin/sh"), "parent:/bin/a=b=/bin/sh"],
  ["who comes from outside", subjectItem("parent", "/bin/sh", OUTSIDE), "parent:/bin/sh=(outside)"],
  ["a hash", subjectItem("hash", "/bin/sh", "a".repeat(64)), `hash:/bin/sh=${"a".repeat(64)}`],
])("writes and reads %s", (_, one, text) => {
  expect(formatItem(one)).toBe(text);
  expect(readItem(text)).toEqual(one);
});

it.each([
  ["nothing", ""],
  ["no kind", "/data/kept"],
  ["a kind that there is not", "file:/data/kept"],
  ["a program without its layer", "executable:/bin/sh"],
  ["control characters", "write:/data/\u001b[2J"],
])("refuses %s", (_, text) => {
  expect(() => readItem(text)).toThrow(expect.objectContaining({ code: "ITEM_MALFORMED" }));
});
