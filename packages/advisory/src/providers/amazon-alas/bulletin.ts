/** One bulletin, whatever form it came in. */
export interface Bulletin {
  /** `ALAS2-2021-1699`, `ALASRUBY3.0-2023-001`. */
  readonly id: string;
  readonly title?: string;
  readonly description?: string;
  readonly severity?: string;
  readonly published?: string;
  readonly cves: readonly string[];
  readonly packages: readonly BulletinPackage[];
}

/** One build that has the fix. */
export interface BulletinPackage {
  readonly name: string;
  /** Empty where the form has none. */
  readonly epoch: string;
  readonly version: string;
  readonly release: string;
  readonly architecture: string;
}

const CVE = /^CVE-\d{4}-\d{4,}$/u;

/** The names of vulnerabilities among references, each once. */
export function cvesAmong(names: readonly (string | undefined)[]): readonly string[] {
  return [...new Set(names.filter((name) => name !== undefined && CVE.test(name)))].filter(
    (name) => name !== undefined,
  );
}
