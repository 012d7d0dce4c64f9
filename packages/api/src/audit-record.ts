import { type AuditRecord, auditClasses, type JsonObject, MAX_RECORD_NAME } from "@pratique/core";
import { z } from "zod";
import { hash, instant } from "./scalars.ts";

const auditClass = z.enum(auditClasses);
const recordName = z.string().max(MAX_RECORD_NAME);

/**
 * A record arrives through JSON.parse, so its values are JSON; walking them again would prove nothing more. It is passed
 * on as it is, whatever its keys are called: the record's hash is taken over all of it.
 */
const jsonObject = z
  .unknown()
  .refine(isObject, "must be an object")
  .meta({ type: "object" }) as z.ZodType<unknown> as z.ZodType<JsonObject>;

/** A record of the log, exactly as core declares it. */
export const auditRecord: z.ZodType<AuditRecord> = z.strictObject({
  class: auditClass,
  action: recordName,
  actor: recordName,
  data: jsonObject,
  sequence: z.int().positive(),
  time: instant,
  previousHash: hash,
  hash,
});

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
