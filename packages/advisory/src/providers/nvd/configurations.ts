import { advisoryNameOfProgram, knownPrograms, type VersionRange } from "@pratique/core";
import { type Fields, listOf, objectOf, textOf } from "../../location/fields.ts";
import { type ProductName, parseCpe } from "./cpe.ts";

/** Which versions of a program a CVE is said to affect. */
export interface AffectedProgram {
  /** The name under which its advisories are kept. */
  readonly name: string;
  readonly ranges: readonly VersionRange[];
  readonly versions: readonly string[];
  /** Why it may not be this build; absent where nothing is asked beyond a version. */
  readonly doubt?: string;
}

const PROGRAMS: ReadonlyMap<string, string> = new Map(
  knownPrograms.flatMap(({ name, products }) =>
    products.map((product) => [product, advisoryNameOfProgram(name)] as const),
  ),
);

const MAX_MATCHES = 20_000;

/**
 * Reads the configurations of a CVE (NVD, CVE API 2.0, `configurations`): lists of nodes, of which one has to match, or,
 * with `AND`, all of them. Gives what is said of known programs, one for each program and doubt.
 */
export function readConfigurations(configurations: unknown): readonly AffectedProgram[] {
  const found = new Map<string, Gathered>();
  let count = 0;
  for (const item of listOf(configurations)) {
    const configuration = objectOf(item) ?? {};
    const nodes = listOf(configuration.nodes).map((node) => objectOf(node) ?? {});
    for (const node of nodes) {
      const others = configuration.operator === "AND" ? nodes.filter((other) => other !== node) : [];
      for (const match of listOf(node.cpeMatch)) {
        count += 1;
        if (count > MAX_MATCHES) return finish(found);
        gather(found, objectOf(match) ?? {}, { node, others });
      }
    }
  }
  return finish(found);
}

interface Gathered {
  readonly name: string;
  readonly doubt: string | undefined;
  readonly ranges: Map<string, VersionRange>;
  readonly versions: Set<string>;
}

interface Place {
  readonly node: Fields;
  /** Nodes that have to match as well. */
  readonly others: readonly Fields[];
}

function gather(found: Map<string, Gathered>, match: Fields, { node, others }: Place): void {
  const named = match.vulnerable === true ? parseCpe(textOf(match.criteria) ?? "") : undefined;
  const name = named?.part === "a" ? programOf(named) : undefined;
  if (named === undefined || name === undefined || node.negate === true) return;
  const affected = affectedBy(named, match);
  if (affected === undefined) return;
  const doubt = doubtOf(named, { node, others }) ?? affected.doubt;
  const key = `${name}\n${doubt ?? ""}`;
  const gathered = found.get(key) ?? { name, doubt, ranges: new Map(), versions: new Set() };
  found.set(key, gathered);
  if (affected.range !== undefined) gathered.ranges.set(JSON.stringify(affected.range), affected.range);
  if (affected.version !== undefined) gathered.versions.add(affected.version);
}

/** Some programs have an edition with versions of its own. */
function programOf({ product, softwareEdition }: ProductName): string | undefined {
  return PROGRAMS.get(`${product}:${softwareEdition}`) ?? PROGRAMS.get(product);
}

function finish(found: ReadonlyMap<string, Gathered>): readonly AffectedProgram[] {
  return [...found.values()].map(({ name, doubt, ranges, versions }) => ({
    name,
    ranges: [...ranges.values()],
    versions: [...versions],
    ...(doubt !== undefined && { doubt }),
  }));
}

interface AffectedVersions {
  readonly range?: VersionRange;
  readonly version?: string;
  readonly doubt?: string;
}

const ANY = "*";
const NONE = "-";

function affectedBy({ version, update, product }: ProductName, match: Fields): AffectedVersions | undefined {
  if (version === NONE) return undefined;
  if (version !== ANY) return { version: exactVersion(version, update, product) };
  const from = textOf(match.versionStartIncluding);
  const after = textOf(match.versionStartExcluding);
  const before = textOf(match.versionEndExcluding);
  const last = textOf(match.versionEndIncluding) ?? (before?.endsWith(BRANCH) ? before : undefined);
  const introduced =
    from?.replace(BRANCH, "") ?? (after === undefined ? undefined : `${after}${BARELY_ABOVE}`);
  const range = {
    ...(introduced !== undefined && { introduced }),
    ...(last !== undefined && { lastAffected: last.replace(BRANCH, END_OF_BRANCH) }),
    ...(last === undefined && before !== undefined && { fixed: before }),
  };
  if (last !== undefined || before !== undefined) return { range };
  return { range, doubt: "NVD names no version with which it ends" };
}

/** Some bounds name a whole branch, and mean all of it on whichever side they stand. */
const BRANCH = ".*";
const END_OF_BRANCH = ".999999";

/** A range begins with a version; no program has one so close above another. */
const BARELY_ABOVE = ".0.0.0.1";

/** `update` holds what stands behind the numbers: `p1`, `rc2`, and of Java all that counts. */
function exactVersion(version: string, update: string, product: string): string {
  if (update === ANY || update === NONE || update === "") return version;
  const java = product.endsWith(":openjdk") ? /^update_?(?<number>\d+)$/u.exec(update)?.groups : undefined;
  if (java === undefined) return `${version}-${update}`;
  return `${version.replace(/^1\./u, "").replace(/\.0$/u, "")}.0.${java.number}`;
}

/** What has to hold besides that nobody can see in a file. */
function doubtOf(
  { targetSoftware, softwareEdition }: ProductName,
  { node, others }: Place,
): string | undefined {
  if (![ANY, NONE, "linux", "linux_kernel", "unix"].includes(targetSoftware)) {
    return `NVD says so of ${JSON.stringify(targetSoftware)}`;
  }
  if (softwareEdition.includes("enterprise"))
    return `NVD says so of the edition ${JSON.stringify(softwareEdition)}`;
  const needed = node.operator === "AND" ? [node, ...others] : others.filter((other) => !isLinux(other));
  const products = needed.flatMap(({ cpeMatch }) => listOf(cpeMatch).map((one) => productIn(one)));
  const [first] = products.filter((product) => product !== undefined && !PROGRAMS.has(product));
  return first === undefined
    ? undefined
    : `NVD says so of it together with others, such as ${JSON.stringify(first)}`;
}

/** Whether a node holds on Linux, of all systems that it names: what is in an image runs on no other. */
function isLinux({ operator, negate, cpeMatch }: Fields): boolean {
  const isEither = operator !== "AND" && negate !== true;
  return isEither && listOf(cpeMatch).some((match) => productIn(match) === "linux:linux_kernel");
}

function productIn(match: unknown): string | undefined {
  return parseCpe(textOf(objectOf(match)?.criteria) ?? "")?.product;
}
