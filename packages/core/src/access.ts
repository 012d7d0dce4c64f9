/** Every permission that a role may hold, sorted. A verb on a kind of thing, as the API's contract names it. */
export const permissions = [
  "accounts.read",
  "accounts.write",
  "approvals.decide",
  "approvals.read",
  "audit.erase",
  "audit.export",
  "audit.read",
  "containers.read",
  "containers.respond",
  "detections.read",
  "detections.review",
  "exceptions.grant",
  "exceptions.read",
  "exceptions.withdraw",
  "findings.read",
  "gates.set-mode",
  "health.read",
  "hosts.join",
  "hosts.read",
  "hosts.revoke",
  "images.read",
  "images.scan",
  "launches.read",
  "overview.read",
  "policies.read",
  "policies.write",
  "profiles.write",
  "registries.read",
  "registries.write",
  "responses.release",
  "roles.read",
  "roles.write",
  "rules.read",
  "rules.write",
  "runtime.read",
  "settings.read",
  "settings.write",
  "tokens.read",
  "tokens.write",
] as const;

export type Permission = (typeof permissions)[number];

/** What a role says of a permission that it holds: the act happens, or it waits for a second person. */
export type Effect = "allow" | "needs-approval";

/** A set of permissions with a name. */
export interface Role {
  readonly name: string;
  readonly description: string;
  readonly builtIn: boolean;
  readonly permissions: Readonly<Partial<Record<Permission, Effect>>>;
}

/**
 * A part of the fleet. Each dimension that is given limits it; one that is absent does not, so that `{}` is
 * everything. Patterns know `*` for any run of characters.
 */
export interface Scope {
  /** Host names. */
  readonly hosts?: readonly string[];
  /** Host labels: for each key, the values that fit. */
  readonly labels?: Readonly<Record<string, readonly string[]>>;
  /** Image repositories with their registry: `ghcr.io/acme/*`. */
  readonly registries?: readonly string[];
}

/** A thing that is acted upon, as far as scopes can tell it from others. */
export interface Resource {
  /** The hosts that it lies on; absent where it lies on none. */
  readonly hosts?: readonly { readonly name: string; readonly labels: Readonly<Record<string, string>> }[];
  /** The repositories that its image comes from; absent where it has no image. */
  readonly repositories?: readonly string[];
  /** A part of the fleet as a whole, in place of the above: only a scope that contains all of it covers it. */
  readonly within?: Scope;
}

/** One role that somebody holds in one part of the fleet. */
export interface Holding {
  readonly role: Role;
  readonly scope: Scope;
  /** The login of whoever gave it; absent where nobody knows. */
  readonly givenBy?: string;
  /** From then on it gives nothing, ISO 8601; absent where it has no end. */
  readonly endsAt?: string;
}

/** Who asks: a person, a token of one, or a program. Everything that is decided is decided from this value. */
export interface Principal {
  /** The account; for a token, the account that it belongs to: two tokens of one person are one person. */
  readonly account: string;
  readonly holdings: readonly Holding[];
  /** What a token may at most do of what its account may. */
  readonly limit?: { readonly permissions: readonly Permission[]; readonly scope: Scope };
}
