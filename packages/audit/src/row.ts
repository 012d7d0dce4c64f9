import type { SQLOutputValue } from "node:sqlite";
import { type AuditClass, type AuditRecord, auditClasses, type JsonObject, parseJson } from "@pratique/core";
import { AuditError } from "./errors.ts";

export type Row = Record<string, SQLOutputValue>;

const classes: ReadonlySet<string> = new Set(auditClasses);

/** A record as it stands in the database. Throws `LOG_CORRUPT`. */
export function readRecord(row: Row): AuditRecord {
  const kind = String(row.class);
  const data = parseObject(String(row.data));
  if (!isAuditClass(kind) || data === undefined) {
    throw new AuditError("LOG_CORRUPT", `record ${String(row.sequence)} is malformed`);
  }
  return {
    sequence: Number(row.sequence),
    time: String(row.time),
    class: kind,
    action: String(row.action),
    actor: String(row.actor),
    data,
    previousHash: String(row.previous_hash),
    hash: String(row.hash),
  };
}

function isAuditClass(text: string): text is AuditClass {
  return classes.has(text);
}

function parseObject(text: string): JsonObject | undefined {
  try {
    const value = parseJson(text);
    return isJsonObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What `JSON.parse` gave is JSON: only the outermost form has to be looked at. */
function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
