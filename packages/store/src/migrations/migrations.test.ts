import { globSync } from "node:fs";
import path from "node:path";
import { expect, it } from "vitest";
import { migrations } from "./migrations.ts";

it("lists every file of a migration, in the order of their numbers", () => {
  const files = globSync(path.join(import.meta.dirname, "[0-9]*.ts")).map((file) =>
    path.basename(file, ".ts"),
  );
  expect(migrations.map(({ name }) => name)).toEqual(files.sort());
  expect(migrations.map(({ name }) => Number(name.slice(0, 4)))).toEqual(
    migrations.map((_, index) => index + 1),
  );
});
