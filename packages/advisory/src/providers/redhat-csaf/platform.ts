import { type Ecosystem, ecosystem, redHatChannelOf } from "@pratique/core";

/** A release of Red Hat Enterprise Linux. */
export interface Platform {
  readonly ecosystem: Ecosystem;
  /**
   * Where it is a minor release with a life of its own (EUS, AUS, E4S, TUS) or one that is kept beyond its end (ELS), the
   * name of it: its fixes come from repositories that others do not have.
   */
  readonly channel?: string;
}

/** `cpe:/o:redhat:enterprise_linux:9::baseos`; since 10 with the minor release. */
const GENERAL = /^cpe:\/[ao]:redhat:enterprise_linux:(?<major>\d+)(?:\.\d+)?(?::|$)/u;
/** Reads the CPE of a product; undefined for what is not Red Hat Enterprise Linux, such as OpenShift. */
export function readPlatform(cpe: string): Platform | undefined {
  const general = GENERAL.exec(cpe)?.groups?.major;
  if (general !== undefined) return { ecosystem: ecosystem(`Red Hat:${general}`) };
  const channel = redHatChannelOf(cpe);
  if (channel === undefined) return undefined;
  return { ecosystem: ecosystem(`Red Hat:${channel.major}`), channel: channel.name };
}
