import { expect, it } from "vitest";
import { type PackageFacts, purlOf } from "./package.ts";

const debian = { id: "debian", version: "12.5" };

it.each<[PackageFacts, string]>([
  [
    { type: "deb", name: "bash", version: "5.2.15-2+b2", architecture: "amd64", paths: [] },
    "pkg:deb/debian/bash@5.2.15-2+b2?arch=amd64&distro=debian-12.5",
  ],
  [{ type: "npm", name: "@types/node", version: "20.1.0", paths: [] }, "pkg:npm/%40types/node@20.1.0"],
  [{ type: "pypi", name: "Typing_Extensions", version: "4.7", paths: [] }, "pkg:pypi/typing-extensions@4.7"],
])("names %j", (facts, purl) => {
  expect(purlOf(facts, debian)).toBe(purl);
});

it("refuses a package without a name", () => {
  expect(() => purlOf({ type: "npm", name: "", version: "1", paths: [] }, undefined)).toThrow(
    expect.objectContaining({ code: "PURL_MALFORMED" }),
  );
});
