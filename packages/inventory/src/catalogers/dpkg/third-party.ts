/** Companies whose archives carry packages with libraries of language ecosystems inside. */
const vendors: readonly string[] = [
  "chef.io",
  "dan.cx",
  "datadoghq.com",
  "docker.com",
  "elastic.co",
  "gitlab.com",
  "google.com",
  "grafana.com",
  "hashicorp.com",
  "influxdata.com",
  "microsoft.com",
  "mongodb.com",
  "newrelic.com",
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

const DOMAIN = /@(?<domain>[a-z0-9.-]+)/giu;

/**
 * Whether a package was built by a vendor other than the distribution, judged by the addresses of its
 * maintainer. The database does not say which archive a package came from. Who is missing in the list is
 * taken for the distribution: its people may have addresses anywhere.
 */
export function isThirdParty(maintainer: string | undefined): boolean {
  if (maintainer === undefined) return false;
  for (const { groups } of maintainer.toLowerCase().matchAll(DOMAIN)) {
    const domain = groups?.domain ?? "";
    if (vendors.some((vendor) => domain === vendor || domain.endsWith(`.${vendor}`))) return true;
  }
  return false;
}

/**
 * Whether a path is one where packages of a distribution install nothing (FHS 3.0, 3.13 and 4.9; Debian Policy
 * 9.1.2), so that a package that does is not the distribution's.
 */
export function isOutsideDistribution(path: string): boolean {
  return /^(?:opt|usr\/local|srv|home|root)\//u.test(path);
}
