import {
  CoreError,
  type ImageReference,
  type Package,
  type PackageType,
  type Purl,
  parseImageReference,
} from "@pratique/core";
import { coversPurl, type PurlPattern, parsePurlPattern } from "../purl-pattern.ts";
import type { Candidate, SubjectFacts } from "../rule.ts";
import type { ProductName, VexProduct } from "./statement.ts";

/** Programs that carry their dependencies in the same file. */
const IN_ONE_FILE: ReadonlySet<PackageType> = new Set(["golang", "cargo", "maven"]);

type Member = Pick<Candidate, "installed" | "purl">;

/**
 * Whether a statement about a product speaks of a package: the product is the package; or it is what was judged as a
 * whole, or a program that has the package in its own file, and the package is one of the parts it names.
 */
export function coversProduct(product: VexProduct, candidate: Candidate): boolean {
  const { subject } = candidate;
  const { names, parts } = product;
  if (parts.length === 0) {
    return (
      (isOfVersion(product, candidate.installed.version) &&
        names.some((name) => namesPackage(name, candidate, subject))) ||
      (isOfVersion(product, subject.readPurl?.version ?? subject.version) &&
        names.some((name) => namesSubject(name, subject)))
    );
  }
  if (!parts.some((part) => part.some((name) => namesPackage(name, candidate, subject)))) return false;
  return names.some((name) => namesSubject(name, subject) || namesHolder(name, candidate));
}

/** A version that nobody tells is none of those that a statement names. */
function isOfVersion({ versions }: VexProduct, version: string | undefined): boolean {
  return versions === undefined || (version !== undefined && versions.includes(version));
}

function namesPackage(name: ProductName, { installed, purl }: Member, subject: SubjectFacts): boolean {
  switch (name.kind) {
    case "purl":
      return (
        purl !== undefined &&
        isAtPlace(name.pattern, installed) &&
        coversPurl(name.pattern, purl, { installed, distro: subject.target.distro })
      );
    case "reference":
      return namesByReference(name, { installed, purl }, subject);
    case "name":
      return false;
  }
}

/**
 * One of several packages with one package URL is told apart by the file that proves it, in the place of a subpath. A
 * part of a package, such as one of a Go module's, says nothing of all of it.
 */
function isAtPlace({ subpath }: PurlPattern, { paths }: Package): boolean {
  return subpath === undefined || paths.includes(subpath);
}

type Reference = Extract<ProductName, { kind: "reference" }>;

/** A link to a component of a document says nothing of what another document lists. */
function namesByReference(
  { serialNumber, reference }: Reference,
  member: Member,
  subject: SubjectFacts,
): boolean {
  if (serialNumber !== undefined && subject.serialNumber !== undefined) {
    if (serialNumber !== subject.serialNumber) return false;
    const ids = subject.references?.get(reference) ?? subject.references?.get(decoded(reference));
    if (ids?.includes(member.installed.id) === true) return true;
  }
  const pattern = parsePurlPattern(reference) ?? parsePurlPattern(decoded(reference));
  if (pattern === undefined || member.purl === undefined) return false;
  return coversPurl(pattern, member.purl, { installed: member.installed, distro: subject.target.distro });
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

function namesSubject(name: ProductName, subject: SubjectFacts): boolean {
  const { target, readPurl, serialNumber, reference } = subject;
  switch (name.kind) {
    case "purl":
      if (readPurl !== undefined && coversPurl(name.pattern, readPurl)) return true;
      return name.pattern.type === "oci" && namesImage(name.pattern, { target });
    case "reference":
      return (
        serialNumber !== undefined &&
        serialNumber === name.serialNumber &&
        reference !== undefined &&
        (reference === name.reference || reference === decoded(name.reference))
      );
    case "name":
      return (
        name.name === target.reference ||
        name.name === addressOf(target.reference) ||
        name.name === target.digest ||
        name.name === target.imageId ||
        isSameImage(name.name, target.reference)
      );
  }
}

/** A name that is no address yet, as documents that want addresses have it: `dir:/srv/a%20b`. */
function addressOf(reference: string): string {
  return encodeURI(reference.toWellFormed());
}

/** `pkg:oci/NAME@DIGEST?repository_url=…&tag=…` (purl-spec, "oci"). */
function namesImage({ name, version, qualifiers }: Purl, { target }: Pick<SubjectFacts, "target">): boolean {
  if (version !== undefined && version !== target.digest && version !== target.imageId) return false;
  const { repository_url: repositoryUrl, tag, arch } = qualifiers;
  if (arch !== undefined && target.platform !== undefined && target.platform.split("/")[1] !== arch)
    return false;
  const image = referenceOf(target.reference);
  // A file has no name that could be compared: what is in it is known by its digest alone.
  if (image === undefined) return version !== undefined;
  if (image.repository.slice(image.repository.lastIndexOf("/") + 1) !== name) return false;
  if (tag !== undefined && image.tag !== tag) return false;
  if (repositoryUrl === undefined) return true;
  const wanted = referenceOf(repositoryUrl);
  return wanted?.registry === image.registry && wanted.repository === image.repository;
}

function isSameImage(wanted: string, reference: string): boolean {
  const [left, right] = [referenceOf(wanted), referenceOf(reference)];
  if (left === undefined || right === undefined) return false;
  return left.registry === right.registry && left.repository === right.repository && left.tag === right.tag;
}

const SCHEME = /^(?:docker|registry):/u;

/** What has no name of an image, or one that a runtime completes by a list of its own. */
const NAMELESS =
  /^(?:aci|container|containerd|dir|docker-archive|lxc|oci-archive|oci-dir|pkg|podman|purl|sbom):/u;

/** The image that a target names; undefined where it is a file, a directory or a container. */
function referenceOf(text: string): ImageReference | undefined {
  if (NAMELESS.test(text)) return undefined;
  try {
    return parseImageReference(text.replace(SCHEME, ""));
  } catch (thrown) {
    if (thrown instanceof CoreError) return undefined;
    throw thrown;
  }
}

/** Whether the product is a program in whose own file the package is. */
function namesHolder(name: ProductName, { installed, subject }: Candidate): boolean {
  if (!IN_ONE_FILE.has(installed.type) || installed.paths.length === 0) return false;
  return subject.packages.some(
    (member) =>
      member.installed.type === installed.type &&
      sharesFile(member.installed, installed) &&
      namesPackage(name, member, subject),
  );
}

function sharesFile(left: Package, right: Package): boolean {
  return left.paths.some((path) => right.paths.includes(path));
}
