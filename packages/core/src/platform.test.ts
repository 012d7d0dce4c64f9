import { expect, it } from "vitest";
import { formatPlatform, parsePlatform } from "./platform.ts";

it.each(["linux/amd64", "linux/arm64/v8"])("reads and writes %s", (text) => {
  expect(formatPlatform(parsePlatform(text))).toBe(text);
});

it.each(["", "linux", "linux/", "/amd64", "linux/arm/v7/x", "linux/a b"])("refuses %j", (text) => {
  expect(() => parsePlatform(text)).toThrow(expect.objectContaining({ code: "PLATFORM_MALFORMED" }));
});
