import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, jsonValue } from "fast-check";
import { expect, it } from "vitest";
import { conda } from "./conda.ts";

const RECORD = JSON.stringify({
  build: "h7f8727e_0",
  name: "openssl",
  version: "1.1.1q",
  files: ["bin/openssl"],
});

async function read(items: Parameters<typeof fileTreeOf>[0]) {
  return conda.catalog(fileTreeOf(items), {});
}

it.each([
  ["of the base environment", "opt/conda/conda-meta/openssl-1.1.1q-h7f8727e_0.json"],
  ["of another environment", "opt/conda/envs/web/conda-meta/openssl-1.1.1q-h7f8727e_0.json"],
])("finds a package %s", async (_, path) => {
  expect(await read({ [path]: RECORD })).toEqual({
    packages: [{ type: "conda", name: "openssl", version: "1.1.1q", paths: [path] }],
    failures: [],
  });
});

it.each([
  ["in the cache of packages", "opt/conda/pkgs/openssl-1.1.1q-h7f8727e_0/info/index.json"],
  ["of the history", "opt/conda/conda-meta/history"],
  ["deeper down", "opt/conda/conda-meta/old/openssl.json"],
])("does not take a file %s for a record", async (_, path) => {
  expect(await read({ [path]: RECORD })).toEqual({ packages: [], failures: [] });
});

it.each([
  ["no JSON", "{"],
  ["nothing", ""],
  ["a list", "[]"],
  ["no name", '{"version":"1.0"}'],
  ["a path for a name", '{"name":"../x","version":"1.0"}'],
  ["no version", '{"name":"a"}'],
  ["a number for a version", '{"name":"a","version":1}'],
  ["a space in its version", '{"name":"a","version":"1 0"}'],
])("records a record with %s, and keeps the others", async (_, bad) => {
  const { packages, failures } = await read({
    "c/conda-meta/a.json": bad,
    "c/conda-meta/openssl.json": RECORD,
  });
  expect(packages.map(({ name }) => name)).toEqual(["openssl"]);
  const path = "c/conda-meta/a.json";
  expect(failures).toEqual([expect.objectContaining({ code: "PACKAGE_RECORD_MALFORMED", path })]);
});

it("never rejects, whatever a record holds", async () => {
  await assert(
    asyncProperty(jsonValue(), async (value) => {
      const { packages, failures } = await read({ "conda-meta/a.json": JSON.stringify(value) });
      expect(packages.length + failures.length).toBe(1);
    }),
  );
});
