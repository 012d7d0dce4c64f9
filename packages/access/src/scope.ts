import type { Resource, Scope } from "@pratique/core";
import { containsPattern, fitsPattern } from "./pattern.ts";

/**
 * Whether a scope covers a resource. A scope that limits a dimension covers nothing that has none: somebody whose
 * scope names registries sees no hosts, rather than all of them.
 */
export function covers(scope: Scope, resource: Resource): boolean {
  if (resource.within !== undefined) return containsScope(scope, resource.within);
  return coversHosts(scope, resource) && coversRepositories(scope, resource);
}

/** Both limits must fit the same host: one that has the name and another that has the label are not enough. */
function coversHosts({ hosts, labels }: Scope, resource: Resource): boolean {
  if (hosts === undefined && labels === undefined) return true;
  return (resource.hosts ?? []).some(
    (host) =>
      (hosts === undefined || hosts.some((pattern) => fitsPattern(pattern, host.name))) &&
      Object.entries(labels ?? {}).every(([key, values]) => {
        const value = Object.hasOwn(host.labels, key) ? host.labels[key] : undefined;
        return value !== undefined && values.some((pattern) => fitsPattern(pattern, value));
      }),
  );
}

function coversRepositories({ registries }: Scope, { repositories = [] }: Resource): boolean {
  if (registries === undefined) return true;
  return repositories.some((name) => registries.some((pattern) => fitsPattern(pattern, name)));
}

/** Whether a scope covers everything that another one covers. True only where that is certain. */
export function containsScope(outer: Scope, inner: Scope): boolean {
  // Labels that ask for nothing still ask for a host.
  const asksForHost = inner.hosts !== undefined || inner.labels !== undefined;
  return (
    (outer.labels === undefined || asksForHost) &&
    containsList(outer.hosts, inner.hosts) &&
    containsList(outer.registries, inner.registries) &&
    Object.entries(outer.labels ?? {}).every(([key, values]) =>
      containsList(values, Object.hasOwn(inner.labels ?? {}, key) ? inner.labels?.[key] : undefined),
    )
  );
}

function containsList(outer: readonly string[] | undefined, inner: readonly string[] | undefined): boolean {
  if (outer === undefined) return true;
  if (inner === undefined) return false;
  return inner.every((pattern) => outer.some((wider) => containsPattern(wider, pattern)));
}
