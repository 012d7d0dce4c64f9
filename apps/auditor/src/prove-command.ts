import { parseArgs } from "node:util";
import { makeProof, verifyProof, visibleText } from "@pratique/audit";
import { PratiqueError } from "@pratique/core";
import { readCount, readKeys, readQuorum } from "./arguments.ts";
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

/** `pratique-audit prove LOG INDEX`, and `pratique-audit prove --check PROOF`. */
export async function proveCommand(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const { values, positionals } = parseArgs({ args: [...args], allowPositionals: true, options });
  if (values.check === true) return checkProof(positionals[0], values, context);
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

function checkProof(
  file: string | undefined,
  values: {
    readonly entry?: string | undefined;
    readonly key?: readonly string[] | undefined;
    readonly witness?: readonly string[] | undefined;
    readonly quorum?: string | undefined;
    readonly json?: boolean | undefined;
  },
  context: AuditorContext,
): ExitCode {
  const logKeys = readKeys(values.key);
  if (file === undefined || values.entry === undefined || logKeys.length === 0) {
    throw new AuditorError("ARGUMENTS_INVALID", "a proof, --entry and --key are expected");
  }
  const quorum = readQuorum(values.witness, values.quorum);
  const [proof, entry] = [readTextFile(file), readBytes(values.entry)];
  try {
    const { index, checkpoint } = verifyProof(proof, entry, {
      logKeys,
      ...(quorum === undefined ? {} : { quorum }),
    });
    const { origin, size } = checkpoint;
    const text = `proved: entry ${index} of ${visibleText(origin)}, which had ${size} entries\n`;
    context.write(values.json === true ? `${JSON.stringify({ proved: true, index, origin, size })}\n` : text);
    return exitCodes.fine;
  } catch (thrown) {
    if (!(thrown instanceof PratiqueError)) throw thrown;
    const reason = thrown.message;
    context.write(
      values.json === true
        ? `${JSON.stringify({ proved: false, reason })}\n`
        : `NOT PROVED: ${visibleText(reason)}\n`,
    );
    return exitCodes.problems;
  }
}
