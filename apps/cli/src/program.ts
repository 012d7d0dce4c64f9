import { Command, Help, type Option } from "commander";
import type { CommandGroup, Runner } from "./command-group.ts";
import { commandGroups } from "./command-groups.ts";

const EXITS = `
Exit codes:
  0  assessed, and within what was asked
  1  could not run
  2  findings at or over --fail-on, or a verdict of deny
  3  could not be fully assessed`;

/** The whole command line; where `first`, the first word of what was asked, names a group, that group alone. */
export function buildProgram(version: string, run: Runner, first?: string): Command {
  const program = new Command("pratique")
    .description("Shows what is in container images, and holds launches that break your policies")
    .version(version)
    // Flags behind a command's name are that command's, also where the one before takes the same.
    .enablePositionalOptions()
    .configureHelp({ optionDescription })
    .configureOutput({ outputError: (text, write) => write(`pratique: ${usageLine(text)}\n`) })
    .addHelpText("after", EXITS);
  for (const { add } of groupsFor(first)) add(program, run);
  return program;
}

/** That nothing is repeated unless somebody does goes without saying. */
function optionDescription(option: Option): string {
  return new Help().optionDescription(option).replace(" (default: [])", "");
}

function groupsFor(first: string | undefined): readonly CommandGroup[] {
  if (first === "--version") return [];
  const named = commandGroups.find(({ name }) => name === first);
  return named === undefined ? commandGroups : [named];
}

/** What other scanners call what is called something else here. */
const ELSEWHERE: Readonly<Record<string, string>> = {
  "command 'fs'": "pratique image scan dir:DIRECTORY",
  "command 'rootfs'": "pratique image scan dir:DIRECTORY",
  "command 'sbom'": "pratique image sbom IMAGE, or pratique image scan sbom:FILE",
  "command 'scan'": "pratique image scan IMAGE",
  "option '--exit-code'": "--fail-on SEVERITY",
  "option '--from'": "a scheme before the image: docker:, podman:, registry:",
  "option '--ignore-unfixed'": "--only-fixed",
  "option '--ignorefile'": "--ignore-file FILE",
  "option '--image-src'": "a scheme before the image: docker:, podman:, registry:",
  "option '--input'": "docker-archive:FILE or oci-archive:FILE in place of the image",
  "option '--list-all-pkgs'": "pratique image sbom IMAGE",
  "option '--vuln-type'": "--pkg-types LIST",
  "option '-f'": "--format FORMAT, or --fail-on SEVERITY",
  "option '-o'": "--output FILE, or --format FORMAT",
  "option '-s'": "--severity LIST",
};

/** One line of what commander says in several: `unknown command 'scam'; did you mean scan?` */
export function usageLine(text: string): string {
  const [said = "", ...more] = text.trim().split("\n");
  const unknown = /^error: (?<said>unknown (?<what>.*))$/u.exec(said)?.groups;
  const here = ELSEWHERE[unknown?.what ?? ""];
  if (here !== undefined) return `${unknown?.said}; here it is ${here}`;
  const guess = /^\(Did you mean (?<guess>.+)\?\)$/u.exec(more.join(" "))?.groups?.guess;
  const hint = guess === undefined ? "see --help" : `did you mean ${guess}?`;
  return `${said.replace(/^error: /u, "").replace(/\.$/u, "")}; ${hint}`;
}
