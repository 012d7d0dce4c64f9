import { isRecord, textOf, textsOf } from "../../json-shape.ts";
import { provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

/** Quay (its documentation, "Repository Push" notification), which signs nothing: the secret is in the address. */
export const quayPushes: PushDialect = {
  name: "quay",
  proves: provesByToken,
  read(document) {
    if (!isRecord(document) || !Array.isArray(document.updated_tags)) return undefined;
    const repository = textOf(document.repository);
    return repository === undefined ? [] : textsOf(document.updated_tags).map((tag) => ({ repository, tag }));
  },
};
