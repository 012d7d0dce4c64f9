import { reportFormats } from "@pratique/report";
import type { Command } from "commander";
import { describe, expect, it } from "vitest";
import type { Runner } from "./command-group.ts";
import { buildProgram, usageLine } from "./program.ts";

/** What only the other processes of Pratique start. */
const HIDDEN = ["gate-process", "registry-scanner", "scan-worker"];

const never: Runner = () => Promise.reject(new Error("nothing is to be run"));

/** Every command that does something, with its name in full. */
function leavesOf(command: Command, parents: readonly string[] = []): readonly [string, Command][] {
  return command.commands.flatMap((child): readonly [string, Command][] => {
    const names = [...parents, child.name()];
    return child.commands.length > 0 ? leavesOf(child, names) : [[names.join(" "), child]];
  });
}

const leaves = leavesOf(buildProgram("1.2.3", never)).filter(([name]) => !HIDDEN.includes(name));

function helpOf(command: Command): string {
  let help = "";
  command.configureOutput({ writeOut: (text) => (help += text) }).outputHelp();
  return help;
}

describe.each(leaves)("%s", (name, command) => {
  it("has an example that names it", () => {
    expect(helpOf(command)).toMatch(
      new RegExp(`Example:\\n(?:.*\\n)*? {2}(?:sudo )?pratique ${name}\\b`, "u"),
    );
  });

  it("takes --json, and the flags that all take", () => {
    const flags = command.options.map(({ long }) => long);
    expect(flags).toEqual(
      expect.arrayContaining(["--json", "--data", "--run", "--config", "--engine", "--quiet"]),
    );
  });

  it("gets the flags behind its name", () => {
    let given: unknown;
    const program = buildProgram("1.2.3", (flags) => {
      given = flags;
      return Promise.resolve();
    });
    const required = command.registeredArguments.filter(({ required: needed }) => needed).map(() => "x");
    const needed = command.options
      .filter(({ mandatory }) => mandatory)
      .flatMap(({ long }) => [long ?? "", "x"]);
    program.parse([...name.split(" "), ...required, ...needed, "--data", "/somewhere"], { from: "user" });
    expect(given).toMatchObject({ data: "/somewhere" });
  });

  it("says no default of what may be repeated", () => {
    expect(helpOf(command)).not.toContain("[])");
  });

  it("describes itself and each of its flags", () => {
    const undescribed = command.options.filter(({ description, hidden }) => !hidden && description === "");
    expect([command.description() === "", undescribed]).toEqual([false, []]);
  });
});

it.each(buildProgram("1.2.3", never).commands.map((command) => command.name()))(
  "has %s in full where it is named first",
  (first) => {
    const inFull = leaves.filter(([name]) => name.split(" ")[0] === first);
    const named = leavesOf(buildProgram("1.2.3", never, first)).filter(
      ([name]) => name.split(" ")[0] === first,
    );
    expect(named.map(([name, command]) => [name, helpOf(command)])).toEqual(
      expect.arrayContaining(inFull.map(([name, command]) => [name, helpOf(command)])),
    );
  },
);

it("leaves out the groups that are not named", () => {
  const namesOf = (first: string) =>
    buildProgram("1.2.3", never, first).commands.map((command) => command.name());
  expect(namesOf("image")).toEqual(["image"]);
  expect(namesOf("--version")).toEqual([]);
  expect(namesOf("up")).toEqual(["up"]);
  expect(namesOf("scam")).toEqual(namesOf("--help"));
});

it("knows the commands that there are", () => {
  expect(leaves.map(([name]) => name)).toEqual(
    expect.arrayContaining([
      "image scan",
      "advisories build",
      "policy exception revoke",
      "audit verify",
      "up",
    ]),
  );
});

it("names every format of a report", () => {
  const scan = leaves.find(([name]) => name === "image scan")?.[1];
  const described = scan?.options.find(({ long }) => long === "--format")?.description ?? "";
  expect(described.split(";")[0]?.split(/, | or /u)).toEqual(reportFormats.map(({ name }) => name));
});

it("runs examples as they stand in the help", () => {
  const examples = leaves.flatMap(([, command]) =>
    [...helpOf(command).matchAll(/^ {2}(?:sudo )?pratique (?<words>.+)$/gmu)].map(
      ({ groups }) => groups?.words ?? "",
    ),
  );
  expect(examples.length).toBeGreaterThan(leaves.length);
  for (const example of examples) {
    let ran = false;
    const program = buildProgram("1.2.3", () => {
      ran = true;
      return Promise.resolve();
    });
    const words = [...example.matchAll(/'(?<quoted>[^']*)'|(?<plain>\S+)/gu)].map(
      ({ groups }) => groups?.quoted ?? groups?.plain ?? "",
    );
    program.parse(words, { from: "user" });
    expect([example, ran]).toEqual([example, true]);
  }
});

it.each([
  ["error: unknown option '--bogus'\n", "unknown option '--bogus'; see --help"],
  [
    "error: unknown option '--ignore-unfixed'\n",
    "unknown option '--ignore-unfixed'; here it is --only-fixed",
  ],
  [
    "error: unknown option '--input'\n(Did you mean --output?)\n",
    "unknown option '--input'; here it is docker-archive:FILE or oci-archive:FILE in place of the image",
  ],
  ["error: unknown command 'fs'\n", "unknown command 'fs'; here it is pratique image scan dir:DIRECTORY"],
  ["error: unknown option 'constructor'\n", "unknown option 'constructor'; see --help"],
  ["error: unknown command 'scam'\n(Did you mean scan?)\n", "unknown command 'scam'; did you mean scan?"],
  [
    "error: unknown option '--a'\n(Did you mean one of --b, --c?)\n",
    "unknown option '--a'; did you mean one of --b, --c?",
  ],
  ["error: too many arguments. Expected 1.\n", "too many arguments. Expected 1; see --help"],
])("makes one line of %j", (text, expected) => {
  expect(usageLine(text)).toBe(expected);
});
