import { holdsAnywhere, shows, visibility } from "@pratique/access";
import { AGENT_SILENT_AFTER_MS, type Attention } from "@pratique/api";
import type { Permission } from "@pratique/core";
import { auditConcerns } from "../audit/audit-concerns.ts";
import type { Caller } from "../calls/caller.ts";
import { resourcesOfException } from "../calls/exception-resources.ts";
import type { Context } from "../context.ts";
import { CERTIFICATE_ENDS_SOON_MS } from "./certificate-ends-soon.ts";

const EXCEPTION_ENDS_SOON_MS = 7 * 86_400_000;
/** What nobody has looked at for so long is not what needs a person today. */
const DETECTION_IS_NEWS_MS = 7 * 86_400_000;
const MAX_EXCEPTIONS = 1_000;

/** What is found; the wording is added to it. */
interface Found {
  readonly kind: Attention["kind"];
  readonly count: number;
  readonly since?: string | null;
  /** What else the link asks for, where that is not always the same. */
  readonly query?: Readonly<Record<string, string>>;
}

const severityOf: Readonly<Record<Attention["kind"], Attention["severity"]>> = {
  "agent-cloned": "critical",
  "audit-problem": "critical",
  "exploited-running": "critical",
  "detection-urgent": "critical",
  "gate-down": "critical",
  "image-disputed": "critical",
  "agent-silent": "high",
  "certificate-ends-soon": "high",
  "policy-error": "high",
  "sensor-down": "high",
  "approval-waiting": "high",
  "delivery-failing": "high",
  "channel-failing": "high",
  "gate-not-enforcing": "medium",
  "advisories-stale": "medium",
  "images-not-assessed": "medium",
  "exception-ends-soon": "info",
};

const order: readonly Attention["severity"][] = ["critical", "high", "medium", "info"];

/** Each link leads to what is counted, and to nothing else. */
const texts: Readonly<Record<Attention["kind"], readonly [one: string, many: string, link: string]>> = {
  "agent-cloned": ["A host's key is used twice", "Keys of hosts are used twice", "/hosts?identity=cloned"],
  "audit-problem": ["The audit log has a problem", "The audit log has problems", "/audit"],
  "exploited-running": [
    "A container runs with a vulnerability that is being exploited",
    "Containers run with vulnerabilities that are being exploited",
    "/containers?knownExploited=true&state=running",
  ],
  "gate-down": ["A gate is down", "Gates are down", "/hosts?gate=down&agent=reporting"],
  "detection-urgent": [
    "Something urgent was detected that nobody has looked at",
    "Urgent detections that nobody has looked at",
    "/detections?priority=critical&looked=false",
  ],
  "sensor-down": [
    "A host does not watch its containers",
    "Hosts that do not watch their containers",
    "/hosts?sensor=down",
  ],
  "agent-silent": ["An agent is silent", "Agents are silent", "/hosts?agent=silent&identity=not-revoked"],
  "certificate-ends-soon": [
    "A host's certificate ends soon and was not renewed",
    "Certificates of hosts end soon and were not renewed",
    "/hosts?identity=not-renewed",
  ],
  "policy-error": [
    "A host has policies that it cannot read",
    "Hosts have policies that they cannot read",
    "/hosts?policyErrors=true&agent=reporting",
  ],
  "approval-waiting": ["An act waits for your decision", "Acts wait for your decision", "/approvals"],
  "delivery-failing": ["An export of the audit log fails", "Exports of the audit log fail", "/audit"],
  "channel-failing": [
    "Notifications do not get through a channel",
    "Channels that notifications do not get through",
    "/settings/channels",
  ],
  "gate-not-enforcing": [
    "A gate does not enforce",
    "Gates do not enforce",
    "/hosts?gate=not-enforcing&agent=reporting",
  ],
  "advisories-stale": [
    "A host judges by old advisories",
    "Hosts judge by old advisories",
    "/hosts?advisories=stale&agent=reporting",
  ],
  "images-not-assessed": [
    "An image could not be assessed completely",
    "Images could not be assessed completely",
    "/images?assessment=not-complete",
  ],
  "image-disputed": [
    "Two hosts contradict each other about an image",
    "Images about which hosts contradict each other",
    "/images?disputed=true",
  ],
  "exception-ends-soon": [
    "An exception ends within a week",
    "Exceptions end within a week",
    "/exceptions?state=active",
  ],
};

/** What needs a person today, worst first: each by what the caller may read, and counted over what they may see. */
export async function attentionOf(context: Context, caller: Caller): Promise<Attention[]> {
  const found = await Promise.all([
    whereHeld(caller, "hosts.read", () => hostsIn(context, caller)),
    whereHeld(caller, "images.read", () => imagesIn(context, caller)),
    whereHeld(caller, "containers.read", () => containersIn(context, caller)),
    whereHeld(caller, "detections.read", () => detectionsIn(context, caller)),
    whereHeld(caller, "exceptions.read", () => exceptionsIn(context, caller)),
    whereHeld(caller, "approvals.decide", () => approvalsIn(context, caller)),
    whereHeld(caller, "audit.read", () => auditIn(context)),
    whereHeld(caller, "settings.read", () => channelsIn(context)),
  ]);
  return found
    .flat()
    .filter(({ count }) => count > 0)
    .map(itemOf)
    .sort((left, right) => order.indexOf(left.severity) - order.indexOf(right.severity));
}

function itemOf({ kind, count, since, query }: Found): Attention {
  const [one, many, place] = texts[kind];
  const link = query === undefined ? place : `${place}&${new URLSearchParams(query)}`;
  const title = count === 1 ? one : `${count} × ${many.slice(0, 1).toLowerCase()}${many.slice(1)}`;
  return { kind, severity: severityOf[kind], title, link, count, since: since ?? null };
}

async function whereHeld(
  { principal }: Caller,
  permission: Permission,
  find: () => Promise<readonly Found[]>,
): Promise<readonly Found[]> {
  return holdsAnywhere(principal, permission) ? await find() : [];
}

async function hostsIn({ store, now }: Context, { principal }: Caller): Promise<readonly Found[]> {
  const seen = visibility(principal, "hosts.read");
  const silentBefore = new Date(now() - AGENT_SILENT_AFTER_MS).toISOString();
  const soon = new Date(now() + CERTIFICATE_ENDS_SOON_MS).toISOString();
  const [hosts, sensors, ending] = await Promise.all([
    store.statistics.hosts(seen, silentBefore),
    store.statistics.sensors(seen, silentBefore),
    store.statistics.certificatesEndingBefore(soon, seen),
  ]);
  return [
    { kind: "agent-silent", count: hosts.silent },
    { kind: "agent-cloned", count: hosts.cloned },
    { kind: "gate-down", count: hosts.gateDown },
    { kind: "sensor-down", count: sensors.failed + sensors.silent },
    { kind: "gate-not-enforcing", count: hosts.notEnforcing },
    { kind: "certificate-ends-soon", count: ending },
    { kind: "policy-error", count: hosts.policyErrors },
    { kind: "advisories-stale", count: hosts.advisoriesStale },
  ];
}

async function auditIn(context: Context): Promise<readonly Found[]> {
  const { problems, failingExports } = await auditConcerns(context);
  return [
    { kind: "audit-problem", count: problems },
    { kind: "delivery-failing", count: failingExports },
  ];
}

async function channelsIn({ store }: Context): Promise<readonly Found[]> {
  const channels = await store.settings.channels.list();
  const failing = channels.filter(({ enabled, lastError }) => enabled && lastError !== null);
  return [{ kind: "channel-failing", count: failing.length }];
}

async function imagesIn({ store }: Context, { principal }: Caller): Promise<readonly Found[]> {
  const seen = visibility(principal, "images.read");
  const [{ notAssessed }, disputed] = await Promise.all([
    store.statistics.images(seen),
    store.images.disputed(seen),
  ]);
  return [
    { kind: "images-not-assessed", count: notAssessed },
    { kind: "image-disputed", count: disputed },
  ];
}

async function containersIn({ store }: Context, { principal }: Caller): Promise<readonly Found[]> {
  const { withExploited } = await store.statistics.containers(visibility(principal, "containers.read"));
  return [{ kind: "exploited-running", count: withExploited }];
}

async function detectionsIn({ store, now }: Context, { principal }: Caller): Promise<readonly Found[]> {
  const since = new Date(now() - DETECTION_IS_NEWS_MS).toISOString();
  const seen = visibility(principal, "detections.read");
  const found = await store.runtime.detections.unlooked({ since, seen });
  return [{ kind: "detection-urgent", ...found, query: { from: since } }];
}

async function exceptionsIn(context: Context, { principal }: Caller): Promise<readonly Found[]> {
  const { store, now } = context;
  const seen = visibility(principal, "exceptions.read");
  const soon = now() + EXCEPTION_ENDS_SOON_MS;
  const active = await store.fleet.exceptions.active(new Date(now()).toISOString());
  const ending = active.filter(({ expiresAt }) => Date.parse(expiresAt) < soon);
  let count = 0;
  for (const { scope } of ending.slice(0, MAX_EXCEPTIONS)) {
    const resources = await resourcesOfException(scope, store);
    if (resources.every((resource) => shows(seen, resource))) count += 1;
  }
  return [{ kind: "exception-ends-soon", count, query: { endsBefore: new Date(soon).toISOString() } }];
}

async function approvalsIn({ store, desk, now }: Context, caller: Caller): Promise<readonly Found[]> {
  const newest = await store.people.approvals.newest(new Date(now()).toISOString());
  // Rights that the one who asked gave make nobody a second person, and who gave them is kept by login.
  const logins = await store.people.accounts.logins(newest.map(({ requestedBy }) => requestedBy));
  const waiting = newest.filter(
    (approval) => desk().standing(caller, approval, logins.get(approval.requestedBy) ?? "").may,
  );
  const oldest = waiting.map(({ requestedAt }) => requestedAt).sort()[0];
  return [{ kind: "approval-waiting", count: waiting.length, since: oldest ?? null }];
}
