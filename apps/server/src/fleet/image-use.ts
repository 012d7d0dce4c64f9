import { holdsAnywhere, visibility } from "@pratique/access";
import { type Container, listContainers } from "@pratique/api";
import type { Digest, Exposure, RiskContext, ScanReport, UseOf } from "@pratique/core";
import type { Caller } from "../calls/caller.ts";
import type { Context } from "../context.ts";
import { executedIn, filesInUseIn } from "../runtime/learned-profile.ts";
import { type UsedFiles, usesOf } from "./package-use.ts";

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
  const hosts = items.length < CONTAINERS_LOOKED_AT ? new Set(items.map(({ host }) => host)) : undefined;
  const uses = usesOf(packages, await usedFiles(context, { imageId, hosts }, caller));
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

interface Running {
  readonly imageId: Digest;
  /** On which containers of it run; undefined where there are too many to tell. */
  readonly hosts: ReadonlySet<string> | undefined;
}

/** Files of the image that processes of its containers used, as hosts have learned and seen it. */
async function usedFiles(
  { store }: Context,
  { imageId, hosts }: Running,
  { principal }: Caller,
): Promise<UsedFiles> {
  const [executed, loaded, whole] = [new Set<string>(), new Set<string>(), new Map<string, string>()];
  if (!holdsAnywhere(principal, "runtime.read")) return { executed, loaded };
  const seen = visibility(principal, "runtime.read");
  const { items } = await store.runtime.profiles.list({ imageId, limit: PROFILES_LOOKED_AT, seen });
  for (const { host } of items) {
    const profile = await store.runtime.profiles.find(host, imageId);
    if (profile === undefined) continue;
    const inUse = filesInUseIn(profile);
    for (const path of [...executedIn(profile), ...(inUse?.executed ?? [])]) executed.add(fromRoot(path));
    for (const path of inUse?.loaded ?? []) loaded.add(fromRoot(path));
    if (inUse?.isWhole === true) whole.set(host, inUse.since);
  }
  const wholeSince = hosts === undefined ? undefined : latestOfAll([...hosts].map((host) => whole.get(host)));
  return { executed, loaded, ...(wholeSince !== undefined && { wholeSince }) };
}

/** Undefined where one is missing: a host that does not look may run what no other does. */
function latestOfAll(times: readonly (string | undefined)[]): string | undefined {
  const known = times.filter((time) => time !== undefined);
  return known.length < times.length ? undefined : known.sort().at(-1);
}

function fromRoot(path: string): string {
  return path.replace(/^\/+/u, "");
}
