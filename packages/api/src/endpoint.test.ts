import { assert, property, string } from "fast-check";
import { expect, it } from "vitest";
import { listImages, pathOf, showImage, showLaunch } from "./index.ts";

const IMAGE_ID = `sha256:${"a".repeat(64)}`;

it("puts parameters and the query in their places, and leaves out what is undefined", () => {
  expect(pathOf(showImage, { imageId: IMAGE_ID })).toBe(`/api/v1/images/sha256%3A${"a".repeat(64)}`);
  expect(pathOf(listImages, {}, { text: "a&b=c", limit: 5, severity: undefined })).toBe(
    "/api/v1/images?text=a%26b%3Dc&limit=5",
  );
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
