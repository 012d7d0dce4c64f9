import { expect, it } from "vitest";
import { isDigest, parseDigest } from "./digest.ts";

const hex = "0123456789abcdef".repeat(4);

it("takes a sha256 digest", () => {
  expect(parseDigest(`sha256:${hex}`)).toBe(`sha256:${hex}`);
});

it.each([
  ["upper case", `sha256:${hex.toUpperCase()}`],
  ["too short", `sha256:${hex.slice(1)}`],
  ["another algorithm", `sha512:${hex}${hex}`],
  ["a trailing line", `sha256:${hex}\n`],
  ["nothing", ""],
])("refuses %s", (_, text) => {
  expect(isDigest(text)).toBe(false);
  expect(() => parseDigest(text)).toThrow(expect.objectContaining({ code: "DIGEST_MALFORMED" }));
});
