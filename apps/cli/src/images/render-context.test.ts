import { describe, expect, it } from "vitest";
import type { Context } from "../context.ts";
import { renderContext } from "./render-context.ts";

const look = { width: 80, color: false };
const sha = "0123456789abcdef0123456789abcdef01234567";

function buildIn(environment: Context["environment"]) {
  return renderContext({ version: "1.2.3", environment }, look).build;
}

describe("the build", () => {
  it("is that of the workflow", () => {
    expect(
      buildIn({
        GITHUB_SHA: sha,
        GITHUB_REF: "refs/heads/main",
        GITHUB_RUN_ID: "17",
        GITHUB_WORKFLOW: "images",
        GITHUB_JOB: "scan",
      }),
    ).toEqual({ sha, ref: "refs/heads/main", jobId: "17", correlator: "images-scan" });
  });

  it("needs no more than commit and branch", () => {
    expect(buildIn({ GITHUB_SHA: sha, GITHUB_REF: "refs/tags/v1" })).toEqual({
      sha,
      ref: "refs/tags/v1",
      jobId: "0",
      correlator: "pratique",
    });
  });

  it.each([
    ["nothing is set", {}],
    ["the commit is none", { GITHUB_SHA: "main", GITHUB_REF: "refs/heads/main" }],
    ["the branch is not in full", { GITHUB_SHA: sha, GITHUB_REF: "main" }],
  ])("is unknown where %s", (_, environment) => {
    expect(buildIn(environment)).toBeUndefined();
  });
});
