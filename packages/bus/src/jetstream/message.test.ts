import { expect, it } from "vitest";
import { chain } from "../testdata/chain.ts";
import { readBatch } from "./message.ts";

it.each([1, 10, 4000])("reads a batch whose records hold lists in lists, %i deep", (depth) => {
  const [record] = chain(1, 1);
  const records = [{ ...record, data: { deep: "HERE" } }];
  const deep = `${"[".repeat(depth)}${"]".repeat(depth)}`;
  const text = JSON.stringify({ logId: "log-1", host: "web-1", records }).replace('"HERE"', deep);
  expect(readBatch(text)?.records).toHaveLength(1);
});

it.each([
  ["a text", "x"],
  ["a list", []],
  ["nothing", null],
])("takes for no batch what has %s for the data of a record", (_, data) => {
  const records = chain(1, 1).map((record) => ({ ...record, data }));
  expect(readBatch(JSON.stringify({ logId: "log-1", host: "web-1", records }))).toBeUndefined();
});
