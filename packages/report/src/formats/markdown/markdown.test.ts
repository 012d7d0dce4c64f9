import { describe, expect, it } from "vitest";
import { clean, context, evilReport, evilTexts, sample, unassessed } from "../../testdata/reports.ts";
import { markdown } from "./markdown.ts";

function textOf(report = sample): string {
  return [...markdown.render(report, context)].join("");
}

describe("Markdown", () => {
  it("is a heading, what could not be assessed, a summary and a table", () => {
    expect(textOf()).toBe(
      [
        "## Scan of `registry.example:5000/acme/shop:1.2`",
        "",
        `\`debian 12.5\`, 5 packages, \`sha256:${"1".repeat(64)}\``,
        "",
        "**Only partly assessed:**",
        "",
        "- `a record has no version (var/lib/dpkg/status.d/x)`",
        "",
        "**3 vulnerabilities: 1 critical, 1 high, 1 unknown; 1 suppressed**",
        "",
        "| Severity | Vulnerability | Package | Installed | Fixed in | |",
        "|---|---|---|---|---|---|",
        "| critical | [`CVE-2021-23337`](https://nvd.nist.gov/vuln/detail/CVE-2021-23337) | `@acme/lodash` | `4.17.20` | `4.17.21` |  |",
        "| high | [`CVE-2024-0001`](https://nvd.nist.gov/vuln/detail/CVE-2024-0001) | `openssl` (2) | `3.0.11-1~deb12u1` | `3.0.13-1~deb12u1` | **exploited** 51.3 % |",
        "| unknown | [`PYSEC-2023-74`](https://osv.dev/vulnerability/PYSEC-2023-74) | `requests` | `2.28.1` | no fix yet | unsure |",
        "",
      ].join("\n"),
    );
  });

  it("calls an image clean only where all was looked at", () => {
    expect(textOf(clean)).toContain("**No known vulnerabilities**");
    expect(textOf(unassessed)).toContain("**No known vulnerabilities in what could be assessed**");
  });

  it.each(evilTexts)("keeps its form for %j", (evil) => {
    const lines = textOf(evilReport(evil)).trimEnd().split("\n");
    expect(lines).toHaveLength(26);
    // Cells and their borders: six of a vulnerability, five of a secret, four of a license. Nothing between them is a link,
    // an image or HTML that is not ours.
    for (const [line, parts] of [
      [lines[12], 8],
      [lines[18], 7],
      [lines[24], 6],
    ] as const) {
      expect(line?.split("|")).toHaveLength(parts);
      expect(line?.replaceAll(/<\/?code>/gu, "")).not.toMatch(/[<>\\]|!\[|\]\((?!https:\/\/osv\.dev\/)/u);
    }
  });
});
