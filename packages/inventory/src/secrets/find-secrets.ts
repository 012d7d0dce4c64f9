import type { AssessmentReason, Digest, FilePattern, FileTree, Secret } from "@pratique/core";
import { FailureLog } from "../failure-log.ts";
import { decodeResult, type TextResult } from "./found-secret.ts";
import { secretInspector } from "./secret-inspector.ts";

/** More would be no report that somebody reads. */
const MAX_SECRETS = 2000;
const UNREADABLE = "what was found in it is in no form that is known";

/** With this a tree has to be opened for {@link findSecrets} to find something in its files. */
export const secretPattern: FilePattern = { texts: secretInspector };

/** What was found in the files of a tree. */
export interface SecretSearch {
  readonly secrets: readonly Secret[];
  /** Texts that were not looked through to their ends. */
  readonly failures: readonly AssessmentReason[];
}

/**
 * Tells which secrets lie in the texts of all layers, lowest first. What an upper layer took away is told, too: who pulls
 * the image has it. A file that several layers bring with the same secrets counts once, for the lowest of them.
 */
export function findSecrets(tree: FileTree, layers: readonly (Digest | undefined)[]): SecretSearch {
  const log = new FailureLog("secrets");
  const kept = new Map<string, Secret>();
  /** A file may have a hundred thousand names. */
  const results = new Map<Uint8Array, TextResult>();
  let leftOut = 0;
  for (const { path, position, isLeft, excerpt } of tree.textExcerpts(secretInspector)) {
    const { found, cut } = results.get(excerpt) ?? decodeResult(excerpt) ?? { found: [], cut: UNREADABLE };
    results.set(excerpt, { found, ...(cut !== undefined && { cut }) });
    if (cut !== undefined)
      log.add("LIMIT_REACHED", `not all of a file was searched for secrets: ${cut}`, path);
    const layer = layers[position];
    for (const secret of found) {
      const key = JSON.stringify([path, secret.rule, secret.line, secret.fingerprint]);
      const known = kept.get(key);
      if (known === undefined && kept.size >= MAX_SECRETS) {
        leftOut += 1;
        continue;
      }
      const { deleted: _, ...facts } = known ?? {
        ...secret,
        where: "layer" as const,
        path,
        ...(layer !== undefined && { layer }),
      };
      const isGone = !isLeft && (known === undefined || known.deleted === true);
      kept.set(key, { ...facts, ...(isGone && { deleted: true }) });
    }
  }
  if (leftOut > 0)
    log.add("LIMIT_REACHED", `${leftOut} secrets beyond the first ${MAX_SECRETS} were left out`);
  return { secrets: [...kept.values()], failures: log.list() };
}
