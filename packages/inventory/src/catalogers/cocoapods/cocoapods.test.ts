import { fileTreeOf } from "@pratique/testkit";
import { assert, asyncProperty, string } from "fast-check";
import { expect, it } from "vitest";
import { cocoapods } from "./cocoapods.ts";

const MANIFEST = `PODS:
  - AFNetworking (4.0.1):
    - AFNetworking/Security (= 4.0.1)
  - AFNetworking/Security (4.0.1)
  - "GoogleUtilities/NSData+zlib (7.8.0)"

DEPENDENCIES:
  - AFNetworking (~> 4.0)

COCOAPODS: 1.11.2
`;

async function read(text: string, path = "app/Pods/Manifest.lock") {
  return cocoapods.catalog(fileTreeOf({ [path]: text }), {});
}

it("finds each pod once, whatever parts of it are installed", async () => {
  const paths = ["app/Pods/Manifest.lock"];
  expect(await read(MANIFEST)).toEqual({
    packages: [
      { type: "cocoapods", name: "AFNetworking", version: "4.0.1", paths },
      { type: "cocoapods", name: "GoogleUtilities", version: "7.8.0", paths },
    ],
    failures: [],
  });
});

it("does not take what was only asked for as installed", async () => {
  expect(await read(MANIFEST, "app/Podfile.lock")).toEqual({ packages: [], failures: [] });
});

it("finds nothing where nothing was installed", async () => {
  expect(await read("COCOAPODS: 1.11.2\n")).toEqual({ packages: [], failures: [] });
});

it.each([
  ["without a version", "  - AppCenter"],
  ["with a demand for its version", "  - AppCenter = 4.2.0"],
])("records a pod %s, and keeps the others", async (_, line) => {
  const { packages, failures } = await read(MANIFEST.replace("PODS:\n", `PODS:\n${line}\n`));
  expect(packages).toHaveLength(2);
  expect(failures).toEqual([
    {
      code: "PACKAGE_RECORD_MALFORMED",
      message: expect.stringContaining("AppCenter"),
      path: "app/Pods/Manifest.lock",
    },
  ]);
});

it("never rejects, whatever a manifest holds", async () => {
  await assert(
    asyncProperty(string({ unit: "binary" }), async (text) => {
      const { packages } = await read(`PODS:\n  - a (1)\n${text}`);
      expect(packages).toContainEqual(expect.objectContaining({ name: "a", version: "1" }));
    }),
  );
});
