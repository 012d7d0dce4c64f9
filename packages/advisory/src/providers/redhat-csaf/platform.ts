import { type Ecosystem, ecosystem } from "@pratique/core";

/** A release of Red Hat Enterprise Linux. */
export interface Platform {
  readonly ecosystem: Ecosystem;
  /**
   * Whether it is a minor release with a life of its own (EUS, AUS, E4S, TUS) or one that is kept beyond its end (ELS):
   * its fixes come from repositories that others do not have.
   */
  readonly isExtended: boolean;
}

/** `cpe:/o:redhat:enterprise_linux:9::baseos`; since 10 with the minor release. */
const GENERAL = /^cpe:\/[ao]:redhat:enterprise_linux:(?<major>\d+)(?:\.\d+)?(?::|$)/u;
/** `cpe:/o:redhat:rhel_eus:8.6::baseos`, `cpe:/o:redhat:enterprise_linux_eus:10.0`. */
const EXTENDED =
  /^cpe:\/[ao]:redhat:(?:rhel|enterprise_linux)_(?:aus|e4s|els|els_extension|eus|eus_long_life|mission_critical|tus):(?<major>\d+)(?:\.\d+)?(?::|$)/u;

/** Reads the CPE of a product; undefined for what is not Red Hat Enterprise Linux, such as OpenShift. */
export function readPlatform(cpe: string): Platform | undefined {
  const general = GENERAL.exec(cpe)?.groups?.major;
  const major = general ?? EXTENDED.exec(cpe)?.groups?.major;
  if (major === undefined) return undefined;
  return { ecosystem: ecosystem(`Red Hat:${major}`), isExtended: general === undefined };
}
