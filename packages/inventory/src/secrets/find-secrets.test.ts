import { fileTreeOfLayers, layerDigest } from "@pratique/testkit";
import { expect, it } from "vitest";
import { secretSamples } from "../testdata/secret-samples.ts";
import { findSecrets, secretPattern } from "./find-secrets.ts";

const samples = secretSamples();
const token = samples.find(({ rule }) => rule === "github-token")?.secret ?? "";
const key = samples.find(({ rule }) => rule === "private-key")?.secret ?? "";
const layers = [0, 1, 2].map(layerDigest);

function find(items: Parameters<typeof fileTreeOfLayers>[0]) {
  const { secrets, failures } = findSecrets(fileTreeOfLayers(items, { patterns: [secretPattern] }), layers);
  const found = secrets.map(({ rule, path, layer, deleted }) => [
    rule,
    path,
    layer === undefined ? -1 : layers.indexOf(layer),
    deleted ?? false,
  ]);
  return { found, failures };
}

it("finds what an upper layer took away or replaced", () => {
  const { found, failures } = find([
    { "srv/.env": `T=${token}`, "srv/key.pem": key, "srv/left": token },
    { "srv/.env": null, "srv/key.pem": "nothing" },
  ]);
  expect(failures).toEqual([]);
  expect(found).toEqual([
    ["github-token", "srv/.env", 0, true],
    ["private-key", "srv/key.pem", 0, true],
    ["github-token", "srv/left", 0, false],
  ]);
});

it("counts a file once that several layers bring, for the lowest of them", () => {
  expect(find([{ "srv/a": token }, { "srv/a": token }]).found).toEqual([["github-token", "srv/a", 0, false]]);
  expect(find([{ "srv/a": token }, { "srv/a": token }, { "srv/a": null }]).found).toEqual([
    ["github-token", "srv/a", 0, true],
  ]);
});

it("looks into no file by its name alone, and into none that is no text", () => {
  const { found } = find([
    { "srv/a.png": token, "srv/b.bin.txt": `\0${token}`, "srv/c.PNG": token, "srv/no-ending": token },
  ]);
  expect(found).toEqual([["github-token", "srv/no-ending", 0, false]]);
});

it("says which file it has not looked through to its end", () => {
  const { failures } = find([{ "srv/a": "-----BEGIN PRIVATE KEY-----".repeat(20_000) }]);
  expect(failures).toEqual([
    {
      code: "LIMIT_REACHED",
      message:
        "not all of a file was searched for secrets: too much of it looks like the beginning of a secret",
      path: "srv/a",
      list: "secrets",
    },
  ]);
});

it("keeps no more than a bounded number, and says how many were left out", () => {
  const many = Object.fromEntries(
    Array.from({ length: 21 }, (_, index) => [`srv/${index}`, `${token}\n`.repeat(100)]),
  );
  const { found, failures } = find([many]);
  expect(found).toHaveLength(2000);
  expect(failures).toEqual([
    { code: "LIMIT_REACHED", message: "100 secrets beyond the first 2000 were left out", list: "secrets" },
  ]);
});
