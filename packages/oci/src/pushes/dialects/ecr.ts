import { isRecord, textOf } from "../../json-shape.ts";
import { provesByHeader, provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

const provesByApiKey = provesByHeader("x-api-key");

/** Amazon ECR by way of EventBridge (ECR's documentation, "ECR Image Action"), with the key of an API destination. */
export const ecrPushes: PushDialect = {
  name: "ecr",
  proves: (request, secret) => provesByApiKey(request, secret) || provesByToken(request, secret),
  read(document) {
    if (!isRecord(document) || document.source !== "aws.ecr" || !isRecord(document.detail)) return undefined;
    const { detail } = document;
    const [repository, tag] = [textOf(detail["repository-name"]), textOf(detail["image-tag"])];
    const isPush = detail["action-type"] === "PUSH" && detail.result === "SUCCESS";
    return isPush && repository !== undefined && tag !== undefined ? [{ repository, tag }] : [];
  },
};
