import type { Finding, LicenseFinding, Package, Secret } from "@pratique/core";
import { assert, constantFrom, property, string } from "fast-check";
import { describe, expect, it } from "vitest";
import { MatchingError } from "../errors.ts";
import { readIgnoreFile, readVex, suppress } from "../index.ts";
import { matchesPathGlob } from "./ignore/path-glob.ts";
import { installed, reportOf, suppressedIn } from "./testdata/report-of.ts";

const now = new Date("2026-11-26T10:00:00Z");
const bash = installed("pkg:deb/debian/bash@5.2.15-2?distro=debian-12.13");
const flask = installed("pkg:pypi/flask@1.0", {
  type: "pypi",
  name: "flask",
  version: "1.0",
  paths: ["usr/lib/python3/flask-1.0.dist-info/METADATA"],
});

interface Judging {
  readonly packages?: readonly Package[];
  readonly finding?: Partial<Finding>;
}

function judge(name: string, text: string, { packages = [bash, flask], finding = {} }: Judging = {}) {
  const { rules, expired, problems, format } = readIgnoreFile(text, name, now);
  const { report, unmatched } = suppress(reportOf(packages, { finding }), rules);
  return {
    by: suppressedIn(report),
    unmatched: unmatched.map(({ place }) => place),
    expired,
    problems,
    format,
  };
}

describe(".trivyignore", () => {
  it("takes out of the count by the file and the line, with the comment right above or behind", () => {
    const { by, unmatched, expired } = judge(
      ".trivyignore",
      "# a file\n\n# not\n# reachable\nCVE-2024-0001 exp:2027-01-01\r\nCVE-1999-0001 # old\nCVE-2024-0001 exp:2026-11-26\n",
    );
    expect(by).toEqual([".trivyignore:5: reachable", ".trivyignore:5: reachable"]);
    expect(unmatched).toEqual([".trivyignore:6"]);
    expect(expired).toEqual([".trivyignore:7: CVE-2024-0001 expired on 2026-11-26"]);
  });

  it("takes an alias for the same", () => {
    expect(judge(".trivyignore", "ghsa-aaaa-bbbb-cccc").by[0]).toBe(".trivyignore:1");
  });

  it("does not apply an entry whose end cannot be read", () => {
    const { by, problems } = judge(".trivyignore", "CVE-2024-0001 exp:tomorrow");
    expect(by).toEqual([undefined, undefined]);
    expect(problems).toEqual([
      '.trivyignore:1: expected a date such as exp:2027-01-31, found "exp:tomorrow"',
    ]);
  });
});

describe(".trivyignore.yaml", () => {
  const yaml = (...lines: readonly string[]): string =>
    ["vulnerabilities:", "  - id: CVE-2024-0001", ...lines.map((line) => `    ${line}`)].join("\n");

  it.each<[string, string, readonly (string | undefined)[]]>([
    ["everywhere", yaml("statement: accepted"), [":2: accepted", ":2: accepted"]],
    ["by path", yaml("paths: ['**/*.dist-info/METADATA']"), [undefined, ":2"]],
    ["by package URL", yaml("purls: ['pkg:deb/debian/bash?distro=debian-12']"), [":2", undefined]],
    ["by both", yaml("paths: [usr]", "purls: ['pkg:pypi/flask']"), [undefined, undefined]],
    ["until an end to come", yaml("expired_at: 2027-01-01"), [":2", ":2"]],
    ["never again after it", yaml("expired_at: 2026-01-01"), [undefined, undefined]],
    ["never with an end that is none", yaml("expired_at: soon"), [undefined, undefined]],
    ["never with a package URL that is none", yaml("purls: [bash]"), [undefined, undefined]],
    ["never with what is not known", yaml("only_on: mondays"), [undefined, undefined]],
  ])("ignores %s", (_, text, expected) => {
    const name = ".trivyignore.yaml";
    expect(judge(name, text).by).toEqual(expected.map((by) => (by === undefined ? undefined : name + by)));
  });

  it.each([
    ["a list whose name is misspelt", "misconfigurations: []\nvulnerabilties:\n  - id: CVE-2024-0001\n", 3],
    ["a text", "CVE-2024-0001", 1],
    ["a list without a name", "- id: CVE-2024-0001", 1],
  ])("says that %s is not read", (_, text, line) => {
    const { by, problems } = judge(".trivyignore.yaml", text);
    expect(by).toEqual([undefined, undefined]);
    expect(problems).toEqual([expect.stringContaining(`.trivyignore.yaml:${line}: `)]);
  });

  it("has nothing to say of what is empty", () => {
    expect(judge(".trivyignore.yaml", "# nothing yet\n").problems).toEqual([]);
  });
});

describe("licences", () => {
  const installed = { ...bash, paths: ["srv/tools/a.json"] };
  const licenses = (["AGPL-3.0-only", "MIT"] as const).map(
    (license): LicenseFinding => ({
      license,
      category: "unknown",
      severity: "unknown",
      packageId: installed.id,
    }),
  );

  function judgeLicenses(name: string, text: string, found: readonly LicenseFinding[] | undefined) {
    const { rules } = readIgnoreFile(text, name, now);
    const before = { ...reportOf([installed]), ...(found !== undefined && { licenses: found }) };
    const { report, unmatched } = suppress(before, rules);
    return {
      by: report.licenses?.map(({ suppressed }) => suppressed?.by),
      unmatched: unmatched.map(({ place }) => place),
    };
  }

  it.each<[string, string, string, readonly (string | undefined)[]]>([
    ["a line", ".trivyignore", "AGPL-3.0-only # not shipped", [":1: not shipped", undefined]],
    ["a line with the older identifier", ".trivyignore", "agpl-3.0", [":1", undefined]],
    ["an entry", ".trivyignore.yaml", "licenses:\n  - id: MIT\n    statement: fine", [undefined, ":2: fine"]],
    [
      "an entry of a place",
      ".trivyignore.yaml",
      "licenses: [{id: MIT, paths: ['srv/**']}]",
      [undefined, ":1"],
    ],
    [
      "an entry of another place",
      ".trivyignore.yaml",
      "licenses: [{id: MIT, paths: [opt]}]",
      [undefined, undefined],
    ],
    [
      "an entry that is over",
      ".trivyignore.yaml",
      "licenses: [{id: MIT, expired_at: 2026-01-01}]",
      [undefined, undefined],
    ],
    ["an entry of secrets", ".trivyignore.yaml", "secrets: [{id: MIT}]", [undefined, undefined]],
  ])("are taken out of the count by %s, or not", (_case, name, text, expected) => {
    expect(judgeLicenses(name, text, licenses).by).toEqual(
      expected.map((said) => (said === undefined ? undefined : name + said)),
    );
  });

  it("say nothing of their rules where nobody asked for them", () => {
    const text = "licenses: [{id: Zlib}]";
    expect(judgeLicenses(".trivyignore.yaml", text, licenses).unmatched).toEqual([".trivyignore.yaml:1"]);
    expect(judgeLicenses(".trivyignore.yaml", text, undefined)).toEqual({ by: undefined, unmatched: [] });
  });
});

describe("secrets", () => {
  const secret = {
    rule: "private-key",
    title: "Private key",
    severity: "high",
    confidence: "high",
    where: "layer",
    path: "srv/app/key.pem",
    line: 1,
    match: "EC PRIVATE KEY (227 bytes)",
    fingerprint: "0123456789abcdef",
  } as const satisfies Secret;
  const { path: _, ...ofHistory } = { ...secret, where: "history" } as const;

  function judgeSecrets(name: string, text: string, secrets: readonly Secret[] | undefined) {
    const { rules, problems } = readIgnoreFile(text, name, now);
    const before = { ...reportOf([bash]), ...(secrets !== undefined && { secrets }) };
    const { report, unmatched } = suppress(before, rules);
    return {
      by: report.secrets?.map(({ suppressed }) => suppressed?.by),
      findings: suppressedIn(report),
      unmatched: unmatched.map(({ place }) => place),
      problems,
    };
  }
  const yaml = (...lines: readonly string[]): string =>
    ["secrets:", "  - id: private-key", ...lines.map((line) => `    ${line}`)].join("\n");

  it.each<[string, string, string, readonly (string | undefined)[]]>([
    ["a line with the rule", ".trivyignore", "Private-Key # of a test\n", [":1: of a test", ":1: of a test"]],
    ["a line with the fingerprint", ".trivyignore", "0123456789ABCDEF exp:2027-01-01", [":1", ":1"]],
    ["a line that is over", ".trivyignore", "private-key exp:2026-01-01", [undefined, undefined]],
    ["an entry", ".trivyignore.yaml", yaml("statement: of a test"), [":2: of a test", ":2: of a test"]],
    ["an entry of a place", ".trivyignore.yaml", yaml("paths: ['/srv/**/*.pem']"), [":2", undefined]],
    ["an entry of another place", ".trivyignore.yaml", yaml("paths: [srv]"), [undefined, undefined]],
    ["an entry of no place", ".trivyignore.yaml", yaml("paths: []"), [undefined, undefined]],
    ["an entry until an end to come", ".trivyignore.yaml", yaml("expired_at: 2027-01-01"), [":2", ":2"]],
    ["an entry that is over", ".trivyignore.yaml", yaml("expired_at: 2026-01-01"), [undefined, undefined]],
    ["an entry with what is not known", ".trivyignore.yaml", yaml("purls: [a]"), [undefined, undefined]],
    [
      "an entry of vulnerabilities",
      ".trivyignore.yaml",
      "vulnerabilities: [{id: private-key}]",
      [undefined, undefined],
    ],
    [
      "a rule of Grype's for packages",
      ".grype.yaml",
      "ignore:\n  - package: {name: bash}",
      [undefined, undefined],
    ],
  ])("are taken out of the count by %s, or not", (_case, name, text, expected) => {
    const { by } = judgeSecrets(name, text, [secret, ofHistory]);
    expect(by).toEqual(expected.map((said) => (said === undefined ? undefined : name + said)));
  });

  it("are all that an entry for them takes out of the count", () => {
    const text = "secrets:\n  - id: CVE-2024-0001";
    expect(judgeSecrets(".trivyignore.yaml", text, [secret])).toEqual({
      by: [undefined],
      findings: [undefined],
      unmatched: [".trivyignore.yaml:2"],
      problems: [],
    });
  });

  it("say nothing of their rules where nobody looked for them", () => {
    expect(judgeSecrets(".trivyignore.yaml", yaml(), undefined)).toMatchObject({
      by: undefined,
      unmatched: [],
    });
  });
});

describe(".grype.yaml", () => {
  const rule = (...lines: readonly string[]): string =>
    ["# ours", "check-for-app-update: false", "ignore:", `  - ${lines.join("\n    ")}`].join("\n");

  it.each<[string, string, readonly (string | undefined)[]]>([
    ["a vulnerability", rule("vulnerability: CVE-2024-0001", "reason: no"), [":4: no", ":4: no"]],
    ["a package", rule("package:", "  name: bash"), [":4", undefined]],
    ["a type", rule("package:", "  type: python"), [undefined, ":4"]],
    ["a pattern", rule("package:", "  name: fl.*"), [undefined, ":4"]],
    ["a place", rule("package:", "  location: /usr/lib/**"), [undefined, ":4"]],
    ["a version", rule("package:", "  name: bash", "  version: 5.2.15-3"), [undefined, undefined]],
    ["what is fixed", rule("fix-state: fixed"), [":4", ":4"]],
    ["what will not be fixed", rule("fix-state: wont-fix"), [undefined, undefined]],
    ["nothing, without criteria", rule("reason: all"), [undefined, undefined]],
    [
      "nothing, with one that cannot be checked",
      rule("vulnerability: CVE-2024-0001", "namespace: x"),
      [undefined, undefined],
    ],
    ["nothing, by a pattern that is not read", rule("package:", "  name: (a+)+$"), [undefined, undefined]],
  ])("ignores %s", (_, text, expected) => {
    const { by, problems } = judge(".grype.yaml", text);
    expect(by).toEqual(expected.map((said) => (said === undefined ? undefined : `.grype.yaml${said}`)));
    expect(problems.length === 0 || by.every((said) => said === undefined)).toBe(true);
  });

  it("holds to the name of the finding where it is told to leave aliases out", () => {
    const text = rule("vulnerability: GHSA-aaaa-bbbb-cccc", "include-aliases: false");
    expect(judge(".grype.yaml", text).by).toEqual([undefined, undefined]);
  });
});

describe("osv-scanner.toml", () => {
  it("reads ignored vulnerabilities, and nothing out of a text of several lines", () => {
    const { by, unmatched, expired, problems } = judge(
      "osv-scanner.toml",
      `GoVersionOverride = "1.22" # ours
[[IgnoredVulns]]
id = "GHSA-aaaa-bbbb-cccc"
ignoreUntil = 2027-01-01
reason = """
it is
[[IgnoredVulns]]
id = "CVE-2024-0001"
"""
[[IgnoredVulns]]
id = 'CVE-2024-0001'
ignoreUntil = 2022-11-09T00:00:00Z
[[IgnoredVulns]]
id = "GO-2022-0968"
[[PackageOverrides]]
name = "lib"
license.override = ["MIT",
  "[[IgnoredVulns]]"]
`,
    );
    const said = 'osv-scanner.toml:2: it is [[IgnoredVulns]] id = "CVE-2024-0001"';
    expect(by).toEqual([said, said]);
    expect(expired).toEqual(["osv-scanner.toml:10: CVE-2024-0001 expired on 2022-11-09"]);
    expect(unmatched).toEqual(["osv-scanner.toml:13"]);
    expect(problems).toEqual([]);
  });

  it("does not apply an entry with a list that it does not know", () => {
    const text = '[[IgnoredVulns]]\nid = "CVE-2024-0001"\npackages = ["bash"]\n';
    const { by, problems } = judge("osv-scanner.toml", text);
    expect(by).toEqual([undefined, undefined]);
    expect(problems).toEqual(['osv-scanner.toml:1: "packages" is not known']);
  });

  const override = (...lines: readonly string[]): string => ["[[PackageOverrides]]", ...lines].join("\n");

  it.each([
    ["a package by its name", override('name = "bash"', "ignore = true"), ["bash"]],
    ["its version", override('version = "1.0"', "ignore = true # old"), ["flask"]],
    ["its ecosystem", override('ecosystem = "PyPI"', "ignore = true"), ["flask"]],
    ["every release of a distribution", override('ecosystem = "Debian"', "ignore = true"), ["bash"]],
    ["one release", override('ecosystem = "Debian:12"', "ignore = true"), ["bash"]],
    ["vulnerabilities alone", override('name = "flask"', "vulnerability.ignore = true"), ["flask"]],
    ["them in brackets", override('name = "flask"', "vulnerability = { ignore = true }"), ["flask"]],
    [
      "them in a table",
      override('name = "flask"', "[PackageOverrides.vulnerability]", "ignore = true"),
      ["flask"],
    ],
    ["all that is told", override('name = "bash"', 'ecosystem = "PyPI"', "ignore = true"), []],
    ["another release", override('ecosystem = "Debian:1"', "ignore = true"), []],
    ["what is not ignored", override('name = "bash"', "ignore = false"), []],
    ["licences alone", override('name = "bash"', "license.ignore = true"), []],
    ["what is over", override('name = "bash"', "ignore = true", "effectiveUntil = 2026-11-25"), []],
  ])("ignores %s", (_, text, expected) => {
    const { by, problems } = judge("osv-scanner.toml", text);
    const said = [bash, flask].map(({ name }) =>
      expected.includes(name) ? "osv-scanner.toml:1" : undefined,
    );
    expect(by).toEqual(said);
    expect(problems).toEqual([]);
  });

  it("ignores a package by the name under which advisories stand", () => {
    const packages = [
      installed("pkg:pypi/ruamel-yaml@1.0", { type: "pypi", name: "ruamel.yaml", version: "1.0" }),
    ];
    const text = override('name = "ruamel-yaml"', "ignore = true", 'reason = "ours"');
    expect(judge("osv-scanner.toml", text, { packages }).by).toEqual(["osv-scanner.toml:1: ours"]);
  });

  it.each([
    [
      "a group",
      override('group = "dev"', "ignore = true"),
      '"group" cannot be checked: the override is not applied',
    ],
    ["no criterion", override("ignore = true"), "an override without criteria is not applied"],
    [
      "no date",
      override('name = "a"', "ignore = true", "effectiveUntil = soon"),
      "effectiveUntil is no date",
    ],
  ])("does not apply an override with %s", (_, text, message) => {
    const { by, problems } = judge("osv-scanner.toml", text);
    expect(by).toEqual([undefined, undefined]);
    expect(problems).toEqual([`osv-scanner.toml:1: ${message}`]);
  });

  it.each([
    ["a text without an end", '[[IgnoredVulns]]\nid = "CVE'],
    ["a long text without an end", '[[IgnoredVulns]]\nreason = """\nid = 1'],
    ["no key", "[[IgnoredVulns]]\nhello"],
    ["no table", "[[Ignored Vulns"],
  ])("refuses %s", (_, text) => {
    expect(() => judge("osv-scanner.toml", text)).toThrow(MatchingError);
  });
});

it.each([
  [".trivyignore", "", ".trivyignore"],
  ["sub/my.trivyignore", "", ".trivyignore"],
  ["ignored.txt", "", ".trivyignore"],
  ["accepted.yaml", "ignore:\n", ".grype.yaml"],
  ["accepted.yml", "vulnerabilities:\n", ".trivyignore.yaml"],
  [".config/grype.yaml", "", ".grype.yaml"],
  ["ci/osv.toml", "", "osv-scanner.toml"],
])("takes %s for what it is", (name, text, format) => {
  expect(judge(name, text).format).toBe(format);
});

it.each([
  ["a file of another kind", "a.json", "{}"],
  ["what is no YAML", ".grype.yaml", "ignore: ["],
  ["brackets without end", ".trivyignore.yaml", "[".repeat(10_000)],
])("refuses %s", (_, name, text) => {
  expect(() => judge(name, text)).toThrow(MatchingError);
});

it.each([
  ["usr/**", "usr/lib/a", true],
  ["/usr/**/a", "usr/a", true],
  ["**/*.jar", "app/lib/x.jar", true],
  ["*.jar", "app/x.jar", false],
  ["app", "app/x.jar", false],
  ["app/?.jar", "app/x.jar", true],
])("matches %s with %s: %s", (pattern, path, expected) => {
  expect(matchesPathGlob(pattern, path)).toBe(expected);
});

it("takes an ignore file's word although a statement says that the package is affected", () => {
  const statement = {
    vulnerability: { name: "CVE-2024-0001" },
    products: [{ "@id": "pkg:deb/debian/bash" }],
    status: "affected",
  };
  const vex = readVex(JSON.stringify({ statements: [statement] }), "vex.json");
  const { rules } = readIgnoreFile("CVE-2024-0001", ".trivyignore", now);
  expect(suppressedIn(suppress(reportOf([bash]), [...rules, ...vex.rules]).report)).toEqual([
    ".trivyignore:1",
  ]);
});

it("throws nothing but its error, whatever a file holds", () => {
  assert(
    property(
      constantFrom(".trivyignore", ".trivyignore.yaml", ".grype.yaml", "osv-scanner.toml"),
      string(),
      (name, text) => {
        for (const start of ["", "ignore:\n  - ", "vulnerabilities:\n  - ", "[[IgnoredVulns]]\nid = "]) {
          const thrown = thrownBy(() => {
            readIgnoreFile(start + text, name, now);
          });
          expect(thrown).toBeOneOf([undefined, expect.any(MatchingError)]);
        }
      },
    ),
  );
});

function thrownBy(work: () => unknown): unknown {
  try {
    work();
    return undefined;
  } catch (thrown) {
    return thrown;
  }
}
