/** What the tracker says of one package in one release: `jammy_openssl: released (3.0.2-0ubuntu1.15)`. */
export interface Statement {
  readonly release: string;
  readonly package: string;
  readonly status: string;
  /** What stands in parentheses: a version, or a reason. */
  readonly detail?: string;
}

/** One file of the tracker, in whichever form. */
export interface TrackedCve {
  readonly id: string;
  readonly priority?: string;
  /** Priorities that differ, by `package` or `package_release`. */
  readonly priorities: ReadonlyMap<string, string>;
  readonly description?: string;
  readonly published?: string;
  readonly statements: readonly Statement[];
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;

/** True for the identifier of a CVE that has been given; the tracker has others of its own until then. */
export function isCve(text: string | undefined): text is string {
  return text !== undefined && CVE.test(text);
}
