import type { Distro, FilePattern, FileTree } from "@pratique/core";
import { decodeUtf8 } from "../decode-text.ts";
import type { FailureLog } from "../failure-log.ts";
import { readFile } from "../read-file.ts";
import { APK_REPOSITORIES, isBranchOf, parseBranch } from "./alpine-branch.ts";
import { readBuildCpes } from "./build-labels.ts";
import { readContentSets } from "./content-sets.ts";
import { parseOsRelease } from "./os-release.ts";
import { type ReleaseFile, releaseFiles } from "./release-files.ts";
import { MAX_STATUS_BYTES, parseServices, UBUNTU_STATUS } from "./ubuntu-services.ts";
import { readYumRepositories } from "./yum-repositories.ts";

const MAX_BYTES = 64 * 1024;
const MAX_VALUE = 128;

/** os-release(5): the first one that exists counts. */
const osReleaseFile: ReleaseFile = {
  paths: ["etc/os-release", "usr/lib/os-release"],
  refines: () => false,
  parse: fromOsRelease,
};

/** All files that may tell the distribution. */
export const distroPattern: FilePattern = {
  paths: [...[osReleaseFile, ...releaseFiles].flatMap(({ paths }) => paths), APK_REPOSITORIES, UBUNTU_STATUS],
};

export interface DetectDistroOptions {
  readonly log: FailureLog;
  readonly signal?: AbortSignal | undefined;
}

/**
 * The distribution of a tree, from os-release, and from the older files where that is missing or less complete.
 * A distribution that Pratique has never heard of is a distribution. Undefined where no file tells.
 */
export async function detectDistro(
  tree: FileTree,
  { log, signal }: DetectDistroOptions,
): Promise<Distro | undefined> {
  let distro = await readDistro(tree, osReleaseFile, { log, signal });
  for (const file of releaseFiles) {
    if (distro !== undefined && !file.refines(distro.id)) continue;
    const other = await readDistro(tree, file, { log, signal });
    if (other !== undefined) distro = distro === undefined ? other : refine(distro, other);
  }
  const sound = distro === undefined ? undefined : checked(distro, log);
  return sound === undefined ? undefined : { ...sound, ...(await readMore(tree, sound, { log, signal })) };
}

/** What other files than those of the release tell: where packages are from, and who may have which. */
async function readMore(
  tree: FileTree,
  { id, version }: Distro,
  options: DetectDistroOptions,
): Promise<Pick<Distro, "branch" | "services" | "contentSets" | "cpes">> {
  if (id === "rhel") return readBuild(tree, options);
  if (id === "alpine") {
    const text = await readText(tree, APK_REPOSITORIES, { ...options, limitBytes: MAX_BYTES });
    const branch = text === undefined ? undefined : parseBranch(text);
    return branch === undefined || isBranchOf(branch, version) ? {} : { branch };
  }
  if (id !== "ubuntu") return {};
  const text = await readText(tree, UBUNTU_STATUS, { ...options, limitBytes: MAX_STATUS_BYTES });
  const services = text === undefined ? [] : parseServices(text);
  return services.length === 0 ? {} : { services };
}

/** Manifests tell what an image was built from; where there are none, dnf's own settings do. */
async function readBuild(
  tree: FileTree,
  options: DetectDistroOptions,
): Promise<Pick<Distro, "contentSets" | "cpes">> {
  const sets = await readContentSets(tree, options);
  const contentSets = sets.length > 0 ? sets : await readYumRepositories(tree, options);
  const cpes = await readBuildCpes(tree, options);
  return { ...(contentSets.length > 0 && { contentSets }), ...(cpes.length > 0 && { cpes }) };
}

async function readText(
  tree: FileTree,
  path: string,
  options: DetectDistroOptions & { readonly limitBytes: number },
): Promise<string | undefined> {
  if (tree.stat(path)?.kind !== "file") return undefined;
  const content = await readFile(tree, path, { ...options, code: "FILE_UNREADABLE" });
  return content === undefined ? undefined : decodeUtf8(content);
}

async function readDistro(
  tree: FileTree,
  { paths, parse }: ReleaseFile,
  { log, signal }: DetectDistroOptions,
): Promise<Distro | undefined> {
  for (const path of paths) {
    const text = await readText(tree, path, { limitBytes: MAX_BYTES, log, signal });
    const distro = text === undefined ? undefined : parse(text);
    if (distro !== undefined) return distro;
  }
  return undefined;
}

function fromOsRelease(text: string): Distro | undefined {
  const values = parseOsRelease(text);
  const given = (name: string) => values.get(name) || undefined;
  const id = given("ID")?.toLowerCase();
  if (id === undefined) return undefined;
  const codename = given("VERSION_CODENAME") ?? given("UBUNTU_CODENAME") ?? codenameIn(given("VERSION"));
  const name = given("PRETTY_NAME") ?? given("NAME");
  const idLike = given("ID_LIKE")?.toLowerCase().split(/\s+/u);
  return {
    id,
    version: given("VERSION_ID") ?? "",
    ...(codename !== undefined && { codename }),
    ...(name !== undefined && { name }),
    ...(idLike !== undefined && { idLike }),
  };
}

/** Debian 9 and older say it only as in `9 (stretch)`. */
function codenameIn(version: string | undefined): string | undefined {
  return /\((?<codename>[a-z]+)\)/u.exec(version ?? "")?.groups?.codename;
}

/** The point release where another file has it, and whatever os-release leaves open. */
function refine(distro: Distro, other: Distro): Distro {
  if (distro.id !== other.id) return distro;
  const more = distro.version === "" || other.version.startsWith(`${distro.version}.`);
  const codename = distro.codename ?? other.codename;
  return {
    ...distro,
    version: more ? other.version : distro.version,
    ...(codename !== undefined && { codename }),
  };
}

/** Takes no distribution rather than one whose id is no id (os-release(5): `a-z`, `0-9`, `.`, `_`, `-`). */
function checked(distro: Distro, log: FailureLog): Distro | undefined {
  if (!/^[a-z0-9._-]{1,64}$/u.test(distro.id) || !/^[\w.+~:-]{0,128}$/u.test(distro.version)) {
    const found = JSON.stringify(`${distro.id} ${distro.version}`.slice(0, MAX_VALUE));
    log.add("DISTRO_UNKNOWN", `malformed id or version of the distribution, found ${found}`);
    return undefined;
  }
  const { codename, name, idLike } = distro;
  return {
    ...distro,
    ...(codename !== undefined && { codename: codename.slice(0, MAX_VALUE) }),
    ...(name !== undefined && { name: name.slice(0, MAX_VALUE) }),
    ...(idLike !== undefined && { idLike: idLike.slice(0, 16).map((id) => id.slice(0, MAX_VALUE)) }),
  };
}
