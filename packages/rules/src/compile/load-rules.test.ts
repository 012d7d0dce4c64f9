import { eventTypes } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { printCondition } from "../condition/testdata/print-condition.ts";
import { formatRuleIssue } from "../errors.ts";
import { errorsOf, eventWith, fileOf, holds, rulesOf } from "../testdata/rule-text.ts";
import { loadRules } from "./load-rules.ts";

const base = "- rule: A\n  desc: d\n  output: o\n  priority: info\n  condition: proc.name = a\n";

/** The only rule's condition after all is filled in, macros opened. */
function conditionOf(text: string): string {
  const [rule] = rulesOf(text);
  return rule === undefined ? "" : printCondition(rule.condition);
}

/** Errors and warnings, as one line each. */
function issuesOf(text: string): readonly string[] {
  const loaded = loadRules([{ name: "f", text }]);
  const issues = loaded.kind === "rules" ? loaded.warnings : loaded.issues;
  return issues.map((issue) => `${issue.level}: ${formatRuleIssue(issue)}`);
}

describe("a file", () => {
  it("may be several documents, empty ones and nulls among them", () => {
    expect(rulesOf(`---\n${base}---\n---\n- null\n-\n- ~\n${base.replace("A", "B")}`)).toHaveLength(2);
    expect(rulesOf("")).toEqual([]);
    expect(rulesOf("# nothing\n")).toEqual([]);
  });

  it("may use anchors", () => {
    const text = `${base.replace("condition: ", "condition: &c ")}${base.replace("A", "B").replace("proc.name = a", "*c")}`;
    expect(rulesOf(text)[1]?.conditionText).toBe("proc.name = a");
  });

  it.each([
    ["a mapping", "rule: A", /expected a sequence/u],
    ["a text in the sequence", "- a", /expected a rule, a macro or a list/u],
    ["no YAML", "- {a", /not YAML/u],
    ["a rule without a name", "- rule:\n  desc: d", /expected the name of a rule/u],
    ["a macro of a mapping", "- macro: {a: b}\n  condition: c", /expected the name of a macro/u],
    ["brackets without end", "[".repeat(100_000), /nested too deeply/u],
    ["dashes without end", "- ".repeat(100_000), /nested too deeply/u],
    ["aliases that multiply", laughs(), /alias/u],
    ["lines without end", "-\n".repeat(400_001), /at most 400000 lines and commas/u],
    [
      "commas without end",
      `- list: l\n  items: [${"x,".repeat(400_001)}]`,
      /at most 400000 lines and commas/u,
    ],
    ["documents without end", "---\n".repeat(1001), /at most 1000 documents/u],
    [
      "levels without end",
      Array.from({ length: 2500 }, (_, at) => `${" ".repeat(at)}a:`).join("\n"),
      /YAML|expected a sequence/u,
    ],
  ])("is refused where it is %s", (_, text, message) => {
    expect(errorsOf(text)).toContainEqual(expect.stringMatching(message));
  });

  it("is given no place where all of them are too many", () => {
    expect(issuesOf("-\n".repeat(400_001))).toEqual([
      "error: expected at most 400000 lines and commas in all",
    ]);
  });

  it("is told of by line and rule", () => {
    expect(
      issuesOf(`\n${base}\n- rule: B\n  desc: d\n  output: o\n  priority: info\n  condition: a and\n`),
    ).toContainEqual("error: f:12:19: B: expected a field, a macro or '(', at the end");
  });

  it("is warned of what is unknown in it", () => {
    expect(issuesOf(`- foo: bar\n${base}  baz: 1\n`)).toEqual([
      'warning: f:1: unknown item with "foo"',
      'warning: f:2: A: unknown key "baz"',
      "warning: f:6: A: names no types of events, and is asked for each event",
    ]);
  });

  it.each([
    ["an older engine", "- required_engine_version: 10", []],
    ["this engine", "- required_engine_version: 0.63.0", []],
    ["a newer engine", "- required_engine_version: 0.64.0", [/needs engine version 0.64.0, this is 0.63.0/u]],
    ["a newer engine by number", "- required_engine_version: 64", [/needs engine version 0.64.0/u]],
    ["an engine that is none", "- required_engine_version: new", [/expected a number or a version/u]],
    ["the plugin for containers", "- required_plugin_versions: [{name: container, version: 0.4.0}]", []],
    [
      "a newer one",
      "- required_plugin_versions: [{name: container, version: 0.99.0}]",
      [/container 0.99.0/u],
    ],
    [
      "one of another major",
      "- required_plugin_versions: [{name: container, version: 1.0.0}]",
      [/container 1.0.0/u],
    ],
    [
      "another plugin",
      "- required_plugin_versions: [{name: json, version: 0.1.0}]",
      [/needs plugin json 0.1.0/u],
    ],
    [
      "an alternative to it",
      "- required_plugin_versions: [{name: json, version: 0.1.0, alternatives: [{name: container, version: 0.4.0}]}]",
      [],
    ],
  ])("may need %s", (_, text, messages) => {
    expect(errorsOf(text)).toEqual(messages.map((message) => expect.stringMatching(message)));
  });
});

describe("a rule", () => {
  it.each([
    ["emergency", "emergency"],
    ["Critical", "critical"],
    ["INFO", "informational"],
    ["INFORMATIONAL", "informational"],
    ["debug", "debug"],
  ])("has priority %s", (written, priority) => {
    expect(rulesOf(base.replace("info", written))[0]?.priority).toBe(priority);
  });

  it.each([
    ["no condition", base.replace(/ {2}condition.*\n/u, ""), /has no condition/u],
    [
      "no output and no priority",
      base.replace(/ {2}(?:output|priority).*\n/gu, ""),
      /has no output, priority/u,
    ],
    ["an unknown priority", base.replace("info", "high"), /priority: expected one of/u],
    ["a switch that is none", `${base}  enabled: maybe\n`, /enabled: expected true or false/u],
    ["tags that are none", `${base}  tags: {a: b}\n`, /tags: expected a sequence/u],
    ["an unknown action", `${base}  action: nuke\n`, /action: expected one of kill, deny, pause, cut, stop/u],
    ["an unknown field in its output", base.replace("output: o", "output: a %proc.nane"), /unknown field/u],
    ["an unknown macro", base.replace("proc.name = a", "b and evt.type = open"), /undefined macro "b"/u],
    ["nothing but a name", "- rule: A\n", /has no condition, output, desc, priority/u],
    ["a switch for no rule", "- rule: A\n  enabled: false\n", /no rule of this name to switch/u],
    ["an addition to no rule", "- rule: A\n  condition: and a\n  append: true\n", /no rule of this name/u],
    [
      "another source",
      `${base}  source: syscall\n${base}  source: k8s_audit\n`,
      /is of source "syscall" already/u,
    ],
  ])("is refused for %s", (_, text, message) => {
    expect(errorsOf(text)).toEqual([expect.stringMatching(message)]);
  });

  it("is on, of system calls, and without action unless it says so", () => {
    expect(rulesOf(base)[0]).toMatchObject({
      enabled: true,
      source: "syscall",
      action: undefined,
      capture: false,
      tags: [],
    });
    const text = `${base}  enabled: no\n  action: kill\n  capture: true\n  capture_duration: 500\n  tags: [a, b, a]\n`;
    expect(rulesOf(text)[0]).toMatchObject({
      enabled: false,
      action: "kill",
      capture: true,
      captureDurationMs: 500,
      tags: ["a", "b"],
    });
  });

  it("is skipped, with a warning, where its source is not here", () => {
    const loaded = loadRules([{ name: "f", text: `${base}  source: k8s_audit\n` }]);
    expect(loaded).toMatchObject({
      kind: "rules",
      ruleSet: { rules: [], skipped: [{ name: "A", source: "k8s_audit" }] },
      warnings: [{ message: expect.stringContaining("k8s_audit") }],
    });
  });

  it("is skipped where it asks to be and a field is unknown", () => {
    const text = `${base.replace("proc.name", "proc.nane")}  skip-if-unknown-filter: true\n`;
    expect(loadRules([{ name: "f", text }])).toMatchObject({ kind: "rules", ruleSet: { rules: [] } });
    expect(
      errorsOf(`${base.replace("proc.name = a", "proc.tty = a")}  skip-if-unknown-filter: true\n`),
    ).toHaveLength(1);
  });

  it("keeps its place when it is defined anew", () => {
    const second = base.replace("A", "B");
    const rules = rulesOf(`${base}${second}${base.replace("proc.name = a", "proc.name = c")}`);
    expect(rules.map(({ name, conditionText }) => `${name}: ${conditionText}`)).toEqual([
      "A: proc.name = c",
      "B: proc.name = a",
    ]);
  });

  it("is turned off by its name", () => {
    expect(rulesOf(`${base}- rule: A\n  enabled: false\n`)[0]?.enabled).toBe(false);
  });

  it("is warned of where it names no types of events, unless it asks for silence", () => {
    expect(issuesOf(base)).toHaveLength(1);
    expect(issuesOf(`${base}  warn_evttypes: false\n`)).toEqual([]);
    expect(issuesOf(base.replace("proc.name", "evt.type"))).toEqual([]);
    expect(issuesOf(base.replace("proc.name =", "not evt.type ="))).toHaveLength(1);
  });

  it.each([
    ["evt.type = open", ["open"]],
    ["evt.type in (open, write) and proc.name = a", ["open"]],
    ["evt.type = open or evt.type = creat", ["creat", "open"]],
    ["evt.type = open and not evt.type = open", []],
    ["(evt.type in (open, creat)) and evt.type != open", ["creat"]],
    ["evt.type = write", []],
    ["evt.type = open and evt.dir = >", []],
  ])("finds the types of events in %s", (condition, types) => {
    const [rule] = rulesOf(base.replace("proc.name = a", condition));
    expect(rule?.eventTypes).toEqual(types);
    expect(rule?.foreignEventTypes).toEqual(condition.includes("write") ? ["write"] : []);
  });

  it("takes every other type for a complement", () => {
    const [rule] = rulesOf(base.replace("proc.name = a", "not evt.type in (open, creat)"));
    expect(rule?.eventTypes).toHaveLength(eventTypes.length - 2);
    expect(rule?.eventTypes).not.toContain("open");
  });
});

describe("macros", () => {
  it("stand for their conditions", () => {
    const macros = "- macro: m\n  condition: proc.name = a\n- macro: n\n  condition: m or proc.name = b\n";
    expect(holds("n and not m", eventWith({ "proc.name": "b" }), macros)).toBe(true);
    expect(holds("n and not m", eventWith({ "proc.name": "a" }), macros)).toBe(false);
  });

  it("see only those before them", () => {
    expect(errorsOf(`- macro: n\n  condition: m\n- macro: m\n  condition: proc.name = a\n${base}`)).toEqual([
      expect.stringMatching(/undefined macro "m"/u),
    ]);
  });

  it("see those before their last change", () => {
    const text = `- macro: n\n  condition: proc.name = x\n- macro: m\n  condition: proc.name = a\n- macro: n\n  condition: m\n`;
    expect(errorsOf(text)).toEqual([]);
    expect(holds("n", eventWith({ "proc.name": "a" }), text)).toBe(true);
  });

  it("do not stand for themselves, however they are changed", () => {
    const text = `- macro: a\n  condition: proc.name = x\n- macro: b\n  condition: a\n- macro: a\n  condition: b\n`;
    expect(errorsOf(text)).toContainEqual(expect.stringMatching(/stands for itself/u));
  });

  it("may be appended to", () => {
    const text =
      "- macro: m\n  condition: proc.name = a\n- macro: m\n  condition: or proc.name = b\n  append: true\n";
    expect(holds("m", eventWith({ "proc.name": "b" }), text)).toBe(true);
    expect(issuesOf(text)).toContainEqual(expect.stringContaining("append is deprecated"));
  });
});

describe("lists", () => {
  const shells = "- list: shells\n  items: [sh, bash]\n";

  it.each([
    ["in parentheses", "proc.name in (shells)", shells, "proc.name in (sh, bash)"],
    ["among others", "proc.name in (a,shells,b)", shells, "proc.name in (a, sh, bash, b)"],
    ["not as a part of a word", "proc.name in (shells2)", shells, "proc.name in (shells2)"],
    ["not in quotes that touch it", 'proc.name in ("shells")', shells, "proc.name in (shells)"],
    ["of one, anywhere", "proc.name = one", "- list: one\n  items: [sh]\n", "proc.name = sh"],
    ["with blanks in an item", "proc.name in (l)", '- list: l\n  items: ["a b"]\n', 'proc.name in ("a b")'],
    [
      "with quotes of its own",
      "proc.name in (l)",
      `- list: l\n  items: ['"(sd)"']\n`,
      'proc.name in ("(sd)")',
    ],
    [
      "with what YAML takes for something else",
      "proc.name in (l)",
      "- list: l\n  items: [on, 010, 0x1F, 1.10, ~]\n",
      "proc.name in (on, 010, 0x1F, 1.10, ~)",
    ],
    ["empty and alone", "proc.name in (l)", "- list: l\n  items: []\n", "proc.name in ()"],
    ["empty and first", "proc.name in (l, a)", "- list: l\n  items: []\n", "proc.name in (a)"],
    ["empty and last", "proc.name in (a, l)", "- list: l\n  items: []\n", "proc.name in (a)"],
    ["empty and between", "proc.name in (a, l, b)", "- list: l\n  items: []\n", "proc.name in (a, b)"],
    ["empty and without items", "proc.name in (a, l)", "- list: l\n  items:\n", "proc.name in (a)"],
    [
      "of lists before it",
      "proc.name in (l)",
      `${shells}- list: l\n  items: [shells, zsh]\n`,
      "proc.name in (sh, bash, zsh)",
    ],
    [
      "of lists after it, which the text brings in",
      "proc.name in (l)",
      `- list: l\n  items: [shells, zsh]\n${shells}`,
      "proc.name in (sh, bash, zsh)",
    ],
    [
      "changed afterwards",
      "proc.name in (shells)",
      `${shells}- list: shells\n  items: [zsh]\n  append: true\n`,
      "proc.name in (sh, bash, zsh)",
    ],
  ])("are filled in %s", (_, condition, before, expected) => {
    expect(conditionOf(fileOf(condition, before))).toBe(expected);
  });

  it("that name themselves are not filled in for ever", () => {
    const text = "- list: a\n  items: [a, x]\n- list: b\n  items: [a]\n- list: a\n  items: [b, y]\n";
    expect(conditionOf(fileOf("proc.name in (a)", text))).toBe("proc.name in (b, y, y)");
  });

  it.each([
    ["of mappings", "- list: l\n  items: [{a: b}]\n", /expected a sequence/u],
    ["without items", "- list: l\n", /expected a sequence/u],
    ["appended to nothing", "- list: l\n  items: [a]\n  append: true\n", /no list of this name/u],
  ])("are refused %s", (_, text, message) => {
    expect(errorsOf(text)).toEqual([expect.stringMatching(message)]);
  });

  it("are warned of where a name is none", () => {
    expect(issuesOf('- list: "a b"\n  items: []\n- macro: 1a\n  condition: proc.name = a\n')).toEqual(
      expect.arrayContaining([
        "warning: f:1: a b: is no name for a list",
        "warning: f:3: 1a: is no name for a macro",
      ]),
    );
  });
});

describe("overrides", () => {
  const override = (keys: string, how: string): string => `${base}- rule: A\n${keys}  override: {${how}}\n`;

  it.each([
    [
      "a condition",
      "  condition: and proc.tty = 1\n",
      "condition: append",
      { conditionText: "proc.name = a and proc.tty = 1" },
    ],
    ["an output", "  output: p\n", "output: append", { outputText: "o p" }],
    ["a description", "  desc: e\n", "desc: append", { description: "d e" }],
    ["tags", "  tags: [x]\n", "tags: append", { tags: ["x"] }],
  ])("append %s", (_, keys, how, expected) => {
    expect(rulesOf(override(keys, how))[0]).toMatchObject(expected);
  });

  it.each([
    ["a condition", "  condition: proc.tty = 1\n", "condition: replace", { conditionText: "proc.tty = 1" }],
    ["an output", "  output: p\n", "output: replace", { outputText: "p" }],
    ["a priority", "  priority: error\n", "priority: replace", { priority: "error" }],
    ["being on", "  enabled: false\n", "enabled: replace", { enabled: false }],
    ["an action", "  action: pause\n", "action: replace", { action: "pause" }],
    ["tags", "  tags: []\n", "tags: replace", { tags: [] }],
    ["a capture", "  capture: true\n", "capture: replace", { capture: true }],
  ])("replace %s", (_, keys, how, expected) => {
    expect(rulesOf(override(keys, how))[0]).toMatchObject(expected);
  });

  it("append before they replace, whatever their order", () => {
    const keys = "  desc: e\n  condition: and proc.tty = 1\n";
    expect(rulesOf(override(keys, "desc: replace, condition: append"))[0]).toMatchObject({
      description: "e",
      conditionText: "proc.name = a and proc.tty = 1",
    });
  });

  it("change macros and lists", () => {
    const text =
      "- macro: m\n  condition: proc.name = a\n- macro: m\n  condition: proc.name = b\n  override: {condition: replace}\n" +
      "- list: l\n  items: [x]\n- list: l\n  items: [y]\n  override: {items: append}\n";
    expect(holds("m or proc.pname in (l)", eventWith({ "proc.name": "b" }), text)).toBe(true);
    expect(holds("m or proc.pname in (l)", eventWith({ "proc.pname": "y" }), text)).toBe(true);
    expect(holds("m", eventWith({ "proc.name": "a" }), text)).toBe(false);
  });

  it.each([
    ["of a key that is not there", "", "condition: append", /condition is named, and not there/u],
    [
      "that leave a key out",
      "  desc: e\n  tags: [x]\n",
      "desc: append",
      /does not say what becomes of tags/u,
    ],
    [
      "that append what cannot be",
      "  priority: error\n",
      "priority: append",
      /no append for priority of a rule/u,
    ],
    ["that replace what cannot be", "  source: syscall\n", "source: replace", /no replace for source/u],
    ["of another kind", "  desc: e\n", "desc: merge", /neither append nor replace/u],
    ["beside append", "  desc: e\n  append: true\n", "desc: append", /exclude each other/u],
  ])("are refused %s", (_, keys, how, message) => {
    expect(errorsOf(override(keys, how))).toContainEqual(expect.stringMatching(message));
  });

  it("are refused for what there is not", () => {
    expect(errorsOf("- rule: A\n  desc: d\n  override: {desc: append}\n")).toEqual([
      expect.stringMatching(/no rule/u),
    ]);
    expect(errorsOf("- macro: m\n  condition: a\n  override: {condition: append}\n")).toEqual([
      expect.stringMatching(/no macro/u),
    ]);
    expect(errorsOf("- list: l\n  items: [a]\n  override: [items]\n")).toEqual([
      expect.stringMatching(/a mapping/u),
    ]);
  });
});

describe("exceptions", () => {
  const rule = (exceptions: string): string => `${base}  exceptions:\n${exceptions}`;

  it.each([
    [
      "of one field",
      "    - {name: e, fields: proc.pname, values: [a, 'b c']}\n",
      'proc.name = a and not proc.pname in (a, "b c")',
    ],
    [
      "of one field with another comparison",
      "    - {name: e, fields: fd.name, comps: pmatch, values: [/a]}\n",
      "proc.name = a and not fd.name pmatch (/a)",
    ],
    [
      "of one field and several values for a comparison",
      "    - {name: e, fields: fd.name, comps: startswith anyof, values: [/a, /b]}\n",
      "proc.name = a and not fd.name startswith anyof (/a, /b)",
    ],
    [
      "of several fields",
      "    - {name: e, fields: [proc.pname, fd.name], values: [[a, /x], [b, /y]]}\n",
      "proc.name = a and not (proc.pname = a and fd.name = /x or proc.pname = b and fd.name = /y)",
    ],
    [
      "of several fields and comparisons",
      "    - {name: e, fields: [proc.pname, fd.name], comps: [in, startswith], values: [[[a, b], /x], [c, '/y z']]}\n",
      'proc.name = a and not (proc.pname in (a, b) and fd.name startswith /x or proc.pname in (c) and fd.name startswith "/y z")',
    ],
    ["without values", "    - {name: e, fields: proc.pname}\n", "proc.name = a"],
  ])("take away what they name: %s", (_, exceptions, expected) => {
    expect(conditionOf(rule(exceptions))).toBe(expected);
  });

  it("take away from the whole condition", () => {
    const text = rule("    - {name: e, fields: proc.pname, values: [x]}\n").replace(
      "proc.name = a",
      "proc.name = a or proc.name = b",
    );
    expect(conditionOf(text)).toBe("(proc.name = a or proc.name = b) and not proc.pname in (x)");
  });

  it("are extended by their name", () => {
    const text = `${rule("    - {name: e, fields: proc.pname, values: [a]}\n")}- rule: A\n  exceptions:\n    - {name: e, values: [b]}\n    - {name: f, fields: proc.exe, values: [c]}\n  override: {exceptions: append}\n`;
    expect(conditionOf(text)).toBe("proc.name = a and not proc.pname in (a, b) and not proc.exe in (c)");
  });

  it("may hold the names of lists", () => {
    const text = `- list: l\n  items: [x, y]\n${rule("    - {name: e, fields: proc.pname, values: [l]}\n")}`;
    expect(conditionOf(text)).toBe("proc.name = a and not proc.pname in (x, y)");
  });

  it.each([
    ["no name", "    - {fields: proc.pname}\n", /expected a name/u],
    ["no fields", "    - {name: e, values: [a]}\n", /has no fields/u],
    [
      "a comparison that takes no list",
      "    - {name: e, fields: proc.pname, comps: startswith}\n",
      /takes no list/u,
    ],
    [
      "several comparisons for one field",
      "    - {name: e, fields: proc.pname, comps: [in]}\n",
      /takes one comparison/u,
    ],
    [
      "too few comparisons",
      "    - {name: e, fields: [proc.pname, fd.name], comps: [in]}\n",
      /expected 2 comparisons/u,
    ],
    ["an unknown comparison", "    - {name: e, fields: [proc.pname], comps: [is]}\n", /unknown comparison/u],
    [
      "rows that are too short",
      "    - {name: e, fields: [proc.pname, fd.name], values: [[a]]}\n",
      /rows of 2/u,
    ],
    ["rows that are none", "    - {name: e, fields: [proc.pname], values: [a]}\n", /rows of 1/u],
    [
      "values that are none",
      "    - {name: e, fields: proc.pname, values: {a: b}}\n",
      /values as a sequence/u,
    ],
  ])("are refused for %s", (_, exceptions, message) => {
    expect(errorsOf(rule(exceptions))).toEqual([expect.stringMatching(message)]);
  });
});

/** Each line is ten times the one before. */
function laughs(): string {
  const lines = ["- &a0 [x, x, x, x, x, x, x, x, x, x]"];
  for (let at = 1; at < 12; at += 1) {
    lines.push(`- &a${at} [${Array.from({ length: 10 }, () => `*a${at - 1}`).join(", ")}]`);
  }
  return `${lines.join("\n")}\n- list: l\n  items: *a11\n`;
}

describe("what is wrong", () => {
  it("is told all at once, each where it stands", () => {
    const text = [
      "- list: known_shells",
      "  items: [sh, bash]",
      "- macro: spawned",
      "  condition: evt.type = execve and proc.exepth = /bin/sh and evt.rawres <",
      "- rule: A",
      "  desc: d",
      "  condition: >",
      "    spawnd and proc.nane = a",
      "    and proc.pname is b and (proc.tty = x or not proc.name in (known_shels, c))",
      "    and fd.name in known",
      "  output: '%proc.nmae did %evt.type of %fd.nam'",
      "  priority: info",
      "- rule: B",
      "  desc: d",
      '  condition: spawned and proc.cmdline contains "a\\"b" and proc.nane = a',
      "  output: o",
      "  priority: info",
      "  exceptions: [{name: e, fields: proc.nane, values: [a]}]",
      "- rule: B",
      "  condition: or evt.typ = open",
      "  override: {condition: append}",
      "",
    ].join("\n");
    expect(issuesOf(text)).toEqual([
      'error: f:4:36: spawned: unknown field "proc.exepth"',
      "error: f:4:74: spawned: expected a number, at the end",
      'error: f:8:5: A: undefined macro "spawnd"; "spawned" may be meant',
      'error: f:8:16: A: unknown field "proc.nane"',
      'error: f:9:20: A: expected an operator, found "is", at "is b and (proc.tty = x or not proc.name "',
      'error: f:9:30: A: proc.tty: "x" is no number',
      'warning: f:9:64: A: no list has the name "known_shels", and it is compared as a text; "known_shells" may be meant',
      'warning: f:10:20: A: no list has the name "known", and it is compared as a text',
      'error: f:11:12: A: output: unknown field "proc.nmae"',
      'error: f:11:40: A: output: unknown field "fd.nam"',
      'error: f:15: B: in its exceptions: unknown field "proc.nane"',
      'error: f:15:59: B: unknown field "proc.nane"',
      'error: f:20:17: B: unknown field "evt.typ"',
    ]);
  });

  it("is told of a condition beside what is wrong with other keys, and of no change to the rule", () => {
    const text = `${base.replace("info", "high").replace("proc.name", "proc.nane")}  tags: {a: b}\n- rule: A\n  enabled: false\n  override: {enabled: replace}\n`;
    expect(issuesOf(text)).toEqual([
      expect.stringMatching(/^error: f:4: A: priority: expected one of/u),
      'error: f:5:14: A: unknown field "proc.nane"',
      "error: f:6: A: tags: expected a sequence of texts",
    ]);
  });

  it("is told of a macro once, and not of the rules that use it", () => {
    const macro = "- macro: m\n  condition: evt.type = open and fd.nam = x\n";
    const rules = ["B", "C"].map((name) => base.replace("A", name).replace("proc.name = a", "m"));
    expect(issuesOf(`${macro}${rules.join("")}`)).toEqual(['error: f:2:34: m: unknown field "fd.nam"']);
  });

  it("is no doubt about a text that resembles no list", () => {
    const text = `- list: shell_names\n  items: [a_b]\n${base.replace("proc.name = a", "evt.type = open and proc.name in (kube_proxy, 'shell_name', shell_names)")}`;
    expect(issuesOf(text)).toEqual([]);
  });
});
