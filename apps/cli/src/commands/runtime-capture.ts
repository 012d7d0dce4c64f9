import { writeFileSync } from "node:fs";
import { askRuntime, type CaptureFormat, captureFormats } from "@pratique/agent";
import { messageOf } from "@pratique/core";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";
import { type ExitCode, exitCodes } from "../exit-codes.ts";
import { readSpan } from "../read-span.ts";
import { listSavedCaptures } from "./saved-captures.ts";

export interface CaptureFlags {
  readonly format?: string;
  readonly output?: string;
  readonly last?: string;
  readonly list?: boolean;
  readonly json?: boolean;
}

/** What a capture holds: the bytes that were asked for, and what is missing in them. */
interface Captured {
  readonly bytes: Buffer;
  readonly leftOut: number;
}

/**
 * `pratique runtime capture CONTAINER`: what a container did last, from memory: its events, or its packets; with
 * `--list` what was saved.
 */
export async function runtimeCapture(
  context: Context,
  container: string | undefined,
  flags: CaptureFlags,
): Promise<ExitCode> {
  const { format: wanted = "jsonl", output, last, list = false } = flags;
  const { console } = context;
  if (list !== (container === undefined)) {
    throw new CliError("USAGE", "expected the name of a container, or --list");
  }
  if (container === undefined) return listSavedCaptures(context, flags);
  const format = captureFormats.find((each) => each === wanted);
  if (format === undefined) {
    throw new CliError("USAGE", `--format is one of ${captureFormats.join(", ")}`);
  }
  if (format === "pcap" && console.isTerminal && output === undefined) {
    throw new CliError("USAGE", "packets are no text for a terminal: name a file with --output");
  }
  const lastMs = last === undefined ? undefined : readSpan("--last", last);
  const { bytes, leftOut } = await ask(context, container, { format, lastMs });
  if (output === undefined || output === "-") console.print(bytes);
  else writePrivately(output, bytes);
  if (leftOut > 0) {
    console.say(`${leftOut} packets of it were left out: there were more than runtime.capture lets through`);
  }
  return exitCodes.fine;
}

async function ask(
  { settings, signal }: Context,
  container: string,
  { format, lastMs }: { readonly format: CaptureFormat; readonly lastMs: number | undefined },
): Promise<Captured> {
  const request = { command: "capture" as const, container, format, ...(lastMs !== undefined && { lastMs }) };
  const pieces: Buffer[] = [];
  let leftOut = 0;
  let isWhole = format === "jsonl";
  for await (const answer of askRuntime(settings.layout.runtimeSocket, request, signal)) {
    if (typeof answer.refused === "string") {
      throw new CliError("USAGE", answer.refused, {
        hint: "see pratique runtime top, and runtime.capture in pratique.yaml",
      });
    }
    if (format === "jsonl") {
      pieces.push(Buffer.from(`${JSON.stringify(answer)}\n`));
    } else if (typeof answer.pcap === "string") {
      pieces.push(Buffer.from(answer.pcap, "base64"));
    } else {
      leftOut = Number(answer.packetsLeftOut ?? 0);
      isWhole = true;
    }
  }
  if (!isWhole) throw new CliError("PART_FAILED", "the agent ended before it had told all packets");
  return { bytes: Buffer.concat(pieces), leftOut };
}

/** For whoever asked alone: what is in it may be secret. */
function writePrivately(file: string, bytes: Buffer): void {
  try {
    writeFileSync(file, bytes, { mode: 0o600 });
  } catch (cause) {
    const what = `${JSON.stringify(file)} cannot be written: ${messageOf(cause)}`;
    throw new CliError("OUTPUT_UNWRITABLE", what, { cause });
  }
}
