import type { Build, Look, RenderContext } from "@pratique/report";
import type { Context } from "../context.ts";

/** What formats of reports need to know of this process. */
export function renderContext(
  { version, environment }: Pick<Context, "version" | "environment">,
  look: Look,
): RenderContext {
  return { version, look, build: buildOf(environment) };
}

/** The commit and job of a GitHub workflow (docs.github.com, "Default environment variables"). */
function buildOf(environment: Context["environment"]): Build | undefined {
  const {
    GITHUB_SHA: sha = "",
    GITHUB_REF: ref = "",
    GITHUB_RUN_ID,
    GITHUB_WORKFLOW,
    GITHUB_JOB,
  } = environment;
  if (!/^[0-9a-f]{40}$/u.test(sha) || !ref.startsWith("refs/")) return undefined;
  const correlator = [GITHUB_WORKFLOW, GITHUB_JOB].filter((part) => part !== undefined && part !== "");
  return {
    sha,
    ref,
    jobId: GITHUB_RUN_ID ?? "0",
    correlator: correlator.length === 0 ? "pratique" : correlator.join("-"),
  };
}
