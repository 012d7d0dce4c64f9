import { isIP } from "node:net";
import type { JsonObject } from "@pratique/core";
import type { TreeActor, TreeClass, TreeEntry } from "../tree/tree-event.ts";
import { escapeSteering } from "./json-lines.ts";
import { type LoggedEntry, openedValue, resultOf } from "./logged-entry.ts";
import { activityOf, type OcsfKind } from "./ocsf-activity.ts";

/** The version of the schema whose names are used (schema.ocsf.io). */
const SCHEMA_VERSION = "1.4.0";

/** What sends. */
export interface OcsfProduct {
  readonly vendor: string;
  readonly name: string;
  readonly version: string;
}

const kinds: Readonly<Record<OcsfKind, { readonly classUid: number; readonly className: string }>> = {
  account: { classUid: 3001, className: "Account Change" },
  authentication: { classUid: 3002, className: "Authentication" },
  compliance: { classUid: 2003, className: "Compliance Finding" },
  detection: { classUid: 2004, className: "Detection Finding" },
  entity: { classUid: 3004, className: "Entity Management" },
  api: { classUid: 6003, className: "API Activity" },
};

const categories: Readonly<Record<number, string>> = {
  2: "Findings",
  3: "Identity & Access Management",
  6: "Application Activity",
};

/** Which class of OCSF an entry belongs to. What has no class of its own is API activity. */
const kindOfClass: Readonly<Partial<Record<TreeClass, OcsfKind>>> = {
  account: "account",
  exception: "entity",
  host: "entity",
  launch: "detection",
  policy: "entity",
  settings: "entity",
  verdict: "compliance",
};

/** Of all that is about access, this is about who somebody is. */
const SIGN_IN = /^(?:sign-?(?:in|out)|finishOidc)/iu;

/** `status_id`, and `action_id` of what a rule decided. */
const statuses = {
  success: { status_id: 1, status: "Success" },
  failure: { status_id: 2, status: "Failure" },
  denied: { status_id: 2, status: "Failure", action_id: 2, action: "Denied" },
  pending: { status_id: 99, status: "Needs approval" },
  "": { status_id: 0, status: "Unknown" },
} as const;
/** Informational for what went through, medium for what did not. */
const severities = { success: 1, "": 1, pending: 2, failure: 3, denied: 3 } as const;
const severityNames = ["Unknown", "Informational", "Low", "Medium"] as const;

/** {@link toOcsf} as one line of JSON, without the newline, in which nothing steers a terminal. */
export function formatOcsf(logged: LoggedEntry, product: OcsfProduct): string {
  return escapeSteering(JSON.stringify(toOcsf(logged, product)));
}

/** An entry as an event of the Open Cybersecurity Schema Framework, as plain JSON. */
export function toOcsf(logged: LoggedEntry, product: OcsfProduct): JsonObject {
  const { origin, index, entry } = logged;
  const kind = SIGN_IN.test(entry.action) ? "authentication" : (kindOfClass[entry.class] ?? "api");
  const { classUid, className } = kinds[kind];
  const activity = activityOf(kind, entry.action);
  const categoryUid = Math.floor(classUid / 1000);
  const result = resultOf(entry);
  const severity = severities[result];
  return {
    category_uid: categoryUid,
    category_name: categories[categoryUid] ?? "",
    class_uid: classUid,
    class_name: className,
    activity_id: activity.id,
    activity_name: activity.name,
    type_uid: classUid * 100 + activity.id,
    type_name: `${className}: ${activity.name}`,
    time: Date.parse(entry.time),
    severity_id: severity,
    severity: severityNames[severity],
    ...statuses[result],
    message: entry.action,
    metadata: {
      version: SCHEMA_VERSION,
      product: { name: product.name, vendor_name: product.vendor, version: product.version },
      log_name: origin,
      uid: `${origin}#${index}`,
      sequence: index,
      ...(entry.call === undefined ? {} : { correlation_uid: entry.call }),
    },
    actor: {
      user: userOf(logged),
      ...(entry.actor.session === undefined ? {} : { session: { uid: entry.actor.session } }),
      ...(entry.decision === undefined ? {} : { authorizations: [authorizationOf(entry)] }),
    },
    src_endpoint: endpointOf(logged),
    ...ownFields(kind, logged),
    unmapped: {
      stage: entry.stage,
      method: entry.actor.method,
      ...(entry.data === undefined ? {} : { data: entry.data }),
    },
  };
}

/** What the class of an event demands beyond what all have. */
function ownFields(kind: OcsfKind, logged: LoggedEntry): JsonObject {
  const { entry } = logged;
  const subject = entry.subject ?? { kind: entry.class, id: "unknown" };
  switch (kind) {
    case "account":
      return { user: { uid: subject.id, type: subject.kind } };
    case "authentication":
      return { user: userOf(logged), auth_protocol: entry.actor.method };
    case "entity":
      return { entity: { uid: subject.id, type: subject.kind } };
    case "detection":
      return { finding_info: findingOf(logged), resources: [{ uid: subject.id, type: subject.kind }] };
    case "compliance":
      return {
        finding_info: findingOf(logged),
        compliance: { control: entry.decision?.rule ?? entry.action },
        resources: [{ uid: subject.id, type: subject.kind }],
      };
    case "api":
      return {
        api: {
          operation: entry.action,
          ...(entry.call === undefined ? {} : { request: { uid: entry.call } }),
        },
        resources: [{ uid: subject.id, type: subject.kind }],
      };
  }
}

function findingOf({ origin, index, entry }: LoggedEntry): JsonObject {
  return { uid: `${origin}#${index}`, title: entry.action, created_time: Date.parse(entry.time) };
}

const userTypes: Readonly<Record<TreeActor["kind"], number>> = {
  anonymous: 0,
  user: 1,
  system: 3,
  service: 4,
  host: 3,
};

function userOf(logged: LoggedEntry): JsonObject {
  const { id, kind } = logged.entry.actor;
  const name = openedValue(logged, "actor.name");
  return { uid: id, type_id: userTypes[kind], type: kind, ...(name === undefined ? {} : { name }) };
}

/** An endpoint has to be named somehow: by its address, by the commitment to it, or as the machine itself. */
function endpointOf(logged: LoggedEntry): JsonObject {
  const address = openedValue(logged, "actor.address");
  if (address !== undefined) return isIP(address) === 0 ? { name: address } : { ip: address };
  return { uid: logged.entry.actor.address ?? "local" };
}

function authorizationOf({ decision }: TreeEntry): JsonObject {
  return { decision: decision?.effect ?? "", policy: { name: decision?.rule ?? "" } };
}
