import type { Verdict } from "@pratique/core";
import { expect, it } from "vitest";
import { renderVerdict } from "./verdict.ts";

const plain = { width: 100, color: false };

it("says of a verdict what broke, the value and the fix", () => {
  const verdict: Verdict = {
    decision: "deny",
    stage: "launch",
    subject: { image: "shop:1" },
    violations: [
      {
        policy: "default",
        rule: "no-root",
        enforcement: "enforce",
        message: "the container would run as root",
        value: "user root",
        fix: "set USER",
      },
      {
        policy: "default",
        rule: "no-privileged",
        enforcement: "enforce",
        message: "privileged",
        value: "",
        fix: "",
        waivedBy: "ex-1",
      },
    ],
    assessment: { state: "complete", reasons: [] },
    policyRevision: "r",
    decidedAt: "2026-01-01T00:00:00.000Z",
  };
  expect(renderVerdict(verdict, plain)).toBe(
    [
      "DENY  shop:1",
      "",
      "  denied default/no-root: the container would run as root",
      "      found: user root",
      "      fix:   set USER",
      "",
      "  waived default/no-privileged: privileged",
      "      lifted by exception ex-1",
      "",
      "To let it pass for a while: pratique policy exception grant --help",
      "",
    ].join("\n"),
  );
});
