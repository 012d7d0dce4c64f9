import type { FixtureRow } from "./fixture-row.ts";

/** Collections that are read whole, by the folder of the data that holds them. */
export const collections: readonly { readonly reader: string; readonly folder: string }[] = [
  { reader: "alpine-secdb", folder: "alpine-secdb-2020" },
  { reader: "debian-dsa-dla", folder: "debian-dsa-dla" },
  { reader: "kev", folder: "cisa-kev" },
  { reader: "nvd", folder: "nvd-overrides" },
  { reader: "osv", folder: "almalinux-osv" },
  { reader: "osv", folder: "bitnami-vulndb" },
  { reader: "osv", folder: "ghsa-maven-sample" },
  { reader: "osv", folder: "golang-vulndb" },
  { reader: "osv", folder: "pypa-advisory-database" },
  { reader: "php-security-advisories", folder: "php-security-advisories" },
  { reader: "ruby-advisory-db", folder: "ruby-advisory-db" },
  { reader: "rustsec", folder: "rustsec" },
];

const OWN_FORM = "a form that Aqua makes of the vendors' for Trivy; the vendors' own is read";
const OVAL = "Red Hat publishes CSAF in its place, which is read";

/** Excerpts of feeds that vunnel keeps. The first that fits a file counts. */
export const vunnelRows: readonly FixtureRow[] = [
  left(/snapshots\//u, "what vunnel makes of feeds, not a feed"),
  feed("osv", /(?:alma|rocky|bitnami|govulndb)\/test-fixtures\/.*\.json$/u),
  left(/kev\/test-fixtures\/single-entry/u, "one entry by itself"),
  feed("kev", /kev\/test-fixtures\/.*\.json$/u),
  feed("epss", /epss\/test-fixtures\/example-1\.csv$/u),
  left(/epss\/test-fixtures\//u, "broken on purpose"),
  feed("eol", /eol\/test-fixtures\/valid-.*\.json$/u),
  feed("alpine-secdb", /alpine\/test-fixtures\/input\/secdb\/.*\.yaml$/u),
  feed("debian-dsa-dla", /debian\/test-fixtures\/input\/DSA$/u),
  feed("debian-tracker", /debian\/test-fixtures\/input\/debian\.json$/u),
  left(/debian\/test-fixtures\/input\/legacy/u, "what an older vunnel made of the tracker"),
  feed("azure-linux", /mariner\/test-fixtures\/.*oval\.xml$/u),
  feed("fedora", /fedora\/test-fixtures\/(?:merge-)?input\/.*\.json$/u),
  feed("oracle-oval", /oracle\/test-fixtures\/mock_(?:ksplice_|per_arch_)?data$/u),
  feed("photon", /photon\/test-fixtures\/input\/cve_data_photon\d\.0\.json$/u),
  left(/photon\.wiki/u, "pages for people; the same is in the feed"),
  feed("redhat-csaf", /csaf\/(?:advisories|server)\/.*rhsa-[^/]*\.json$/u),
  left(/rhel\/test-fixtures\/csaf\//u, "lists of files, and answers of an older interface"),
  left(/rhel\/test-fixtures\/oval\//u, OVAL),
  feed("suse-oval", /sles\/test-fixtures\/suse_truncated\.xml$/u),
  feed("ubuntu-osv", /ubuntu\/test-fixtures\/osv/u),
  left(/ubuntu\/test-fixtures\/vex/u, "Ubuntu's VEX; its records in OSV's form say the same, and are read"),
  left(/ubuntu\/test-fixtures\//u, "what vunnel makes of Ubuntu's tracker; the tracker's own files are read"),
  feed("nvd", /nvd\/test-fixtures\/[^/]*\.json$/u),
  left(/amazon\/test-fixtures\//u, "pages of Amazon's website; `updateinfo.xml` is read"),
  feed("arch-security", /arch\/test-fixtures\/input\/.*all\.json$/u),
  left(/echo\/test-fixtures\//u, "Echo: no provider"),
  left(/hummingbird\/test-fixtures\//u, "Hummingbird: no provider"),
  left(/minimos\/test-fixtures\//u, "MinimOS: no provider"),
  left(/secureos\/test-fixtures\//u, "SecureOS: no provider"),
  left(/(?:^LICENSE|tests\/quality\/.*)$/u, "no feed"),
];

/** Excerpts of feeds that trivy-db keeps. */
export const trivyDbRows: readonly FixtureRow[] = [
  left(/\/sad\d?\/|\/broken-|unsupported-os|criterion-is-not-array/u, "broken on purpose"),
  feed("osv", /vulnsrc\/(?:osv|govulndb|julia)\/testdata\/happy\/.*\.json$/u),
  feed("osv", /vulnsrc\/ghsa\/testdata\/happy\/ghsa\/.*\.json$/u),
  feed("osv", /vulnsrc\/bitnami\/testdata\/happy\/.*\.json$/u),
  feed("osv", /vulnsrc\/k8svulndb\/testdata\/.*\.json$/u),
  feed("ruby-advisory-db", /vulnsrc\/bundler\/testdata\/happy\/.*\.yml$/u),
  feed("php-security-advisories", /vulnsrc\/composer\/testdata\/happy\/.*\.yaml$/u),
  feed("amazon-alas", /vulnsrc\/amazon\/testdata\/happy\/.*\.json$/u),
  feed("photon", /vulnsrc\/photon\/testdata\/happy\/.*\.json$/u),
  feed("redhat-csaf", /vulnsrc\/redhat-csaf\/testdata\/(?:happy|vuln-list-redhat)\/csaf-vex\//u),
  left(/vulnsrc\/redhat-csaf\/.*repository-to-cpe\.json$/u, OWN_FORM),
  left(/vulnsrc\/redhat-csaf\//u, "which build is of which product, and vulnerabilities without one"),
  feed("ubuntu-tracker", /vulnsrc\/ubuntu\/testdata\/.*\.json$/u),
  feed("nvd", /vulnsrc\/nvd\/testdata\/happy\/.*\.json$/u),
  left(/vulnsrc\/redhat(?:-oval)?\//u, OVAL),
  left(/vulnsrc\/suse-cvrf\//u, "SUSE publishes OVAL beside it, which is read"),
  left(/vulnsrc\/(?:alma|alpine|azure|chainguard|debian|oracle-oval|rocky|wolfi)\/testdata\/.*/u, OWN_FORM),
  left(/vulnsrc\/arch-linux\//u, OWN_FORM),
  left(/vulnsrc\/node\//u, "npm's and Node's old advisories; those of today are in OSV"),
  left(
    /vulnsrc\/(?:aqua|bottlerocket|echo|minimos|rootio|seal)\//u,
    "Aqua, Bottlerocket, Echo, MinimOS, Root.io, Seal: no provider",
  ),
  left(/vulnsrc\/(?:ghsa|glad)\//u, "GitLab's and CocoaPods': no cataloger for what they speak of"),
  left(/\.(?:yaml|db|json|jd)$|LICENSE$/u, "Trivy's own database"),
];

function feed(reader: string, files: RegExp): FixtureRow {
  return { files, use: { kind: "feed", reader } };
}

function left(files: RegExp, why: string): FixtureRow {
  return { files, use: { kind: "left", why } };
}
