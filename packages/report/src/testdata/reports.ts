import { type LicenseFinding, type Finding, type Package, parseDigest, purlOf, type ScanReport } from "@pratique/core";
import type { RenderContext } from "../report-format.ts";

/** What every test renders with. */
export const context: RenderContext = {
  version: "1.2.3",
  look: { width: 100, color: false },
  build: {
    sha: "0123456789abcdef0123456789abcdef01234567",
    ref: "refs/heads/main",
    jobId: "42",
    correlator: "scan-image",
  },
};

const distro = { id: "debian", version: "12.5", codename: "bookworm", name: "Debian GNU/Linux 12" };
const digest = parseDigest(`sha256:${"1".repeat(64)}`);
const layer = parseDigest(`sha256:${"2".repeat(64)}`);

export function packageOf(facts: Pick<Package, "type" | "name" | "version"> & Partial<Package>): Package {
  const full = { paths: [], ...facts };
  const purl = purlOf(full, distro);
  return { id: purl, purl, ...full };
}

export function findingIn(owner: Package, changes: Partial<Finding> = {}): Finding {
  return {
    id: "CVE-2024-0001",
    aliases: [],
    packageId: owner.id,
    severity: "high",
    status: "affected",
    knownExploited: false,
    source: "debian-tracker",
    advisory: "DSA-1-1",
    ...changes,
  };
}

const source = { name: "openssl", version: "3.0.11-1~deb12u1" };
const openssl = packageOf({
  type: "deb",
  name: "openssl",
  version: "3.0.11-1~deb12u1",
  architecture: "amd64",
  source,
  layer,
  paths: ["var/lib/dpkg/status"],
});
const libssl = packageOf({
  type: "deb",
  name: "libssl3",
  version: "3.0.11-1~deb12u1",
  architecture: "amd64",
  source,
  layer,
  paths: ["var/lib/dpkg/status"],
});
const pip = packageOf({ type: "deb", name: "python3-pip", version: "23.0.1", paths: ["var/lib/dpkg/status"] });
const requests = packageOf({
  type: "pypi",
  name: "requests",
  version: "2.28.1",
  ownedBy: pip.id,
  paths: ["usr/lib/python3/dist-packages/requests-2.28.1.dist-info/METADATA"],
});
const lodash = packageOf({
  type: "npm",
  name: "@acme/lodash",
  version: "4.17.20",
  paths: ["srv/shop/node_modules/@acme/lodash/package.json"],
});

/** An image with packages of a distribution and of languages, and findings of every kind. */
export const sample: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-01-02T03:04:05.678Z",
  target: {
    reference: "registry.example:5000/acme/shop:1.2",
    digest,
    imageId: parseDigest(`sha256:${"3".repeat(64)}`),
    platform: "linux/amd64",
    distro,
    sizeBytes: 123_456_789,
    layers: [layer],
  },
  assessment: {
    state: "partial",
    reasons: [
      {
        code: "PACKAGE_RECORD_MALFORMED",
        message: "a record has no version",
        path: "var/lib/dpkg/status.d/x",
      },
    ],
    advisories: [
      { source: "debian-tracker", builtAt: "2026-01-01T00:00:00.000Z", stale: false, coverage: "full" },
    ],
  },
  rootAccounts: [],
  packages: [openssl, libssl, pip, requests, lodash],
  findings: [
    findingIn(openssl, { status: "fixed", fixedVersion: "3.0.13-1~deb12u1", knownExploited: true, epss: 0.513 }),
    findingIn(libssl, { status: "fixed", fixedVersion: "3.0.13-1~deb12u1", knownExploited: true, epss: 0.513 }),
    findingIn(lodash, {
      id: "CVE-2021-23337",
      aliases: ["GHSA-35jh-r3h4-6jhm"],
      severity: "critical",
      status: "fixed",
      fixedVersion: "4.17.21",
      source: "osv",
      advisory: "GHSA-35jh-r3h4-6jhm",
      title: "Command injection in lodash",
    }),
    findingIn(requests, { id: "PYSEC-2023-74", severity: "unknown", source: "osv", confidence: "low" }),
    findingIn(pip, {
      id: "CVE-2018-20225",
      severity: "negligible",
      status: "will-not-fix",
      suppressed: { by: "ignore file" },
    }),
  ],
};

/** The same, searched for secrets. */
/** Two packages with licences of several kinds, one of them taken out of the count. */
export const withLicenses: ScanReport = {
  ...sample,
  packages: sample.packages.map((member, at) =>
    at > 1 ? member : { ...member, licenses: at === 0 ? ["GPL-2.0-only", "Own words"] : ["MIT OR Zlib", "ISC"] },
  ),
  licenses: sample.packages.flatMap(({ id: packageId }, at): readonly LicenseFinding[] => {
    const silent = { license: "NOASSERTION", category: "unknown", severity: "unknown", packageId } as const;
    if (at > 1) return at > 2 ? [{ ...silent, suppressed: { by: ".trivyignore.yaml:2" } }] : [silent];
    if (at === 1) {
      return [
        { license: "MIT OR Zlib", category: "notice", severity: "low", packageId },
        { license: "ISC", category: "notice", severity: "low", packageId },
      ];
    }
    return [
      { license: "GPL-2.0-only", category: "restricted", severity: "high", packageId },
      { license: "Own words", category: "unknown", severity: "unknown", packageId },
    ];
  }),
};

export const withSecrets: ScanReport = {
  ...sample,
  secrets: [
    {
      rule: "secret-variable",
      title: "Variable that is called a secret: DB_PASSWORD",
      severity: "medium",
      confidence: "low",
      where: "environment",
      line: 2,
      match: "… (7 characters)",
      fingerprint: "00000000000000b2",
    },
    {
      rule: "github-token",
      title: "GitHub token",
      severity: "critical",
      confidence: "high",
      where: "layer",
      path: "srv/app/.env",
      line: 3,
      layer,
      deleted: true,
      match: "ghp_…x1 (40 characters)",
      fingerprint: "00000000000000a1",
    },
  ],
};

/** An image in which nothing is wrong. */
export const clean: ScanReport = {
  ...sample,
  assessment: { ...sample.assessment, state: "complete", reasons: [] },
  findings: [],
};

/** An archive of which nothing could be said. */
export const unassessed: ScanReport = {
  schemaVersion: 1,
  scannedAt: "2026-01-02T03:04:05.678Z",
  target: { reference: "docker-archive:/srv/a b.tar" },
  assessment: {
    state: "none",
    reasons: [{ code: "NO_PACKAGES", message: "no installed packages were found" }],
    advisories: [],
  },
  rootAccounts: [],
  packages: [],
  findings: [],
};

/** What an image's author may write where a report has a name, a version, a path. */
export const evilTexts: readonly string[] = [
  "\u001b[2J\u001b]0;x\u0007",
  "\u009b31m",
  "\u202egnp.exe",
  "</td></table><script>alert(1)</script>",
  '" onmouseover="alert(1)',
  "]]><evil/>",
  "a|b`c\\|d\n\n# heading",
  "[x](javascript:alert(1)) @everyone #1 ![y](http://evil.example/z.png)",
  "\ud800\uffff\u0000",
  "../../../etc/passwd",
  "{{ 7 | times: 7 }}{% include 'x' %}",
  "=cmd|' /C calc'!A0",
  "v".repeat(3000),
];

/** A report in which everything that may come from outside is one of these. */
export function evilReport(evil: string): ScanReport {
  const owner: Package = {
    id: `pkg:generic/${evil}`,
    type: "generic",
    name: evil,
    version: evil,
    purl: "pkg:generic/evil@1",
    architecture: evil,
    source: { name: evil, version: evil },
    licenses: [evil, "MIT"],
    paths: [evil],
  };
  return {
    ...sample,
    target: {
      reference: evil,
      digest,
      platform: evil,
      distro: { id: evil, version: evil, codename: evil, name: evil },
    },
    assessment: {
      state: "partial",
      reasons: [{ code: "PATH_UNSAFE", message: evil, path: evil }],
      advisories: [{ source: evil, builtAt: "2026-01-01T00:00:00.000Z", stale: true, coverage: "starter" }],
    },
    packages: [owner],
    findings: [
      findingIn(owner, {
        id: evil,
        aliases: [evil],
        status: "fixed",
        fixedVersion: evil,
        source: evil,
        advisory: evil,
        title: evil,
        epss: 1,
      }),
      findingIn(owner, { id: `${evil}2`, suppressed: { by: evil } }),
    ],
    licenses: [
      { license: evil, category: "unknown", severity: "unknown", packageId: owner.id },
      { license: "MIT", category: "notice", severity: "low", packageId: owner.id },
    ],
    secrets: [
      {
        rule: evil,
        title: evil,
        severity: "high",
        confidence: "low",
        where: "layer",
        path: evil,
        line: 1,
        match: evil,
        fingerprint: evil,
      },
    ],
  };
}

/** So many findings, in packages that have ten each. */
export function largeReport(count: number): ScanReport {
  const packages: Package[] = [];
  const findings: Finding[] = [];
  for (let index = 0; index < count; index += 1) {
    if (index % 10 === 0) {
      packages.push(
        packageOf({
          type: "npm",
          name: `package-${index}`,
          version: "1.0.0",
          paths: [`srv/node_modules/package-${index}/package.json`],
        }),
      );
    }
    const owner = packages.at(-1);
    if (owner === undefined) continue;
    findings.push(findingIn(owner, { id: `CVE-2024-${10_000 + (index % 5000)}`, aliases: [`GHSA-${index}`] }));
  }
  return { ...sample, packages, findings };
}
