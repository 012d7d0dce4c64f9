import { holdsAnywhere, visibility } from "@pratique/access";
import { type Container, listContainers } from "@pratique/api";
import type { Digest, Exposure, RiskContext, ScanReport, UseOf } from "@pratique/core";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { executedIn } from "../runtime/learned-profile.ts";
import { usesOf } from "./package-use.ts";

/** What more containers of one image do is what these do. */
const CONTAINERS_LOOKED_AT = 200;
const PROFILES_LOOKED_AT = 50;

/** Of a container's report, what tells how open it lies. */
const openness = listContainers.reply.shape.items.element.pick({
  ports: true,
  privileged: true,
  hostNamespaces: true,
});

/** How the packages of an image are used, as far as the caller may see its containers; what they may not is not known. */
export async function useOfImage(
  context: Context,
  { imageId, packages }: { readonly imageId: Digest } & Pick<ScanReport, "packages">,
  caller: Caller,
): Promise<UseOf> {
  if (!holdsAnywhere(caller.principal, "containers.read")) return () => ({});
  const { items } = await context.store.fleet.containers.list({
    imageId,
    state: "running",
    limit: CONTAINERS_LOOKED_AT,
    seen: visibility(caller.principal, "containers.read"),
  });
  if (items.length === 0) return () => ({ use: "not-running" });
  const exposure = exposureOf(items.map(({ document }) => openness.parse(documentOf(document))));
  const executed = await executedFiles(context, imageId, caller);
  const uses = usesOf(packages, { executed, loaded: new Set() });
  return (packageId): RiskContext => ({ ...uses(packageId), exposure });
}

/** The rest of the document is not looked at. */
function documentOf(document: object) {
  const { ports, privileged, hostNamespaces }: Partial<Container> = document;
  return { ports, privileged, ...(hostNamespaces !== undefined && { hostNamespaces }) };
}

function exposureOf(containers: readonly ReturnType<typeof openness.parse>[]): readonly Exposure[] {
  const found: Exposure[] = [];
  if (containers.some(({ ports }) => ports.length > 0)) found.push("port");
  if (containers.some(({ privileged }) => privileged)) found.push("privileged");
  if (containers.some(({ hostNamespaces = [] }) => hostNamespaces.length > 0)) found.push("host-namespace");
  return found;
}

/** Files of the image that its containers executed, relative to the root, as hosts have learned it. */
async function executedFiles(
  { store }: Context,
  imageId: Digest,
  { principal }: Caller,
): Promise<ReadonlySet<string>> {
  const files = new Set<string>();
  if (!holdsAnywhere(principal, "runtime.read")) return files;
  const seen = visibility(principal, "runtime.read");
  const { items } = await store.runtime.profiles.list({ imageId, limit: PROFILES_LOOKED_AT, seen });
  for (const { host } of items) {
    const profile = await store.runtime.profiles.find(host, imageId);
    if (profile !== undefined) for (const path of executedIn(profile)) files.add(path.replace(/^\/+/u, ""));
  }
  return files;
}
