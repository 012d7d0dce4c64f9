import { type Distro, isFromDistribution, type Package, type PackageType } from "@pratique/core";
import { FailureLog } from "../failure-log.ts";
import type { Component, SbomDocument } from "./component.ts";
import { distroId, isSameRelease } from "./distro-words.ts";
import { type IdentifiedPackage, packageOfComponent } from "./package-of-component.ts";
import type { Sbom, SbomSubject } from "./sbom.ts";

const UUID_URN = "urn:uuid:";
/** So many are named of those about which nobody can be asked. */
const MAX_NAMED = 5;

/** Makes an inventory of a document: what it does not say is a failure by name, and is never guessed. */
export function assembleSbom(document: SbomDocument): Sbom {
  const log = new FailureLog();
  const { format, serialNumber, subject } = document;
  if (document.isCut) {
    log.add("LIMIT_REACHED", `components beyond the first ${document.components.length} were left out`);
  }
  const members = identifyAll(document, log);
  const distro = distroOf(document, members);
  const { packages, references } = join(ofOneRelease(members, distro, log));
  reportSources(packages, log);
  return {
    format,
    inventory: { ...(distro !== undefined && { distro }), packages, rootAccounts: [], failures: log.list() },
    ...(subject !== undefined && { subject: subjectOf(subject) }),
    ...(serialNumber !== undefined && { serialNumber: withoutPrefix(serialNumber) }),
    references,
  };
}

function subjectOf({ purl, version, reference }: Component): SbomSubject {
  return {
    ...(purl !== undefined && { purl }),
    ...(version !== undefined && { version }),
    ...(reference !== undefined && { reference }),
  };
}

interface Member {
  readonly component: Component;
  readonly found: IdentifiedPackage;
}

function identifyAll({ subject, components }: SbomDocument, log: FailureLog): readonly Member[] {
  const members: Member[] = [];
  const lost = new Map<string, string[]>();
  // What the document is about may be a package itself, or an image, which is none.
  if (subject?.purl !== undefined) {
    const found = packageOfComponent(subject);
    if (!("cause" in found)) members.push({ component: subject, found });
  }
  for (const component of components) {
    if (component.kind !== "package" || isSubject(component, subject)) continue;
    const found = packageOfComponent(component);
    if (!("cause" in found)) members.push({ component, found });
    else namesOf(lost, found.cause).push(component.name);
  }
  for (const [cause, names] of lost) log.add("COMPONENT_UNIDENTIFIED", lostWords(cause, names));
  return members;
}

function namesOf(lost: Map<string, string[]>, cause: string): string[] {
  const names = lost.get(cause) ?? [];
  lost.set(cause, names);
  return names;
}

/** In SPDX, the subject is one of the components. */
function isSubject(component: Component, subject: Component | undefined): boolean {
  return component === subject;
}

function lostWords(cause: string, names: readonly string[]): string {
  const shown = names.slice(0, MAX_NAMED).map((name) => JSON.stringify(name.slice(0, 100)));
  const rest = names.length > MAX_NAMED ? ` and ${names.length - MAX_NAMED} more` : "";
  const noun = names.length === 1 ? "component" : "components";
  return `${names.length} ${noun} ${cause}: ${shown.join(", ")}${rest}`;
}

/** The operating system that the document lists, else the one that most of its package URLs name. */
function distroOf({ components }: SbomDocument, members: readonly Member[]): Distro | undefined {
  const named = members.map(({ found }) => found.distro).filter((distro) => distro !== undefined);
  const system = components.find(({ kind, name }) => kind === "operating-system" && name !== "");
  if (system !== undefined) {
    const said = system.distro ?? { id: distroId(system.name), version: system.version ?? "" };
    if (said.version !== "") return said;
    return named.find(({ id, version }) => id === said.id && version !== "") ?? said;
  }
  const counts = new Map<string, { readonly distro: Distro; count: number }>();
  for (const distro of named) {
    const key = `${distro.id} ${distro.version}`;
    const counted = counts.get(key);
    if (counted === undefined) counts.set(key, { distro, count: 1 });
    else counted.count += 1;
  }
  const [most] = [...counts.values()].sort((left, right) => right.count - left.count);
  return most?.distro;
}

/** Packages of another release than the document's cannot be judged by its advisories. */
function ofOneRelease(
  members: readonly Member[],
  distro: Distro | undefined,
  log: FailureLog,
): readonly Member[] {
  if (distro === undefined) return members;
  const others = new Map<string, number>();
  const kept = members.filter(({ found }) => {
    if (found.distro === undefined || isSameRelease(found.distro, distro)) return true;
    const name = `${found.distro.id} ${found.distro.version}`.trim();
    others.set(name, (others.get(name) ?? 0) + 1);
    return false;
  });
  for (const [name, count] of others) {
    const message = `${count} packages are of ${JSON.stringify(name)}, others of ${JSON.stringify(`${distro.id} ${distro.version}`.trim())}: they were left out`;
    log.add("DISTRO_UNSUPPORTED", message);
  }
  return kept;
}

/** A package that a document lists several times is one package, found in several places. */
function join(members: readonly Member[]): Pick<Sbom, "references"> & { packages: readonly Package[] } {
  const packages = new Map<string, Package>();
  const references = new Map<string, string[]>();
  for (const { component, found } of members) {
    const { facts, purl } = found;
    const id = idOf(component, purl);
    const known = packages.get(id);
    const paths = [...new Set([...(known?.paths ?? []), ...facts.paths])];
    const ownedBy = component.own?.ownedBy;
    packages.set(id, { id, purl, ...facts, ...(ownedBy !== undefined && { ownedBy }), ...known, paths });
    if (component.reference !== undefined) {
      const ids = references.get(component.reference);
      if (ids === undefined) references.set(component.reference, [id]);
      else if (!ids.includes(id)) ids.push(id);
    }
  }
  const sorted = [...packages.values()]
    .map((member) => withRealOwner(member, packages))
    .sort((left, right) => (left.id < right.id ? -1 : 1));
  return { packages: sorted, references };
}

/** Our own documents tell packages with one package URL apart. */
function idOf({ own }: Component, purl: string): string {
  return own?.id?.startsWith(`${purl}#`) === true ? own.id : purl;
}

/** Only a package of the distribution that the document lists can answer for another. */
function withRealOwner(member: Package, packages: ReadonlyMap<string, Package>): Package {
  const { ownedBy, ...rest } = member;
  const owner = ownedBy === undefined ? undefined : packages.get(ownedBy);
  return owner !== undefined && isFromDistribution(owner.type) ? member : rest;
}

/** Types whose advisories speak of source packages. */
const BY_SOURCE: readonly PackageType[] = ["apk", "deb"];

/**
 * Tools that tell sources leave out those of the same name and version. Where not one package tells its source,
 * nobody looked, and advisories about sources of other names are missed.
 */
function reportSources(packages: readonly Package[], log: FailureLog): void {
  for (const type of BY_SOURCE) {
    const members = packages.filter((member) => member.type === type);
    if (members.length === 0 || members.some(({ source }) => source !== undefined)) continue;
    const message = `the document tells no source package: ${members.length} ${type} packages were judged by their own names`;
    log.add("SOURCE_PACKAGE_UNKNOWN", message);
  }
}

function withoutPrefix(serialNumber: string): string {
  return serialNumber.startsWith(UUID_URN) ? serialNumber.slice(UUID_URN.length) : serialNumber;
}
