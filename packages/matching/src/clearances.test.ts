import type { Advisory, Distro, Package } from "@pratique/core";
import { describe, expect, it } from "vitest";
import { match } from "./match.ts";
import { advisory, MemoryIndex } from "./testdata/memory-index.ts";

const bookworm: Distro = { id: "debian", version: "12.5" };

function pack(parts: Partial<Package> & Pick<Package, "type" | "name" | "version">): Package {
  const purl = `pkg:${parts.type}/${parts.name}@${parts.version}`;
  return { id: purl, purl, paths: ["var/lib/dpkg/status"], ...parts };
}

const openssl = pack({ type: "deb", name: "openssl", version: "3.0.11-1" });

function cleared(packages: readonly Package[], advisories: readonly Advisory[]) {
  const result = match({ distro: bookworm, packages }, new MemoryIndex({ advisories }), {
    withClearances: true,
  });
  return result.clearances.map(({ id, packageId, kind, fixedVersion }) =>
    [id, packageId, kind, fixedVersion].filter((part) => part !== undefined).join(" "),
  );
}

describe("a distribution's word that clears a package", () => {
  it("is that the installed version has the fix", () => {
    expect(cleared([openssl], [advisory({ ranges: [{ fixed: "3.0.11-1" }] })])).toEqual([
      `CVE-2026-0001 ${openssl.id} fixed 3.0.11-1`,
    ]);
  });

  it("is that it needs none", () => {
    expect(cleared([openssl], [advisory({ note: "the code came later" })])).toEqual([
      `CVE-2026-0001 ${openssl.id} not-affected`,
    ]);
  });

  it("is none where the version is affected, or somebody else speaks, or the fix is before all versions", () => {
    expect(cleared([openssl], [advisory({ ranges: [{ fixed: "3.0.12-1" }] })])).toEqual([]);
    expect(cleared([openssl], [advisory({ source: "osv" })])).toEqual([]);
    expect(cleared([openssl], [advisory({ ranges: [{ fixed: "0" }] })])).toEqual([]);
  });

  it("holds for what came with the package, of vulnerabilities that are known of it", () => {
    const requests = pack({ type: "pypi", name: "requests", version: "2.28.1", ownedBy: openssl.id });
    const words = [
      advisory({ id: "CVE-2026-1", ranges: [{ fixed: "3.0.10-1" }] }),
      advisory({ id: "CVE-2026-2", ranges: [{ fixed: "3.0.12-1" }] }),
      advisory({ id: "CVE-2026-3" }),
      ...["CVE-2026-1", "CVE-2026-2"].map((id) =>
        advisory({ id, ecosystem: "PyPI", package: "requests", source: "osv", ranges: [{}] }),
      ),
    ];
    expect(cleared([openssl, requests], words)).toEqual([
      `CVE-2026-1 ${openssl.id} fixed 3.0.10-1`,
      `CVE-2026-1 ${requests.id} fixed 3.0.10-1`,
      `CVE-2026-3 ${openssl.id} not-affected`,
    ]);
  });

  it("is about the build that is installed", () => {
    const rpm = pack({ type: "rpm", name: "nodejs", version: "1:18.2-1", module: "nodejs:18" });
    const word = (module: string) =>
      advisory({
        ecosystem: "Red Hat:9",
        source: "redhat-csaf",
        package: "nodejs",
        module,
        ranges: [{ fixed: "1:18.1-1" }],
      });
    const of = (module: string) =>
      match(
        { distro: { id: "rhel", version: "9.2" }, packages: [rpm] },
        new MemoryIndex({ advisories: [word(module)] }),
        {
          withClearances: true,
        },
      ).clearances;
    expect(of("nodejs:18")).toMatchObject([{ kind: "fixed", fixedVersion: "1:18.1-1" }]);
    expect(of("nodejs:20")).toEqual([]);
  });

  it("is not gathered where nobody asks", () => {
    expect(
      match({ distro: bookworm, packages: [openssl] }, new MemoryIndex({ advisories: [advisory({})] }))
        .clearances,
    ).toEqual([]);
  });
});
