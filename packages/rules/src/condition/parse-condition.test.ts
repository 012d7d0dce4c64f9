import { describe, expect, it } from "vitest";
import { RulesError } from "../errors.ts";
import { parseCondition } from "./testdata/parse-condition.ts";
import { printCondition } from "./testdata/print-condition.ts";

describe("a condition", () => {
  it.each([
    ["and binds tighter than or", "a or b and c", "a or b and c"],
    ["parentheses change that", "(a or b) and c", "(a or b) and c"],
    ["a keyword may be followed by a parenthesis", "a and(b or(c))", "a and (b or c)"],
    ["not binds tightest", "not a and b", "not a and b"],
    ["not of a group", "not(a or b)", "not (a or b)"],
    ["two nots are none", "not not a", "a"],
    ["a negation in parentheses", "(not a)", "not a"],
    ["lines and tabs are blanks", "a\n\tand b", "a and b"],
    ["== is =", "proc.name == x", "proc.name = x"],
    ["no blanks around symbols", "evt.rawres<=-1", "evt.rawres <= -1"],
    ["hexadecimal", "evt.rawres >= 0x1F", "evt.rawres >= 0x1F"],
    ["exponents", "proc.duration < 5e+9", "proc.duration < 5e+9"],
    ["an argument in brackets", "proc.aname[2]=x", "proc.aname[2] = x"],
    ["a quoted argument", 'proc.env["A B"] = x', 'proc.env["A B"] = x'],
    ["both kinds of quotes", `fd.name in ('a "b"', "c 'd'")`, `fd.name in ("a \\"b\\"", "c 'd'")`],
    ["an empty list", "proc.name in ()", "proc.name in ()"],
    ["in before a parenthesis", "proc.name in(a,b)", "proc.name in (a, b)"],
    ["a list without parentheses", "proc.name in shells", "proc.name in (shells)"],
    ["exists", "proc.pname exists and a", "proc.pname exists and a"],
    ["word operators", "fd.name startswith /etc", "fd.name startswith /etc"],
    ["a text with odd characters", "fd.name contains @/a[b]{c}", "fd.name contains @/a[b]{c}"],
    ["a backslash that is a text", "(proc.args endswith \\) or a", "proc.args endswith \\ or a"],
    ["several values", "fd.name startswith anyof (/a, /b)", "fd.name startswith anyof (/a, /b)"],
    ["a value that is a quantifier", 'proc.name = "anyof"', 'proc.name = "anyof"'],
    ["a field on the right", "proc.name = val(proc.pname)", "proc.name = val(proc.pname)"],
    ["a transformer", "toupper(proc.name) = X", "toupper(proc.name) = X"],
    ["a transformer on the right", "proc.name = tolower(proc.pname)", "proc.name = tolower(proc.pname)"],
    ["transformers within one another", "len(b64(evt.buffer)) > 3", "len(b64(evt.buffer)) > 3"],
    ["inputs of every kind", `join(",", (proc.name, "x", 1)) = y`, `join(",", (proc.name, "x", 1)) = y`],
    ["an argument after a transformer", 'getopt(proc.args, "o:")[o] = x', 'getopt(proc.args, "o:")[o] = x'],
  ])("reads %s", (_, text, printed) => {
    expect(printCondition(parseCondition(text))).toBe(printed);
  });

  it.each([
    ["a line break", '"a\\nb"', "a\nb"],
    ["a tab, a return, a feed and a backspace", '"\\t\\r\\f\\b"', "\t\r\f\b"],
    ["a backslash and a slash", '"\\\\\\/"', "\\/"],
    ["a byte", '"\\x41\\x7f"', "A\u007f"],
    ["its own quote", '"\\""', '"'],
    ["its own single quote", "'\\''", "'"],
    ["a backslash before a blank, which is a backslash", '"\\ "', "\\"],
  ])("undoes the escape of %s", (_, quoted, text) => {
    const parsed = parseCondition(`proc.args contains ${quoted}`);
    expect(parsed).toMatchObject({ kind: "check", right: { kind: "literal", text } });
  });

  it.each([
    ["nothing", ""],
    ["an unknown escape", '"\\q"'],
    ["another quote's escape", 'proc.name = "\\\'"'],
    ["a byte that is none", 'proc.name = "\\xg1"'],
    ["an open quote", 'proc.name = "a'],
    ["an open parenthesis", "(a and b"],
    ["a parenthesis too many", "a) and b"],
    ["two conditions", "a b"],
    ["a keyword without a blank", "a andb"],
    ["no value", "proc.name ="],
    ["no operator", "proc.name and a"],
    ["an unknown operator", "proc.name is a"],
    ["a word operator without a blank", 'proc.name startswith"a"'],
    ["a text for a number", "evt.rawres < a"],
    ["a value with an equals sign", "proc.args contains a=b"],
    ["a list that does not end", "proc.name in (a, b"],
    ["a list with a hole", "proc.name in (a,, b)"],
    ["an argument that does not end", "proc.aname[2 = a"],
    ["an empty argument", "proc.aname[] = a"],
    ["val of no field", "proc.name = val(a)"],
    ["a transformer that does not end", "tolower(proc.name = a"],
    ["a field in the place of a text", "fd.name in (val(proc.name))"],
  ])("refuses %s", (_, text) => {
    expect(() => parseCondition(text)).toThrow(RulesError);
  });

  it("says where it stopped", () => {
    expect(() => parseCondition("a and proc.name is b")).toThrow(
      /operator, found "is", at "is b", character 17/u,
    );
  });

  it("takes a thousand levels, and not one more", () => {
    const nested = (levels: number): string => `${"(".repeat(levels)}a${")".repeat(levels)}`;
    expect(printCondition(parseCondition(nested(999)))).toBe("a");
    expect(() => parseCondition(nested(1000))).toThrow(/deeper than 1000/u);
    expect(() => parseCondition(nested(100_000))).toThrow(RulesError);
  });

  it("takes no longer for a long name than for as many short ones", () => {
    expect(printCondition(parseCondition("a".repeat(1_000_000)))).toHaveLength(1_000_000);
    expect(() => parseCondition(`${"a".repeat(1_000_000)}! = 3`)).toThrow(RulesError);
  });

  it("takes any number of nots, and few transformers", () => {
    expect(printCondition(parseCondition(`${"not ".repeat(100_001)}a`))).toBe("not a");
    expect(() => parseCondition(`${"tolower(".repeat(100)}proc.name${")".repeat(100)} = a`)).toThrow(
      /transformers/u,
    );
    expect(() => parseCondition(`concat(${"(".repeat(100_000)}`)).toThrow(RulesError);
  });
});
