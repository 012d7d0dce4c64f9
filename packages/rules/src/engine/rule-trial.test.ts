import { expect, it } from "vitest";
import { TestCatalog, type TestEvent, typeOf } from "../testdata/event.ts";
import { eventWith, fileOf, rulesOf } from "../testdata/rule-text.ts";
import { RuleTrial } from "./rule-trial.ts";

function tryOn(condition: string, fields: TestEvent["fields"], without: readonly string[] = []) {
  const [rule] = rulesOf(fileOf(condition));
  if (rule === undefined) throw new Error("there is no rule");
  const trial = new RuleTrial(new TestCatalog(), {
    typeOf,
    knows: ({ fields: kept }, field) => field in kept || without.includes(field),
  });
  return trial.ask(rule, eventWith(fields));
}

it.each([
  ["all is known and fits", "evt.type = openat and fd.name = /x", { "fd.name": "/x" }, "matches"],
  ["all is known and differs", "evt.type = openat and fd.name = /y", { "fd.name": "/x" }, "differs"],
  ["it is about other events", "evt.type = execve and proc.tty = 1", {}, "differs"],
  ["what is known decides", "fd.name = /y and proc.tty = 1", { "fd.name": "/x" }, "differs"],
  ["one of two is enough", "fd.name = /x or proc.tty = 1", { "fd.name": "/x" }, "matches"],
] as const)("answers where %s", (_, condition, fields, kind) => {
  expect(tryOn(condition, fields)).toEqual({ kind });
});

it.each([
  ["fd.name = /x and proc.tty = 1", ["proc.tty"]],
  ["fd.name = /x and not proc.tty = 1", ["proc.tty"]],
  ["fd.name = /y or proc.name = val(proc.pname)", ["proc.name", "proc.pname"]],
  ["fd.name = /x and proc.aname[2] = sh and proc.tty = 1", ["proc.aname[2]", "proc.tty"]],
])("guesses nothing of %s", (condition, missing) => {
  expect(tryOn(condition, { "fd.name": "/x" })).toEqual({ kind: "unknown", fields: missing });
});

it("tells a field without a value from one that was not kept", () => {
  expect(tryOn("not proc.tty = 1", {}, ["proc.tty"])).toEqual({ kind: "matches" });
  expect(tryOn("proc.tty != 1", {}, ["proc.tty"])).toEqual({ kind: "differs" });
});

it("asks each event anew", () => {
  const [rule] = rulesOf(fileOf("fd.name = /x"));
  if (rule === undefined) throw new Error("there is no rule");
  const trial = new RuleTrial(new TestCatalog(), { typeOf, knows: () => true });
  const kinds = ["/x", "/y", "/x"].map((file) => trial.ask(rule, eventWith({ "fd.name": file })).kind);
  expect(kinds).toEqual(["matches", "differs", "matches"]);
});
