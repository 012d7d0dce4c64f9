import { isToken } from "../../token.ts";
import { type Coordinates, isCoordinate } from "./coordinates.ts";
import { familyOf } from "./families.ts";
import { parseJarName } from "./jar-name.ts";
import type { Manifest } from "./manifest.ts";

/** What is known of an archive besides Maven's descriptors. */
export interface JarEvidence {
  readonly path: string;
  readonly manifest: Manifest;
  /** Whether a class lies below this directory. */
  readonly hasClasses: (directory: string) => boolean;
}

/**
 * Names an archive that brings no descriptor of its own, by its manifest and its file name. The group stays away unless
 * something besides the name vouches for it. Undefined where no version is told.
 */
export function nameJar(evidence: JarEvidence): Coordinates | undefined {
  const { path, manifest } = evidence;
  const named: Named =
    tomcatArtifact(manifest) ?? bundleFile(path, manifest) ?? withStatedVersion(parseJarName(path), manifest);
  const version = versionOf(named.version, manifest);
  if (version === undefined || !isCoordinate(named.artifact)) return undefined;
  const { artifact } = named;
  const certain = named.group ?? familyGroup({ artifact, version }, evidence);
  const titled = certain === undefined ? titledArtifact(evidence) : undefined;
  if (titled !== undefined) return titled;
  const group =
    certain ??
    declaredGroup(artifact, manifest) ??
    titleGroup(artifact, manifest) ??
    bundleGroup(artifact, evidence);
  return { artifact, version, ...(group !== undefined && { group }) };
}

/** Whether an archive is a part of Java itself, which is not an artifact of its own. */
export function isOfJava(manifest: Manifest): boolean {
  return (
    manifest.get("specification-title") === "Java Platform API Specification" ||
    manifest.get("implementation-title") === "Java Runtime Environment"
  );
}

interface Named {
  readonly group?: string;
  readonly artifact: string;
  readonly version?: string;
}

const EMBEDDED = "org.apache.tomcat-embed-";
const TOMCAT = "org.apache.tomcat-";

/** Tomcat's own archives are called `catalina.jar`, but say in their manifests which artifacts they are. */
function tomcatArtifact(manifest: Manifest): Named | undefined {
  const name = symbolicName(manifest);
  if (manifest.get("implementation-title") !== "Apache Tomcat" || name === undefined) return undefined;
  const artifact = name.slice("org.apache.".length);
  if (name.startsWith(EMBEDDED)) return { group: "org.apache.tomcat.embed", artifact };
  return name.startsWith(TOMCAT) ? { group: "org.apache.tomcat", artifact } : undefined;
}

/** Bundles of Eclipse lie in files of their symbolic name and version: `com.google.gson_2.8.9.v20220111-1409.jar`. */
function bundleFile(path: string, manifest: Manifest): Named | undefined {
  const name = symbolicName(manifest);
  const version = manifest.get("bundle-version");
  const base = path.slice(path.lastIndexOf("/") + 1);
  if (name === undefined || version === undefined || !base.startsWith(`${name}_${version}.`))
    return undefined;
  return { artifact: name, version };
}

/**
 * Takes numbers that belong to the name for that where the manifest shows the version behind them: `log4j-1.2-1.2.17.jar` is log4j-1.2
 * in the version 1.2.17.
 */
function withStatedVersion({ artifact, version }: Named, manifest: Manifest): Named {
  const stated = statedVersion(manifest);
  if (version === undefined || stated === undefined || !version.endsWith(`-${stated}`)) {
    return { artifact, ...(version !== undefined && { version }) };
  }
  return { artifact: `${artifact}-${version.slice(0, -stated.length - 1)}`, version: stated };
}

/** The artifact that the title of a renamed archive names, where it is one of a known family and its classes are there. */
function titledArtifact(evidence: JarEvidence): Coordinates | undefined {
  const artifact = evidence.manifest.get("implementation-title");
  const version = statedVersion(evidence.manifest);
  if (version === undefined || !isCoordinate(artifact)) return undefined;
  const group = familyGroup({ artifact, version }, evidence);
  return group === undefined ? undefined : { group, artifact, version };
}

/** The version of the file name, without a classifier where the manifest shows where that begins. */
function versionOf(named: string | undefined, manifest: Manifest): string | undefined {
  const stated = statedVersion(manifest);
  if (named === undefined) return stated;
  if (stated !== undefined && named.startsWith(`${stated}-`)) return stated;
  return isToken(named) ? named : undefined;
}

function statedVersion(manifest: Manifest): string | undefined {
  for (const attribute of ["implementation-version", "bundle-version", "specification-version"]) {
    const version = manifest.get(attribute);
    if (version !== undefined && /^[0-9]/u.test(version) && isToken(version)) return version;
  }
  return undefined;
}

function familyGroup({ artifact, version }: Coordinates, { hasClasses }: JarEvidence): string | undefined {
  const family = familyOf(artifact, version);
  return family !== undefined && hasClasses(family.classes) ? family.group : undefined;
}

/**
 * The group that the manifest declares as the vendor's id, as Maven does by default, where the bundle's name is made of
 * this group and this artifact the way Maven's bundle plugin makes it (maven-bundle-plugin, "Default Behavior"). Others
 * write anything there.
 */
function declaredGroup(artifact: string, manifest: Manifest): string | undefined {
  const group = manifest.get("implementation-vendor-id");
  if (!isCoordinate(group)) return undefined;
  const last = group.slice(group.lastIndexOf(".") + 1);
  const rest = artifact.startsWith(last) ? artifact.slice(last.length).replace(/^[.-]/u, "") : artifact;
  const bundle = rest === "" ? group : `${group}.${rest}`;
  return symbolicName(manifest) === bundle ? group : undefined;
}

/** `io.micrometer#micrometer-core;1.10.0`, as Gradle's plugins of Netflix write it (gradle-info-plugin, "Implementation-Title"). */
function titleGroup(artifact: string, manifest: Manifest): string | undefined {
  const title = manifest.get("implementation-title") ?? "";
  const [group, rest = ""] = title.split("#", 2);
  return isCoordinate(group) && rest.startsWith(`${artifact};`) ? group : undefined;
}

/** Groups whose names say nothing of what is in them: artifacts below them have groups of their own. */
const UMBRELLAS: ReadonlySet<string> = new Set([
  "com.google",
  "com.sun",
  "org.apache",
  "org.apache.commons",
  "org.eclipse",
]);

/**
 * The group of which, with the name of the file, the bundle's name is made as Maven's bundle plugin makes it:
 * `io.projectreactor.reactor-core`, `org.slf4j.api` of slf4j-api. Where the name ends in a word that may be of the group as
 * well (`com.google.guava`), nothing is known; classes have to lie where the group says.
 */
function bundleGroup(artifact: string, { manifest, hasClasses }: JarEvidence): string | undefined {
  const bundle = symbolicName(manifest);
  if (bundle === undefined || artifact.includes(".")) return undefined;
  const group = bundle.endsWith(`.${artifact}`)
    ? wholeNameGroup(bundle, artifact)
    : sharedWordGroup(bundle, artifact);
  if (!isCoordinate(group) || !group.includes(".") || UMBRELLAS.has(group)) return undefined;
  return hasClasses(`${group.split(".").slice(0, 2).join("/")}/`) ? group : undefined;
}

function wholeNameGroup(bundle: string, artifact: string): string | undefined {
  return artifact.includes("-") ? bundle.slice(0, -artifact.length - 1) : undefined;
}

/** The word that the group ends with and the artifact begins with stands once. */
function sharedWordGroup(bundle: string, artifact: string): string | undefined {
  const words = bundle.split(".");
  for (const [index, word] of words.entries()) {
    const rest = words.slice(index + 1).join("-");
    if (rest !== "" && artifact.replaceAll(".", "-") === `${word}-${rest}`)
      return words.slice(0, index + 1).join(".");
  }
  return undefined;
}

/** Without the directives behind it (OSGi Core, "Bundle-SymbolicName"). */
function symbolicName(manifest: Manifest): string | undefined {
  return manifest.get("bundle-symbolicname")?.split(";")[0]?.trim();
}
