import { readdirSync } from "node:fs";
import { fileTreeOf } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import { catalogers } from "./catalogers.ts";

it("lists every folder, sorted by name", () => {
  const folders = readdirSync(import.meta.dirname, { withFileTypes: true })
    .filter((entry) => entry.isDirectory())
    .map(({ name }) => name)
    .sort();
  expect(catalogers.map(({ name }) => name)).toEqual(folders);
});

describe.each(catalogers)("$name", (cataloger) => {
  it("has a version and asks for files", () => {
    expect(cataloger.version).toBeGreaterThanOrEqual(1);
    expect(cataloger.patterns.length).toBeGreaterThan(0);
  });

  it("finds nothing in an empty tree", async () => {
    expect(await cataloger.catalog(fileTreeOf({}), {})).toMatchObject({ packages: [], failures: [] });
  });

  const wantsNames = cataloger.patterns.some(({ programs }) => programs === undefined);

  it.runIf(wantsNames)("records, rather than rejects, when no file can be read", async () => {
    const names = cataloger.patterns.flatMap(
      ({ paths = [], under = [], basenames = [], suffixes = [], inside = "x" }) => [
        ...paths,
        ...under.map((directory) => `${directory}/x`),
        ...basenames.flatMap((name) => [name, `${inside}/${name}`, `${inside}/x/${name}`]),
        ...suffixes.map((suffix) => `${inside}/x-1-py3${suffix}`),
      ],
    );
    const tree = fileTreeOf(Object.fromEntries(names.map((name) => [name, "x"])));
    const read = () => Promise.reject(new Error("damaged"));
    const broken = {
      failures: [],
      files: () => tree.files(),
      match: tree.match.bind(tree),
      stat: tree.stat.bind(tree),
      read,
      history: () => [{ read }],
      excerpts: () => [],
      waiting: () => [],
      textExcerpts: () => [],
    };
    const { packages, failures, findOwners } = await cataloger.catalog(broken, {});
    expect(packages.filter(({ type }) => type !== "pypi")).toEqual([]);
    expect(failures).toContainEqual(expect.objectContaining({ message: "damaged" }));
    expect((await findOwners?.(["usr/lib/METADATA"]))?.owners.size ?? 0).toBe(0);
  });
});
