import { existsSync } from "node:fs";
import path from "node:path";
import { describe, expect, it } from "vitest";
import { visitSource } from "./location/visit-source.ts";
import { findReader } from "./readers.ts";
import { type Collected, collectFile } from "./testdata/collect.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../shared/data");
const VUNNEL = "vunnel-fixtures/vunnel-fixtures.tar.gz";
const TRIVY = "trivy-db-fixtures/trivy-db-fixtures.tar.gz";

/** Reads what lies below a folder of an archive. */
async function readFolder(reader: string, archive: string, folder: RegExp): Promise<Collected[]> {
  const all: Collected[] = [];
  await visitSource(path.join(DATA, archive), { wants: (name) => folder.test(name) }, async (file) => {
    all.push(await collectFile(findReader(reader), file));
  });
  return all;
}

// The title says why, as what is not proven should not look as if it were.
describe.skipIf(!existsSync(DATA))("the feeds of RPM distributions (skipped without ../shared/data)", () => {
  it.each([
    ["amazon-alas", TRIVY, /amazon\/testdata\/happy\/.*\.json$/u, 3, 5],
    ["azure-linux", VUNNEL, /mariner\/test-fixtures\/.*oval\.xml$/u, 8, 8],
    ["fedora", VUNNEL, /fedora\/test-fixtures\/(?:merge-)?input\/.*\.json$/u, 10, 17],
    ["oracle-oval", VUNNEL, /oracle\/test-fixtures\/mock_(?:ksplice_|per_arch_)?data$/u, 6, 109],
    ["photon", VUNNEL, /photon\/test-fixtures\/input\/cve_data_photon\d\.0\.json$/u, 10, 9],
    ["photon", TRIVY, /photon\/testdata\/happy\/.*\.json$/u, 2, 1],
    ["redhat-csaf", VUNNEL, /csaf\/(?:advisories|server)\/.*rhsa-[^/]*\.json$/u, 8, 395],
    ["redhat-csaf", TRIVY, /redhat-csaf\/testdata\/(?:happy|vuln-list-redhat)\/csaf-vex\//u, 6, 11],
    ["suse-oval", VUNNEL, /sles\/test-fixtures\/suse_truncated\.xml$/u, 4, 17],
  ])("%s reads %s %s", async (reader, archive, folder, entries, advisories) => {
    const all = await readFolder(reader, archive, folder);
    expect(all.flatMap(({ malformed }) => malformed)).toEqual([]);
    expect(all.reduce((sum, { entries: some }) => sum + some, 0)).toBe(entries);
    expect(all.reduce((sum, { advisories: some }) => sum + some.length, 0)).toBe(advisories);
  });

  it.each([
    [
      "oracle-oval",
      /oracle\/test-fixtures\/mock_ksplice_data$/u,
      { package: "openssl", ranges: [{ fixed: "2:1.1.1g-15.ksplice1.el8_3" }], build: "ksplice" },
    ],
    [
      "oracle-oval",
      /oracle\/test-fixtures\/mock_per_arch_data$/u,
      { package: "rsyslog", ranges: [{ fixed: "8.24.0-57.0.1.el7_9.3" }], architectures: ["x86_64"] },
    ],
    [
      "redhat-csaf",
      /rhsa-2024_0811\.json$/u,
      { package: "sudo", ecosystem: "Red Hat:8", ranges: [{ fixed: "1.9.5p2-1.el8_6" }], build: "el8_6" },
    ],
    [
      "redhat-csaf",
      /rhsa-2023_7025\.json$/u,
      {
        package: "ruby",
        ranges: [{ fixed: "2.5.9-111.module+el8.9.0+19193+435404ae" }],
        module: "ruby:2.5",
        severity: "medium",
      },
    ],
  ])("%s finds in %s what it says", async (reader, folder, expected) => {
    const all = await readFolder(reader, VUNNEL, folder);
    expect(all.flatMap(({ advisories }) => advisories)).toContainEqual(expect.objectContaining(expected));
  });
});
