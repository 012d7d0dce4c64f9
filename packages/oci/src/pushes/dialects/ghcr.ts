import { isRecord, recordOf, textOf } from "../../json-shape.ts";
import { provesBySignature } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";

/** GitHub's registry (webhook events `package` and `registry_package`), signed with the secret. */
export const ghcrPushes: PushDialect = {
  name: "ghcr",
  proves: provesBySignature,
  read(document) {
    if (!isRecord(document)) return undefined;
    const item = document.package ?? document.registry_package;
    // A webhook that was just made is tried with a ping.
    if (!isRecord(item)) return textOf(document.zen) === undefined ? undefined : [];
    const { namespace, name, package_version: version } = item;
    const tag = textOf(recordOf(recordOf(recordOf(version).container_metadata).tag).name);
    const owner = textOf(namespace) ?? textOf(recordOf(item.owner).login);
    const image = textOf(name);
    const isContainer = textOf(item.package_type)?.toLowerCase() === "container";
    if (!isContainer || owner === undefined || image === undefined || tag === undefined || tag === "")
      return [];
    return [{ repository: `${owner}/${image}`.toLowerCase(), tag }];
  },
};
