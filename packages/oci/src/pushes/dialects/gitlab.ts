import { provesByHeader, provesByToken } from "../proofs.ts";
import type { PushDialect } from "../push-dialect.ts";
import { readEnvelope } from "./distribution.ts";

const provesByGitlabToken = provesByHeader("x-gitlab-token");

/**
 * GitLab's registry, which sends the distribution envelope to the endpoints of its configuration; GitLab's webhooks tell
 * of no images.
 */
export const gitlabPushes: PushDialect = {
  name: "gitlab",
  proves: (request, secret) => provesByGitlabToken(request, secret) || provesByToken(request, secret),
  read: readEnvelope,
};
