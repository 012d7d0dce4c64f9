import { statSync } from "node:fs";
import { readDocument, readDocuments, readPolicyFiles } from "@pratique/agent";
import { loadPolicies, type PolicyDocument } from "@pratique/policy";
import type { Context } from "../context.ts";
import { CliError } from "../errors.ts";

/**
 * The policies that an image is held to: those in the files or directories that were named, or this host's.
 * Throws where those that were named hold no policy: nothing would be refused, and nobody would know why.
 */
export function policyDocuments({ settings }: Context, places: readonly string[]): readonly PolicyDocument[] {
  if (places.length === 0) return readPolicyFiles(settings.layout.policies).documents;
  const documents = readPlaces(places);
  if (loadPolicies(documents).policies.length === 0) {
    throw new CliError(
      "USAGE",
      `there is no policy in ${places.map((place) => JSON.stringify(place)).join(", ")}`,
    );
  }
  return documents;
}

/** The documents of files, and of directories of them. Throws `USAGE` where there is nothing. */
export function readPlaces(places: readonly string[]): readonly PolicyDocument[] {
  return places.flatMap((place) => {
    const stat = statSync(place, { throwIfNoEntry: false });
    if (stat === undefined) {
      throw new CliError("USAGE", `there is no file ${JSON.stringify(place)}`, { hint: "check the path" });
    }
    const documents = stat.isDirectory() ? readDocuments(place) : [readDocument(place)];
    if (documents.length === 0) {
      throw new CliError("USAGE", `there are no policy files (*.yaml) in ${JSON.stringify(place)}`, {
        hint: "check the path",
      });
    }
    return documents;
  });
}
