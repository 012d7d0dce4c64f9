import type { Endpoint } from "@pratique/api";
import type { z } from "zod";
import { ServerError } from "../errors.ts";

/** What a call says, checked against its schemas. */
export interface CallInput {
  readonly params: unknown;
  readonly query: unknown;
  readonly body: unknown;
  /** The revision that it changes, `new`, or empty where the endpoint asks for none. */
  readonly revision: string;
}

const MAX_REPORTED = 20;
/** Deeper than anything that the contract knows; a reader that recurses must not be led further. */
const MAX_DEPTH = 32;

/** Checks what a call says. Throws `REQUEST_MALFORMED`, naming each wrong member. */
export function checkInput(endpoint: Endpoint, raw: CallInput): CallInput {
  if (isDeeper(raw.body, MAX_DEPTH)) {
    throw new ServerError("REQUEST_MALFORMED", `the body is nested more than ${MAX_DEPTH} deep`);
  }
  return {
    params: check(endpoint.params, raw.params, "params"),
    query: check(endpoint.query, raw.query, "query"),
    body: check(endpoint.body, raw.body, "body"),
    revision: raw.revision,
  };
}

function check(schema: z.ZodType | undefined, value: unknown, part: string): unknown {
  if (schema === undefined) return undefined;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.slice(0, MAX_REPORTED).map(({ path, message }) => ({
    path: [part, ...path.map(String)].join("."),
    message,
  }));
  throw new ServerError("REQUEST_MALFORMED", `the request's ${part} is not in its form`, {
    members: { errors },
  });
}

function isDeeper(value: unknown, levels: number): boolean {
  if (typeof value !== "object" || value === null || value instanceof Uint8Array) return false;
  if (levels === 0) return true;
  return Object.values(value).some((member) => isDeeper(member, levels - 1));
}
