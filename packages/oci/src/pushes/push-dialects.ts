import { acrPushes } from "./dialects/acr.ts";
import { distributionPushes } from "./dialects/distribution.ts";
import { dockerHubPushes } from "./dialects/docker-hub.ts";
import { ecrPushes } from "./dialects/ecr.ts";
import { ghcrPushes } from "./dialects/ghcr.ts";
import { gitlabPushes } from "./dialects/gitlab.ts";
import { harborPushes } from "./dialects/harbor.ts";
import { quayPushes } from "./dialects/quay.ts";
import type { PushDialect } from "./push-dialect.ts";

/** All forms, sorted by name. A test fails when a file in `dialects/` is missing here. */
export const pushDialects: readonly PushDialect[] = [
  acrPushes,
  distributionPushes,
  dockerHubPushes,
  ecrPushes,
  ghcrPushes,
  gitlabPushes,
  harborPushes,
  quayPushes,
];
