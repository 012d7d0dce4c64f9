import {
  type Advisory,
  type Distro,
  NAME_HASH_START,
  type Package,
  type Standing,
  stepNameHash,
  writeFunctions,
} from "@pratique/core";
import { array, assert, constantFrom, oneof, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { match } from "./match.ts";
import { CODE_NOT_IN_PROGRAM } from "./program-code.ts";
import { advisory, MemoryIndex, type MemoryIndexParts } from "./testdata/memory-index.ts";

const bookworm: Distro = { id: "debian", version: "12.5", codename: "bookworm" };
const alpine: Distro = { id: "alpine", version: "3.20.1" };

function pack(parts: Partial<Package> & Pick<Package, "type" | "name" | "version">): Package {
  const purl = `pkg:${parts.type}/${parts.name}@${parts.version}`;
  return { id: purl, purl, paths: ["var/lib/dpkg/status"], ...parts };
}

const openssl = pack({ type: "deb", name: "openssl", version: "3.0.11-1" });

function find(packages: readonly Package[], advisories: readonly Advisory[], parts: MemoryIndexParts = {}) {
  return match({ distro: bookworm, packages }, new MemoryIndex({ ...parts, advisories }));
}

describe("packages of a distribution", () => {
  it("judges by the source package, so that a library is not missed for its name", () => {
    const libssl = pack({
      type: "deb",
      name: "libssl3",
      version: "3.0.11-1",
      source: { name: "openssl", version: "3.0.11-1" },
    });
    const { findings } = find([libssl], [advisory({ ranges: [{ fixed: "3.0.12-1" }] })]);
    expect(findings).toMatchObject([{ id: "CVE-2026-0001", packageId: libssl.id, fixedVersion: "3.0.12-1" }]);
  });

  it("judges by the version of the source, so that a binary with its own numbering is not taken for fixed", () => {
    const binary = pack({
      type: "deb",
      name: "openssl-tool",
      version: "1:9.0+b2",
      source: { name: "openssl", version: "3.0.11-1" },
    });
    const { findings } = find([binary], [advisory({ ranges: [{ fixed: "3.0.12-1" }] })]);
    expect(findings).toHaveLength(1);
    const rebuilt = pack({
      type: "deb",
      name: "openssl-tool",
      version: "1.0",
      source: { name: "openssl", version: "3.0.12-1" },
    });
    expect(find([rebuilt], [advisory({ ranges: [{ fixed: "3.0.12-1" }] })]).findings).toEqual([]);
  });

  it("judges by the release of the distribution, not by another one's fixes", () => {
    const other = advisory({ ecosystem: "Debian:13", ranges: [{ fixed: "99" }] });
    expect(find([openssl], [other]).findings).toEqual([]);
  });

  it("looks each source package up once, and reports every binary built from it", () => {
    const binaries = ["libssl3", "openssl", "libssl-dev"].map((name) =>
      pack({ type: "deb", name, version: "3.0.11-1", source: { name: "openssl", version: "3.0.11-1" } }),
    );
    const index = new MemoryIndex({ advisories: [advisory({ ranges: [{ fixed: "3.0.12-1" }] })] });
    const { findings } = match({ distro: bookworm, packages: binaries }, index);
    expect(index.lookUps).toEqual(["Debian:12 openssl"]);
    expect(findings.map(({ packageId }) => packageId)).toEqual(binaries.map(({ id }) => id).sort());
  });

  it.each([
    ["a fix", { ranges: [{ fixed: "4" }] }, "fixed"],
    ["no fix", { ranges: [{}], status: "affected" }, "affected"],
    ["a refusal to fix", { ranges: [{}], status: "will-not-fix" }, "will-not-fix"],
    ["a postponed fix", { ranges: [{}], status: "fix-deferred" }, "fix-deferred"],
    ["an open question", { ranges: [{}], status: "under-investigation" }, "under-investigation"],
    ["the end of support", { ranges: [{}], status: "end-of-life" }, "end-of-life"],
  ] as const)("keeps %s apart from the other states", (_, parts, status) => {
    expect(find([openssl], [advisory(parts)]).findings).toMatchObject([{ status }]);
  });

  it("names no fix where there is none", () => {
    expect(find([openssl], [advisory({ ranges: [{}] })]).findings[0]).not.toHaveProperty("fixedVersion");
  });

  it("keeps what the distribution calls unimportant, as negligible", () => {
    const { findings } = find([openssl], [advisory({ ranges: [{}], severity: "negligible" })], {
      details: [{ id: "CVE-2026-0001", severity: "critical" }],
    });
    expect(findings).toMatchObject([{ severity: "negligible" }]);
  });

  it("takes the worst severity that anybody gives where the distribution gives none", () => {
    const { findings } = find(
      [openssl],
      [advisory({ ranges: [{}] }), advisory({ source: "osv", ranges: [{}], severity: "medium" })],
      { details: [{ id: "CVE-2026-0001", severity: "high" }] },
    );
    expect(findings).toMatchObject([{ severity: "high", source: "debian-tracker" }]);
  });
});

describe("several words on one vulnerability", () => {
  it("lets the distribution's not-affected silence a weaker source", () => {
    const { findings, reasons } = find(
      [openssl],
      [advisory({ ranges: [] }), advisory({ source: "osv", ranges: [{ fixed: "4" }] })],
    );
    expect(findings).toEqual([]);
    expect(reasons).toEqual([]);
  });

  it("lets the distribution's fix silence a weaker source that knows of none", () => {
    const words = [advisory({ ranges: [{ fixed: "3.0.11-1" }] }), advisory({ source: "osv", ranges: [{}] })];
    expect(find([openssl], words).findings).toEqual([]);
  });

  it("still counts a higher fix of a security advisory when the tracker says not affected", () => {
    const words = [
      advisory({ ranges: [] }),
      advisory({ source: "debian-dsa-dla", document: "DSA-6000-1", ranges: [{ fixed: "3.0.12-1" }] }),
    ];
    expect(find([openssl], words).findings).toMatchObject([
      { fixedVersion: "3.0.12-1", advisory: "DSA-6000-1", source: "debian-dsa-dla" },
    ]);
  });

  it("takes the highest fix of the distribution's own sources, whatever their order", () => {
    const words = [
      advisory({ source: "debian-dsa-dla", document: "DSA-1-1", ranges: [{ fixed: "3.0.11-1" }] }),
      advisory({ source: "debian-dsa-dla", document: "DSA-1-2", ranges: [{ fixed: "3.0.11-1+deb12u2" }] }),
      advisory({ ranges: [{ fixed: "3.0.11-1+deb12u1" }] }),
    ];
    const expected = [{ fixedVersion: "3.0.11-1+deb12u2", advisory: "DSA-1-2" }];
    expect(find([openssl], words).findings).toMatchObject(expected);
    expect(find([openssl], words.toReversed()).findings).toMatchObject(expected);
  });

  it("believes a published fix before a tracker that has not heard of it", () => {
    const words = [
      advisory({ ranges: [{}], status: "affected" }),
      advisory({ source: "debian-dsa-dla", ranges: [{ fixed: "3.0.11-1" }] }),
    ];
    expect(find([openssl], words).findings).toEqual([]);
  });

  it("takes the state that hides least where nobody has a fix", () => {
    const words = [
      advisory({ ranges: [{}], status: "end-of-life" }),
      advisory({ source: "debian-dsa-dla", ranges: [{}], status: "affected" }),
    ];
    expect(find([openssl], words).findings).toMatchObject([{ status: "affected" }]);
  });

  it("never merges two CVEs of a distribution because one bulletin names both", () => {
    const words = [
      advisory({ id: "CVE-2026-1", aliases: ["XSA-1"], ranges: [{ fixed: "4" }] }),
      advisory({ id: "CVE-2026-2", aliases: ["XSA-1", "CVE-2026-1"], ranges: [{ fixed: "4" }] }),
    ];
    expect(find([openssl], words).findings.map(({ id }) => id)).toEqual(["CVE-2026-1", "CVE-2026-2"]);
  });
});

describe("what cannot be judged", () => {
  const lodash = pack({ type: "npm", name: "lodash", version: "4.17.0" });
  const rpmLike: Distro = { id: "rocky", version: "9.3" };

  it.each([
    ["without a distribution", undefined, "DISTRO_UNKNOWN"],
    ["in a distribution that nobody knows", rpmLike, "DISTRO_UNSUPPORTED"],
    ["in a distribution of other packages", alpine, "DISTRO_UNSUPPORTED"],
    ["in a release of which nothing is known", { id: "debian", version: "99" }, "ADVISORIES_MISSING"],
    ["in a release without a number", { id: "debian", version: "sid" }, "DISTRO_UNSUPPORTED"],
  ])("does not take packages %s for safe", (_, distro, code) => {
    const index = new MemoryIndex({
      advisories: [advisory({ ranges: [{}] })],
      coverage: { "Debian:99": "none" },
    });
    const result = match({ distro, packages: [openssl, lodash] }, index);
    expect(result.findings).toEqual([]);
    expect(result.reasons).toMatchObject([{ code, message: expect.stringContaining("1 deb packages") }]);
  });

  it("does not take language packages for safe where their advisories are missing", () => {
    const index = new MemoryIndex({ coverage: { npm: "none" } });
    expect(match({ packages: [lodash] }, index).reasons).toMatchObject([{ code: "ADVISORIES_MISSING" }]);
    expect(index.lookUps).toEqual([]);
  });

  it("does not take packages of Conda for safe, but for what is judged as something else", () => {
    const packages = [
      pack({ type: "conda", name: "libxml2", version: "2.12.0" }),
      pack({ type: "conda", name: "typing_extensions", version: "4.7.1" }),
      pack({ type: "pypi", name: "typing-extensions", version: "4.7.1" }),
    ];
    const { findings, reasons, judgedPackages } = find(packages, []);
    const message = expect.stringContaining('conda packages: 1 are unassessed, such as "libxml2"');
    expect(reasons).toEqual([{ code: "ADVISORIES_MISSING", message }]);
    expect([findings, judgedPackages]).toEqual([[], 1]);
  });

  it("does not take a Java archive without a group for safe, and judges the others", () => {
    const path = "app/lib/thing-1.0.jar";
    const thing = pack({ type: "maven", name: "thing", version: "1.0", paths: [path] });
    const brought = pack({ type: "maven", name: "brought", version: "1.0", ownedBy: openssl.id });
    const core = pack({ type: "maven", name: "org.apache.logging.log4j:log4j-core", version: "2.14.1" });
    const { findings, reasons, judgedPackages } = find(
      [openssl, thing, brought, core],
      [
        advisory({ ecosystem: "Maven", package: "thing", ranges: [{}] }),
        advisory({ ecosystem: "Maven", package: core.name, ranges: [{ fixed: "2.15.0" }] }),
      ],
    );
    expect(findings.map(({ packageId }) => packageId)).toEqual([core.id]);
    expect(judgedPackages).toBe(2);
    const message = '1 maven packages do not tell their group, such as "thing": they are unassessed';
    expect(reasons).toEqual([{ code: "PACKAGE_UNIDENTIFIED", message, path }]);
  });

  it("says when it only had the starter advisories, and still reports what they know", () => {
    const result = find([openssl], [advisory({ ranges: [{}] })], { coverage: { "Debian:12": "starter" } });
    expect(result.findings).toHaveLength(1);
    expect(result.reasons).toMatchObject([{ code: "ADVISORIES_STARTER_ONLY" }]);
  });

  it("says which sources are stale, and still reports what they know", () => {
    const sources = [
      { source: "debian-tracker", builtAt: "2026-01-01T00:00:00Z", stale: true, coverage: "full" as const },
      { source: "osv", builtAt: "2026-11-01T00:00:00Z", stale: false, coverage: "full" as const },
    ];
    const result = find([openssl], [advisory({ ranges: [{}] })], { sources });
    expect(result.findings).toHaveLength(1);
    expect(result.reasons).toEqual([
      {
        code: "ADVISORIES_STALE",
        message: 'advisories of "debian-tracker" are stale: read at 2026-01-01T00:00:00Z',
      },
    ]);
  });

  it("does not take a version that cannot be read for fixed, and says so once", () => {
    const odd = pack({ type: "deb", name: "openssl", version: "3_odd" });
    const words = ["CVE-2026-1", "CVE-2026-2"].map((id) => advisory({ id, ranges: [{ fixed: "1" }] }));
    expect(find([odd], words)).toMatchObject({
      findings: [],
      reasons: [
        {
          code: "VERSION_UNPARSED",
          message: 'Debian package "openssl": malformed deb version "3_odd"',
          path: "var/lib/dpkg/status",
        },
      ],
    });
  });

  it("does not take a bound that cannot be read for harmless, and judges all others", () => {
    const words = [
      advisory({ id: "CVE-2026-1", ranges: [{ fixed: "3_odd" }] }),
      advisory({ id: "CVE-2026-2", ranges: [{ fixed: "4" }] }),
    ];
    const { findings, reasons } = find([openssl], words);
    expect(findings.map(({ id }) => id)).toEqual(["CVE-2026-2"]);
    expect(reasons).toMatchObject([
      {
        code: "VERSION_UNPARSED",
        message: 'Debian package "openssl", advisory "CVE-2026-1": malformed deb version "3_odd"',
      },
    ]);
  });

  it("reports an affected version in spite of a bound that cannot be read", () => {
    const words = [
      advisory({ ranges: [{ fixed: "3_odd" }] }),
      advisory({ source: "debian-dsa-dla", ranges: [{ fixed: "4" }] }),
    ];
    expect(find([openssl], words)).toMatchObject({ findings: [{ fixedVersion: "4" }], reasons: [] });
  });

  it("keeps the list of reasons within its limit, and says what is left out", () => {
    const words = Array.from({ length: 9 }, (_, index) =>
      advisory({ id: `CVE-2026-${index}`, ranges: [{ fixed: `_${index}` }] }),
    );
    const index = new MemoryIndex({ advisories: words });
    const { reasons } = match({ distro: bookworm, packages: [openssl] }, index, { maxReasons: 4 });
    expect(reasons).toHaveLength(5);
    expect(reasons.at(-1)).toEqual({
      code: "LIMIT_REACHED",
      message: "more than 4 reasons: 5 are not listed",
    });
  });

  it("counts the packages that it could hold against advisories", () => {
    const index = new MemoryIndex({ coverage: { npm: "none" } });
    expect(match({ distro: bookworm, packages: [openssl, lodash] }, index).judgedPackages).toBe(1);
  });

  it("throws nothing and has no other reason, whatever versions are called", () => {
    const text = oneof(string(), constantFrom("0", "1", "1.0-1", "2:1", "1~", "__proto__"));
    assert(
      property(text, text, text, (version, fixed, introduced) => {
        const packages = [
          pack({ type: "deb", name: "x", version }),
          pack({ type: "npm", name: "x", version }),
          pack({ type: "pypi", name: "x", version }),
        ];
        const words = ["Debian:12", "npm", "PyPI"].map((name) =>
          advisory({ ecosystem: name, package: "x", aliases: [version], ranges: [{ introduced, fixed }] }),
        );
        for (const { code } of find(packages, words).reasons) expect(code).toBe("VERSION_UNPARSED");
      }),
    );
  });

  it("has nothing to say of nothing", () => {
    expect(match({ packages: [] }, new MemoryIndex())).toMatchObject({ findings: [], reasons: [] });
  });
});

describe("packages of a language", () => {
  const django = pack({ type: "pypi", name: "Django", version: "3.2.1" });
  const ghsa = advisory({
    ecosystem: "PyPI",
    package: "django",
    source: "osv",
    id: "CVE-2026-7",
    aliases: ["GHSA-aaaa-bbbb-cccc"],
    document: "GHSA-aaaa-bbbb-cccc",
    severity: "high",
    ranges: [
      { fixed: "2.2.9" },
      { introduced: "3.0", fixed: "3.2.4" },
      { introduced: "4.0", fixed: "4.0.2" },
    ],
  });

  it("finds a Python package under any spelling of its name", () => {
    for (const name of ["Django", "django", "DJANGO"]) {
      expect(find([{ ...django, name }], [ghsa]).findings).toHaveLength(1);
    }
    const zope = pack({ type: "pypi", name: "Zope.Interface__x", version: "1" });
    const word = advisory({ ecosystem: "PyPI", package: "zope-interface-x", ranges: [{}] });
    expect(find([zope], [word]).findings).toHaveLength(1);
  });

  it("looks a package of npm up as it is written", () => {
    const index = new MemoryIndex();
    match({ packages: [pack({ type: "npm", name: "@Scope/Some_Name", version: "1.0.0" })] }, index);
    expect(index.lookUps).toEqual(["npm @Scope/Some_Name"]);
  });

  it("offers the fix of the installed branch, not that of the next major version", () => {
    expect(find([django], [ghsa]).findings).toMatchObject([{ fixedVersion: "3.2.4", status: "fixed" }]);
  });

  it("never offers a fix that another source calls affected", () => {
    const pysec = advisory({
      ...ghsa,
      aliases: ["PYSEC-2026-1"],
      document: "PYSEC-2026-1",
      ranges: [{ introduced: "3.0", fixed: "3.2.5" }],
    });
    expect(find([django], [ghsa, pysec]).findings).toMatchObject([{ fixedVersion: "3.2.5" }]);
  });

  it("offers the next branch where the installed one has no fix", () => {
    const word = {
      ...ghsa,
      ranges: [
        { introduced: "3.0", lastAffected: "3.9" },
        { introduced: "4.0", fixed: "4.0.2" },
      ],
    };
    expect(find([django], [word]).findings).toMatchObject([{ fixedVersion: "4.0.2", status: "fixed" }]);
  });

  it("claims no fix where all fixes lie below the installed version", () => {
    const word = { ...ghsa, ranges: [{ fixed: "2.2.9" }, { introduced: "3.0" }] };
    const [finding] = find([django], [word]).findings;
    expect(finding).toMatchObject({ status: "affected" });
    expect(finding).not.toHaveProperty("fixedVersion");
  });

  it("makes one finding of one vulnerability that several databases name differently", () => {
    const words = [
      ghsa,
      advisory({
        ...ghsa,
        id: "PYSEC-2026-1",
        aliases: ["BIT-django-1"],
        document: "PYSEC-2026-1",
        severity: "critical",
      }),
      advisory({ ...ghsa, id: "GHSA-aaaa-bbbb-cccc", aliases: ["PYSEC-2026-1"], severity: "low" }),
    ];
    const { findings } = find([django], words);
    expect(findings).toMatchObject([
      {
        id: "CVE-2026-7",
        aliases: ["BIT-django-1", "GHSA-aaaa-bbbb-cccc", "PYSEC-2026-1"],
        severity: "critical",
        advisory: "GHSA-aaaa-bbbb-cccc",
      },
    ]);
  });

  it("prefers GitHub's identifier where there is no CVE", () => {
    const word = advisory({ ...ghsa, id: "PYSEC-2026-1", aliases: ["GHSA-aaaa-bbbb-cccc"] });
    expect(find([django], [word]).findings).toMatchObject([
      { id: "GHSA-aaaa-bbbb-cccc", aliases: ["PYSEC-2026-1"] },
    ]);
  });

  it("keeps vulnerabilities apart that share nothing", () => {
    const words = [ghsa, advisory({ ...ghsa, id: "CVE-2026-8", aliases: ["GHSA-dddd-eeee-ffff"] })];
    expect(find([django], words).findings.map(({ id }) => id)).toEqual(["CVE-2026-7", "CVE-2026-8"]);
  });
});

describe("packages of other languages", () => {
  it.each([
    ["gem", "RubyGems", "rack", "rack", "2.2.3", "2.2.3.1"],
    ["gem", "RubyGems", "rack", "rack", "2.2.3.rc1", "2.2.3"],
    ["composer", "Packagist", "Guzzlehttp/PSR7", "guzzlehttp/psr7", "v1.8.3", "1.8.4"],
    ["composer", "Packagist", "magento/core", "magento/core", "2.3.2-p1", "2.3.2-p2"],
    ["nuget", "NuGet", "Newtonsoft.Json", "newtonsoft.json", "12.0.3", "13.0.1"],
    ["nuget", "NuGet", "A", "a", "1.0.0-BETA", "1.0"],
    ["hex", "Hex", "cowboy", "cowboy", "2.0.0-rc.1", "2.0.0"],
    ["pub", "Pub", "http", "http", "0.13.2", "0.13.3"],
    ["pub", "Pub", "xml", "xml", "5.0.0+1", "5.0.0+2"],
    ["swift", "SwiftURL", "github.com/Apple/swift-nio", "github.com/apple/swift-nio", "2.41.0", "2.42.0"],
  ] as const)(
    "finds an affected %s package of %s, and not a fixed one",
    (type, of, name, known, version, fixed) => {
      const word = advisory({ ecosystem: of, package: known, source: "osv", ranges: [{ fixed }] });
      const installed = pack({ type, name, version });
      expect(find([installed], [word]).findings).toMatchObject([{ fixedVersion: fixed, status: "fixed" }]);
      const updated = find([{ ...installed, version: fixed }], [word]);
      expect([updated.findings, updated.reasons, updated.judgedPackages]).toEqual([[], [], 1]);
    },
  );

  it("does not call a branch without a number safe", () => {
    const word = advisory({ ecosystem: "Packagist", package: "a/b", ranges: [{ fixed: "1.0" }] });
    const { findings, reasons } = find(
      [pack({ type: "composer", name: "a/b", version: "dev-main" })],
      [word],
    );
    expect([findings, reasons.length]).toEqual([[], 1]);
  });

  it.each([
    ["8.0.0", "microsoft.netcore.app.runtime.linux-x64"],
    ["2.1.0", "microsoft.netcore.app"],
  ])("judges version %s of a shared framework as %s", (version, known) => {
    const word = advisory({ ecosystem: "NuGet", package: known, ranges: [{ fixed: "9" }] });
    const installed = pack({ type: "nuget", name: "Microsoft.NETCore.App", version });
    expect(find([installed], [word]).findings).toHaveLength(1);
  });

  it("judges a gem that a distribution brought once", () => {
    const owner = pack({ type: "deb", name: "ruby-rack", version: "2.1.4-3+deb12u1" });
    const owned = pack({ type: "gem", name: "rack", version: "2.1.4", ownedBy: owner.id });
    const ruby = advisory({
      ecosystem: "RubyGems",
      package: "rack",
      source: "osv",
      ranges: [{ fixed: "2.1.5" }],
    });
    const fixedThere = advisory({ package: "ruby-rack", ranges: [{ fixed: "2.1.4-3+deb12u1" }] });
    expect(find([owner, owned], [ruby, fixedThere]).findings).toEqual([]);
    expect(find([{ ...owner, version: "2.1.4-3" }, owned], [ruby, fixedThere]).findings).toMatchObject([
      { packageId: owner.id },
    ]);
  });
});

describe("modules of Go", () => {
  it.each([
    ["golang.org/x/net", "0.18.0", 0],
    ["golang.org/x/net", "0.16.0", 1],
    ["stdlib", "0.18.0", 0],
    ["github.com/golang/net", "0.18.0", 1],
  ])("judges %s %s by the Go project's own word where it has one", (name, version, count) => {
    const said = { ecosystem: "Go", package: name, source: "osv", id: "CVE-2026-7" };
    const words = [
      advisory({ ...said, document: "GHSA-aaaa-bbbb-cccc", ranges: [{ fixed: "0.20.0" }] }),
      advisory({ ...said, document: "GO-2026-0001", ranges: [{ fixed: "0.17.0" }] }),
      advisory({ ...said, id: "CVE-2026-8", document: "GO-2026-0002", ranges: [{ fixed: "0.1.0" }] }),
    ];
    const { findings } = find([pack({ type: "golang", name, version })], words);
    expect(findings).toHaveLength(count);
  });

  it("doubts a finding in the library of a distribution's toolchain", () => {
    const word = advisory({
      ecosystem: "Go",
      package: "stdlib",
      source: "osv",
      document: "GO-2026-0001",
      ranges: [{ fixed: "1.20.13" }],
    });
    const stdlib = pack({ type: "golang", name: "stdlib", version: "1.20.12" });
    const patched = { ...stdlib, vendor: "Red Hat 1.20.12-1.el9" };
    expect(find([patched], [word]).findings).toMatchObject([{ confidence: "low" }]);
    expect(find([stdlib], [word]).findings[0]).not.toHaveProperty("confidence");
  });

  describe("by what a program holds", () => {
    const hashOf = (text: string): number => Buffer.from(text).reduce(stepNameHash, NAME_HASH_START);
    const functions = writeFunctions(
      "linux/amd64",
      [
        ["http2", ""],
        ["http2", "Framer.ReadFrame"],
        ["html", ""],
        ["html", "Parse"],
      ].map(([path = "", name = ""]) => ({ path: hashOf(path), name: hashOf(name) })),
    );
    const net = pack({ type: "golang", name: "golang.org/x/net", version: "0.16.0", functions });
    const word = {
      ecosystem: "Go",
      package: "golang.org/x/net",
      source: "osv",
      document: "GO-2026-0001",
      ranges: [{ fixed: "0.17.0" }],
    };
    const http2 = "golang.org/x/net/http2";

    it.each([
      ["no function that is flawed", [{ path: http2, symbols: ["Server.ServeConn", "ConfigureServer"] }]],
      ["nothing of the package", [{ path: "golang.org/x/net/proxy" }]],
      ["nothing for that system", [{ path: http2, systems: ["windows"] }]],
      ["nothing for that architecture", [{ path: http2, architectures: ["arm64", "s390x"] }]],
      ["nothing of several packages", [{ path: http2, symbols: ["A"] }, { path: "golang.org/x/net/proxy" }]],
    ])("doubts a flaw where there is %s in it", (_, imports) => {
      const { findings } = find([net], [advisory({ ...word, imports })]);
      expect(findings).toMatchObject([
        { confidence: "low", note: CODE_NOT_IN_PROGRAM, fixedVersion: "0.17.0" },
      ]);
    });

    it.each([
      ["one of the functions", [{ path: http2, symbols: ["ConfigureServer", "Framer.ReadFrame"] }]],
      ["one of the packages", [{ path: "golang.org/x/net/proxy" }, { path: "golang.org/x/net/html" }]],
      ["one for its system", [{ path: http2, systems: ["darwin", "linux"], architectures: ["amd64"] }]],
      ["a function whose name is not understood", [{ path: http2, symbols: ["a b"] }]],
      ["a package outside of the module", [{ path: "golang.org/x/text", symbols: ["F"] }]],
      ["a package of a module whose name begins alike", [{ path: "golang.org/x/network", symbols: ["F"] }]],
      ["no packages", []],
      ["nothing told", undefined],
    ])("does not doubt it for %s", (_, imports) => {
      const { findings } = find([net], [advisory({ ...word, ...(imports && { imports }) })]);
      expect(findings).toHaveLength(1);
      expect(findings[0]).not.toHaveProperty("confidence");
    });

    it("does not doubt it where the program does not tell", () => {
      const { functions: _, ...silent } = net;
      const imports = [{ path: http2, symbols: ["ConfigureServer"] }];
      expect(find([silent], [advisory({ ...word, imports })]).findings[0]).not.toHaveProperty("confidence");
    });

    it("asks all who tell of one vulnerability", () => {
      const other = { ...word, package: "a.org/x", id: "CVE-2026-9", document: "GHSA-aaaa-bbbb-cccc" };
      const lib = { ...net, id: "lib", name: "a.org/x" };
      const said = (path: string) => advisory({ ...other, imports: [{ path, symbols: ["Nothing"] }] });
      const silent = advisory({ ...other, document: "GHSA-dddd-eeee-ffff" });
      expect(find([lib], [said("a.org/x/http2"), silent]).findings).toMatchObject([{ confidence: "low" }]);
      const wider = advisory({ ...other, document: "GO-2026-9", imports: [{ path: "a.org/x/html" }] });
      expect(find([lib], [said("a.org/x/http2"), wider]).findings[0]).not.toHaveProperty("confidence");
    });

    it("takes the paths of the library as they are", () => {
      const library = pack({ type: "golang", name: "stdlib", version: "1.20.12", functions });
      const said = (path: string) =>
        advisory({ ...word, package: "stdlib", ranges: [{ fixed: "1.20.13" }], imports: [{ path }] });
      expect(find([library], [said("net/netip")]).findings).toMatchObject([{ confidence: "low" }]);
      expect(find([library], [said("html")]).findings[0]).not.toHaveProperty("confidence");
    });
  });

  it("does not take the project's silence for an answer", () => {
    const word = advisory({
      ecosystem: "Go",
      package: "golang.org/x/net",
      source: "osv",
      document: "GHSA-aaaa-bbbb-cccc",
      ranges: [{ fixed: "0.20.0" }],
    });
    expect(
      find([pack({ type: "golang", name: "golang.org/x/net", version: "0.18.0" })], [word]).findings,
    ).toHaveLength(1);
  });
});

describe("language packages that a distribution brought", () => {
  const owner = pack({
    type: "deb",
    name: "python3-django",
    version: "3:3.2.19-1",
    source: { name: "python-django", version: "3:3.2.19-1" },
  });
  const owned = pack({ type: "pypi", name: "Django", version: "3.2.19", ownedBy: owner.id });
  const languageWord = advisory({
    ecosystem: "PyPI",
    package: "django",
    source: "osv",
    id: "GHSA-aaaa-bbbb-cccc",
    aliases: ["CVE-2026-7"],
    ranges: [{ fixed: "3.2.20" }],
  });
  const distroWord = { id: "CVE-2026-7", package: "python-django" };

  it.each([
    ["has fixed it without raising the version", { ranges: [{ fixed: "3:3.2.19-1" }] }],
    ["calls it not affected", { ranges: [] }],
  ])("says nothing where the distribution %s", (_, parts) => {
    expect(find([owner, owned], [languageWord, advisory({ ...distroWord, ...parts })]).findings).toEqual([]);
  });

  it("reports what the distribution confirms once, for its own package", () => {
    const words = [languageWord, advisory({ ...distroWord, ranges: [{ fixed: "3:3.2.19-1+deb12u1" }] })];
    const { findings } = find([owner, owned], words);
    expect(findings).toMatchObject([{ packageId: owner.id, fixedVersion: "3:3.2.19-1+deb12u1" }]);
    expect(findings).toHaveLength(1);
  });

  it.each([
    ["none of its language's", { coverage: { PyPI: "none" } }, []],
    ["only the starter advisories of its language", { coverage: { PyPI: "starter" } }, []],
    [
      "neither its language's nor the distribution's whole",
      { coverage: { PyPI: "none", "Debian:12": "starter" } },
      ["ADVISORIES_STARTER_ONLY", "ADVISORIES_MISSING"],
    ],
  ] as const)("are judged by the distribution's advisories where there are %s", (_, parts, codes) => {
    const { reasons } = find([owner, owned], [advisory({ ...distroWord, ranges: [] })], parts);
    expect(reasons.map(({ code }) => code)).toEqual(codes);
  });

  it("leave others of their language unassessed where there are no advisories of it", () => {
    const other = pack({ type: "pypi", name: "flask", version: "1.0" });
    const { reasons } = find([owner, owned, other], [], { coverage: { PyPI: "none" } });
    const message = 'no advisories for "PyPI": 1 pypi packages are unassessed';
    expect(reasons).toEqual([{ code: "ADVISORIES_MISSING", message }]);
  });

  it("reports with low confidence what the distribution has not heard of", () => {
    const { findings } = find([owner, owned], [languageWord]);
    expect(findings).toMatchObject([{ id: "CVE-2026-7", packageId: owned.id, confidence: "low" }]);
  });

  it.each([
    ["the advisories of the distribution are missing", { coverage: { "Debian:12": "none" } }],
    ["there are only the starter advisories", { coverage: { "Debian:12": "starter" } }],
  ] as const)("does not lower its confidence when %s", (_, parts) => {
    const { findings } = find([owner, owned], [languageWord], parts);
    expect(findings).toHaveLength(1);
    expect(findings[0]).not.toHaveProperty("confidence");
  });

  it("does not lower its confidence when the owner is not there", () => {
    expect(find([owned], [languageWord]).findings[0]).not.toHaveProperty("confidence");
  });

  it("judges packages that apk owns by Alpine's word as well", () => {
    const apkOwner = pack({ type: "apk", name: "py3-django", version: "3.2.19-r0" });
    const word = advisory({
      id: "CVE-2026-7",
      ecosystem: "Alpine:v3.20",
      source: "alpine-secdb",
      package: "py3-django",
      ranges: [{ fixed: "0" }],
    });
    const index = new MemoryIndex({ advisories: [languageWord, word] });
    const packages = [apkOwner, { ...owned, ownedBy: apkOwner.id }];
    expect(match({ distro: alpine, packages }, index)).toMatchObject({ findings: [], reasons: [] });
  });
});

describe("Alpine", () => {
  const word = { ecosystem: "Alpine:v3.20", source: "alpine-secdb", package: "openssl" };
  const libssl = pack({
    type: "apk",
    name: "libssl3",
    version: "3.3.0-r1",
    source: { name: "openssl", version: "3.3.0-r1" },
  });

  function judge(packages: readonly Package[], advisories: readonly Advisory[]) {
    return match({ distro: alpine, packages }, new MemoryIndex({ advisories })).findings;
  }

  it("judges by the origin", () => {
    expect(judge([libssl], [advisory({ ...word, ranges: [{ fixed: "3.3.0-r2" }] })])).toMatchObject([
      { packageId: libssl.id, fixedVersion: "3.3.0-r2" },
    ]);
  });

  it("falls back to the name where the origin has no advisories", () => {
    const byName = advisory({ ...word, package: "libssl3", ranges: [{ fixed: "3.3.0-r2" }] });
    expect(judge([libssl], [byName])).toHaveLength(1);
    expect(judge([libssl], [byName, advisory({ ...word, id: "CVE-2026-2", ranges: [] })])).toEqual([]);
  });

  const open = {
    ...word,
    source: "alpine-tracker",
    doubtful: true,
    ranges: [{ lastAffected: "3.3.0-r1" }],
  } as const;

  it("doubts what its tracker leaves open, up to the version of which it is said", () => {
    expect(judge([libssl], [advisory(open)])).toMatchObject([{ status: "affected", confidence: "low" }]);
    expect(
      judge([{ ...libssl, source: { name: "openssl", version: "3.3.0-r2" } }], [advisory(open)]),
    ).toEqual([]);
  });

  it.each([
    ["never affected", { ranges: [] }, []],
    ["fixed in what is installed", { ranges: [{ fixed: "3.3.0-r1" }] }, []],
    ["fixed later", { ranges: [{ fixed: "3.3.0-r2" }] }, [{ status: "fixed", fixedVersion: "3.3.0-r2" }]],
  ])("believes its database before its tracker, as where that says %s", (_, said, expected) => {
    const findings = judge([libssl], [advisory(open), advisory({ ...word, ...said })]);
    expect(findings).toMatchObject(expected);
    expect(findings.every(({ confidence }) => confidence === undefined)).toBe(true);
  });

  it("reads a fix in version 0 as never affected", () => {
    expect(judge([libssl], [advisory({ ...word, ranges: [{ fixed: "0" }] })])).toEqual([]);
  });

  it("keeps a legacy branch that is installed beside the new one apart", () => {
    const legacy = pack({
      type: "apk",
      name: "libssl1.1",
      version: "1.1.1w-r0",
      source: { name: "openssl1.1-compat", version: "1.1.1w-r0" },
    });
    expect(judge([legacy], [advisory({ ...word, ranges: [{ fixed: "3.3.0-r2" }] })])).toEqual([]);
  });
});

describe("parts of the kernel", () => {
  it.each([
    ["linux-libc-dev", "linux", "low"],
    ["linux-headers-6.1.0-20-amd64", "linux", "low"],
    ["linux-kbuild-6.1", "linux", "low"],
    ["libcpupower1", "linux", "low"],
    ["linux-libc-dev", "linux-6.12", "low"],
    ["linux-image-amd64", "linux-signed-amd64", "low"],
    ["linuxptp", "linuxptp", undefined],
    ["linux-base", "linux-base", undefined],
    ["util-linux", "util-linux", undefined],
  ])("gives %s of source %s the confidence %s, and drops nothing", (name, source, confidence) => {
    const part = pack({
      type: "deb",
      name,
      version: "6.1.90-1",
      source: { name: source, version: "6.1.90-1" },
    });
    const { findings } = find([part], [advisory({ package: source, ranges: [{}] })]);
    expect(findings).toHaveLength(1);
    expect(findings[0]?.confidence).toBe(confidence);
  });
});

describe("packages in which nothing runs", () => {
  it.each([
    ["deb", "git-man", "git"],
    ["rpm", "emacs-filesystem", "emacs"],
    ["apk", "openssl-doc", "openssl"],
  ] as const)("give findings of low confidence, and are not dropped: %s %s", (type, name, source) => {
    const distro = { deb: bookworm, rpm: { id: "fedora", version: "40" }, apk: alpine }[type];
    const of = { deb: "Debian:12", rpm: "Fedora:40", apk: "Alpine:v3.20" }[type];
    const word = advisory({
      ecosystem: of,
      package: source,
      ranges: [{}],
      ...(type === "rpm" && { ofSource: true }),
    });
    const index = new MemoryIndex({ advisories: [word] });
    const built = { type, version: "1-1", source: { name: source, version: "1-1" } };
    const packages = [pack({ ...built, name: source }), pack({ ...built, name, isInert: true })];
    const { findings } = match({ distro, packages }, index);
    expect(findings.map(({ packageId, confidence }) => [packageId, confidence]).sort()).toEqual(
      [
        [packages[0]?.id, undefined],
        [packages[1]?.id, "low"],
      ].sort(),
    );
  });
});

describe("packages of others under names of the distribution", () => {
  it("have low confidence, and are not dropped", () => {
    const nodejs = pack({
      type: "deb",
      name: "nodejs",
      version: "18.1-1",
      vendor: "NodeSource <x@nodesource.com>",
    });
    const word = advisory({ package: "nodejs", ranges: [{ fixed: "18.13.0+dfsg1-1" }] });
    expect(find([nodejs], [word]).findings).toMatchObject([{ confidence: "low" }]);
  });
});

describe("the report", () => {
  it("takes what is known of the vulnerability from any of its names", () => {
    const word = advisory({ id: "GHSA-aaaa-bbbb-cccc", aliases: ["CVE-2026-7"], ranges: [{}] });
    const { findings } = find([openssl], [word], {
      details: [{ id: "GHSA-aaaa-bbbb-cccc", title: "a hole" }],
      enrichments: {
        "GHSA-aaaa-bbbb-cccc": { knownExploited: false, epss: 0.2 },
        "CVE-2026-7": { knownExploited: true, epss: 0.9 },
      },
    });
    expect(findings).toMatchObject([{ id: "CVE-2026-7", title: "a hole", knownExploited: true, epss: 0.9 }]);
  });

  describe("whose identifier NVD doubts", () => {
    const net = pack({ type: "golang", name: "a.org/x", version: "1.0.0" });
    const word = advisory({
      ecosystem: "Go",
      package: "a.org/x",
      source: "osv",
      id: "GHSA-aaaa-bbbb-cccc",
      document: "GHSA-aaaa-bbbb-cccc",
      aliases: ["CVE-2026-7", "CVE-2026-8"],
      ranges: [{ fixed: "1.1.0" }],
    });
    const said = (...standings: readonly (Standing | undefined)[]) =>
      standings.map((standing, at) => ({ id: `CVE-2026-${7 + at}`, ...(standing && { standing }) }));
    const told = (packages: readonly Package[], words: readonly Advisory[], parts: MemoryIndexParts) =>
      find(packages, words, parts).findings.map(({ note, confidence }) => [note, confidence]);

    it.each([
      ["disputed", said("disputed"), ["disputed, says NVD", undefined]],
      [
        "disputed under one name, and rejected under another",
        said("disputed", "rejected"),
        ["disputed, says NVD", undefined],
      ],
      ["rejected", said("rejected", "rejected"), ["rejected, says NVD", "low"]],
      ["rejected under one name, which has given way to another", said("rejected"), [undefined, undefined]],
      ["neither", said(undefined, undefined), [undefined, undefined]],
    ] as const)("tells that it is %s, and drops nothing", (_, details, expected) => {
      expect(told([net], [word], { details })).toEqual([expected]);
    });

    it("lets the distribution's own word stand", () => {
      const own = advisory({ id: "CVE-2026-7", ranges: [{ fixed: "9" }] });
      const expected = [["rejected, says NVD", undefined]];
      expect(told([openssl], [own], { details: said("rejected") })).toEqual(expected);
    });

    it("says it beside what else there is to say, and once", () => {
      const noted = (note: string) => ({ ...word, aliases: ["CVE-2026-7"], note });
      const details = said("disputed");
      expect(told([net], [noted("beware")], { details })[0]?.[0]).toBe("beware; disputed, says NVD");
      expect(told([net], [noted("disputed, says NVD")], { details })[0]?.[0]).toBe("disputed, says NVD");
    });
  });

  it("orders by severity, then exploitation, then identifier, then package", () => {
    const other = pack({ type: "deb", name: "a", version: "1", source: { name: "openssl", version: "1" } });
    const words = [
      advisory({ id: "CVE-2026-1", ranges: [{}], severity: "low" }),
      advisory({ id: "CVE-2026-2", ranges: [{}], severity: "high" }),
      advisory({ id: "CVE-2026-3", ranges: [{}], severity: "high" }),
      advisory({ id: "CVE-2026-4", ranges: [{}] }),
    ];
    const { findings } = find([openssl, other], words, {
      enrichments: { "CVE-2026-3": { knownExploited: true } },
    });
    expect(findings.map(({ id, packageId }) => `${id} ${packageId}`)).toEqual(
      ["CVE-2026-3", "CVE-2026-2", "CVE-2026-1", "CVE-2026-4"].flatMap((id) => [
        `${id} ${other.id}`,
        `${id} ${openssl.id}`,
      ]),
    );
  });

  it("is the same whatever the order of packages and advisories", () => {
    const packages = ["a", "b", "c"].map((name) =>
      pack({ type: "deb", name, version: "1", source: { name: "openssl", version: "1" } }),
    );
    const words = [
      advisory({ id: "CVE-2026-1", ranges: [{ fixed: "2" }] }),
      advisory({ id: "CVE-2026-1", source: "debian-dsa-dla", document: "DSA-1-1", ranges: [{ fixed: "3" }] }),
      advisory({ id: "CVE-2026-1", source: "debian-other", document: "DSA-1-0", ranges: [{ fixed: "3" }] }),
    ];
    const expected = find(packages, words).findings;
    const shuffled = array(constantFrom(0, 1, 2), { minLength: 3, maxLength: 3 }).filter(
      (order) => new Set(order).size === 3,
    );
    const pick = <T>(list: readonly T[], order: readonly number[]) =>
      order.flatMap((at) => list.slice(at, at + 1));
    assert(
      property(shuffled, shuffled, (left, right) => {
        expect(find(pick(packages, left), pick(words, right)).findings).toEqual(expected);
      }),
    );
  });
});

describe("programs", () => {
  const nginx = pack({ type: "generic", name: "nginx", version: "1.20.0" });
  const httpd = pack({ type: "generic", name: "httpd", version: "2.4.58" });
  const said = (parts: Parameters<typeof advisory>[0]) =>
    advisory({ package: "nginx", ecosystem: "NVD", ...parts });

  it("judges by what Bitnami and NVD say of one vulnerability, as one finding", () => {
    const words = [
      said({
        ecosystem: "Bitnami",
        source: "osv",
        document: "BIT-nginx-2026-0001",
        ranges: [{ fixed: "1.20.1" }],
      }),
      said({ source: "nvd", ranges: [{ introduced: "0.6.18", fixed: "1.20.1" }] }),
      said({ id: "CVE-2026-0002", source: "nvd", ranges: [{ fixed: "1.22.0" }] }),
    ];
    const { findings, reasons } = find([nginx], words);
    expect(findings).toMatchObject([
      { id: "CVE-2026-0001", fixedVersion: "1.20.1", advisory: "BIT-nginx-2026-0001" },
      { id: "CVE-2026-0002", fixedVersion: "1.22.0", source: "nvd" },
    ]);
    expect(findings.every(({ confidence }) => confidence === undefined)).toBe(true);
    expect(reasons).toEqual([]);
  });

  it("looks a program up under Bitnami's name for it", () => {
    const word = said({ ecosystem: "Bitnami", package: "apache", ranges: [{ fixed: "2.4.59" }] });
    expect(find([httpd], [word]).findings).toHaveLength(1);
  });

  it.each([
    ["1.1.1k", "1.1.1l", 1],
    ["1.1.1l", "1.1.1l", 0],
    ["1.1.1", "1.1.1l", 1],
  ])("orders version %s of OpenSSL against a fix in %s", (version, fixed, count) => {
    const openssl = pack({ type: "generic", name: "openssl", version });
    expect(find([openssl], [said({ package: "openssl", ranges: [{ fixed }] })]).findings).toHaveLength(count);
  });

  it("marks what rests on a doubtful word alone, and prefers a certain one", () => {
    const doubtful = said({ ranges: [{}], doubtful: true, note: 'NVD says so of "windows"' });
    expect(find([nginx], [doubtful]).findings).toMatchObject([{ confidence: "low", note: doubtful.note }]);
    const { findings } = find([nginx], [doubtful, said({ ranges: [{ fixed: "1.20.1" }] })]);
    expect(findings).toMatchObject([{ status: "fixed", fixedVersion: "1.20.1" }]);
    expect(findings[0]).not.toHaveProperty("confidence");
  });

  it.each([
    [{ NVD: "full", Bitnami: "full" }, [], 2],
    [{ NVD: "full", Bitnami: "none" }, [], 2],
    [
      { NVD: "none", Bitnami: "full" },
      ['no advisories for "NVD", which alone speaks of 1 programs such as "httpd"'],
      1,
    ],
    [{ NVD: "none", Bitnami: "none" }, ['no advisories for "Bitnami": 2 generic packages'], 0],
  ] as const)("says of which programs nobody speaks, with %j", (coverage, messages, judged) => {
    const words = [said({ ecosystem: "Bitnami", ranges: [{ fixed: "1.0.0" }] })];
    const { reasons, judgedPackages } = find([nginx, httpd], words, { coverage });
    expect(reasons).toMatchObject(
      messages.map((message) => ({ code: "ADVISORIES_MISSING", message: expect.stringContaining(message) })),
    );
    expect(judgedPackages).toBe(judged);
  });
});
