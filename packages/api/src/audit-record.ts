import { type AuditRecord, auditClasses, type JsonObject } from "@pratique/core";
import { z } from "zod";
import { hash, instant, name } from "./scalars.ts";

const auditClass = z.enum(auditClasses);

// A record arrives through JSON.parse, so its values are JSON; walking them again would prove nothing more.
const jsonObject = z.record(z.string(), z.unknown()) as unknown as z.ZodType<JsonObject>;

/** A record of the log, exactly as core declares it. */
export const auditRecord: z.ZodType<AuditRecord> = z.strictObject({
  class: auditClass,
  action: name,
  actor: name,
  data: jsonObject,
  sequence: z.int().positive(),
  time: instant,
  previousHash: hash,
  hash,
});
