/** `cpe:/o:redhat:rhel_eus:8.6::baseos`, `cpe:/o:redhat:enterprise_linux_eus:10.0`. */
const EXTENDED =
  /^cpe:\/[ao]:redhat:(?<product>(?:rhel|enterprise_linux)_(?:aus|e4s|els|els_extension|eus|eus_long_life|mission_critical|tus)):(?<version>\d+(?:\.\d+)?)(?::|$)/u;

/** Of Red Hat Enterprise Linux, a release with a life of its own, whose fixes come from repositories that others do not have. */
export interface RedHatChannel {
  /** `rhel_eus:8.6` */
  readonly name: string;
  readonly major: string;
  /** `6`; absent where all minor releases are meant. */
  readonly minor?: string;
}

/**
 * Reads the CPE of a minor release that is kept on its own (EUS, AUS, E4S, TUS), or of one that is kept beyond its end
 * (ELS). Undefined for the release itself, and for all that is no Red Hat Enterprise Linux.
 */
export function redHatChannelOf(cpe: string): RedHatChannel | undefined {
  const { product, version } = EXTENDED.exec(cpe)?.groups ?? {};
  if (product === undefined || version === undefined) return undefined;
  const [major = version, minor] = version.split(".", 2);
  return { name: `${product}:${version}`, major, ...(minor !== undefined && { minor }) };
}
