import { expect, it } from "vitest";
import { parseDocumentTarget } from "./document-target.ts";
import { parseImageTarget } from "./image-target.ts";

it.each([
  ["sbom:shop.cdx.json", "sbom", "shop.cdx.json"],
  ["sbom:/srv/a:b.json", "sbom", "/srv/a:b.json"],
  ["purl:pkg:npm/lodash@4.17.20", "purl", "pkg:npm/lodash@4.17.20"],
  ["pkg:npm/lodash@4.17.20", "purl", "pkg:npm/lodash@4.17.20"],
])("reads %s", (text, scheme, value) => {
  expect(parseDocumentTarget(text)).toEqual({ scheme, value, text });
  expect(() => parseImageTarget(text)).toThrow(/is no image/u);
});

it.each(["nginx:1.27", "docker-archive:sbom.tar", "dir:sbom", "registry:ghcr.io/a/purl"])(
  "leaves %s to the images",
  (text) => {
    expect(parseDocumentTarget(text)).toBeUndefined();
  },
);

it.each(["sbom:", "purl:", "sbom:a\0b"])("refuses %j", (text) => {
  expect(() => parseDocumentTarget(text)).toThrow("expected something after");
});
