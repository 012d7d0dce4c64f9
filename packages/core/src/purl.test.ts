import { expect, it } from "vitest";
import { CoreError } from "./errors.ts";
import { parsePurl } from "./purl.ts";

it.each([
  [
    "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?distro=debian-12&arch=amd64",
    {
      type: "deb",
      namespace: "debian",
      name: "libstdc++6",
      version: "12.2.0-14",
      qualifiers: { arch: "amd64", distro: "debian-12" },
      text: "pkg:deb/debian/libstdc%2B%2B6@12.2.0-14?arch=amd64&distro=debian-12",
    },
  ],
  [
    "pkg:npm/@types/node@1.0.0#lib",
    {
      type: "npm",
      namespace: "@types",
      name: "node",
      version: "1.0.0",
      qualifiers: {},
      subpath: "lib",
      text: "pkg:npm/%40types/node@1.0.0",
    },
  ],
  ["pkg:generic/openssl", { type: "generic", name: "openssl", qualifiers: {}, text: "pkg:generic/openssl" }],
])("takes %s apart", (text, expected) => {
  expect(parsePurl(text)).toEqual(expected);
});

it.each([
  ["nothing", ""],
  ["no scheme", "deb/debian/bash@1"],
  ["no name", "pkg:deb"],
  ["a broken escape", "pkg:gem/a@%ff"],
  ["more than anybody needs", `pkg:gem/${"a".repeat(5000)}`],
])("refuses %s", (_, text) => {
  expect(() => parsePurl(text)).toThrow(CoreError);
});
