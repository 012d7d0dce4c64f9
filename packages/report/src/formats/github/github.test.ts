import { describe, expect, it } from "vitest";
import type { RenderContext } from "../../report-format.ts";
import { context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { github } from "./github.ts";

interface Snapshot {
  readonly sha: string;
  readonly manifests: Readonly<
    Record<string, { readonly name: string; readonly resolved: Readonly<Record<string, object>> }>
  >;
}

function snapshotOf(report = sample, changes: Partial<RenderContext> = {}): Snapshot {
  return JSON.parse([...github.render(report, { ...context, ...changes })].join(""));
}

describe("GitHub's snapshot", () => {
  it("names commit, branch and job, and what was scanned", () => {
    expect(snapshotOf()).toMatchObject({
      version: 0,
      sha: "0123456789abcdef0123456789abcdef01234567",
      ref: "refs/heads/main",
      job: { id: "42", correlator: "scan-image-registry.example-5000/acme/shop" },
      detector: { name: "pratique", version: "1.2.3", url: "https://pratique.invalid/" },
      scanned: "2026-01-02T03:04:05.678Z",
      metadata: { image: "registry.example:5000/acme/shop:1.2", assessment: "partial" },
    });
  });

  it("lists packages by type, each with what it brought", () => {
    const { manifests } = snapshotOf();
    expect(Object.keys(manifests)).toEqual(
      ["deb", "pypi", "npm"].map((type) => `registry.example-5000/acme/shop (${type})`),
    );
    const pip = sample.packages[2]?.purl ?? "";
    const resolved = { ...manifests["registry.example-5000/acme/shop (deb)"]?.resolved };
    expect(resolved[pip]).toEqual({
      package_url: pip,
      relationship: "direct",
      scope: "runtime",
      dependencies: ["pkg:pypi/requests@2.28.1"],
    });
    expect(manifests["registry.example-5000/acme/shop (pypi)"]?.resolved).toEqual({
      "pkg:pypi/requests@2.28.1": {
        package_url: "pkg:pypi/requests@2.28.1",
        relationship: "indirect",
        scope: "runtime",
        dependencies: [],
      },
    });
  });

  it("says so where no build names a commit", () => {
    expect(snapshotOf(sample, { build: undefined })).toMatchObject({ sha: "0".repeat(40) });
    expect(github.remarks?.(sample, { ...context, build: undefined })).toEqual([
      "github: GITHUB_SHA and GITHUB_REF are not set: GitHub will refuse a snapshot of no commit",
    ]);
    expect(github.remarks?.(sample, context)).toEqual([]);
  });

  it("has no manifests where there are no packages", () => {
    expect(snapshotOf(unassessed).manifests).toEqual({});
  });

  it.each(evilTexts)("names a manifest plainly for %j", (evil) => {
    const [name] = Object.keys(snapshotOf(evilReport(evil)).manifests);
    expect(name).toMatch(/^[\w./-]+ \(generic\)$/u);
  });
});
