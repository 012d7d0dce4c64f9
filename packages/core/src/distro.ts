/** The operating system distribution of a root file system, from os-release and its kin. */
export interface Distro {
  /** `ID` of os-release: `debian`, `alpine`, `ubuntu`, `rhel`… */
  readonly id: string;
  /** `VERSION_ID`, as complete as the files tell: `12.5` from debian_version rather than `12`. */
  readonly version: string;
  /** `VERSION_CODENAME`, or what stands for it: `bookworm`, `trixie`. */
  readonly codename?: string;
  readonly name?: string;
  readonly idLike?: readonly string[];
  /** The branch of the repositories where these tell it and it is not the one of `version`: `edge`, `v3.19` of Alpine. */
  readonly branch?: string;
  /** Subscriptions that are in force in the root: the services of Ubuntu Pro that are enabled, such as `esm-infra`. */
  readonly services?: readonly string[];
  /**
   * The repositories of Red Hat that the image was built from, as its build system has noted them, or those that dnf would
   * ask where it has not; sorted.
   */
  readonly contentSets?: readonly string[];
  /** The CPEs of the products of Red Hat that the image is of, by the labels that it was built with, sorted. */
  readonly cpes?: readonly string[];
}
