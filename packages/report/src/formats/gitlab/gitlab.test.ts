import { describe, expect, it } from "vitest";
import { context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { gitlab } from "./gitlab.ts";

interface GitlabReport {
  readonly scan: {
    readonly status: string;
    readonly start_time: string;
    readonly messages: readonly object[];
  };
  readonly vulnerabilities: readonly {
    readonly id: string;
    readonly name: string;
    readonly description: string;
    readonly solution: string;
    readonly severity: string;
    readonly identifiers: readonly { readonly type: string; readonly value: string; readonly url: string }[];
    readonly location: { readonly operating_system: string; readonly image: string };
  }[];
}

function reportOf(report = sample): GitlabReport {
  return JSON.parse([...gitlab.render(report, context)].join(""));
}

describe("GitLab's report", () => {
  it("says when and by what it was made", () => {
    expect(reportOf()).toMatchObject({
      version: "15.2.1",
      scan: {
        type: "container_scanning",
        status: "success",
        start_time: "2026-01-02T03:04:05",
        end_time: "2026-01-02T03:04:05",
        analyzer: { id: "pratique", version: "1.2.3", vendor: { name: "Pratique" } },
        messages: [
          {
            level: "warn",
            value: "PACKAGE_RECORD_MALFORMED: a record has no version (var/lib/dpkg/status.d/x)",
          },
        ],
      },
    });
    expect(reportOf(unassessed).scan.status).toBe("failure");
  });

  it("has an entry for each finding that counts, worst first", () => {
    const { vulnerabilities } = reportOf();
    expect(vulnerabilities.map(({ severity }) => severity)).toEqual(["Critical", "High", "High", "Unknown"]);
    expect(vulnerabilities[0]).toMatchObject({
      name: "Command injection in lodash",
      description: "`@acme/lodash` `4.17.20` has `CVE-2021-23337`, by `osv`.",
      solution: "Update `@acme/lodash` from `4.17.20` to `4.17.21`.",
      identifiers: [
        {
          type: "cve",
          name: "CVE-2021-23337",
          value: "CVE-2021-23337",
          url: "https://nvd.nist.gov/vuln/detail/CVE-2021-23337",
        },
        { type: "ghsa", value: "GHSA-35jh-r3h4-6jhm" },
      ],
      location: {
        dependency: { package: { name: "@acme/lodash" }, version: "4.17.20" },
        operating_system: "debian 12.5",
        image: "registry.example:5000/acme/shop:1.2",
      },
    });
    expect(vulnerabilities[2]?.solution).toBe(
      "Update `libssl3`, built from `openssl`, from `3.0.11-1~deb12u1` to `3.0.13-1~deb12u1`.",
    );
    expect(vulnerabilities[3]?.solution).toBe("There is nothing to update to: no fix yet.");
  });

  it("gives each entry an id that stays, and no two the same", () => {
    const ids = reportOf().vulnerabilities.map(({ id }) => id);
    expect(new Set(ids).size).toBe(4);
    expect(
      reportOf({ ...sample, scannedAt: "2027-01-01T00:00:00.000Z" }).vulnerabilities.map(({ id }) => id),
    ).toEqual(ids);
  });

  it.each(evilTexts)("stays within the schema's limits for %j", (evil) => {
    const [entry] = reportOf(evilReport(evil)).vulnerabilities;
    expect(entry?.name.length).toBeLessThanOrEqual(255);
    expect(entry?.solution.length).toBeLessThanOrEqual(7000);
    expect(entry?.location.operating_system).not.toBe("");
    for (const { type, value, url } of entry?.identifiers ?? []) {
      expect([type, value]).not.toContain("");
      expect(url).toMatch(/^https:\/\/[\w./%()~!*'-]+$/u);
    }
  });
});
