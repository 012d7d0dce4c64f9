/**
 * The rows of the house, lowest first. A member imports members of lower rows only, never a neighbour.
 * `docs/architecture.md` draws the same table.
 */
export const rows: readonly (readonly string[])[] = [
  ["core"],
  [
    "versioning",
    "policy",
    "rules",
    "api",
    "archive",
    "http",
    "engine",
    "audit",
    "access",
    "sealing",
    "bus",
    "dataset",
    "licenses",
    "worker",
  ],
  [
    "oci",
    "inventory",
    "advisory",
    "matching",
    "report",
    "gate",
    "sensor",
    "intel",
    "response",
    "profile",
    "selftest",
    "store",
    "notify",
  ],
  ["scan"],
  ["agent", "server", "console", "auditor"],
  ["cli"],
];

/** Members that may not know Node or the DOM: they decide, and deciding must be readable anywhere. */
export const pureMembers: readonly string[] = [
  "core",
  "versioning",
  "policy",
  "rules",
  "api",
  "access",
  "matching",
  "profile",
  "licenses",
];

/** For tests only: no member may need it to run. */
export const testOnlyMembers: readonly string[] = ["testkit"];

export function rowOf(member: string): number {
  return rows.findIndex((row) => row.includes(member));
}
