import type { Advisory, AdvisoryIndex, Ecosystem } from "@pratique/core";
import { type AliasGroup, groupByAlias } from "./alias-groups.ts";
import { NVD, type Subject } from "./subject.ts";
import { tracksOf } from "./ubuntu-pro.ts";

/** What the index holds of one package, grouped by vulnerability. */
export interface PackageRecords {
  readonly name: string;
  readonly groups: readonly AliasGroup[];
  /** Every identifier of every group. */
  readonly identifiers: ReadonlySet<string>;
}

/** Reads the index once for each package, however many installed packages were built from it. */
export class RecordReader {
  readonly #index: AdvisoryIndex;
  readonly #read = new Map<string, PackageRecords>();

  constructor(index: AdvisoryIndex) {
    this.#index = index;
  }

  /** The records under the first of the subject's names that has any. */
  recordsOf(subject: Subject, options: { readonly fromDistribution: boolean }): PackageRecords {
    if (subject.package.type === "rpm") return this.#recordsOfRpm(subject);
    const { ecosystem, names } = subject;
    const ecosystems = [ecosystem, ...tracksOf(subject), ...dictionariesOf(subject)];
    let records: PackageRecords = { name: names[0] ?? "", groups: [], identifiers: new Set() };
    for (const name of names) {
      records = this.#recordsUnder(ecosystems, name, options);
      if (records.groups.length > 0) break;
    }
    return records;
  }

  /** What names the package itself, and what names its source and means all that is built from it. */
  #recordsOfRpm({ ecosystem, package: { name, source } }: Subject): PackageRecords {
    const sourceName = source?.name ?? name;
    const key = `${ecosystem}\n${name}\n${sourceName}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const own = this.#index.lookUp(ecosystem, name);
    const ofSource = sourceName === name ? own : this.#index.lookUp(ecosystem, sourceName);
    const advisories = [
      ...own.filter((advisory) => advisory.ofSource !== true),
      ...ofSource.filter((advisory) => advisory.ofSource === true),
    ];
    const records = new Records(name, advisories, { fromDistribution: true });
    this.#read.set(key, records);
    return records;
  }

  #recordsUnder(
    ecosystems: readonly Ecosystem[],
    name: string,
    options: { readonly fromDistribution: boolean },
  ): PackageRecords {
    const key = `${ecosystems.join("\n")}\n${name}`;
    const known = this.#read.get(key);
    if (known !== undefined) return known;
    const advisories = ecosystems.flatMap((ecosystem) => this.#index.lookUp(ecosystem, name));
    const records = new Records(name, advisories, options);
    this.#read.set(key, records);
    return records;
  }
}

/** Who else speaks of programs: whoever tells them apart by their makers' names, under the same names here. */
function dictionariesOf({ package: { type } }: Subject): readonly Ecosystem[] {
  return type === "generic" ? [NVD] : [];
}

class Records implements PackageRecords {
  readonly name: string;
  readonly groups: readonly AliasGroup[];
  #identifiers: ReadonlySet<string> | undefined;

  constructor(
    name: string,
    advisories: readonly Advisory[],
    options: { readonly fromDistribution: boolean },
  ) {
    this.name = name;
    this.groups = groupByAlias(advisories, options);
  }

  /** Made when asked for: only packages that own others' files need it. */
  get identifiers(): ReadonlySet<string> {
    this.#identifiers ??= new Set(this.groups.flatMap(({ identifiers }) => identifiers));
    return this.#identifiers;
  }
}
