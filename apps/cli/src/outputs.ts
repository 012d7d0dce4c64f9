import { writeFileSync } from "node:fs";
import { messageOf } from "@pratique/core";
import type { Console } from "./console.ts";
import { CliError } from "./errors.ts";

/** One report to write: in which form, and where to; standard output where no file is named. */
export interface Output<Format extends string> {
  readonly format: Format;
  readonly file: string | undefined;
}

/**
 * Pairs `--format` with `--output`. Both may be given more than once: the first format goes to the first file and
 * so on, and `--output FORMAT=FILE` says both at once. A format without a file goes to standard output, once.
 */
export function planOutputs<Format extends string>(
  flags: { readonly format: readonly string[]; readonly output: readonly string[] },
  known: readonly Format[],
  fallback: Format,
): readonly Output<Format>[] {
  const pairs = flags.output.filter((output) => formatOf(output, known) !== undefined);
  const files = flags.output.filter((output) => formatOf(output, known) === undefined);
  const formats = flags.format.length > 0 || pairs.length > 0 ? flags.format : [fallback];
  const plain = formats.map((format, index) => ({ format: checkFormat(format, known), file: files[index] }));
  const paired = pairs.map((pair) => {
    const equals = pair.indexOf("=");
    return { format: checkFormat(pair.slice(0, equals), known), file: pair.slice(equals + 1) };
  });
  if (files.length > formats.length) {
    throw new CliError("USAGE", `--output ${JSON.stringify(files[formats.length])} has no --format`);
  }
  const outputs = [...plain, ...paired];
  if (outputs.filter(({ file }) => file === undefined).length > 1) {
    throw new CliError("USAGE", "only one format can go to standard output: give the others an --output");
  }
  return outputs;
}

/** Writes each report where it belongs. Throws `OUTPUT_UNWRITABLE`. */
export function writeOutputs<Format extends string>(
  outputs: readonly Output<Format>[],
  render: (format: Format) => string,
  console: Console,
): void {
  for (const { format, file } of outputs) {
    const text = render(format);
    if (file === undefined || file === "-") console.print(text);
    else writeFile(file, text);
  }
}

function writeFile(file: string, text: string): void {
  try {
    writeFileSync(file, text);
  } catch (cause) {
    throw new CliError("OUTPUT_UNWRITABLE", `${file} cannot be written: ${messageOf(cause)}`, { cause });
  }
}

function formatOf<Format extends string>(output: string, known: readonly Format[]): Format | undefined {
  const equals = output.indexOf("=");
  return equals < 0 ? undefined : known.find((format) => format === output.slice(0, equals));
}

function checkFormat<Format extends string>(text: string, known: readonly Format[]): Format {
  const format = known.find((candidate) => candidate === text);
  if (format === undefined) {
    throw new CliError(
      "USAGE",
      `expected one of the formats ${known.join(", ")}, found ${JSON.stringify(text)}`,
    );
  }
  return format;
}
