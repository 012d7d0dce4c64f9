import type { Severity } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";
import { type RatedVector, rateVector } from "../cvss.ts";
import { severityOfWord } from "../severity-word.ts";

/** How bad a record says that it is. */
export interface Rating {
  readonly severity: Severity;
  readonly cvss?: string;
}

/**
 * Reads the severity of one `affected`, which counts before that of the whole record. The source's own word comes
 * first, as it has weighed the vector; else the base score of the newest CVSS version says.
 */
export function readRating(affected: Fields, record: Fields): Rating {
  const vector = newestVector(affected.severity) ?? newestVector(record.severity);
  const word =
    wordIn(affected.severity) ??
    wordOf(affected.ecosystem_specific) ??
    wordOf(affected.database_specific) ??
    wordIn(record.severity) ??
    wordOf(record.database_specific);
  return {
    severity: word ?? vector?.severity ?? "unknown",
    ...(vector === undefined ? {} : { cvss: vector.vector }),
  };
}

function newestVector(severity: unknown): RatedVector | undefined {
  let newest: RatedVector | undefined;
  for (const item of listOf(severity)) {
    const score = textOf(objectOf(item)?.score);
    const rated = score === undefined ? undefined : rateVector(score);
    if (rated !== undefined && rated.version > (newest?.version ?? 0)) newest = rated;
  }
  return newest;
}

/** A severity whose `score` is a word, as Ubuntu writes it. */
function wordIn(severity: unknown): Severity | undefined {
  for (const item of listOf(severity)) {
    const word = severityOfWord(textOf(objectOf(item)?.score));
    if (word !== undefined) return word;
  }
  return undefined;
}

function wordOf(specific: unknown): Severity | undefined {
  const fields = objectOf(specific);
  return severityOfWord(textOf(fields?.severity) ?? textOf(fields?.urgency));
}
