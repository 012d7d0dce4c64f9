import { isRecord, recordOf, textOf } from "../../json-shape.ts";
import { provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

/** Harbor (its documentation, "Configure Webhook Notifications"): its own form, with an auth header. */
export const harborPushes: PushDialect = {
  name: "harbor",
  proves: provesByToken,
  read(document) {
    if (!isRecord(document) || textOf(document.type) === undefined || !isRecord(document.event_data)) {
      return undefined;
    }
    const { resources, repository } = document.event_data;
    const name = textOf(recordOf(repository).repo_full_name);
    if (document.type !== "PUSH_ARTIFACT" || name === undefined || !Array.isArray(resources)) return [];
    return resources.flatMap((resource) => {
      const tag = textOf(recordOf(resource).tag);
      return tag === undefined ? [] : [{ repository: name, tag }];
    });
  },
};
