import { isRecord, recordOf, textOf } from "../../json-shape.ts";
import { provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

/** Docker Hub (its documentation, "Webhooks"), which signs nothing: the secret is in the address. */
export const dockerHubPushes: PushDialect = {
  name: "docker-hub",
  proves: provesByToken,
  read(document) {
    if (!isRecord(document) || !isRecord(document.push_data)) return undefined;
    const repository = textOf(recordOf(document.repository).repo_name);
    const tag = textOf(document.push_data.tag);
    return repository === undefined || tag === undefined ? [] : [{ repository, tag }];
  },
};
