import { objectOf, textOf } from "../../location/fields.ts";
import { isCve, type Statement, type TrackedCve } from "./tracked-cve.ts";

/**
 * Reads a file of the tracker that somebody has put into JSON, as aquasecurity/vuln-list does: `Patches` by package and
 * release, each with `Status` and `Note`. Undefined where it names no CVE; throws where the text is no JSON.
 */
export function parseJson(text: string): TrackedCve | undefined {
  const record = objectOf(JSON.parse(text));
  const id = textOf(record?.Candidate);
  const patches = objectOf(record?.Patches);
  if (record === undefined || !isCve(id) || patches === undefined) return undefined;
  const statements: Statement[] = [];
  for (const [name, releases] of Object.entries(patches)) {
    for (const [release, value] of Object.entries(objectOf(releases) ?? {})) {
      const fields = objectOf(value);
      const detail = textOf(fields?.Note)?.trim();
      const status = textOf(fields?.Status) ?? "unknown";
      statements.push({ release, package: name, status, ...(detail ? { detail } : {}) });
    }
  }
  const priority = textOf(record.Priority);
  const description = textOf(record.Description);
  const published = textOf(record.PublicDate);
  return {
    id,
    ...(priority === undefined ? {} : { priority }),
    priorities: new Map(),
    ...(description === undefined ? {} : { description }),
    ...(published === undefined ? {} : { published }),
    statements,
  };
}
