import { isRecord, recordOf, textOf } from "../../json-shape.ts";
import { provesByToken } from "../proofs.ts";
import type { Push, PushDialect } from "../push-dialect.ts";

/** The envelope of the distribution project's registry (its documentation, "Notifications"), which others send, too. */
export const distributionPushes: PushDialect = {
  name: "distribution",
  proves: provesByToken,
  read: readEnvelope,
};

/** Blobs and manifests without a tag are pushed, too: only what has a tag can be named. */
export function readEnvelope(document: unknown): readonly Push[] | undefined {
  if (!isRecord(document) || !Array.isArray(document.events)) return undefined;
  return document.events.flatMap((event): readonly Push[] => {
    const { action, target } = recordOf(event);
    const { repository, tag } = recordOf(target);
    const [repositoryText, tagText] = [textOf(repository), textOf(tag)];
    return action === "push" && repositoryText !== undefined && tagText !== undefined
      ? [{ repository: repositoryText, tag: tagText }]
      : [];
  });
}
