import { type Permission, permissions } from "@pratique/core";

/** What a permission lets somebody do, in words. */
export const permissionWords: Readonly<Record<Permission, string>> = {
  "accounts.read": "see accounts",
  "accounts.write": "make, change and disable accounts",
  "approvals.decide": "approve or reject what others ask for",
  "approvals.read": "see what waits for a second person",
  "audit.erase": "erase names and addresses from the audit log",
  "audit.export": "export the audit log",
  "audit.read": "read and verify the audit log",
  "containers.read": "see containers",
  "containers.respond": "cut, pause, stop, kill and quarantine running containers",
  "detections.read": "see what was detected in running containers, and what was done about it",
  "detections.review": "say what detections were, and close them",
  "exceptions.grant": "grant exceptions",
  "exceptions.read": "see exceptions",
  "exceptions.withdraw": "withdraw exceptions",
  "findings.read": "see findings",
  "gates.set-mode": "switch a gate between enforcing and observing",
  "health.read": "see the health of the installation",
  "hosts.join": "let hosts join",
  "hosts.read": "see hosts",
  "hosts.revoke": "revoke hosts",
  "images.read": "see images",
  "images.scan": "have images scanned",
  "launches.read": "see launches and their verdicts",
  "overview.read": "see the overview",
  "policies.read": "see policies",
  "policies.write": "make and change policies",
  "profiles.write": "change how learned profiles go on, and accept or reject what is new",
  "registries.read": "see registries and the queue of their images",
  "registries.write": "set up registries, pause them and try again",
  "responses.release": "undo what was done about a running container",
  "roles.read": "see roles and who holds them",
  "roles.write": "make roles and give them away",
  "rules.read": "see the files of rules for running containers",
  "rules.write": "make and change files of rules for running containers",
  "runtime.read": "see processes, connections and files of running containers",
  "settings.read": "see settings",
  "settings.write": "change settings",
  "tokens.read": "see everybody's tokens",
  "tokens.write": "revoke anybody's token",
};

/** The permissions by the kind of thing that they are about: `accounts`, `approvals`… */
export const permissionGroups: readonly {
  readonly kind: string;
  readonly permissions: readonly Permission[];
}[] = [...new Set(permissions.map(kindOf))].map((kind) => ({
  kind,
  permissions: permissions.filter((permission) => kindOf(permission) === kind),
}));

function kindOf(permission: Permission): string {
  return permission.slice(0, permission.indexOf("."));
}
