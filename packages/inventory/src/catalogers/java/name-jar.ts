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
  const named: Named = tomcatArtifact(manifest) ?? parseJarName(path);
  const version = versionOf(named.version, manifest);
  if (version === undefined || !isCoordinate(named.artifact)) return undefined;
  const { artifact } = named;
  const group =
    named.group ?? familyGroup({ artifact, version }, evidence) ?? declaredGroup(artifact, manifest);
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

/** Without the directives behind it (OSGi Core, "Bundle-SymbolicName"). */
function symbolicName(manifest: Manifest): string | undefined {
  return manifest.get("bundle-symbolicname")?.split(";")[0]?.trim();
}
