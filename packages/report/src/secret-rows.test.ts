import { describe, expect, it } from "vitest";
import { cyclonedx } from "./formats/cyclonedx/cyclonedx.ts";
import { gitlab } from "./formats/gitlab/gitlab.ts";
import { html } from "./formats/html/html.ts";
import { json } from "./formats/json/json.ts";
import { junit } from "./formats/junit/junit.ts";
import { markdown } from "./formats/markdown/markdown.ts";
import { sarif } from "./formats/sarif/sarif.ts";
import { table } from "./formats/table/table.ts";
import type { ReportFormat } from "./report-format.ts";
import { secretSummary } from "./secret-rows.ts";
import { clean, context, sample, unassessed, withSecrets } from "./testdata/reports.ts";

const wide = { ...context, look: { width: 200, color: false } };

function textOf(format: ReportFormat, report = withSecrets): string {
  return [...format.render(report, wide)].join("");
}

it("says in the table what lies where, the worst first", () => {
  const lines = textOf(table)
    .split("\n")
    .map((line) => line.replaceAll(/ {2,}/gu, "  "));
  const start = lines.findIndex((line) => line.startsWith("severity  secret"));
  expect(lines.slice(start, start + 3)).toEqual([
    "severity  secret  where  match",
    "critical  GitHub token  srv/app/.env:3  ghp_…x1 (40 characters)  deleted by an upper layer",
    "medium  Variable that is called a secret: DB_PASSWORD  variable 2 of the environment  … (7 characters)  unsure",
  ]);
  expect(lines).toContain("2 secrets: 1 critical, 1 medium");
});

it("lists them in Markdown", () => {
  expect(textOf(markdown)).toContain(
    [
      "**2 secrets: 1 critical, 1 medium**",
      "",
      "| Severity | Secret | Where | Match | |",
      "|---|---|---|---|---|",
      "| critical | `GitHub token` | `srv/app/.env:3` | <code>ghp&#95;&#8230;x1 &#40;40 characters&#41;</code> | deleted by an upper layer |",
    ].join("\n"),
  );
});

it("gives them to code scanning, each with a rule and a line", () => {
  const [run] = JSON.parse(textOf(sarif)).runs;
  const { rules } = run.tool.driver;
  expect(rules.slice(-2)).toMatchObject([
    {
      id: "secret/github-token",
      properties: { "security-severity": "9.5", tags: ["security", "secret", "critical"] },
    },
    { id: "secret/secret-variable" },
  ]);
  const results = run.results.slice(-2);
  expect(results).toMatchObject([
    {
      ruleId: "secret/github-token",
      level: "error",
      message: {
        text: "GitHub token in srv/app/.env:3: ghp_…x1 (40 characters); deleted by an upper layer",
      },
      locations: [
        { physicalLocation: { artifactLocation: { uri: "srv/app/.env" }, region: { startLine: 3 } } },
      ],
    },
    {
      ruleId: "secret/secret-variable",
      locations: [
        {
          physicalLocation: {
            artifactLocation: { uri: "registry.example-5000/acme/shop" },
            region: { startLine: 1 },
          },
        },
      ],
    },
  ]);
  for (const { ruleId, ruleIndex } of run.results) expect(rules[ruleIndex].id).toBe(ruleId);
});

it("fails a test for each in JUnit's XML", () => {
  const text = textOf(junit);
  expect(text).toContain('<testcase classname="secret:srv/app/.env:3" name="github-token">');
  expect(text).toContain('tests="8" failures="6"');
});

it("shows them on the page, and as they are in JSON", () => {
  expect(textOf(html)).toContain('<h2 id="secrets">2 secrets: 1 critical, 1 medium</h2>');
  expect(JSON.parse(textOf(json)).secrets).toEqual(withSecrets.secrets);
});

describe("suppressed secrets", () => {
  const by = ".trivyignore:3: a key of the tests";
  const secrets = (withSecrets.secrets ?? []).map((secret) =>
    secret.rule === "github-token" ? { ...secret, suppressed: { by } } : secret,
  );
  const report = { ...withSecrets, secrets };

  it("are counted apart, and shown where that is asked for", () => {
    expect(secretSummary(report)).toBe("1 secret: 1 medium; 1 suppressed");
    const all = { ...report, secrets: secrets.filter(({ rule }) => rule === "github-token") };
    expect(secretSummary({ ...all, assessment: clean.assessment })).toBe("No secrets; 1 suppressed");
    expect(textOf(table, report)).not.toContain("GitHub token");
    for (const format of [table, markdown, html]) {
      const shown = [...format.render(report, { ...wide, showSuppressed: true })].join("");
      expect(shown.replaceAll(/<\/?t[dr]>|<\/?code>|`/gu, " ")).toMatch(
        /github-token .*srv\/app\/\.env:3.*\.trivyignore:3/u,
      );
    }
  });

  it("fail no test, and are nothing that code scanning shows or GitLab leaves out", () => {
    expect(textOf(junit, report)).toContain(`<skipped message="suppressed by ${by}"/>`);
    expect(textOf(junit, report)).toContain('tests="8" failures="5"');
    expect(textOf(sarif, report)).not.toContain("github-token");
    expect(gitlab.remarks?.(report, context)).toContain(
      "gitlab: 1 secret is left out, as the format has no place for them",
    );
  });
});

it.each([gitlab, cyclonedx])("says that $name has no place for them", (format) => {
  const { name } = format;
  const said = `${name}: 2 secrets are left out, as the format has no place for them`;
  expect(format.remarks?.(withSecrets, context)).toContain(said);
  expect(format.remarks?.({ ...withSecrets, secrets: [] }, context)).toEqual(
    format.remarks?.(sample, context),
  );
});

it("calls an image free of secrets only where somebody has looked at all of it", () => {
  expect(secretSummary(sample)).toBeUndefined();
  expect(secretSummary({ ...clean, secrets: [] })).toBe("No secrets");
  expect(secretSummary({ ...unassessed, secrets: [] })).toBe("No secrets in what could be read");
  expect(textOf(html, { ...clean, secrets: [] })).toContain('<h2 id="secrets">No secrets</h2>');
  expect(textOf(table, sample)).not.toContain("secret");
});
