import { readFileSync, statSync } from "node:fs";
import path from "node:path";
import { MiB, type ScanReport } from "@pratique/core";
import {
  readIgnoreFile,
  readVex,
  type SuppressionFile,
  type SuppressionSubject,
  suppress,
} from "@pratique/matching";
import { printable } from "@pratique/report";
import type { Console } from "../console.ts";
import { CliError } from "../errors.ts";
import type { SuppressionFiles, SuppressionOptions, Suppressions } from "./suppression-files.ts";

const MAX_BYTES = 256 * MiB;
/** So many lines about one file; a count stands for the rest. */
const MAX_LINES = 50;

/** What files say of findings that there are. */
export class FileSuppressions implements Suppressions {
  readonly #files: readonly SuppressionFile[];
  readonly #console: Console;

  constructor({ vex, named, found }: SuppressionFiles, { console, now }: SuppressionOptions) {
    this.#console = console;
    const moment = now();
    this.#files = [
      ...vex.map((file) => readVex(readText(file), file)),
      ...named.map((file) => readIgnoreFile(readText(file), file, moment)),
      ...found.map((file) => readIgnoreFile(readText(file), relative(file), moment)),
    ];
    for (const file of found) this.#sayFound(relative(file));
    for (const file of this.#files) this.#say([...file.problems, ...file.expired]);
  }

  apply(report: ScanReport, subject: Omit<SuppressionSubject, "target"> = {}): ScanReport {
    const rules = this.#files.flatMap((file) => file.rules);
    const { report: judged, unmatched } = suppress(report, rules, subject);
    const left = new Set(unmatched);
    for (const file of this.#files) {
      const lines = file.rules
        .filter((rule) => left.has(rule))
        .map(({ place, title }) => `${place}: ${title} matched nothing`);
      this.#say(lines);
    }
    return judged;
  }

  #sayFound(file: string): void {
    const rules = this.#files.find(({ name }) => name === file)?.rules.length ?? 0;
    const noun = rules === 1 ? "rule" : "rules";
    this.#console.say(`${file}: ${rules} ignore ${noun} applied; --no-ignore-files leaves them out`);
  }

  #say(lines: readonly string[]): void {
    for (const line of lines.slice(0, MAX_LINES)) this.#console.say(printable(line));
    if (lines.length > MAX_LINES) this.#console.say(`and ${lines.length - MAX_LINES} more like these`);
  }
}

function relative(file: string): string {
  return path.basename(file);
}

/** A file that is not there ends the command: the user named it. */
function readText(file: string): string {
  const stats = statSync(file);
  if (stats.isDirectory()) throw new CliError("USAGE", `${JSON.stringify(file)} is a directory`);
  if (stats.size > MAX_BYTES) {
    throw new CliError("USAGE", `${JSON.stringify(file)} is larger than ${MAX_BYTES / MiB} MiB`);
  }
  return readFileSync(file, "utf8").replace(/^\uFEFF/u, "");
}
