import { expect, it } from "vitest";
import { type TopRow, topTable } from "./top-table.ts";

const web: TopRow = {
  name: "web",
  image: "nginx:1",
  cpuPercent: 12.34,
  processes: 3,
  listening: 1,
  flows: 2,
  written: 4,
  execsPerMinute: 0,
  opensPerMinute: 9,
  connectsPerMinute: 1,
};
const db: TopRow = { ...web, name: "db", image: "postgres:17", cpuPercent: 99, execsPerMinute: 7 };

it("puts the busiest first, by what was asked", () => {
  const names = (order: "cpu" | "name" | "opens") =>
    topTable([web, db], order, { width: 100, color: false })
      .split("\n")
      .slice(1, 3)
      .map((line) => line.split(" ")[0]);
  expect([names("cpu"), names("opens")]).toEqual([
    ["db", "web"],
    ["db", "web"],
  ]);
  expect(names("name")).toEqual(["db", "web"]);
  expect(topTable([web, { ...db, cpuPercent: 1 }], "cpu", { width: 100, color: false })).toMatch(/web.*db/su);
});

it.each([80, 100, 160])("fits a terminal of %i columns whatever a container is called", (width) => {
  const evil = { ...web, name: "x".repeat(300), image: `evil\u001b[31m${"y".repeat(300)}` };
  const text = topTable([evil, db], "cpu", { width, color: false });
  for (const line of text.trimEnd().split("\n")) expect(line.length).toBeLessThanOrEqual(width);
  expect(text).not.toContain("\u001b");
});

it("says that there is no number before there was a second look", () => {
  expect(topTable([{ ...web, cpuPercent: undefined }], "cpu", { width: 100, color: false })).toContain("–");
});
