import { expect, it } from "vitest";
import { passwordRules } from "./password-strength.ts";

it.each([
  ["", [false, false, false, false]],
  ["correct horse battery", [true, true, true, true]],
  ["short", [false, false, true, false]],
  ["abcabcabcabcabc", [true, false, false, true]],
  ["margaret-margaret", [true, true, true, false]],
])("judges %j", (password, kept) => {
  expect(passwordRules(password, "margaret").map((rule) => rule.kept)).toEqual(kept);
});
