import { type Effect, type Permission, permissions, type Role } from "@pratique/core";

const reads: readonly Permission[] = [
  "containers.read",
  "detections.read",
  "exceptions.read",
  "findings.read",
  "hosts.read",
  "images.read",
  "launches.read",
  "overview.read",
  "policies.read",
  "registries.read",
  "rules.read",
  "runtime.read",
];

function role(
  name: string,
  description: string,
  held: readonly Permission[],
  marked: readonly Permission[] = [],
): Role {
  const entries: [Permission, Effect][] = [
    ...held.map((permission): [Permission, Effect] => [permission, "allow"]),
    ...marked.map((permission): [Permission, Effect] => [permission, "needs-approval"]),
  ];
  return { name, description, builtIn: true, permissions: Object.fromEntries(entries) };
}

/** The roles that are always there. Sorted by name. They cannot be changed; others can be made beside them. */
export const builtInRoles: readonly Role[] = [
  role("administrator", "May do everything, alone.", permissions),
  role("auditor", "Reads everything, the audit log included, and changes nothing.", [
    ...reads,
    "accounts.read",
    "approvals.read",
    "audit.export",
    "audit.read",
    "health.read",
    "roles.read",
    "settings.read",
    "tokens.read",
  ]),
  role(
    "developer",
    "Sees what concerns their images, has them scanned, and asks for exceptions.",
    [...reads, "images.scan"],
    ["exceptions.grant"],
  ),
  role(
    "operator",
    "Runs hosts. What stops a container or a gate takes a second operator.",
    [
      ...reads,
      "approvals.decide",
      "approvals.read",
      "detections.review",
      "health.read",
      "hosts.join",
      "images.scan",
      "registries.write",
    ],
    [
      "containers.respond",
      "exceptions.grant",
      "gates.set-mode",
      "hosts.revoke",
      "profiles.write",
      "responses.release",
    ],
  ),
  role(
    "security",
    "Writes policies and decides on exceptions. What disables a gate takes a second person.",
    [
      ...reads,
      "approvals.decide",
      "approvals.read",
      "audit.read",
      "detections.review",
      "exceptions.grant",
      "exceptions.withdraw",
      "health.read",
      "hosts.revoke",
      "images.scan",
      "policies.write",
      "profiles.write",
      "registries.write",
      "responses.release",
      "rules.write",
      "settings.read",
    ],
    ["containers.respond", "gates.set-mode"],
  ),
  role("viewer", "Reads what the console shows of images, hosts and launches.", reads),
];
