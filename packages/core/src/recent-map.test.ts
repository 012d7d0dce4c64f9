import { expect, it } from "vitest";
import { RecentMap } from "./recent-map.ts";

it("lets go what was set longest ago", () => {
  const map = new RecentMap<string, number>(2);
  map.set("a", 1).set("b", 2).set("a", 3).set("c", 4);
  expect([...map]).toEqual([
    ["a", 3],
    ["c", 4],
  ]);
});

it("lets nothing go for what is set anew, or for what is read", () => {
  const map = new RecentMap<string | undefined, number>(2);
  map.set(undefined, 1).set("b", 2).set("b", 3);
  expect(map.get(undefined)).toBe(1);
  map.set("c", 4);
  expect([...map.keys()]).toEqual(["b", "c"]);
});
