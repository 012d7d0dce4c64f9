import { foldKey } from "@pratique/core";
import { assert, constantFrom, property } from "fast-check";
import { expect, it } from "vitest";
import { containerCreate } from "./container-shapes.ts";
import type { Shape } from "./shape.ts";

const names = namesIn(containerCreate);

function namesIn(shape: Shape): readonly string[] {
  if (shape.kind === "list") return namesIn(shape.item);
  if (shape.kind !== "struct") return [];
  return [...shape.fields].flatMap(([name, inner]) => [name, ...namesIn(inner)]);
}

it.each([
  ["HoſtConfig", "hostconfig"],
  ["Networ\u212AMode", "networkmode"],
  ["PRIVILEGED", "privileged"],
  ["straße", "straße"],
])("folds %s to %s", (key, folded) => {
  expect(foldKey(key)).toBe(folded);
});

it("folds every spelling of a known key to the same", () => {
  expect(names.length).toBeGreaterThan(150);
  const spellings = (change: (name: string) => string) => (name: string) =>
    foldKey(change(name)) === foldKey(name);
  const change = constantFrom<(name: string) => string>(
    (name) => name.toUpperCase(),
    (name) => name.toLowerCase(),
    (name) => name.replaceAll(/s/giu, "ſ"),
    (name) => name.replaceAll(/k/giu, "\u212A"),
  );
  assert(property(constantFrom(...names), change, (name, how) => spellings(how)(name)));
});
