import { expect, it } from "vitest";
import { parseLabels } from "./host-labels.ts";

it.each([
  ["", {}],
  ["env=production", { env: "production" }],
  [" env = production \n\n team=shop", { env: "production", team: "shop" }],
  ["url=a=b", { url: "a=b" }],
  ["empty=", { empty: "" }],
  ["env=one\nenv=two", { env: "two" }],
  ["__proto__=x", JSON.parse('{"__proto__":"x"}')],
])("reads %j", (text, labels) => {
  expect(parseLabels(text)).toEqual({ kind: "labels", labels });
});

it.each(["env", "=production", "two words=x"])("refuses %j", (line) => {
  expect(parseLabels(`a=b\n${line}`)).toEqual({ kind: "malformed", line });
});
