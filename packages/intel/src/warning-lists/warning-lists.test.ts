import { mkdirSync, writeFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { expect, it } from "vitest";
import { parseObservable } from "../canonical/observable.ts";
import { builtinWarningLists } from "./builtin.ts";
import { loadWarningLists } from "./load.ts";
import { type WarningList, WarningLists } from "./warning-lists.ts";

const list = (type: WarningList["type"], entries: readonly string[], id: string = type): WarningList => ({
  id,
  name: id,
  type,
  entries,
});

function find(lists: readonly WarningList[], text: string): string | undefined {
  const observable = parseObservable(text);
  if (observable.kind === "refused") throw new Error(observable.reason);
  return new WarningLists(lists).find(observable);
}

it.each([
  ["cidr", ["198.51.100.0/24"], "198.51.100.7"],
  ["cidr", ["198.51.100.0/24"], "198.51.0.0/16"],
  ["cidr", ["198.51.100.7"], "198.51.100.7:443"],
  ["cidr", ["198.51.100.7"], "http://198.51.100.7/a"],
  ["cidr", ["2001:DB8::/32"], "2001:db8:1::1"],
  ["cidr", ["::ffff:c633:6407"], "198.51.100.7"],
  ["hostname", ["honest.example"], "honest.example"],
  ["hostname", ["honest.example"], "www.honest.example"],
  ["hostname", [".honest.example"], "www.honest.example"],
  // To block it would block what is below.
  ["hostname", ["www.honest.example"], "honest.example"],
  ["string", ["honest.example"], "honest.example"],
  ["string", [".honest.example"], "www.honest.example"],
  ["string", ["www.honest.example"], "honest.example"],
  ["string", ["honest.example"], "http://honest.example/a"],
  ["substring", ["sandbox.honest"], "a.sandbox.honest.example"],
  ["substring", ["198.51.100.7"], "198.51.100.7"],
  ["regex", ["/^cdn\\d+\\.honest\\.example$/i"], "cdn7.honest.example"],
] as const)("%s of %j speaks of %s", (type, entries, text) => {
  expect(find([list(type, entries)], text)).toBe(type);
});

it.each([
  ["cidr", ["198.51.100.0/24"], "198.51.101.7"],
  ["hostname", ["honest.example"], "dishonest.example"],
  ["string", ["honest.example"], "www.honest.example"],
  ["substring", ["san.box"], "sandbox.example"],
  ["substring", ["a"], "a.example"],
  ["regex", ["/^cdn$/"], "cdn7.example"],
  ["cidr", ["198.51.100.0/24"], "d41d8cd98f00b204e9800998ecf8427e"],
] as const)("%s of %j does not speak of %s", (type, entries, text) => {
  expect(find([list(type, entries)], text)).toBeUndefined();
});

it("excuses nothing by a provider below whose name anybody has one", () => {
  const lists = [list("hostname", [".dyn.example"], "dynamic-dns")];
  expect(find(lists, "evil.dyn.example")).toBeUndefined();
  expect(find(lists, "dyn.example")).toBe("dynamic-dns");
  const known = list("hostname", ["dyn.example", "example.com"], "best-known");
  for (const order of [
    [known, ...lists],
    [...lists, known],
  ]) {
    expect(find(order, "evil.dyn.example")).toBeUndefined();
    expect(find(order, "dyn.example")).toBeDefined();
    expect(find(order, "www.example.com")).toBe("best-known");
  }
});

it.each(["(a+)+$", "(a*)*b", "(a|aa)+(b|bb)+", "(?=a)a", "(a)\\1", "[", `${"a".repeat(600)}`])(
  "does not run %s",
  (expression) => {
    const lists = new WarningLists([list("regex", [expression])]);
    expect(lists.skipped).toBe(1);
  },
);

it("has resolvers and content networks without any list", () => {
  for (const text of [
    "8.8.8.8",
    "1.1.1.1",
    "9.9.9.9",
    "2606:4700:4700::1111",
    "104.16.1.1",
    "docker.io",
    "pypi.org",
  ]) {
    expect(find(builtinWarningLists, text)).toMatch(/^builtin-/u);
  }
  expect(new WarningLists(builtinWarningLists).skipped).toBe(0);
});

const file = (more: object): string =>
  JSON.stringify({
    name: "A list",
    type: "cidr",
    version: 1,
    description: "",
    list: ["198.51.100.0/24"],
    ...more,
  });

it("reads lists from a directory, by the names of their folders", async () => {
  using directory = tempDirectory();
  for (const [folder, content] of [
    ["clouds", file({ matching_attributes: ["ip-dst"] })],
    ["mail", file({ matching_attributes: ["email-src"] })],
    ["all", file({})],
  ] as const) {
    mkdirSync(directory.at("lists", folder), { recursive: true });
    writeFileSync(directory.at("lists", folder, "list.json"), content);
  }
  writeFileSync(directory.at("schema.json"), "not a list");
  const ids: string[] = [];
  await loadWarningLists(directory.path, ({ id }) => ids.push(id));
  expect(ids).toEqual(["all", "clouds"]);
});

it.each([
  ["of another type", file({ type: "fuzzy" })],
  ["without entries", file({ list: undefined })],
  ["without a name", file({ name: "" })],
  ["that is a list of lists", "[]"],
])("refuses a list %s", async (_, content) => {
  using directory = tempDirectory();
  writeFileSync(directory.at("list.json"), content);
  await expect(loadWarningLists(directory.at("list.json"), () => undefined)).rejects.toMatchObject({
    code: "WARNING_LIST_MALFORMED",
  });
});

it("refuses a place without lists", async () => {
  using directory = tempDirectory();
  const refused = loadWarningLists(directory.path, () => undefined);
  await expect(refused).rejects.toMatchObject({ code: "WARNING_LIST_MALFORMED" });
  const missing = loadWarningLists(directory.at("nowhere"), () => undefined);
  await expect(missing).rejects.toMatchObject({ code: "FEED_UNREADABLE" });
});
