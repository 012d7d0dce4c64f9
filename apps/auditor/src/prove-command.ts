import { parseArgs } from "node:util";
import { makeProof, type ProofTrust, verifyProof, visibleText } from "@pratique/audit";
import { PratiqueError } from "@pratique/core";
import { readCount, readKeys, readQuorum } from "./arguments.ts";
import { type CheckedLines, checkLines } from "./check-lines.ts";
import type { AuditorContext } from "./context.ts";
import { AuditorError } from "./errors.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readBytes, readTextFile, writeBytes } from "./files.ts";
import { authorizationOf, openSource, sourceOptions } from "./open-source.ts";

const options = {
  ...sourceOptions,
  check: { type: "boolean" },
  entry: { type: "string" },
  output: { type: "string" },
  key: { type: "string", multiple: true },
  witness: { type: "string", multiple: true },
  quorum: { type: "string" },
  json: { type: "boolean" },
} as const;

/** `pratique-audit prove LOG INDEX`, and `pratique-audit prove --check PROOF` of one entry, or `--check EXPORT` of many. */
export async function proveCommand(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.check === true) return await check(positionals[0], values, context);
  const [location, indexText = ""] = positionals;
  const index = readCount("the index", indexText);
  const source = await openSource(location, context, authorizationOf(values));
  const { proof, entry } = await makeProof(source, index).catch((thrown: unknown) => {
    if (!(thrown instanceof RangeError)) throw thrown;
    throw new AuditorError("ARGUMENTS_INVALID", thrown.message, { cause: thrown });
  });
  if (values.entry !== undefined) writeBytes(values.entry, entry);
  if (values.output === undefined) context.write(proof);
  else writeBytes(values.output, proof);
  return exitCodes.fine;
}

async function check(
  file: string | undefined,
  values: {
    readonly entry?: string | undefined;
    readonly key?: readonly string[] | undefined;
    readonly witness?: readonly string[] | undefined;
    readonly quorum?: string | undefined;
    readonly json?: boolean | undefined;
  },
  context: AuditorContext,
): Promise<ExitCode> {
  const logKeys = readKeys(values.key);
  if (file === undefined || logKeys.length === 0) {
    throw new AuditorError("ARGUMENTS_INVALID", "a proof with --entry, or an export, and --key are expected");
  }
  const quorum = readQuorum(values.witness, values.quorum);
  const trust: ProofTrust = { logKeys, ...(quorum === undefined ? {} : { quorum }) };
  const { entry, json = false } = values;
  return entry === undefined
    ? tellLines(await checkLines(file, trust), { json, context })
    : checkProof({ file, entry, trust, json }, context);
}

function tellLines(
  found: CheckedLines,
  { json, context }: { readonly json: boolean; readonly context: AuditorContext },
): ExitCode {
  const { origin, size, proved, first, last, withoutGaps, refused, refusedCount } = found;
  const range = `from ${first} to ${last}, ${withoutGaps ? "all" : "not all"} that are between`;
  const lines = [
    proved === 0
      ? "no entry is proved"
      : `proved: ${proved} of the ${size} entries of ${visibleText(origin)}, ${range}`,
    ...refused.map(({ line, reason }) => `line ${line}: NOT PROVED: ${reason}`),
    ...(refusedCount > refused.length ? [`and ${refusedCount - refused.length} more lines`] : []),
  ];
  context.write(json ? `${JSON.stringify(found)}\n` : `${lines.join("\n")}\n`);
  if (refusedCount > 0) return exitCodes.problems;
  return proved === 0 ? exitCodes.notFullyChecked : exitCodes.fine;
}

function checkProof(
  {
    file,
    entry: entryFile,
    trust,
    json,
  }: { readonly file: string; readonly entry: string; readonly trust: ProofTrust; readonly json: boolean },
  context: AuditorContext,
): ExitCode {
  const [proof, entry] = [readTextFile(file), readBytes(entryFile)];
  try {
    const { index, checkpoint } = verifyProof(proof, entry, trust);
    const { origin, size } = checkpoint;
    const text = `proved: entry ${index} of ${visibleText(origin)}, which had ${size} entries\n`;
    context.write(json ? `${JSON.stringify({ proved: true, index, origin, size })}\n` : text);
    return exitCodes.fine;
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError)) throw thrown;
    const reason = thrown.message;
    context.write(
      json ? `${JSON.stringify({ proved: false, reason })}\n` : `NOT PROVED: ${visibleText(reason)}\n`,
    );
    return exitCodes.problems;
  }
}
