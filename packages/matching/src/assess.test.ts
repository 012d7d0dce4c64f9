import type { AssessmentReason, Package } from "@pratique/core";
import { expect, it } from "vitest";
import { assess } from "./assess.ts";

const bash: Package = {
  id: "pkg:deb/debian/bash@5",
  type: "deb",
  name: "bash",
  version: "5",
  purl: "pkg:deb/debian/bash@5",
  paths: ["var/lib/dpkg/status"],
};
const starter: AssessmentReason = { code: "ADVISORIES_STARTER_ONLY", message: "few" };
const unsupported: AssessmentReason = { code: "DISTRO_UNSUPPORTED", message: "slackware" };
const damaged: AssessmentReason = { code: "ARCHIVE_DAMAGED", message: "cut short" };

it.each<[string, readonly Package[], readonly AssessmentReason[], number, string]>([
  ["everything was judged", [bash], [], 1, "complete"],
  ["something could not be read", [bash], [damaged], 1, "partial"],
  ["only few advisories are at hand", [bash], [starter], 1, "partial"],
  ["no package could be judged", [bash], [unsupported], 0, "none"],
  ["some packages could be judged", [bash, bash], [unsupported], 1, "partial"],
  ["there are no packages", [], [], 0, "none"],
  ["there are no packages, and something could not be read", [], [damaged], 0, "none"],
])("where %s", (_, packages, reasons, judged, state) => {
  expect(assess(packages, reasons, judged).state).toBe(state);
});

it("keeps every reason, and says that there are no packages", () => {
  expect(assess([], [damaged], 0).reasons.map(({ code }) => code)).toEqual([
    "ARCHIVE_DAMAGED",
    "NO_PACKAGES",
  ]);
});
