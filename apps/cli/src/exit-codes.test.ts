import { globSync, readFileSync } from "node:fs";
import path from "node:path";
import { CoreError, PratiqueError } from "@pratique/core";
import { expect, it } from "vitest";
import { CliError } from "./errors.ts";
import { describeFailure } from "./exit-codes.ts";

class OtherError extends PratiqueError {}

const lineOf = (thrown: unknown) => describeFailure(thrown)?.line;

it("says what, and how to mend it", () => {
  expect(describeFailure(new CoreError("SEVERITY_UNKNOWN", 'expected high, found "x"'))).toEqual({
    line: 'expected high, found "x"; choose one of these',
    exitCode: 1,
  });
});

it("prefers the advice of the place where it happened", () => {
  expect(lineOf(new CliError("USAGE", "no file", { hint: "check the path" }))).toBe(
    "no file; check the path",
  );
});

it("takes the system's advice where there is no other", () => {
  const cause = Object.assign(new Error("x"), { code: "EROFS" });
  expect(lineOf(new OtherError("NEVER_SEEN", "no", { cause }))).toBe("no; name a place that can be written");
  expect(lineOf(new OtherError("NEVER_SEEN", "no"))).toBe("no");
});

it("sends nobody to start what they may not reach", () => {
  const cause = Object.assign(new Error("x"), { code: "EACCES" });
  const denied = [
    new OtherError("ENGINE_UNREACHABLE", "no", { cause }),
    new OtherError("IDENTITY_UNREADABLE", "no", { cause }),
    new CliError("PART_FAILED", "no", { cause, hint: "start it" }),
  ];
  for (const thrown of denied) expect(lineOf(thrown)).toBe("no; check the rights to it, or run it with sudo");
});

it("sees a full disk behind every code", () => {
  const cause = Object.assign(new Error("x"), { code: "ENOSPC" });
  expect(lineOf(new OtherError("LOG_UNWRITABLE", "no", { cause }))).toMatch(/; free some space/u);
});

it.each([
  ["line breaks", "a\n  b\r\nc", "a b c"],
  ["escapes that would paint the terminal", "a\u001b[2Jb", "a\\u001b[2Jb"],
])("keeps to one line: %s", (_, message, expected) => {
  expect(lineOf(new OtherError("NEVER_SEEN", message))).toBe(expected);
});

it("takes what the system refuses for no defect", () => {
  let thrown: unknown;
  try {
    readFileSync("/absent");
  } catch (caught) {
    thrown = caught;
  }
  expect(lineOf(thrown)).toBe('"/absent": no such file or directory; check the path');
});

it("knows its own defects", () => {
  for (const thrown of [new TypeError("x"), "text", undefined, null])
    expect(describeFailure(thrown)).toBe(undefined);
});

it("says that it was interrupted, rather than what broke because of that", () => {
  const line = "interrupted; nothing was lost";
  for (const thrown of [
    new OtherError("ABORTED", "x"),
    new OtherError("BUILD_ABORTED", "x"),
    new Error("x"),
  ]) {
    expect(describeFailure(thrown, { interrupted: true })).toEqual({ line, exitCode: 1 });
  }
  const other = describeFailure(new OtherError("DISK_FULL", "full"), { interrupted: true });
  expect(other?.line).toMatch(/^full; /u);
});

it("gives advice for codes that exist, and for no others", () => {
  const root = path.resolve(import.meta.dirname, "../../..");
  const sources = globSync("{packages,apps}/*/src/**/errors.ts", { cwd: root });
  const unions = sources.map((file) => readFileSync(path.join(root, file), "utf8")).join("\n");
  const source = readFileSync(path.join(import.meta.dirname, "exit-codes.ts"), "utf8");
  const advised = [...source.matchAll(/^ {2}(?<code>[A-Z_]+):/gmu)].map(({ groups }) => groups?.code ?? "");
  expect(advised.length).toBeGreaterThan(40);
  expect(advised.filter((code) => !unions.includes(`"${code}"`))).toEqual([]);
});
