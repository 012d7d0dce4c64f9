import { execFileSync } from "node:child_process";
import { existsSync, globSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { readVex, suppress } from "../index.ts";
import { installed, reportOf, suppressedIn } from "./testdata/report-of.ts";

const DATA = path.resolve(import.meta.dirname, "../../../../../shared/data");

describe.skipIf(!existsSync(DATA))("real statements (skipped where ../shared/data is not there)", () => {
  const directory = mkdtempSync(path.join(tmpdir(), "pratique-vex-"));

  beforeAll(() => {
    const archives = [
      "vexhub-openvex/vexhub-openvex.tar.gz",
      "cyclonedx-bom-examples/cyclonedx-bom-examples.tar.gz",
    ];
    for (const archive of archives) execFileSync("tar", ["-xzf", path.join(DATA, archive), "-C", directory]);
  });

  afterAll(() => rmSync(directory, { recursive: true }));

  function read(pattern: string) {
    return globSync(path.join(directory, pattern))
      .sort()
      .map((file) => readVex(readFileSync(file, "utf8"), path.basename(file)));
  }

  it("reads all statements of a hub, and finds the one that fits", () => {
    const files = read("pkg/**/*{vex,openvex,vex.}*.json");
    const rules = files.flatMap((file) => file.rules);
    expect(rules).toHaveLength(15_304);
    expect(files.flatMap(({ problems }) => problems)).toEqual([]);
    const trivy = { target: { reference: "aquasec/trivy:0.50.0" } };
    const busybox = installed("pkg:apk/alpine/busybox@1.36.1-r15?distro=alpine-3.19", {
      type: "apk",
      name: "busybox",
    });
    const statement = rules.find(({ place, title }) => place.startsWith("oci.openvex.json") && title !== "");
    const report = reportOf([busybox], { ...trivy, finding: { id: statement?.title ?? "" } });
    expect(suppressedIn(suppress(report, rules).report)).toEqual([
      expect.stringContaining("VEX oci.openvex.json"),
    ]);
  });

  it("reads every example of CycloneDX", () => {
    const files = read("VEX/**/vex*.json");
    expect(files).toHaveLength(25);
    expect(files.flatMap(({ rules }) => rules)).toHaveLength(111);
    const others = files
      .flatMap((file) => file.problems)
      .filter((problem) => !problem.endsWith("names ranges of versions, which are not read"));
    // One example has a vulnerability that affects nothing.
    expect(others).toEqual([expect.stringContaining("vulnerability 1 is no statement")]);
  });
});
