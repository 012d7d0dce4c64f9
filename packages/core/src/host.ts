/** What policies may know of the host on which a decision is made. */
export interface Host {
  readonly name: string;
  /** Free labels of the operator: `env: production`. */
  readonly labels: Readonly<Record<string, string>>;
  readonly kernel: string;
  readonly engineVersion: string;
}
