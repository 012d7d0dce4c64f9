import { type Package, parseDigest, type ScanTarget } from "@pratique/core";
import { assert, object, property } from "fast-check";
import { describe, expect, it } from "vitest";
import { MatchingError } from "../errors.ts";
import { readVex, type SuppressionSubject, suppress } from "../index.ts";
import { installed, reportOf, suppressedIn } from "./testdata/report-of.ts";

const BASH = "pkg:deb/debian/bash@5.2.15-2?arch=amd64&distro=debian-12.13";
const CURL = "pkg:deb/debian/curl@7.88.1-10?arch=amd64&distro=debian-12.13";
const bash = installed(BASH);
const curl = installed(CURL, { name: "curl", version: "7.88.1-10" });

function openVex(...statements: readonly object[]): object {
  return { "@context": "https://openvex.dev/ns/v0.2.0", timestamp: "2026-01-01T00:00:00Z", statements };
}

function statement(product: string | object, more: object = {}): object {
  const products = [typeof product === "string" ? { "@id": product } : product];
  return { vulnerability: { name: "CVE-2024-0001" }, products, status: "not_affected", ...more };
}

interface Judging {
  readonly packages?: readonly Package[];
  readonly target?: Partial<ScanTarget>;
  readonly subject?: Omit<SuppressionSubject, "target">;
}

function judge(
  documents: readonly object[],
  { packages = [bash, curl], target = {}, subject }: Judging = {},
) {
  const files = documents.map((document, at) => readVex(JSON.stringify(document), `${at}.json`));
  const rules = files.flatMap((file) => file.rules);
  const { report, unmatched } = suppress(reportOf(packages, { target }), rules, subject);
  return {
    by: suppressedIn(report),
    unmatched: unmatched.map(({ place }) => place),
    problems: files.flatMap((file) => file.problems),
  };
}

/** Which packages' findings are out of the count. */
function names({ by }: { readonly by: readonly (string | undefined)[] }, packages = [bash, curl]) {
  return packages.filter((_, at) => by[at] !== undefined).map(({ name }) => name);
}

describe("OpenVEX", () => {
  it("takes a finding out of the count with the statement's words, and leaves the others", () => {
    const said = { justification: "vulnerable_code_not_present", impact_statement: "we build\nwithout it" };
    const { by, unmatched } = judge([openVex(statement("pkg:deb/debian/bash?distro=debian-12", said))]);
    expect(by).toEqual([
      "VEX 0.json, statement 1: not affected; vulnerable_code_not_present; we build without it",
      undefined,
    ]);
    expect(unmatched).toEqual([]);
  });

  it.each([
    ["an alias of the finding", { vulnerability: { name: "GHSA-AAAA-BBBB-CCCC" } }],
    ["an alias of the statement", { vulnerability: { name: "X-1", aliases: ["cve-2024-0001"] } }],
    [
      "an address that ends with it",
      { vulnerability: { "@id": "https://nvd.nist.gov/vuln/detail/CVE-2024-0001" } },
    ],
    ["the form of 0.0.1", { vulnerability: "CVE-2024-0001" }],
    ["a fix", { status: "fixed" }],
  ])("matches by %s", (_, more) => {
    expect(names(judge([openVex(statement("pkg:deb/debian/bash", more))]))).toEqual(["bash"]);
  });

  it.each([
    ["another vulnerability", { vulnerability: { name: "CVE-2024-0002" } }],
    ["one that only begins alike", { vulnerability: { name: "CVE-2024-00010" } }],
  ])("says that a statement on %s matched nothing", (_, more) => {
    const { by, unmatched } = judge([openVex(statement("pkg:deb/debian/bash", more))]);
    expect(by).toEqual([undefined, undefined]);
    expect(unmatched).toEqual(["0.json, statement 1"]);
  });

  it.each(["affected", "under_investigation"])(
    "leaves in the count what is %s, and takes it as matched",
    (status) => {
      const { by, unmatched } = judge([openVex(statement("pkg:deb/debian/bash", { status }))]);
      expect([by, unmatched]).toEqual([[undefined, undefined], []]);
    },
  );

  it("believes the last statement, in whichever document it stands", () => {
    const early = statement("pkg:deb/debian/bash", { timestamp: "2025-01-01T00:00:00Z" });
    const late = statement("pkg:deb/debian/bash", {
      timestamp: "2025-06-01T00:00:00+02:00",
      status: "affected",
    });
    expect(names(judge([openVex(late), openVex(early)]))).toEqual([]);
    const latest = statement("pkg:deb/debian/bash", { timestamp: "2025-07-01T00:00:00Z" });
    expect(names(judge([openVex(latest, early, late)]))).toEqual(["bash"]);
  });

  it("names what is no statement, and keeps the others", () => {
    const { problems, by } = judge([
      openVex(
        {},
        statement("pkg:deb/debian/bash", { status: "fine" }),
        statement("pkg:"),
        statement("pkg:deb/debian/bash"),
      ),
    ]);
    expect(problems).toEqual([
      "0.json: statement 1 has no status that is known",
      "0.json: statement 2 has no status that is known",
      "0.json: statement 3 names no product",
    ]);
    expect(by[0]).toContain("statement 4");
  });
});

describe("a product as a whole", () => {
  const part = { subcomponents: [{ "@id": "pkg:deb/debian/bash" }] };
  const digest = parseDigest(`sha256:${"a".repeat(64)}`);

  it.each([
    ["its name", "pkg:oci/web"],
    ["its repository", "pkg:oci/web?repository_url=registry.example/shop/web&tag=1"],
    ["its digest", `pkg:oci/web@${encodeURIComponent(digest)}`],
    ["its reference", "registry.example/shop/web:1"],
  ])("is the image, by %s, and all that is in it", (_, product) => {
    const target = { digest };
    expect(names(judge([openVex(statement(product))], { target }))).toEqual(["bash", "curl"]);
    expect(names(judge([openVex(statement({ "@id": product, ...part }))], { target }))).toEqual(["bash"]);
  });

  it.each([
    ["another name", "pkg:oci/other"],
    ["another registry", "pkg:oci/web?repository_url=evil.example/shop/web"],
    ["another tag", "pkg:oci/web?tag=2"],
    ["another digest", `pkg:oci/web@${encodeURIComponent(`sha256:${"b".repeat(64)}`)}`],
    ["a name that is no image's", "the shop"],
  ])("is not the image by %s", (_, product) => {
    expect(names(judge([openVex(statement({ "@id": product, ...part }))], { target: { digest } }))).toEqual(
      [],
    );
  });

  it.each(["docker-archive", "container", "lxc", "aci"])(
    "is no image by %s, where anybody can choose the name",
    (scheme) => {
      const target = { reference: `${scheme}:web` };
      expect(names(judge([openVex(statement("pkg:oci/web"))], { target }))).toEqual([]);
    },
  );

  it("is not all that lies beside a package: Debian's packages share a file", () => {
    const other = { "@id": "pkg:deb/debian/curl", subcomponents: [{ "@id": "pkg:deb/debian/bash" }] };
    expect(names(judge([openVex(statement(other))]))).toEqual([]);
    expect(names(judge([openVex(statement("pkg:deb/debian/curl"))]))).toEqual(["curl"]);
  });

  it("is the program in whose file a module is, and no other program with that module", () => {
    const go = (purl: string, name: string, path: string): Package =>
      installed(purl, { id: `${purl}#${path}`, type: "golang", name, version: "v1", paths: [path] });
    const packages = [
      go("pkg:golang/github.com/acme/app@v2.0.0", "app", "app"),
      go("pkg:golang/golang.org/x/net@v0.1.0", "net", "app"),
      go("pkg:golang/golang.org/x/net@v0.1.0", "net", "other"),
    ];
    const product = {
      "@id": "pkg:golang/github.com/acme/app",
      subcomponents: [{ "@id": "pkg:golang/golang.org/x/net@0.1.0" }],
    };
    const { by } = judge([openVex(statement(product))], { packages });
    expect(by.map((said) => said !== undefined)).toEqual([false, true, false]);
  });

  it("means no package where its part cannot be read", () => {
    const product = { "@id": "pkg:oci/web", subcomponents: [{ "@id": "pkg:" }] };
    expect(names(judge([openVex(statement(product))]))).toEqual([]);
  });

  it("is the subject of a document, by its package URL", () => {
    const product = { "@id": "pkg:golang/github.com/acme/app", ...part };
    const subject = { purl: "pkg:golang/github.com/acme/app@v2.0.0" };
    expect(names(judge([openVex(statement(product))], { subject }))).toEqual(["bash"]);
  });
});

describe("CSAF", () => {
  const vulnerability = {
    cve: "CVE-2024-0001",
    product_status: { known_not_affected: ["bash-12"], known_affected: ["nobody"] },
    flags: [{ label: "component_not_present", product_ids: ["bash-12"] }],
    threats: [{ category: "impact", details: "not built in", product_ids: ["bash-12"] }],
  };
  const leaf = {
    product_id: "bash-12",
    product_identification_helper: { purl: "pkg:deb/debian/bash?distro=debian-12" },
  };
  const csaf = (tree: object, vulnerabilities: readonly object[] = [vulnerability]): object => ({
    document: { csaf_version: "2.0", category: "csaf_vex" },
    product_tree: tree,
    vulnerabilities,
  });

  it("finds products in branches of branches, and says flags and impacts", () => {
    const { by, problems } = judge([csaf({ branches: [{ branches: [{ product: leaf }] }] })]);
    expect(by).toEqual([
      "VEX 0.json, statement 1: not affected; component_not_present; not built in",
      undefined,
    ]);
    expect(problems).toEqual(['0.json: product "nobody" has no package URL']);
  });

  it("says what is said of a group of products", () => {
    const tree = {
      branches: [{ product: leaf }],
      product_groups: [{ group_id: "shells", product_ids: ["bash-12", "zsh-12"] }],
    };
    const grouped = {
      ...vulnerability,
      flags: [{ label: "component_not_present", group_ids: ["shells"], product_ids: ["bash-12"] }],
      threats: [{ category: "impact", details: "not built in", group_ids: ["shells", "nobody"] }],
    };
    const { by } = judge([csaf(tree, [grouped])]);
    expect(by[0]).toBe("VEX 0.json, statement 1: not affected; component_not_present; not built in");
  });

  it("takes a component of a product for that alone", () => {
    const tree = {
      full_product_names: [
        { product_id: "b", product_identification_helper: { purl: "pkg:deb/debian/bash" } },
        { product_id: "i", product_identification_helper: { purl: "pkg:oci/web" } },
      ],
      relationships: [
        {
          category: "default_component_of",
          product_reference: "b",
          relates_to_product_reference: "i",
          full_product_name: { product_id: "bash-12" },
        },
      ],
    };
    expect(names(judge([csaf(tree)]))).toEqual(["bash"]);
    const other = { target: { reference: "registry.example/shop/api:1" } };
    expect(names(judge([csaf(tree)], other))).toEqual([]);
  });
});

describe("CycloneDX", () => {
  const vex = (
    affects: readonly object[],
    analysis: object = { state: "not_affected" },
    more: object = {},
  ): object => ({
    bomFormat: "CycloneDX",
    vulnerabilities: [
      { id: "CVE-2024-0001", analysis: { justification: "code_not_reachable", ...analysis }, affects },
    ],
    ...more,
  });
  const link = `urn:cdx:1-2/1#${BASH}`;
  const component = { components: [{ "bom-ref": "b", purl: BASH }] };

  it.each([
    ["a link to a package URL", vex([{ ref: link }])],
    ["a component of its own", vex([{ ref: "b" }], { state: "not_affected" }, component)],
    ["a false positive", vex([{ ref: BASH }], { state: "false_positive" })],
    ["a package URL with escapes", vex([{ ref: `urn:cdx:1-2/1#${encodeURIComponent(BASH)}` }])],
    ["this version", vex([{ ref: BASH, versions: [{ version: "5.2.15-2", status: "affected" }] }])],
  ])("takes out of the count by %s", (_, document) => {
    expect(judge([document]).by).toEqual([
      expect.stringMatching(/^VEX 0\.json, statement 1: not affected; code_not_reachable$/u),
      undefined,
    ]);
  });

  it.each([
    ["what may be exploited", vex([{ ref: BASH }], { state: "exploitable" })],
    ["what is looked at", vex([{ ref: BASH }], { state: "in_triage" })],
    ["another version", vex([{ ref: BASH, versions: [{ version: "5.2.15-3" }] }])],
    [
      "a version that is the exception",
      vex([
        {
          ref: BASH,
          versions: [
            { version: "5.2.15-2", status: "affected" },
            { version: "6", status: "unaffected" },
          ],
        },
      ]),
    ],
    [
      "a range, which is not read",
      vex([{ ref: BASH, versions: [{ range: "vers:deb/>=5", status: "unaffected" }] }]),
    ],
  ])("leaves %s in the count", (_, document) => {
    expect(judge([document]).by).toEqual([undefined, undefined]);
  });

  it("holds links to the document that was judged, and to no other", () => {
    const references = new Map([["shell", [BASH]]]);
    const document = vex([{ ref: "urn:cdx:1-2/1#shell" }]);
    expect(names(judge([document], { subject: { serialNumber: "1-2", references } }))).toEqual(["bash"]);
    expect(names(judge([document], { subject: { serialNumber: "9-9", references } }))).toEqual([]);
    expect(names(judge([vex([{ ref: link }])], { subject: { serialNumber: "9-9", references } }))).toEqual(
      [],
    );
  });

  it("takes the subject of the document for all that is in it, in the version that it says", () => {
    const subject = { serialNumber: "1-2", reference: "shop", version: "2.4", references: new Map() };
    const ref = "urn:cdx:1-2/1#shop";
    expect(names(judge([vex([{ ref }])], { subject }))).toEqual(["bash", "curl"]);
    expect(names(judge([vex([{ ref, versions: [{ version: "2.4" }] }])], { subject }))).toEqual([
      "bash",
      "curl",
    ]);
    expect(names(judge([vex([{ ref, versions: [{ version: "2.5" }] }])], { subject }))).toEqual([]);
  });
});

it.each([
  ["no JSON", "<bom/>", "VEX_MALFORMED"],
  ["another JSON", "{}", "VEX_UNKNOWN"],
  ["a list", "[]", "VEX_UNKNOWN"],
])("refuses %s by name", (_, text, code) => {
  expect(() => readVex(text, "a.json")).toThrow(expect.objectContaining({ name: "MatchingError", code }));
});

it("throws nothing but its error, whatever a document holds", () => {
  assert(
    property(object(), (members) => {
      for (const marker of [
        { bomFormat: "CycloneDX" },
        { document: { csaf_version: "2.0" } },
        { statements: [members] },
      ]) {
        const thrown = thrownBy(() => {
          const { rules } = readVex(
            JSON.stringify({ ...members, vulnerabilities: [members], ...marker }),
            "a",
          );
          suppress(reportOf([bash]), rules);
        });
        expect(thrown).toBeOneOf([undefined, expect.any(MatchingError)]);
      }
    }),
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
