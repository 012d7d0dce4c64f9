import { expect, it } from "vitest";
import { joinFixes } from "./architectures.ts";

it.each([
  ["nothing", [], []],
  [
    "one fix for all",
    [
      ["1", ["x86_64"]],
      ["1", ["aarch64"]],
    ],
    [["1"]],
  ],
  [
    "two fixes, each for all",
    [
      ["1", ["x86_64", "aarch64"]],
      ["2", ["aarch64"]],
      ["2", ["x86_64"]],
    ],
    [["1"], ["2"]],
  ],
  [
    "a fix of its own for each",
    [
      ["1", ["x86_64"]],
      ["2", ["aarch64"]],
    ],
    [
      ["1", ["x86_64"]],
      ["2", ["aarch64"]],
    ],
  ],
  [
    "a fix for no architecture in particular",
    [
      ["1", ["noarch"]],
      ["2", ["x86_64"]],
      ["3", []],
    ],
    [["1"], ["2", ["x86_64"]], ["3"]],
  ],
])("joins %s", (_, fixes, expected) => {
  const given = fixes.map(([fixed, architectures]) => ({
    fixed: String(fixed),
    architectures: [...(architectures ?? [])],
  }));
  expect(joinFixes(given)).toEqual(
    expected.map(([fixed, architectures]) =>
      architectures === undefined ? { fixed } : { fixed, architectures },
    ),
  );
});
