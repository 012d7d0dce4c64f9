import { expect, it } from "vitest";
import { IMAGE } from "../testdata/ports.ts";
import { isPlatformOf } from "./image-platform.ts";

it.each([
  ["linux/amd64", "amd64", "", true],
  ["linux/amd64", "x86_64", "", true],
  ["amd64", "amd64", "", true],
  ["Linux/x86-64", "amd64", "", true],
  ["linux/amd64/v1", "amd64", "", true],
  ["linux/amd64/v3", "amd64", "", false],
  ["linux/386", "amd64", "", false],
  ["386", "amd64", "", false],
  ["windows/amd64", "amd64", "", false],
  ["linux/arm64", "arm64", "v8", true],
  ["linux/arm64/v8", "arm64", "", true],
  ["linux/arm/v7", "arm", "v7", true],
  ["linux/arm/v6", "arm", "v7", false],
  ["linux", "amd64", "", false],
  ["linux/amd64/v1/x", "amd64", "", false],
])("%s is of an image for %s %s: %s", (asked, architecture, variant, expected) => {
  const image = { ...IMAGE, config: { ...IMAGE.config, architecture }, variant };
  expect(isPlatformOf(image, asked)).toBe(expected);
});
