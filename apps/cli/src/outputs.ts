import { closeSync, openSync, statSync, writeSync } from "node:fs";
import path from "node:path";
import { messageOf, PratiqueError } from "@pratique/core";
import { suggest } from "@pratique/policy";
import { type Look, reportFormats } from "@pratique/report";
import type { Console } from "./console.ts";
import { CliError } from "./errors.ts";

/** One report to write: in which form, and where to; standard output where no file is named. */
export interface Output<Format extends string> {
  readonly format: Format;
  readonly file: string | undefined;
}

export interface OutputFlags {
  readonly format: readonly string[];
  readonly output: readonly string[];
  /** The same as the format `json`. */
  readonly json?: boolean;
}

/**
 * Pairs `--format` with `--output`. Both may be given more than once: the first format goes to the first file and
 * so on, and `--output FORMAT=FILE` says both at once. A format without a file goes to standard output, once.
 * Throws `USAGE`, and `OUTPUT_UNWRITABLE` for a file that could not be written: before any work is done for it.
 */
export function planOutputs<Format extends string>(
  flags: OutputFlags,
  known: readonly Format[],
  fallback: Format,
): readonly Output<Format>[] {
  const pairs = flags.output.filter((output) => formatOf(output, known) !== undefined);
  const files = flags.output.filter((output) => formatOf(output, known) === undefined);
  for (const file of files) refuseMisspelt(file, known);
  const asked =
    flags.json === true && !flags.format.includes("json") ? [...flags.format, "json"] : flags.format;
  const formats = asked.length > 0 || pairs.length > 0 ? asked : [fallback];
  const plain = formats.map((format, index) => ({ format: checkFormat(format, known), file: files[index] }));
  const paired = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return { format: checkFormat(pair.slice(0, equals), known), file: pair.slice(equals + 1) };
  });
  if (files.length > formats.length) {
    throw new CliError("USAGE", `--output ${JSON.stringify(files[formats.length])} has no --format`);
  }
  const outputs = [...plain, ...paired];
  if (outputs.filter(({ file }) => file === undefined || file === "-").length > 1) {
    throw new CliError("USAGE", "only one format can go to standard output: give the others an --output");
  }
  for (const { file } of outputs) checkPlace(file);
  return outputs;
}

/** The file itself is written at the end; what stands there before stays until then. */
function checkPlace(file: string | undefined): void {
  if (file === undefined || file === "-") return;
  if (file === "") throw new CliError("USAGE", "expected a file after --output, found none");
  try {
    if (statSync(path.dirname(path.resolve(file))).isDirectory() && !isDirectory(file)) return;
  } catch (cause) {
    throw new CliError(
      "OUTPUT_UNWRITABLE",
      `${JSON.stringify(file)} cannot be written: ${messageOf(cause)}`,
      {
        cause,
      },
    );
  }
  throw new CliError(
    "OUTPUT_UNWRITABLE",
    `${JSON.stringify(file)} cannot be written: expected a file in a directory`,
  );
}

function isDirectory(place: string): boolean {
  return statSync(place, { throwIfNoEntry: false })?.isDirectory() === true;
}

/**
 * Writes each report where it belongs, in pieces as it is rendered: a large one is never in memory as a whole. What
 * goes into a file has no colours. Throws `OUTPUT_UNWRITABLE`.
 */
export function writeOutputs<Format extends string>(
  outputs: readonly Output<Format>[],
  render: (format: Format, look: Look) => Iterable<string>,
  console: Console,
): void {
  for (const { format, file } of outputs) {
    if (file === undefined || file === "-") {
      for (const part of inParts(render(format, console.look))) console.print(part);
    } else {
      writeFile(file, inParts(render(format, { ...console.look, color: false })));
    }
  }
}

/** So many characters are written at once. */
const PART_CHARACTERS = 64 * 1024;

/** Joins small pieces; a text that is whole stays so. */
function* inParts(pieces: Iterable<string>): Generator<string> {
  if (typeof pieces === "string") {
    yield pieces;
    return;
  }
  let part: string[] = [];
  let length = 0;
  for (const piece of pieces) {
    part.push(piece);
    length += piece.length;
    if (length < PART_CHARACTERS) continue;
    yield part.join("");
    part = [];
    length = 0;
  }
  if (length > 0) yield part.join("");
}

function writeFile(file: string, parts: Iterable<string>): void {
  try {
    const descriptor = openSync(file, "w");
    try {
      for (const part of parts) writeWhole(descriptor, Buffer.from(part));
    } finally {
      closeSync(descriptor);
    }
  } catch (cause) {
    // What went wrong in the rendering has words of its own.
    if (cause instanceof PratiqueError) throw cause;
    throw new CliError(
      "OUTPUT_UNWRITABLE",
      `${JSON.stringify(file)} cannot be written: ${messageOf(cause)}`,
      { cause },
    );
  }
}

function writeWhole(descriptor: number, bytes: Uint8Array): void {
  for (let written = 0; written < bytes.length; ) written += writeSync(descriptor, bytes, written);
}

function formatOf<Format extends string>(output: string, known: readonly Format[]): Format | undefined {
  const equals = output.indexOf("=");
  return equals < 0 ? undefined : known.find((format) => format === output.slice(0, equals));
}

/** `sraif=shop.sarif` would be a table in a file of that name, and `sarif=` where there is no SARIF another form. */
function refuseMisspelt(file: string, known: readonly string[]): void {
  const { word } = /^(?<word>[a-z]{4,})=/u.exec(file)?.groups ?? {};
  if (word === undefined || (!isReportFormat(word) && suggest(word, known) === "")) return;
  throw new CliError("USAGE", notOf(word, known), {
    hint: `where a file is called so, write --output ./${file}`,
  });
}

function isReportFormat(word: string): boolean {
  return reportFormats.some(({ name }) => name === word);
}

function notOf(text: string, known: readonly string[]): string {
  return `expected one of the formats ${known.join(", ")}, found ${JSON.stringify(text)}${suggest(text, known).replace(/\?$/u, "")}`;
}

function checkFormat<Format extends string>(text: string, known: readonly Format[]): Format {
  const format = known.find((candidate) => candidate === text);
  if (format === undefined) {
    throw new CliError("USAGE", notOf(text, known));
  }
  return format;
}
