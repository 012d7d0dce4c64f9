/**
 * A person's decision to let something pass that a rule would refuse, for a while. It lifts violations;
 * it never hides findings.
 */
export interface PolicyException {
  readonly id: string;
  /** The rules it lifts, as `policy/rule` or `rule`; at least one. */
  readonly rules: readonly string[];
  /** What it holds for. Every member that is given must fit. */
  readonly scope: {
    /** Image references, with `*` for any run of characters. */
    readonly images?: readonly string[];
    /** Image ids or manifest digests: exactly this content. */
    readonly digests?: readonly string[];
    /** Vulnerability identifiers; the exception then lifts a violation only for these. */
    readonly vulnerabilities?: readonly string[];
    /** Fingerprints of secrets; the exception then lifts a violation only for these. */
    readonly secrets?: readonly string[];
    /** Licences as reports tell them, whatever the case; the exception then lifts a violation only for these. */
    readonly licenses?: readonly string[];
    /** Host names, with `*`. */
    readonly hosts?: readonly string[];
  };
  readonly reason: string;
  readonly owner: string;
  /** ISO 8601, UTC. From this moment on it lifts nothing. */
  readonly expires: string;
}
