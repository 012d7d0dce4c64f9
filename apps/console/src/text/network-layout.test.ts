import { array, assert, constantFrom, property, record } from "fast-check";
import { expect, it } from "vitest";
import { layoutNetwork } from "./network-layout.ts";

const container = (id: string) => ({ id, kind: "container" }) as const;
const outside = (id: string) => ({ id, kind: "outside" }) as const;
const columnsOf = (...given: Parameters<typeof layoutNetwork>) =>
  Object.fromEntries([...layoutNetwork(...given).places].map(([id, { column }]) => [id, column]));

it("puts who asks to the left of whom they ask", () => {
  const peers = [container("db"), container("web"), container("api")];
  const talks = [
    { from: "web", to: "api" },
    { from: "api", to: "db" },
  ];
  expect(columnsOf(peers, talks)).toEqual({ web: 0, api: 1, db: 2 });
});

it("puts what is outside and only asked at the right end, and who comes from there at the left", () => {
  const peers = [outside("visitor"), container("web"), outside("feed"), container("api"), container("db")];
  const talks = [
    { from: "visitor", to: "web" },
    { from: "web", to: "feed" },
    { from: "web", to: "api" },
    { from: "api", to: "db" },
  ];
  expect(columnsOf(peers, talks)).toMatchObject({ visitor: 0, web: 1, feed: 4, db: 3 });
});

it("orders rows so that lines do not cross", () => {
  const peers = ["a", "b", "x", "y"].map(container);
  const { places } = layoutNetwork(peers, [
    { from: "a", to: "y" },
    { from: "b", to: "x" },
  ]);
  const row = (id: string) => places.get(id)?.row ?? 0;
  expect(row("a") < row("b")).toBe(row("y") < row("x"));
});

it("gives everybody a place of their own, even where talk goes in circles", () => {
  const ids = ["a", "b", "c", "d", "e"];
  const talks = array(record({ from: constantFrom(...ids), to: constantFrom(...ids) }));
  assert(
    property(talks, (some) => {
      const { places } = layoutNetwork(ids.map(container), some);
      const taken = new Set([...places.values()].map(({ column, row }) => `${column} ${row}`));
      return taken.size === ids.length;
    }),
  );
});
