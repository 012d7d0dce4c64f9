import type { Severity, VulnerabilityDetails } from "@pratique/core";
import { listOf, objectOf, textOf } from "../location/fields.ts";

/** What a record says of a vulnerability, as it was parsed: of any form, or absent. */
export interface DetailFields {
  readonly title: unknown;
  readonly description: unknown;
  readonly severity: Severity;
  readonly published: unknown;
  /** A list of objects with a `url`. */
  readonly references: unknown;
}

/** The details in those fields; what is missing, or of another form, is left out. */
export function detailsFrom(id: string, fields: DetailFields): VulnerabilityDetails {
  const { severity } = fields;
  const [title, description, published] = [fields.title, fields.description, fields.published].map(textOf);
  const urls = listOf(fields.references)
    .map((reference) => textOf(objectOf(reference)?.url))
    .filter((url) => url !== undefined);
  return {
    id,
    ...(title === undefined ? {} : { title }),
    ...(description === undefined ? {} : { description }),
    ...(severity === "unknown" ? {} : { severity }),
    ...(published === undefined ? {} : { published }),
    ...(urls.length === 0 ? {} : { urls }),
  };
}
