import { type Distro, isDigest, type SourcePackage } from "@pratique/core";
import type { OwnFacts } from "./component.ts";

/** What tools say of a component beside what the format has members for. */
export type Properties = ReadonlyMap<string, string>;

/**
 * The source package, as tools write it: name, version, release and epoch apart (Trivy's `aquasecurity:trivy:Src…`),
 * or as name and version (our own).
 */
export function sourceIn(properties: Properties): SourcePackage | undefined {
  const own = join(properties.get("pratique:source:name"), properties.get("pratique:source:version"));
  if (own !== undefined) return own;
  const told = (member: string): string | undefined =>
    properties.get(`aquasecurity:trivy:Src${member}`) ?? properties.get(`Src${member}`);
  const epoch = told("Epoch");
  const release = told("Release");
  const version = told("Version");
  if (version === undefined) return undefined;
  const start = epoch === undefined || epoch === "0" ? "" : `${epoch}:`;
  return join(told("Name"), `${start}${version}${release === undefined ? "" : `-${release}`}`);
}

function join(name: string | undefined, version: string | undefined): SourcePackage | undefined {
  return name === undefined || version === undefined ? undefined : { name, version };
}

const INDEXED_PATH = /^(?:syft:location:\d{1,6}:path|pratique:path:\d{1,6})$/u;

/** Where in the image a component was found, without a leading slash. */
export function pathsIn(properties: Properties): readonly string[] {
  const paths: string[] = [];
  for (const [name, value] of properties) {
    if (name === "aquasecurity:trivy:FilePath" || name === "pratique:path" || INDEXED_PATH.test(name)) {
      paths.push(value.replace(/^\//u, ""));
    }
  }
  return paths;
}

/** Licences in the words of the package, as our own documents tell them beside an expression; undefined in others. */
export function ownLicensesIn(properties: Properties): readonly string[] | undefined {
  return properties.get("pratique:licenses")?.split("\n");
}

/** What only our own documents say; undefined where they do not say it. */
export function ownFactsIn(properties: Properties): OwnFacts | undefined {
  const type = properties.get("pratique:type");
  if (type === undefined) return undefined;
  const told = (name: string): string | undefined => properties.get(`pratique:${name}`);
  const [id, module, vendor, repository, functions, runnable, layer, ownedBy] = [
    "id",
    "module",
    "vendor",
    "repository",
    "functions",
    "runnable",
    "layer",
    "owned-by",
  ].map(told);
  return {
    type,
    ...(id !== undefined && { id }),
    ...(module !== undefined && { module }),
    ...(vendor !== undefined && { vendor }),
    ...(repository !== undefined && { repository }),
    ...(functions !== undefined && { functions }),
    ...(runnable !== undefined && { runnable }),
    ...(told("inert") === "true" && { isInert: true }),
    ...(layer !== undefined && isDigest(layer) && { layer }),
    ...(ownedBy !== undefined && { ownedBy }),
  };
}

/** The distribution as Syft and we write it down from os-release. */
export function distroIn(properties: Properties): Distro | undefined {
  return ownDistroIn(properties) ?? syftDistroIn(properties);
}

function ownDistroIn(properties: Properties): Distro | undefined {
  const told = (name: string): string | undefined => properties.get(`pratique:distro:${name}`);
  const [id, codename, name, branch] = ["id", "codename", "name", "branch"].map(told);
  if (id === undefined) return undefined;
  const [idLike, services, contentSets, cpes] = ["id-like", "services", "content-sets", "cpes"].map((list) =>
    told(list)?.split(" "),
  );
  return {
    id,
    version: told("version") ?? "",
    ...(codename !== undefined && { codename }),
    ...(name !== undefined && { name }),
    ...(idLike !== undefined && { idLike }),
    ...(branch !== undefined && { branch }),
    ...(services !== undefined && { services }),
    ...(contentSets !== undefined && { contentSets }),
    ...(cpes !== undefined && { cpes }),
  };
}

function syftDistroIn(properties: Properties): Distro | undefined {
  const id = properties.get("syft:distro:id");
  if (id === undefined) return undefined;
  const name = properties.get("syft:distro:prettyName") ?? properties.get("syft:distro:name");
  return { id, version: properties.get("syft:distro:versionID") ?? "", ...(name !== undefined && { name }) };
}
