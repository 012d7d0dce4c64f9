import { readFileSync, statSync } from "node:fs";
import { MiB, messageOf } from "@pratique/core";
import {
  defaultPolicyDocument,
  parseResponsePolicy,
  ResponseError,
  type ResponsePolicy,
} from "@pratique/response";
import { parse } from "yaml";

const MAX_BYTES = MiB;

/** The policy of responses as the agent reads it; the default one where there is no file. Throws `RESPONSE_POLICY`. */
export function readResponsePolicy(file: string): ResponsePolicy {
  const found = statSync(file, { throwIfNoEntry: false });
  if (found === undefined) return parseResponsePolicy(defaultPolicyDocument);
  if (found.size > MAX_BYTES) {
    throw new ResponseError("RESPONSE_POLICY", `${file} is larger than ${MAX_BYTES} bytes`);
  }
  return parseResponsePolicy(parseYaml(file));
}

function parseYaml(file: string): unknown {
  try {
    return parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new ResponseError("RESPONSE_POLICY", `${file}: ${messageOf(cause)}`, { cause });
  }
}
