import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import { tempDirectory } from "@pratique/testkit";
import { describe, expect, it } from "vitest";
import type { Console } from "./console.ts";
import { CliError } from "./errors.ts";
import { planOutputs, writeOutputs } from "./outputs.ts";

const known = ["table", "json", "sarif"] as const;

function plan(format: readonly string[], output: readonly string[], json = false) {
  return planOutputs({ format, output, json }, known, "table");
}

function printer(): Console & { readonly printed: string[] } {
  const printed: string[] = [];
  const nothing = () => undefined;
  const print = (text: string) => printed.push(text);
  return {
    look: { width: 80, color: false },
    showsProgress: false,
    isTerminal: false,
    onKey: () => ({ [Symbol.dispose]: nothing }),
    print,
    say: nothing,
    draw: nothing,
    printed,
  };
}

describe("planOutputs", () => {
  it.each<[string, readonly string[], readonly string[], readonly [string, string | undefined][]]>([
    ["nothing", [], [], [["table", undefined]]],
    ["a format", ["json"], [], [["json", undefined]]],
    ["a file alone", [], ["a.txt"], [["table", "a.txt"]]],
    ["a format and its file", ["json"], ["a.json"], [["json", "a.json"]]],
    [
      "formats and files in turn",
      ["json", "sarif"],
      ["a", "b"],
      [
        ["json", "a"],
        ["sarif", "b"],
      ],
    ],
    [
      "more formats than files",
      ["json", "table"],
      ["a"],
      [
        ["json", "a"],
        ["table", undefined],
      ],
    ],
    [
      "pairs",
      [],
      ["json=a", "sarif=b"],
      [
        ["json", "a"],
        ["sarif", "b"],
      ],
    ],
    [
      "a format beside a pair",
      ["table"],
      ["json=a"],
      [
        ["table", undefined],
        ["json", "a"],
      ],
    ],
    ["a file with an equals sign", [], ["x=a"], [["table", "x=a"]]],
    ["a pair whose file has one", [], ["json=a=b"], [["json", "a=b"]]],
    ["standard output by its dash", ["json"], ["-"], [["json", "-"]]],
  ])("pairs %s", (_, format, output, expected) => {
    expect(plan(format, output).map((one) => [one.format, one.file])).toEqual(expected);
  });

  it("takes --json for a format, once", () => {
    expect(plan([], [], true)).toEqual([{ format: "json", file: undefined }]);
    expect(plan(["json"], [], true)).toEqual([{ format: "json", file: undefined }]);
    expect(plan(["table"], ["a"], true)).toEqual([
      { format: "table", file: "a" },
      { format: "json", file: undefined },
    ]);
  });

  it.each<[string, readonly string[], readonly string[], string]>([
    ["an unknown format", ["xml"], [], "USAGE"],
    ["two formats to standard output", ["json", "table"], [], "USAGE"],
    ["a dash beside a format without a file", ["json", "table"], ["-"], "USAGE"],
    ["more files than formats", ["json"], ["a", "b"], "USAGE"],
    ["a pair without a file", [], ["json="], "USAGE"],
    ["a pair whose format is misspelt", [], ["sraif=a"], "USAGE"],
    ["a pair whose format is one of other commands", [], ["cyclonedx=a"], "USAGE"],
    ["an empty file name", ["json"], [""], "USAGE"],
    ["a file in a directory that is not there", [], ["/absent/a"], "OUTPUT_UNWRITABLE"],
    ["a file in a file", [], ["/dev/null/a"], "OUTPUT_UNWRITABLE"],
    ["a directory", [], ["/"], "OUTPUT_UNWRITABLE"],
  ])("refuses %s", (_, format, output, code) => {
    expect(() => plan(format, output)).toThrow(expect.objectContaining({ code }));
  });
});

describe("writeOutputs", () => {
  it("prints and writes each form where it belongs", () => {
    using directory = tempDirectory();
    const console = printer();
    writeOutputs(plan(["json", "table"], [directory.at("a.json")]), (format) => `<${format}>`, console);
    expect(readFileSync(directory.at("a.json"), "utf8")).toBe("<json>");
    expect(console.printed).toEqual(["<table>"]);
  });

  it("writes pieces as they come, many at a time", () => {
    using directory = tempDirectory();
    const console = printer();
    const pieces = function* () {
      for (let index = 0; index < 20_000; index += 1) yield `${index},ä\n`;
    };
    writeOutputs(plan(["json", "table"], [directory.at("a.json")]), pieces, console);
    const whole = [...pieces()].join("");
    expect(readFileSync(directory.at("a.json"), "utf8")).toBe(whole);
    expect(console.printed.join("")).toBe(whole);
    expect(console.printed).toHaveLength(3);
  });

  it("paints what goes to the terminal, and no file", () => {
    using directory = tempDirectory();
    const console = { ...printer(), look: { width: 80, color: true } };
    writeOutputs(plan(["json", "table"], [directory.at("a")]), (_, { color }) => String(color), console);
    expect(readFileSync(directory.at("a"), "utf8")).toBe("false");
    expect(console.printed).toEqual(["true"]);
  });

  it("leaves no half words for what went wrong in the rendering", () => {
    using directory = tempDirectory();
    const broken = () => {
      throw new CliError("TEMPLATE_UNREADABLE", "no");
    };
    expect(() => writeOutputs(plan([], [directory.at("a")]), broken, printer())).toThrow(
      expect.objectContaining({ code: "TEMPLATE_UNREADABLE" }),
    );
  });

  it("says what cannot be written", () => {
    using directory = tempDirectory();
    const outputs = plan([], [directory.at("a")]);
    mkdirSync(directory.at("a"));
    expect(() => writeOutputs(outputs, () => "", printer())).toThrow(
      expect.objectContaining({
        code: "OUTPUT_UNWRITABLE",
        message: expect.stringContaining(directory.at("a")),
      }),
    );
    expect(readdirSync(directory.path)).toEqual(["a"]);
  });
});
