import { parseArgs } from "node:util";
import { type TreeVerification, verifyTree, visibleText } from "@pratique/audit";
import { readCount, readKeys, readQuorum } from "./arguments.ts";
import type { AuditorContext } from "./context.ts";
import { type ExitCode, exitCodes } from "./exit-codes.ts";
import { readTextFile, writeBytes } from "./files.ts";
import { authorizationOf, openSource, sourceOptions } from "./open-source.ts";

/** The options of everything that verifies. */
export const trustOptions = {
  key: { type: "string", multiple: true },
  earlier: { type: "string" },
  witness: { type: "string", multiple: true },
  quorum: { type: "string" },
  "max-silence": { type: "string" },
} as const;

/** `pratique-audit verify LOG`. */
export async function verifyCommand(args: readonly string[], context: AuditorContext): Promise<ExitCode> {
  const { values, positionals } = parseArgs({
    args: [...args],
    allowPositionals: true,
    options: { ...trustOptions, ...sourceOptions, save: { type: "string" }, json: { type: "boolean" } },
  });
  const source = await openSource(positionals[0], context, authorizationOf(values));
  const found = await verifyTree({ ...trustOf(values), source, signal: context.signal });
  context.write(values.json === true ? `${JSON.stringify(found)}\n` : describe(found));
  const code = exitCodeOf(found);
  // What was not found whole is not worth being kept for the next time.
  if (values.save !== undefined && code === exitCodes.fine) {
    writeBytes(values.save, (await source.checkpoint()) ?? "");
  }
  return code;
}

/** What the options of {@link trustOptions} say. */
export function trustOf(values: {
  readonly key?: readonly string[] | undefined;
  readonly earlier?: string | undefined;
  readonly witness?: readonly string[] | undefined;
  readonly quorum?: string | undefined;
  readonly "max-silence"?: string | undefined;
}): Omit<Parameters<typeof verifyTree>[0], "source"> {
  const quorum = readQuorum(values.witness, values.quorum);
  const silence = values["max-silence"];
  return {
    logKeys: readKeys(values.key),
    ...(values.earlier === undefined ? {} : { earlier: readTextFile(values.earlier) }),
    ...(quorum === undefined ? {} : { quorum }),
    ...(silence === undefined ? {} : { maxSilenceMs: readCount("--max-silence", silence) * 1000 }),
  };
}

/** Problems are the stronger word: they are told even where not all could be looked at. */
export function exitCodeOf({ problemCount, complete }: TreeVerification): ExitCode {
  if (problemCount > 0) return exitCodes.problems;
  return complete ? exitCodes.fine : exitCodes.notFullyChecked;
}

function describe(found: TreeVerification): string {
  const { origin, size, root, entries, firstTime, lastTime, problems, problemCount } = found;
  const span = entries === 0 ? "" : `, from ${firstTime} to ${lastTime}`;
  const lines = [`${origin}: ${entries} of ${size} entries read${span}`, `root hash ${root}`];
  for (const key of found.signedBy) lines.push(`signed by ${key}`);
  for (const key of found.cosignedBy) lines.push(`cosigned by ${key}`);
  if (found.openIntents.length > 0) lines.push(`${found.openIntents.length} intents without outcome so far`);
  lines.push(...problems.map(({ kind, index, message }) => `entry ${index}: ${kind}: ${message}`));
  if (problemCount > problems.length) lines.push(`and ${problemCount - problems.length} more`);
  lines.push(verdictOf(found));
  return lines.map((line) => `${visibleText(line)}\n`).join("");
}

function verdictOf({ problemCount, complete, signedBy }: TreeVerification): string {
  if (problemCount > 0) return `NOT WHOLE: ${problemCount} problems`;
  if (complete) return "whole";
  return signedBy.length === 0
    ? "not fully checked: without --key nobody can tell whose log this is"
    : "not fully checked: parts of the log could not be read";
}
