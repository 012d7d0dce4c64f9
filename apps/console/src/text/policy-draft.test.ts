import { expect, it } from "vitest";
import { firstDraft, nameIn } from "./policy-draft.ts";

it.each([
  [firstDraft, "team"],
  ["kind: Policy\nmetadata:\n  description: x\n  name: a.b-1\n", "a.b-1"],
  ["kind: Exception\nmetadata:\n  name: a\n", undefined],
  ["", undefined],
])("finds the name in a draft", (text, name) => {
  expect(nameIn(text)).toBe(name);
});
