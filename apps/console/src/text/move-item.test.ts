import { expect, it } from "vitest";
import { moveItem } from "./move-item.ts";

it.each([
  [0, 1, "bac"],
  [2, -1, "acb"],
  [0, -1, "abc"],
  [2, 1, "abc"],
  [5, -1, "abc"],
])("moves item %d by %d", (from, by, moved) => {
  expect(moveItem(["a", "b", "c"], from, by).join("")).toBe(moved);
});
