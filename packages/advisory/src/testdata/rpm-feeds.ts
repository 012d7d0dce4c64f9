/** One erratum of Oracle in OVAL, about `packages` of one criterion each. */
export function oracleXml(criteria: string, more = ""): string {
  return `<?xml version="1.0"?>
<oval_definitions xmlns="http://oval.mitre.org/XMLSchema/oval-definitions-5"><definitions>
<definition id="oval:com.oracle.elsa:def:20240001" version="501" class="patch"><metadata>
<title>
ELSA-2024-0001:  tool security update (IMPORTANT)
</title>
<affected family="unix"><platform>Oracle Linux 8</platform></affected>
<reference source="elsa" ref_id="ELSA-2024-0001" ref_url="https://linux.oracle.com/errata/ELSA-2024-0001.html"/>
<reference source="CVE" ref_id="CVE-2024-0001" ref_url="https://linux.oracle.com/cve/CVE-2024-0001.html"/>
<description>words</description>
<advisory><severity>IMPORTANT</severity><issued date="2024-01-02"/><cve href="x">CVE-2024-0002</cve></advisory>
</metadata>${criteria}</definition>${more}</definitions></oval_definitions>`;
}

/** A criterion of OVAL. */
export function criterion(comment: string, testRef = "t:1"): string {
  return `<criterion test_ref="${testRef}" comment="${comment}"/>`;
}

/** Criteria of OVAL, joined. */
export function criteria(operator: "AND" | "OR", ...members: readonly string[]): string {
  return `<criteria operator="${operator}">${members.join("")}</criteria>`;
}

export const oracleFeed = oracleXml(
  criteria(
    "AND",
    criterion("Oracle Linux 8 is installed"),
    criteria("OR", criteria("AND", criterion("tool is earlier than 0:1.2-3.el8"), criterion("tool is signed"))),
  ),
);

export const suseFeed = `<oval_definitions><definitions>
<definition id="oval:org.opensuse.security:def:20240001" class="vulnerability"><metadata>
<title>CVE-2024-0001</title>
<reference ref_id="Mitre CVE-2024-0001" ref_url="https://cve.mitre.org/x" source="CVE"/>
<reference ref_id="SUSE CVE-2024-0001" ref_url="https://www.suse.com/security/cve/CVE-2024-0001" source="SUSE CVE"/>
<description>words</description>
<advisory><issued date="2024-01-02"/><severity>Moderate</severity>
<cve cvss3="7.5/CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:N/A:N">CVE-2024-0001</cve></advisory></metadata>
${criteria(
  "OR",
  criteria(
    "AND",
    criteria(
      "OR",
      criterion("SUSE Linux Enterprise Server 15 SP5 is installed"),
      criterion("SUSE Linux Enterprise Module for Basesystem 15 SP5 is installed"),
      criterion("SUSE Linux Enterprise Server 15-LTSS is installed"),
      criterion("openSUSE Leap 15.5 is installed"),
      criterion("SUSE Linux Enterprise Micro 5.5 is installed"),
    ),
    criteria("OR", criterion("libtool-1-1.2-150500.3.1 is installed"), criterion("tool is affected")),
  ),
  criteria(
    "AND",
    criterion("SUSE Linux Enterprise Server 12 SP5 is installed"),
    criterion("tool is not affected"),
  ),
)}</definition></definitions></oval_definitions>`;

/** One vulnerability of Azure Linux in OVAL: the tests stand behind it. */
export function azureXml(
  bounds: readonly (readonly [operation: string, version: string])[],
  patchable = "true",
): string {
  const tests = bounds.map((_, index) => criterion("words", `t:${index}`));
  return `<oval_definitions xmlns:l="x"><definitions><definition id="d:1" class="vulnerability"><metadata>
<title>CVE-2024-0001 affecting package tool</title>
<reference ref_id="CVE-2024-0001" ref_url="https://nvd.nist.gov/vuln/detail/CVE-2024-0001" source="CVE"/>
<patchable>${patchable}</patchable><advisory_date>2024-01-02T00:00:00Z</advisory_date><advisory_id>1-1</advisory_id>
<severity>High</severity><description>words</description></metadata>${criteria("AND", ...tests)}</definition></definitions>
<tests>${bounds
    .map(
      (_, index) =>
        `<l:rpminfo_test id="t:${index}"><l:object object_ref="o:1"/><l:state state_ref="s:${index}"/></l:rpminfo_test>`,
    )
    .join("")}</tests>
<objects><l:rpminfo_object id="o:1"><l:name>tool</l:name></l:rpminfo_object></objects>
<states>${bounds
    .map(
      ([operation, version], index) =>
        `<l:rpminfo_state id="s:${index}"><l:evr operation="${operation}">${version}</l:evr></l:rpminfo_state>`,
    )
    .join("")}</states></oval_definitions>`;
}

export const azureFeed = azureXml([["less than", "0:1.2-3.azl3"]]);

export const photonFeed = JSON.stringify([
  { cve_id: "CVE-2024-0001", pkg: "curl", cve_score: 9.8, aff_ver: "x", res_ver: "8.1-2.ph5", status: "Fixed" },
  { cve_id: "CVE-2024-0002", pkg: "curl", cve_score: 5, aff_ver: "", res_ver: "NA", status: "Not Affected" },
  { cve_id: "CVE-2024-0003", pkg: "curl", aff_ver: "all versions are vulnerable", res_ver: "NA" },
  { cve_id: "CVE-2024-0004", pkg: "curl", aff_ver: "NA", res_ver: "NA" },
]);

/** One update of Fedora as Bodhi gives it. */
export function fedoraUpdate(more: object = {}): object {
  return {
    alias: "FEDORA-2025-0000000001",
    type: "security",
    status: "stable",
    severity: "urgent",
    release: { name: "F40", version: "40", id_prefix: "FEDORA" },
    bugs: [
      { title: "CVE-2025-0001 CVE-2025-0002 tool: words [fedora-40]" },
      { title: "CVE-2025-0001 again" },
      { title: "tool crashes" },
    ],
    builds: [
      { nvr: "tool-lib-1.2-3.fc40", type: "rpm", epoch: 0 },
      { nvr: "other-2-1.fc40", type: "rpm", epoch: 1 },
      { nvr: "thing-1-1", type: "module", epoch: 0 },
    ],
    ...more,
  };
}

/** An `updateinfo.xml` of Amazon Linux with one bulletin, and builds as `[name, epoch, version, release, arch]`. */
export function amazonXml(id: string, builds: readonly (readonly string[])[]): string {
  const packages = builds.map(
    ([name, epoch, version, release, arch]) =>
      `<package name="${name}" epoch="${epoch}" version="${version}" release="${release}" arch="${arch}"><filename>x</filename></package>`,
  );
  return `<?xml version="1.0" ?>
<updates><update author="linux-security@amazon.com" status="final" type="security" version="1.4"><id>${id}</id>
<title>words</title><issued date="2024-01-02 03:04"/><severity>medium</severity><description>more words</description>
<references><reference href="https://cve.mitre.org/x" id="CVE-2024-0001" type="cve"/></references>
<pkglist><collection short="amazon-linux"><name>Amazon Linux</name>${packages.join("")}</collection></pkglist>
</update></updates>`;
}

/** What a document of Red Hat says of one vulnerability: products by status, and what becomes of them. */
export interface RedHatSays {
  /** Identifiers of releases with their CPEs. */
  readonly releases: Readonly<Record<string, string>>;
  /** Identifiers of packages with their purls; without one where it is empty. */
  readonly packages: Readonly<Record<string, string>>;
  /** Members of CSAF 2.0, 3.2.3; a product is `release:package`. */
  readonly vulnerability: object;
}

/** A CSAF document of Red Hat, in which every package is in every release. */
export function redhatJson({ releases, packages, vulnerability }: RedHatSays): string {
  const branches = [
    ...Object.entries(releases).map(([id, cpe]) => ({
      product: { product_id: id, product_identification_helper: { cpe } },
    })),
    ...Object.entries(packages).map(([id, purl]) => ({
      product: { product_id: id, ...(purl !== "" && { product_identification_helper: { purl } }) },
    })),
  ];
  const relationships = Object.keys(releases).flatMap((release) =>
    Object.keys(packages).map((name) => ({
      category: "default_component_of",
      full_product_name: { product_id: `${release}:${name}` },
      product_reference: name,
      relates_to_product_reference: release,
    })),
  );
  return JSON.stringify({
    document: { category: "csaf_vex", tracking: { id: "CVE-2024-0001" } },
    product_tree: { branches: [{ category: "vendor", name: "Red Hat", branches }], relationships },
    vulnerabilities: [{ cve: "CVE-2024-0001", ...vulnerability }],
  });
}

export const redhatFeed = redhatJson({
  releases: { el9: "cpe:/a:redhat:enterprise_linux:9::appstream" },
  packages: { tool: "pkg:rpm/redhat/tool@1.2-3.el9?arch=x86_64&epoch=1" },
  vulnerability: { product_status: { fixed: ["el9:tool"] } },
});
