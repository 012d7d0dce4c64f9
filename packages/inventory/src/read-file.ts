import { type AssessmentCode, type FileTree, messageOf } from "@pratique/core";
import type { FailureLog } from "./failure-log.ts";

export interface ReadFileOptions {
  readonly limitBytes: number;
  /** What a refusal is recorded as. */
  readonly code: AssessmentCode;
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/** The content of a file, or undefined after a failure was recorded. Rejects only when aborted. */
export async function readFile(
  tree: FileTree,
  path: string,
  { limitBytes, code, log, signal }: ReadFileOptions,
): Promise<Buffer | undefined> {
  signal?.throwIfAborted();
  try {
    return asBuffer(await tree.read(path, limitBytes));
  } catch (cause) {
    signal?.throwIfAborted();
    log.add(code, messageOf(cause), path);
    return undefined;
  }
}

/** The same bytes, not a copy. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
