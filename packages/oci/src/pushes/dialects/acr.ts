import { isRecord, recordOf, textOf } from "../../json-shape.ts";
import { provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

/** Azure Container Registry (its webhook reference, "Push event"): one push a request, with headers of one's own. */
export const acrPushes: PushDialect = {
  name: "acr",
  proves: provesByToken,
  read(document) {
    if (!isRecord(document) || textOf(document.action) === undefined) return undefined;
    const { repository, tag } = recordOf(document.target);
    const [repositoryText, tagText] = [textOf(repository), textOf(tag)];
    if (document.action !== "push" || repositoryText === undefined || tagText === undefined) return [];
    return [{ repository: repositoryText, tag: tagText }];
  },
};
