import { describe, expect, it } from "vitest";
import { byCve } from "./by-cve.ts";
import { findingIn, packageOf, sample } from "./testdata/reports.ts";

const owner = packageOf({ type: "npm", name: "lodash", version: "1.0.0" });
const other = packageOf({ type: "npm", name: "other", version: "1.0.0" });

function renamed(...changes: readonly Parameters<typeof findingIn>[1][]) {
  const findings = changes.map((change) => findingIn(owner, change));
  return byCve({ ...sample, packages: [owner, other], findings }).findings;
}

describe("byCve", () => {
  it("names a finding by its CVE, and keeps its own name", () => {
    expect(renamed({ id: "GHSA-1", aliases: ["SNYK-1", "CVE-2024-2", "CVE-2024-1"] })).toEqual([
      findingIn(owner, { id: "CVE-2024-1", aliases: ["GHSA-1", "SNYK-1", "CVE-2024-2"] }),
    ]);
  });

  it.each([
    ["has none", { id: "GHSA-1", aliases: ["SNYK-1"] }],
    ["has it already", { id: "CVE-2024-1", aliases: ["GHSA-1"] }],
    ["has something that only looks like one", { id: "GHSA-1", aliases: ["CVE-2024-x", "xCVE-2024-1"] }],
  ])("leaves one that %s", (_, finding) => {
    expect(renamed(finding)).toEqual([findingIn(owner, finding)]);
  });

  it("makes one of what is then the same: the worst of all", () => {
    const findings = renamed(
      { id: "GHSA-1", aliases: ["CVE-2024-1"], severity: "low", knownExploited: true, epss: 0.5 },
      { id: "CVE-2024-1", aliases: ["GHSA-1"], severity: "high", epss: 0.1 },
    );
    expect(findings).toEqual([
      findingIn(owner, {
        id: "CVE-2024-1",
        aliases: ["GHSA-1"],
        severity: "high",
        knownExploited: true,
        epss: 0.5,
      }),
    ]);
  });

  it("keeps one that counts before one that is suppressed, though it be less bad", () => {
    const findings = renamed(
      { id: "GHSA-1", aliases: ["CVE-2024-1"], severity: "critical", suppressed: { by: "x" } },
      { id: "CVE-2024-1", severity: "low" },
    );
    expect(findings).toMatchObject([{ severity: "low" }]);
    expect(findings[0]).not.toHaveProperty("suppressed");
  });

  it("keeps findings of different packages apart", () => {
    const findings = [findingIn(owner, {}), findingIn(other, {})];
    expect(byCve({ ...sample, packages: [owner, other], findings }).findings).toEqual(findings);
  });
});
