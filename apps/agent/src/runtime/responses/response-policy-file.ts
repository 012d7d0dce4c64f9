import { readFileSync, statSync } from "node:fs";
import { MiB } from "@pratique/core";
import { defaultPolicyDocument, parseResponsePolicy, type ResponsePolicy } from "@pratique/response";
import { parse } from "yaml";

const MAX_POLICY_BYTES = MiB;

/** What a file of a policy held when it was looked at. */
interface ReadPolicy {
  /** Of another state of the file it is another. */
  readonly stamp: string;
  /** Undefined where there is no file. */
  readonly text?: string;
}

/** The operator's policy of responses as text, where it is not the one of this stamp: then without a text. */
export function readPolicyFile(file: string, known: string): ReadPolicy {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return { stamp: "none" };
  const stamp = `${found.mtimeMs} ${found.size} ${found.ino}`;
  if (stamp === known) return { stamp };
  if (found.size > MAX_POLICY_BYTES) throw new Error(`it is larger than ${MAX_POLICY_BYTES} bytes`);
  return { stamp, text: readFileSync(file, "utf8") };
}

/** The policy in the text of a file; the default one where there is none. Throws what is wrong with it. */
export function policyIn(text: string | undefined): ResponsePolicy {
  return parseResponsePolicy(text === undefined ? defaultPolicyDocument : parse(text));
}
