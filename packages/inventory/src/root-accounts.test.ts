import { fileTreeOf } from "@pratique/testkit";
import { expect, it } from "vitest";
import { FailureLog } from "./failure-log.ts";
import { findRootAccounts, rootAccountsIn } from "./root-accounts.ts";

it.each([
  ["root itself", "root:x:0:0:root:/root:/bin/sh", []],
  ["others", "app:x:1000:1000::/:/bin/sh\nx:x:00001:0::/:", []],
  ["a second root", "root:x:0:0::/:\ntoor:x:0:0::/:", ["toor"]],
  ["several zeros", "a:x:000:0::/:", ["a"]],
  ["a sign", "a:x:+0:0::/:\nb:x:-0:0::/:\nc:x:+1:0::/:", ["a", "b"]],
  ["no number", "a:x:zero:0::/:", ["a"]],
  ["a space in the number", "a:x: 7:0::/:", ["a"]],
  ["an empty number", "a:x::0::/:", ["a"]],
  ["a name alone", "a", ["a"]],
  ["a number for a name", "1000:x:0:0::/:", ["1000"]],
  ["a number too large", `a:x:${"9".repeat(40)}:0::/:`, []],
  ["space around a line", "  toor:x:0:0::/:  ", ["toor"]],
  ["carriage returns", "app:x:1:1::/:\r\ntoor:x:0:0::/:\r\n", ["toor"]],
  ["an account twice", "toor:x:0:0::/:\ntoor:x:0:0::/:", ["toor"]],
  ["no name", ":x:0:0::/:", []],
])("reads %s as container engines do", (_, text, expected) => {
  expect(rootAccountsIn(text)).toEqual(expected);
});

it("finds none where there is no passwd file", async () => {
  const log = new FailureLog();
  expect(await findRootAccounts(fileTreeOf({}), { log })).toEqual([]);
  expect(log.list()).toEqual([]);
});

it("follows a symlink", async () => {
  const tree = fileTreeOf({ "etc/passwd": { symlink: "../usr/passwd" }, "usr/passwd": "toor:x:0:0::/:" });
  expect(await findRootAccounts(tree, { log: new FailureLog() })).toEqual(["toor"]);
});

it.each([
  ["leads nowhere", { symlink: "../nowhere" }],
  ["is too long", "a:x:1:1::/:\n".repeat(100_000)],
])("records a passwd file that %s", async (_, passwd) => {
  const log = new FailureLog();
  expect(await findRootAccounts(fileTreeOf({ "etc/passwd": passwd }), { log })).toEqual([]);
  expect(log.list()).toEqual([expect.objectContaining({ code: "FILE_UNREADABLE", path: "etc/passwd" })]);
});
