import { expect, it } from "vitest";
import { CoreError, hasCode } from "./errors.ts";

it.each([
  ["one of the system's", Object.assign(new Error("no such file"), { code: "ENOENT" }), true],
  ["the other one", Object.assign(new Error("a file in between"), { code: "ENOTDIR" }), true],
  ["another code", Object.assign(new Error("denied"), { code: "EACCES" }), false],
  ["a code of ours", new CoreError("PURL_MALFORMED", "no purl"), false],
  ["no code", new Error("ENOENT"), false],
  ["a code that is no text", Object.assign(new Error("x"), { code: 2 }), false],
  ["what is no error", { code: "ENOENT" }, false],
  ["nothing", undefined, false],
])("tells an error by its code: %s", (_, thrown, expected) => {
  expect(hasCode(thrown, "ENOENT", "ENOTDIR")).toBe(expected);
});
