import type { Distro, Package } from "@pratique/core";
import { isWritable } from "./document-license.ts";

/** A fact for which a format has no member, under a name of our own. */
export type OwnProperty = readonly [name: string, value: string];

const PREFIX = "pratique:";

/**
 * What a bill of materials must say of a package, beside its package URL, for a scan of the document to give what the
 * scan of the image gave; `inventory` reads it back.
 */
export function packageProperties(member: Package): readonly OwnProperty[] {
  const {
    id,
    purl,
    type,
    source,
    architecture,
    module,
    vendor,
    repository,
    isInert,
    functions,
    runnable,
    layer,
    licenses,
    ownedBy,
  } = member;
  return named([
    // Of several packages with one package URL, each has an id of its own.
    ["id", id === purl ? undefined : id],
    ["type", type],
    ["source:name", source?.name],
    ["source:version", source?.version],
    ["architecture", architecture],
    ["module", module],
    ["vendor", vendor],
    ["repository", repository],
    ["inert", isInert?.toString()],
    ["functions", functions],
    ["runnable", runnable],
    ["layer", layer],
    ["owned-by", ownedBy],
    ["licenses", ownWords(licenses)],
  ]);
}

/** Licences one under the other, where words of the package are among them: expressions have no place for those. */
function ownWords(licenses: readonly string[] = []): string | undefined {
  return licenses.every(isWritable) ? undefined : licenses.join("\n");
}

/** The same of the distribution, which its name and version do not tell whole. */
export function distroProperties({
  id,
  version,
  codename,
  name,
  idLike = [],
  branch,
  services = [],
  contentSets = [],
  cpes = [],
}: Distro): readonly OwnProperty[] {
  return named([
    ["distro:id", id],
    ["distro:version", version],
    ["distro:codename", codename],
    ["distro:name", name],
    ["distro:id-like", idLike.length === 0 ? undefined : idLike.join(" ")],
    ["distro:branch", branch],
    ["distro:services", services.length === 0 ? undefined : services.join(" ")],
    ["distro:content-sets", contentSets.length === 0 ? undefined : contentSets.join(" ")],
    ["distro:cpes", cpes.length === 0 ? undefined : cpes.join(" ")],
  ]);
}

/** Where the package was found, each under a name of its own. */
export function pathProperties({ paths }: Package): readonly OwnProperty[] {
  return paths.map((path, at) => [`${PREFIX}path:${at}`, path]);
}

function named(values: readonly (readonly [string, string | undefined])[]): readonly OwnProperty[] {
  return values.flatMap(([name, value]): readonly OwnProperty[] =>
    value === undefined ? [] : [[`${PREFIX}${name}`, value]],
  );
}
