import type { EventType, FieldValue } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { loadRules } from "../compile/load-rules.ts";
import { TestCatalog, type TestEvent, typeOf } from "../testdata/event.ts";
import { eventWith } from "../testdata/rule-text.ts";
import { compileRules, type EngineOptions, type RuleEngine } from "./compile-rules.ts";
import type { RuleMatch } from "./rule-match.ts";

interface Written {
  readonly name: string;
  readonly condition: string;
  readonly output?: string;
  readonly rest?: string;
}

const macros = `
- list: shells
  items: [sh, bash]
- macro: container
  condition: container.id != host
- macro: spawned
  condition: (evt.type in (execve, execveat))
- macro: shell
  condition: proc.name in (shells)
`;

function engineOf(
  rules: readonly Written[],
  options: Partial<EngineOptions<TestEvent>> & {
    readonly leftOut?: readonly string[];
    readonly before?: string;
  } = {},
): RuleEngine<TestEvent> {
  const text = rules.map(
    ({ name, condition, output = "o", rest = "" }) =>
      `- rule: ${name}\n  desc: d\n  priority: info\n  output: "${output}"\n  condition: ${condition}\n${rest}`,
  );
  const loaded = loadRules([{ name: "f", text: [macros, options.before, ...text].join("") }]);
  if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
  return compileRules(loaded.ruleSet, new TestCatalog(options.leftOut), { typeOf, ...options });
}

function namesOf(engine: RuleEngine<TestEvent>, event: TestEvent): readonly string[] {
  return engine.match(event).map(({ rule }) => rule.name);
}

function execve(fields: Readonly<Record<string, FieldValue | readonly FieldValue[]>>): TestEvent {
  return eventWith({ "container.id": "3ad7b26ded6d", ...fields }, "execve");
}

describe("match", () => {
  const rules = [
    { name: "A", condition: "spawned and shell and proc.tty != 0" },
    { name: "B", condition: "evt.type = openat and fd.name = /etc/shadow" },
    { name: "C", condition: "spawned and container and shell" },
    { name: "D", condition: "shell", rest: "  enabled: false\n" },
    { name: "E", condition: "shell and proc.pname = nginx" },
  ];

  it("tells the first rule in the order of the files", () => {
    const engine = engineOf(rules);
    expect(namesOf(engine, execve({ "proc.name": "sh", "proc.tty": 1 }))).toEqual(["A"]);
    expect(namesOf(engine, execve({ "proc.name": "sh", "proc.tty": 0, "proc.pname": "nginx" }))).toEqual([
      "C",
    ]);
  });

  it("tells all where it is told to, in their order", () => {
    const engine = engineOf(rules, { matching: "all" });
    const event = execve({ "proc.name": "sh", "proc.tty": 1, "proc.pname": "nginx" });
    expect(namesOf(engine, event)).toEqual(["A", "C", "E"]);
    expect(namesOf(engine, { ...event, type: "openat" })).toEqual(["E"]);
  });

  it("asks the rules that are wanted", () => {
    const engine = engineOf(rules, { wants: ({ name }) => name === "D" });
    expect(namesOf(engine, execve({ "proc.name": "sh" }))).toEqual(["D"]);
    expect(engine.rules).toHaveLength(1);
  });

  it("does not take what it found for one event for the next", () => {
    const engine = engineOf(rules, { matching: "all" });
    for (let round = 0; round < 3; round += 1) {
      expect(namesOf(engine, execve({ "proc.name": "sh", "proc.tty": 1 }))).toEqual(["A", "C"]);
      expect(namesOf(engine, execve({ "proc.name": "ls", "proc.tty": 1 }))).toEqual([]);
      expect(namesOf(engine, execve({ "proc.name": "sh", "container.id": "host" }))).toEqual([]);
    }
  });

  it("is not misled by events that are written over", () => {
    const engine = engineOf([{ name: "A", condition: "shell" }]);
    const fields: Record<string, FieldValue> = { "proc.name": "sh" };
    const event = eventWith(fields);
    expect(namesOf(engine, event)).toEqual(["A"]);
    fields["proc.name"] = "ls";
    expect(namesOf(engine, event)).toEqual([]);
  });

  it("goes on after a reader that throws", () => {
    const catalog = new TestCatalog();
    const loaded = loadRules([
      {
        name: "f",
        text: `${macros}- rule: A\n  desc: d\n  output: o\n  priority: info\n  condition: shell\n- rule: B\n  desc: d\n  output: o\n  priority: info\n  condition: shell and proc.args glob *x\n`,
      },
    ]);
    if (loaded.kind === "invalid") throw new Error(loaded.issues[0]?.message);
    const engine = compileRules(
      loaded.ruleSet,
      {
        reader: (name, argument) => {
          const reader = catalog.reader(name, argument);
          if (name !== "proc.args" || reader === undefined) return reader;
          const read = (event: TestEvent): FieldValue => {
            if (event.fields["proc.args"] === undefined) throw new Error("unreadable");
            return "a";
          };
          return { ...reader, read };
        },
      },
      { typeOf, matching: "all" },
    );
    expect(() => engine.match(eventWith({ "proc.name": "sh" }))).toThrow("unreadable");
    expect(namesOf(engine, eventWith({ "proc.name": "ls", "proc.args": "a" }))).toEqual([]);
    expect(namesOf(engine, eventWith({ "proc.name": "sh", "proc.args": "a" }))).toEqual(["A"]);
  });

  it("takes a field that the source does not have for one without a value", () => {
    const engine = engineOf(
      [
        { name: "A", condition: "k8s.ns.name = x and proc.name = sh" },
        { name: "B", condition: "not k8s.ns.name = x and proc.name = sh" },
      ],
      { matching: "all", leftOut: ["k8s.ns.name"] },
    );
    expect(namesOf(engine, eventWith({ "proc.name": "sh", "k8s.ns.name": "x" }))).toEqual(["B"]);
  });
});

describe("needs", () => {
  it("names the types of events, and those that matter for the host", () => {
    const engine = engineOf([
      { name: "A", condition: "spawned and container" },
      { name: "B", condition: "evt.type = connect" },
      { name: "C", condition: "evt.type in (connect, ptrace) and container" },
      { name: "D", condition: "evt.type = bpf and container.image.repository in (x)" },
      { name: "E", condition: "evt.type = setns and (container or proc.name = x)" },
      { name: "F", condition: "evt.type = mount and not container.id = host" },
      { name: "G", condition: "evt.type = unshare", rest: "  enabled: false\n" },
    ]);
    expect(engine.needs.eventTypes).toEqual([
      "bpf",
      "connect",
      "execve",
      "execveat",
      "mount",
      "ptrace",
      "setns",
    ]);
    expect(engine.needs.hostEventTypes).toEqual(["connect", "setns"]);
  });

  it("names the fields of conditions and outputs, and those that there are not", () => {
    const engine = engineOf(
      [
        {
          name: "A",
          condition: "evt.arg.flags contains x and tolower(proc.name) = a",
          output: "%proc.aname[2] %k8s.ns.name",
        },
      ],
      { leftOut: ["k8s.ns.name"] },
    );
    expect(engine.needs.fields).toEqual([
      { name: "evt.arg", argument: "flags" },
      { name: "proc.name", argument: undefined },
      { name: "proc.aname", argument: "2" },
    ]);
    expect(engine.needs.missingFields).toEqual([{ name: "k8s.ns.name", argument: undefined }]);
  });
});

describe("a match", () => {
  function matchOf(
    condition: string,
    fields: TestEvent["fields"],
    type: EventType = "execve",
    before = "",
  ): RuleMatch<TestEvent> {
    const [match] = engineOf([{ name: "A", condition }], { before }).match(eventWith(fields, type));
    if (match === undefined) throw new Error("expected a match");
    return match;
  }

  const fields = {
    "container.id": "3ad7b26ded6d",
    "proc.name": "sh",
    "proc.tty": 34_816,
    "proc.pname": "nginx",
  };

  it("says which parts held, with macros by name and texts as written", () => {
    const match = matchOf("spawned  and container and proc.name in (shells) and proc.tty != 0", fields);
    expect(match.parts()).toEqual([
      { text: "spawned", field: "evt.type", value: "execve" },
      { text: "container", field: "container.id", value: "3ad7b26ded6d" },
      { text: "proc.name in (shells)", field: "proc.name", value: "sh" },
      { text: "proc.tty != 0", field: "proc.tty", value: "34816" },
    ]);
  });

  it.each([
    [
      "the alternative that held",
      "proc.name = ls or (proc.name = sh and proc.tty != 0) or proc.pname = nginx",
      ["proc.name = sh", "proc.tty != 0"],
    ],
    [
      "what was not, where there is a value to show",
      "proc.name = sh and not proc.pname in (shells)",
      ["proc.name = sh", "not proc.pname in (shells)"],
    ],
    ["not what has no value", "proc.name = sh and not proc.args = x", ["proc.name = sh"]],
    [
      "not the macros that did not hold",
      "proc.name = sh and not (container and proc.tty = 0)",
      ["proc.name = sh"],
    ],
  ])("says %s", (_, condition, texts) => {
    expect(
      matchOf(condition, fields)
        .parts()
        .map(({ text }) => text),
    ).toEqual(texts);
  });

  it("tells a field of a macro once, and cuts long texts", () => {
    const names = Array.from({ length: 500 }, (_, at) => `name${at}`).join(", ");
    const match = matchOf(`spawned and not evt.type = openat and proc.name in (sh, ${names})`, fields);
    expect(match.parts().map(({ text }) => text.length)).toEqual([7, 21, 513]);
    expect(
      matchOf(
        "both",
        fields,
        "execve",
        "- macro: both\n  condition: proc.tty > 0 and proc.tty < 99999\n",
      ).parts(),
    ).toEqual([{ text: "both", field: "proc.tty", value: "34816" }]);
  });

  it("says which of several values it was", () => {
    const match = matchOf("proc.aname in (shells)", { "proc.aname": ["nginx", "bash", "tini"] });
    expect(match.parts()).toEqual([{ text: "proc.aname in (shells)", field: "proc.aname", value: "bash" }]);
  });

  it("is explained from its own event, whatever came after it", () => {
    const engine = engineOf([{ name: "A", condition: "proc.name in (shells)", output: "%proc.name" }]);
    const [first] = engine.match(eventWith({ "proc.name": "sh" }));
    const [second] = engine.match(eventWith({ "proc.name": "bash" }));
    expect(first?.parts()[0]?.value).toBe("sh");
    expect(second?.parts()[0]?.value).toBe("bash");
    expect(first?.output()).toMatch(/^sh /u);
    engine.match(eventWith({ "proc.name": "ls" }));
    expect(second?.output()).toMatch(/^bash /u);
  });

  it.each([
    ["fields", "a %proc.name b", "a sh b"],
    ["arguments", "%proc.aname[2] %evt.arg.flags", "init O_CREAT"],
    ["transformers", "%toupper(proc.name)!", "SH!"],
    ["fields without values", "%proc.pname %fd.name", "<NA> <NA>"],
    ["a star in front", "*%proc.pname", "<NA>"],
    ["several values", "%fd.types", "(a,b)"],
    ["numbers and flags", "%proc.tty %fd.connected", "7 true"],
    ["what the plugin for containers made", "%container.info|", "|"],
    ["words after a field", "%proc.name.", "sh."],
    ["more words after a field", "%fd.num.txt", "<NA>.txt"],
    ["percent signs", "100% of %1 %%", "100% of %1 %%"],
  ])("fills %s into its output", (_, output, expected) => {
    const engine = engineOf([{ name: "A", condition: "proc.name = sh", output }]);
    const event = eventWith({
      "proc.name": "sh",
      "proc.aname[2]": "init",
      "evt.arg.flags": "O_CREAT",
      "fd.types": ["a", "b"],
      "proc.tty": 7,
      "fd.connected": true,
    });
    const suggested =
      " container_id=<NA> container_name=<NA> container_image_repository=<NA> container_image_tag=<NA>";
    expect(engine.match(event)[0]?.output()).toBe(`${expected}${suggested}`);
  });

  it("says of an output what is written, and no more, where nobody wants the container named", () => {
    const rule = { name: "A", condition: "proc.name = sh", output: "by %proc.name" };
    const [match] = engineOf([rule], { namesContainer: false }).match(execve({ "proc.name": "sh" }));
    expect(match?.output()).toBe("by sh");
  });

  it("tells the fields of its output by name", () => {
    const engine = engineOf([{ name: "A", condition: "proc.name = sh", output: "%proc.name %container.id" }]);
    expect(engine.match(eventWith({ "proc.name": "sh", "container.id": "host" }))[0]?.fields()).toEqual({
      "proc.name": "sh",
      "container.id": "host",
      "container.name": "<NA>",
      "container.image.repository": "<NA>",
      "container.image.tag": "<NA>",
    });
  });
});
