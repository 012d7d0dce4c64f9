import { acr } from "./kinds/acr.ts";
import { distribution } from "./kinds/distribution.ts";
import { dockerHub } from "./kinds/docker-hub.ts";
import { ecr } from "./kinds/ecr.ts";
import { ghcr } from "./kinds/ghcr.ts";
import { gitlab } from "./kinds/gitlab.ts";
import { google } from "./kinds/google.ts";
import { harbor } from "./kinds/harbor.ts";
import { quay } from "./kinds/quay.ts";
import type { RegistryKind, RegistryKindName } from "./registry-kind.ts";

/** All makes, sorted by name. A test fails when a file in `kinds/` is missing here. */
export const registryKinds: readonly RegistryKind[] = [
  acr,
  distribution,
  dockerHub,
  ecr,
  ghcr,
  gitlab,
  google,
  harbor,
  quay,
];

/** The make that was named, else the one that the host's name tells, else plain distribution. */
export function registryKindOf(host: string, name?: RegistryKindName): RegistryKind {
  const named = registryKinds.find((kind) => kind.name === name);
  return named ?? registryKinds.find((kind) => kind !== distribution && kind.serves(host)) ?? distribution;
}

/** Whether a text names a make. */
export function isRegistryKindName(text: string): text is RegistryKindName {
  return registryKinds.some(({ name }) => name === text);
}
