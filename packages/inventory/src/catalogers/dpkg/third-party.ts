/** Companies whose archives carry packages with libraries of language ecosystems inside. */
const vendors: readonly string[] = [
  "chef.io",
  "dan.cx",
  "datadoghq.com",
  "docker.com",
  "elastic.co",
  "f5.com",
  "gitlab.com",
  "google.com",
  "grafana.com",
  "hashicorp.com",
  "influxdata.com",
  "mariadb.org",
  "microsoft.com",
  "mongodb.com",
  "newrelic.com",
  "nginx.com",
  "nodesource.com",
  "nvidia.com",
  "oracle.com",
  "percona.com",
  "pgadmin.org",
  "puppet.com",
  "sentry.io",
  "splunk.com",
  "vmware.com",
];

const ADDRESS = /@(?<domain>[a-z0-9-]+(?:\.[a-z0-9-]+)+)/giu;

/**
 * Whether a package was built by somebody other than the distribution, judged by the address of its maintainer,
 * because the database does not say which archive a package came from. A distribution demands an address
 * (Debian Policy 5.6.2); what has none, or one of a host without a domain, was built at home. A vendor who
 * is missing in the list is taken for the distribution, whose people may have addresses anywhere.
 */
export function isThirdParty(maintainer: string | undefined): boolean {
  const domains = domainsIn(maintainer);
  return domains.length === 0 || domains.some(isVendor);
}

const MAX_VENDOR = 128;

/** Who built a package, where that is one of the companies; a missing address is nobody's name. */
export function vendorOf(maintainer: string | undefined): string | undefined {
  return domainsIn(maintainer).some(isVendor)
    ? maintainer?.replace(/\p{C}/gu, "").trim().slice(0, MAX_VENDOR)
    : undefined;
}

function domainsIn(maintainer = ""): readonly (string | undefined)[] {
  return [...maintainer.toLowerCase().matchAll(ADDRESS)].map(({ groups }) => groups?.domain);
}

function isVendor(domain: string | undefined): boolean {
  return vendors.some((vendor) => domain === vendor || domain?.endsWith(`.${vendor}`));
}

/**
 * Whether a path is one where packages of a distribution install nothing (FHS 3.0, 3.13 and 4.9; Debian Policy
 * 9.1.2), so that a package that does is not the distribution's.
 */
export function isOutsideDistribution(path: string): boolean {
  return /^(?:opt|usr\/local|srv|home|root)\//u.test(path);
}
