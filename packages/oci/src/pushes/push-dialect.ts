/** The forms in which registries tell of pushes. */
export type PushDialectName =
  | "acr"
  | "distribution"
  | "docker-hub"
  | "ecr"
  | "ghcr"
  | "gitlab"
  | "harbor"
  | "quay";

/** An image that was pushed, as the sender names it: nothing of it has been checked. */
export interface Push {
  readonly repository: string;
  readonly tag: string;
}

/** What a sender sends, as far as it matters. */
export interface PushRequest {
  /** By lower-case name. */
  readonly headers: Readonly<Record<string, string | undefined>>;
  /** What follows `token=` in the address; undefined where there is none. */
  readonly queryToken: string | undefined;
  readonly body: Uint8Array;
}

/**
 * One form in which a registry tells of pushes. A member of the family in `dialects/`.
 *
 * Both are given what a stranger sent: `proves` comes first and compares in constant time, and `read` leaves out what
 * is no push or has not the shape that the maker documents. Neither throws.
 */
export interface PushDialect {
  readonly name: PushDialectName;
  /** Whether the sender knows the secret. */
  proves(request: PushRequest, secret: string): boolean;
  /** The pushes that a JSON document tells of; undefined where it is not in this form. */
  read(document: unknown): readonly Push[] | undefined;
}
