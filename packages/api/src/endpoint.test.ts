import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { z } from "zod";
import {
  awaitWork,
  type Endpoint,
  listImages,
  pathOf,
  publicEndpoints,
  putPolicy,
  putRuleFile,
  readAuditEntries,
  showImage,
  showLaunch,
  showPolicy,
  showRuleFile,
} from "./index.ts";

const IMAGE_ID = `sha256:${"a".repeat(64)}`;

it("puts parameters and the query in their places, and leaves out what is undefined", () => {
  expect(pathOf(showImage, { imageId: IMAGE_ID })).toBe(`/api/v1/images/sha256%3A${"a".repeat(64)}`);
  expect(pathOf(listImages, {}, { text: "a&b=c", limit: 5, severity: undefined })).toBe(
    "/api/v1/images?text=a%26b%3Dc&limit=5",
  );
});

it("keeps the slashes of a parameter that is the rest of the path, and nothing else of it", () => {
  expect(pathOf(readAuditEntries, { bundle: "x001/234.p/17" })).toBe("/audit/v1/tile/entries/x001/234.p/17");
  expect(pathOf(readAuditEntries, { bundle: "a?b/c#d" })).toBe("/audit/v1/tile/entries/a%3Fb/c%23d");
});

it("hands agents the longest policies and rules that may be set up, and shows them", () => {
  const longest = "#".repeat(262_144);
  const draft = { text: longest, scope: {}, enabled: true };
  expect(() => [putPolicy.body.parse(draft), putRuleFile.body.parse(draft)]).not.toThrow();
  const work = {
    revision: "r1",
    policies: { documents: [{ path: "a.yaml", text: longest }], labels: {} },
    rules: { revision: "r1", files: [{ name: "a", text: longest }] },
    commands: [],
  };
  expect(awaitWork.reply.parse(work)).toEqual(work);
  const shown = { name: "a", revision: "r1", changedAt: "2026-11-24T10:00:00Z", changedBy: "ann", rules: [] };
  const entry = { ...draft, ...shown, inForce: { hosts: 0, of: 0 } };
  expect([showPolicy.reply.parse(entry), showRuleFile.reply.parse(entry)]).toEqual([entry, entry]);
});

it("hands agents their orders also with more exceptions than they put in force", () => {
  const documents = Array.from({ length: 3000 }, (_, at) => ({ path: `exceptions/${at}.yaml`, text: "" }));
  const command = { id: "k-1", kind: "scan-image", imageId: IMAGE_ID, expiresAt: "2026-11-24T10:00:00Z" };
  const work = { revision: "r1", policies: { documents, labels: {} }, commands: [command] };
  expect(awaitWork.reply.parse(work).commands).toEqual([command]);
});

it("never lets a parameter leave its segment", () => {
  assert(
    property(string({ unit: "grapheme-ascii", minLength: 1 }), (launchId) => {
      const url = new URL(pathOf(showLaunch, { launchId }), "https://host");
      const last = url.pathname.split("/").slice(4);
      // A URL drops the segments "." and "..": the call then misses, but reaches no other launch.
      return launchId === "." || launchId === ".." || decodeURIComponent(last.join("/")) === launchId;
    }),
  );
});

it.each([
  ["a limit of none", { limit: "0" }],
  ["a limit beyond the page", { limit: "201" }],
  ["a limit that is no number", { limit: "ten" }],
  ["an order that does not exist", { sort: "colour" }],
  ["a severity that does not exist", { severity: "terrible" }],
  ["a member that does not exist", { filter: "x" }],
])("refuses a query with %s", (_, query) => {
  expect(listImages.query.safeParse(query).success).toBe(false);
});

it("fills in what a query leaves open", () => {
  expect(listImages.query.parse({ limit: "7" })).toEqual({ limit: 7, sort: "severity", order: "desc" });
});

/** The members of one item of a list, as paths; undefined where the reply is no list. */
function itemPaths({ reply }: Endpoint): ReadonlySet<string> | undefined {
  if (!(reply instanceof z.ZodObject)) return undefined;
  const { items } = reply.shape;
  return items instanceof z.ZodArray ? new Set(pathsIn(items.element)) : undefined;
}

function pathsIn(schema: unknown): readonly string[] {
  if (
    schema instanceof z.ZodNullable ||
    schema instanceof z.ZodOptional ||
    schema instanceof z.ZodExactOptional
  )
    return pathsIn(schema.unwrap());
  if (!(schema instanceof z.ZodObject)) return [];
  return Object.entries(schema.shape).flatMap(([name, member]) => [
    name,
    ...pathsIn(member).map((path) => `${name}.${path}`),
  ]);
}

const lists = publicEndpoints.flatMap((endpoint) => {
  const paths = itemPaths(endpoint);
  // What needs attention is no table.
  return paths === undefined || endpoint.id === "showAttention"
    ? []
    : [{ id: endpoint.id, csv: endpoint.csv ?? [], paths }];
});

it("has lists to judge", () => {
  expect(lists.length).toBeGreaterThan(15);
});

it.each(lists)("gives $id as CSV, by columns that there are and none that is secret", ({ csv, paths }) => {
  expect(csv.length).toBeGreaterThan(1);
  expect(csv.filter((column) => !paths.has(column))).toEqual([]);
  expect(csv.filter((column) => /secret|hash|password|settings/iu.test(column))).toEqual([]);
});
